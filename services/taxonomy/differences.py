"""What changed between two vocabularies: ids that came, went or were renamed, and every word and link of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from pydantic import BaseModel

from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

_SAME_ENTRY = 0.5
"""An id that went and one that came are one entry renamed where they share at least this part of their words."""


class Edit(StrEnum):
    """What happened to an entry, or to one word or link of it."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"


@dataclass(frozen=True, order=True)
class Difference:
    """One change: of an entry as a whole (`part` is empty), or of one of its parts such as `names.ja`.

    `value` is the word or link that came or went; for a renamed entry its new id.
    """

    facet: str
    id: str
    part: str
    edit: Edit
    value: str = ""


def compare_taxonomies(old: Taxonomy, new: Taxonomy) -> tuple[Difference, ...]:
    """Every change that leads from the old vocabulary to the new one, sorted; none where both say the same."""
    return tuple(sorted(each for facet in get_args(FacetName) for each in _facet(facet, old, new)))


def _facet(facet: FacetName, old: Taxonomy, new: Taxonomy) -> Iterator[Difference]:
    before, after = ({id_: _leaves(entry) for id_, entry in each.entries(facet).items()} for each in (old, new))
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    renamed = dict(_renamed({id_: before[id_] for id_ in gone}, {id_: after[id_] for id_ in come}))
    for id_ in gone:
        yield Difference(facet, id_, "", *((Edit.RENAMED, renamed[id_]) if id_ in renamed else (Edit.REMOVED,)))
    for id_ in come - set(renamed.values()):
        yield Difference(facet, id_, "", Edit.ADDED)
    for id_, leaves in before.items():
        now = renamed.get(id_, id_)
        if now in after:
            yield from _parts(facet, now, leaves - {("id", id_)}, after[now] - {("id", now)})


def _parts(facet: str, id_: str, before: Leaves, after: Leaves) -> Iterator[Difference]:
    yield from (Difference(facet, id_, part, Edit.ADDED, value) for part, value in after - before)
    yield from (Difference(facet, id_, part, Edit.REMOVED, value) for part, value in before - after)


Leaves = frozenset[tuple[str, str]]


def _leaves(entry: object) -> Leaves:
    """Every value of an entry with the path of its key; the order of a list is no difference."""
    return frozenset(_walk(entry, ""))


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel | Mapping):
        for key, inner in value if isinstance(value, BaseModel) else value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, tuple):
        for inner in value:
            yield from _walk(inner, path)
    elif value is not None:
        yield path, str(value)


def _renamed(gone: Mapping[str, Leaves], come: Mapping[str, Leaves]) -> Iterator[tuple[str, str]]:
    free = dict(come)
    for id_, leaves in sorted(gone.items()):
        best = max(sorted(free), key=lambda each: _likeness(leaves, free[each]), default=None)
        if best is not None and _likeness(leaves, free[best]) >= _SAME_ENTRY:
            del free[best]
            yield id_, best


def _likeness(one: Leaves, other: Leaves) -> float:
    """The shared part of both entries' names and cues (Jaccard)."""
    a, b = (
        {leaf for leaf in leaves if leaf[0].partition(".")[0] in ("names", "cues", "forms")} for leaves in (one, other)
    )
    return len(a & b) / len(a | b) if a | b else 0.0
