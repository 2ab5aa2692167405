"""Texts that a regular expression likes to lose itself in, made from the expression itself."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from typing import Any

import services.classify as package
from services.classify.rulebook import Rule, Rulebook

_PARSER: Any = importlib.import_module("re._parser")
_FEW = 3


def module_patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled expression that stands in a module of the classifier, by where it stands."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            yield from ((f"{module.name}.{name}", each) for each in _compiled(value))


def _compiled(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _compiled(each)


def rule_patterns(rules: Rulebook) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every expression of the rule files, by the id of its rule."""
    kinds: tuple[Iterable[Rule], ...] = (
        rules.types,
        rules.nexus,
        rules.stages,
        rules.directions,
        rules.gates,
        rules.modality,
        rules.routine,
        rules.background,
        rules.follows,
    )
    for rule in (rule for kind in kinds for rule in kind):
        yield from ((rule.id, re.compile(each, re.ASCII)) for each in (*rule.patterns, *rule.unless))
    for role in rules.roles:
        yield from ((role.id, re.compile(each, re.ASCII)) for each in (role.before, role.after, role.inside) if each)


def shapes(pattern: re.Pattern[str], length: int) -> set[str]:
    """Texts of about `length` characters: each repeated part over and over, after what leads up to it."""
    found: dict[str, None] = {}
    _walk(_PARSER.parse(pattern.pattern, pattern.flags), "", found)
    whole = _sample(_PARSER.parse(pattern.pattern, pattern.flags))
    for unit in (whole, whole[:-1]):
        if unit:
            found[f"\0{unit}"] = None
    made = set()
    for each in found:
        lead, _, unit = each.partition("\0")
        if unit:
            made.add((lead + unit * (length // len(unit) + 1))[:length] + "\u2603")
    return made


def _walk(nodes: Any, lead: str, found: dict[str, None]) -> str:
    """Note `lead NUL unit` for every repeated part; returns the lead with a sample of the nodes."""
    for node in nodes:
        op, value = str(node[0]), node[1]
        if op.endswith("_REPEAT"):
            if value[1] > _FEW:
                found[f"{lead}\0{_sample(value[2])}"] = None
            _walk(value[2], lead, found)
        elif op == "SUBPATTERN":
            _walk(value[3], lead, found)
        elif op == "BRANCH":
            for branch in value[1]:
                _walk(branch, lead, found)
        lead += _sample([node])
    return lead


def _sample(nodes: Any) -> str:
    """A short text the nodes match; edges and look-around count as nothing."""
    return "".join(_sample_of(str(op), value) for op, value in nodes)


def _sample_of(op: str, value: Any) -> str:
    if op == "LITERAL":
        return chr(value)
    if op == "NOT_LITERAL" or op == "ANY":
        return "x"
    if op == "IN":
        return _of_class(value)
    if op.endswith("_REPEAT"):
        return _sample(value[2]) * max(int(value[0]), min(int(value[1]), 1))
    if op == "SUBPATTERN":
        return _sample(value[3])
    if op == "BRANCH":
        return _sample(value[1][0])
    return ""


def _of_class(members: Any) -> str:
    kinds = [(str(op), value) for op, value in members]
    if kinds[0][0] == "NEGATE":
        return "x"
    op, value = kinds[0]
    if op == "RANGE":
        return chr(value[0])
    if op == "CATEGORY":
        return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(value), "x")
    return chr(value)
