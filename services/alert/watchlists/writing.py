"""A watchlist written as the file that says it: the inverse of `files.read_watchlist`. Pure.

What a watchlist leaves at its default is left out, so that the file stays short and reads back the same.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import yaml

from services.contracts.watchlists import Condition, Destination, Mute, Rule, Watchlist

SCHEMA_LINE = "# yaml-language-server: $schema={}\n"
"""The first line by which an editor finds the schema of watchlist files."""

Written: TypeAlias = dict[str, Any]
_PLAIN = ("owner", "tenant", "language", "cadence", "timezone", "digest_at")
_WIDTH = 110


def write_watchlist(watchlist: Watchlist, schema: str | None = None) -> str:
    """The YAML text of a watchlist; `schema` is the address of the schema to name in its first line."""
    head = SCHEMA_LINE.format(schema) if schema else ""
    return head + _yaml(written(watchlist), flow=None)


def written(watchlist: Watchlist) -> Written:
    """The watchlist as the mapping of its file, keys in the order of a file."""
    default = Watchlist.model_fields
    found: Written = {"id": watchlist.id, "name": watchlist.name}
    found |= {key: str(value) for key in _PLAIN if (value := getattr(watchlist, key)) != default[key].default}
    found |= _whole_rule(watchlist.rule)
    found |= {"news": list(watchlist.news)} if watchlist.news else {}
    found["destinations"] = [_destination(each) for each in watchlist.destinations]
    found |= {"quiet_hours": watchlist.quiet_hours.model_dump()} if watchlist.quiet_hours else {}
    if watchlist.reminders != default["reminders"].default:
        found["reminders"] = list(watchlist.reminders) or "off"
    found |= {"mutes": [_mute(each) for each in watchlist.mutes]} if watchlist.mutes else {}
    tests = [_Lines(each.model_dump(exclude_defaults=True)) for each in watchlist.tests]
    return found | ({"tests": tests} if tests else {})


def in_one_line(value: object) -> str:
    """A piece of a file as YAML in one line, for messages."""
    text = _yaml(value, flow=True, width=100_000).removesuffix("...\n")
    return text.strip()


def _whole_rule(rule: Rule) -> Written:
    inner = _rule(Rule(all=rule.all))
    beside = _rule(Rule(any=rule.any, none=rule.none))
    return ({"match": inner} if inner else {}) | beside


def _rule(rule: Rule) -> Written:
    """The mapping of a rule: predicates by name as long as their order and their names allow it, then the groups."""
    names: Written = {}
    rest = list(rule.all)
    while rest and isinstance(first := rest[0], Condition) and first.predicate not in names:
        names[first.predicate] = list(first.terms)
        rest.pop(0)
    groups = {"all": rest, "any": rule.any, "none": rule.none}
    return names | {key: [_item(each) for each in parts] for key, parts in groups.items() if parts}


def _item(part: Rule | Condition) -> Written:
    return {part.predicate: list(part.terms)} if isinstance(part, Condition) else _rule(part)


def _destination(destination: Destination) -> Written:
    workspace = {"workspace": destination.workspace} if destination.workspace != "default" else {}
    return {destination.channel: destination.address} | workspace


def _mute(mute: Mute) -> Written:
    found: Written = {mute.scope.value: mute.value or True}
    found |= {"until": mute.until.isoformat()} if mute.until else {}
    found |= {"until_next_stage": True} if mute.until_next_stage else {}
    return found | ({"reason": mute.reason} if mute.reason else {})


class _Lines(dict[str, Any]):
    """A mapping written with one line a key."""


class _Dumper(yaml.SafeDumper):
    """Writes text so that it reads back as text here and elsewhere; lists are indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists under their key, too."""
        super().increase_indent(flow, False)


def _lines(dumper: yaml.SafeDumper, value: _Lines) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=False)


_Dumper.add_representer(_Lines, _lines)


def _yaml(value: object, *, flow: bool | None, width: int = _WIDTH) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=width
    )
    return text
