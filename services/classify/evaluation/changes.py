"""What a change of rules gained and lost: two runs over the same documents, tag by tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.classify.evaluation.judgement import Judgement, Result


class Change(StrEnum):
    """What happened to one thing that is said of a document; the first and the last are to be wished for."""

    GAINED_RIGHT = "gained right"
    GAINED_WRONG = "gained wrong"
    LOST_RIGHT = "lost right"
    LOST_WRONG = "lost wrong"


@dataclass(frozen=True, slots=True)
class Changed:
    """One tag of a document that is said now and was not, or was and is not any more."""

    facet: str
    document: str
    tag: str
    change: Change


@dataclass(frozen=True)
class Comparison:
    """What changed in the documents of both runs, and the documents that only one run has."""

    changed: tuple[Changed, ...]
    only_before: tuple[str, ...]
    only_now: tuple[str, ...]

    def count(self, facet: str, change: Change) -> int:
        """How many tags of a facet changed so."""
        return sum(each.facet == facet and each.change is change for each in self.changed)


_CHANGES = (
    (Result.RIGHT, Change.GAINED_RIGHT, Change.LOST_RIGHT),
    (Result.EXTRA, Change.GAINED_WRONG, Change.LOST_WRONG),
)


def compare_runs(before: Iterable[Judgement], now: Iterable[Judgement]) -> Comparison:
    """The comparison of two runs, sorted by facet, document and tag."""
    old, new = ({each.document: each for each in run} for run in (before, now))
    changed = (each for id_ in old.keys() & new.keys() for each in _changed(old[id_], new[id_]))
    return Comparison(
        tuple(sorted(changed, key=lambda each: (each.facet, each.document, each.tag, each.change))),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(new.keys() - old.keys())),
    )


def _changed(before: Judgement, now: Judgement) -> Iterator[Changed]:
    for result, gained, lost in _CHANGES:
        old, new = _said(before, result), _said(now, result)
        for change, tags in ((gained, new - old), (lost, old - new)):
            for facet, tag in tags.elements():
                yield Changed(facet, now.document, tag, change)


def _said(judgement: Judgement, result: Result) -> Counter[tuple[str, str]]:
    return Counter((each.facet, each.tag) for each in judgement.findings if each.result is result)
