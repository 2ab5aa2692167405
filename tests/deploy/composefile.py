"""docker-compose.yml as Docker Compose reads it: anchors merged, variables filled in, profiles applied."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
IMAGE = "noroshi:"
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """One service as the file has it."""

    name: str
    raw: Mapping[str, Any]

    @property
    def ours(self) -> bool:
        """Whether it runs our image."""
        return str(self.raw["image"]).startswith(IMAGE)

    @property
    def command(self) -> list[str]:
        """What follows the entry point."""
        return [str(word) for word in self.raw.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        """The variables it is given."""
        return {name: str(value) for name, value in self.raw.get("environment", {}).items()}

    @property
    def healthcheck(self) -> list[str]:
        """The command of the health check; empty where it is switched off."""
        return [str(word) for word in self.raw["healthcheck"].get("test", [])]

    @property
    def needs(self) -> dict[str, str]:
        """The condition it waits for, by service."""
        return {name: str(each["condition"]) for name, each in self.raw.get("depends_on", {}).items()}

    @property
    def names(self) -> set[str]:
        """The names it answers to on the network."""
        networks = self.raw.get("networks", {})
        return {self.name} | {alias for each in networks.values() for alias in (each or {}).get("aliases", ())}

    @property
    def profiles(self) -> set[str]:
        """The profiles that switch it on; none means always."""
        return set(self.raw.get("profiles", ()))


def read_compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file with `${NAME:-default}` filled in."""
    document = _filled(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")), variables or {})
    assert isinstance(document, dict)
    return document


def _filled(value: Any, given: Mapping[str, str]) -> Any:
    """The value with the variables in its texts filled in, after parsing, as Compose does it."""
    if isinstance(value, dict):
        return {name: _filled(each, given) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, given) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: given.get(match[1]) or match[2] or "", value)
    return value


def read_services(profiles: Collection[str] | None = None, variables: Mapping[str, str] | None = None) -> list[Service]:
    """The services that these profiles switch on; all of them for None."""
    found = [Service(name, raw) for name, raw in read_compose(variables)["services"].items()]
    return [each for each in found if profiles is None or not each.profiles or each.profiles & set(profiles)]


def seconds(duration: str) -> float:
    """A duration such as `25s` or `1m` in seconds."""
    number, unit = float(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60}[unit]
