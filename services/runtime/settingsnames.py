"""The names settings go by in each source, and the refusal of names that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

PREFIX = "NOROSHI_"
CONFIG = "NOROSHI_CONFIG"
SECRETS_DIR = "NOROSHI_SECRETS_DIR"
RESERVED = {
    CONFIG: "the TOML file to read",
    SECRETS_DIR: "the folder of secret files",
    "NOROSHI_FAILPOINTS": "points at which a test ends the process",
    "NOROSHI_FAILPOINT_DIR": "where they are noted",
}
"""Names with our prefix that are no settings."""

_TESTS = ("NOROSHI_TEST_", "NOROSHI_ENGINE_")
"""What the tests of the real engine are told; a service that inherits it must not refuse it."""


def service_name(service: str, field: str) -> str:
    """The environment variable of one service's field."""
    return f"{PREFIX}{service.upper()}_{field.upper()}"


def all_fields(models: Mapping[str, type[BaseModel]]) -> set[str]:
    """The fields of all the models."""
    return {name for model in models.values() for name in model.model_fields}


def _environment_names(models: Mapping[str, type[BaseModel]]) -> set[str]:
    own = {service_name(service, name) for service, model in models.items() for name in model.model_fields}
    return own | {PREFIX + name.upper() for name in all_fields(models)} | set(RESERVED)


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "remove it"


def unknown_environment(environ: Mapping[str, str], models: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    """A sentence for each variable with our prefix that names no setting."""
    names = _environment_names(models)
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and not name.upper().startswith(_TESTS) and name.upper() not in names:
            yield f"environment {name}: no such setting; {_suggest(name.upper(), names)}"


def unknown_toml(table: Mapping[str, Any], models: Mapping[str, type[BaseModel]], path: Path | None) -> Iterator[str]:
    """A sentence for each key or table of the settings file that nobody knows."""
    common = all_fields(models)
    for key, value in table.items():
        if key in models and isinstance(value, dict):
            own = set(models[key].model_fields)
            for name in value:
                if name not in own:
                    yield f"{path}: [{key}] {name}: no such setting; {_suggest(name, own)}"
        elif key not in common:
            what = f"[{key}]: no such service" if isinstance(value, dict) else f"{key}: no such setting"
            yield f"{path}: {what}; {_suggest(key, models if isinstance(value, dict) else common)}"


def unknown_secrets(files: Mapping[str, Path], models: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    """A sentence for each secret file with our prefix that names no setting."""
    names = {name.lower() for name in _environment_names(models) - set(RESERVED)}
    for name, path in sorted(files.items()):
        if name not in names:
            yield f"secret file {path}: no such setting; {_suggest(name, names)}"


def unknown_overrides(overrides: Mapping[str, object], model: type[BaseModel]) -> Iterator[str]:
    """A sentence for each flag that names no setting."""
    for name in overrides:
        if name not in model.model_fields:
            yield f"option {name}: no such setting; {_suggest(name, model.model_fields)}"
