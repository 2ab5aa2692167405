"""Score classifications against labels: pure functions over plain JSON values.

A prediction is what `core.to_json` gives, a label is a line of a label file (`id`, `relevant`, `urgency`, `acts`).
Documents labelled `borderline` count neither way, as their readers would disagree too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.taxonomy.taxonomy import Taxonomy

Line = Mapping[str, Any]
SET_FACETS = ("minerals", "technologies", "imposing", "target")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, superfluous and missed decisions, and the usual rates of them."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.extra + other.extra, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """The share of what was said that is right; 1 where nothing was said."""
        said = self.right + self.extra
        return self.right / said if said else 1.0

    @property
    def recall(self) -> float:
        """The share of what should be said that was; 1 where nothing should."""
        wanted = self.right + self.missed
        return self.right / wanted if wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = 2 * self.right + self.extra + self.missed
        return 2 * self.right / total if total else 1.0


@dataclass(frozen=True)
class Report:
    """The scores of a set of documents. `false_alerts` is the share of irrelevant documents that would page someone."""

    documents: int
    relevance: Score
    now: Score
    false_alerts: float
    facets: Mapping[str, Score]
    types: Score
    stages: Score


def compare(predicted: Collection[str], wanted: Collection[str]) -> Score:
    """The score of one set against another."""
    said, want = set(predicted), set(wanted)
    return Score(len(said & want), len(said - want), len(want - said))


def evaluate(predictions: Iterable[Line], labels: Iterable[Line], taxonomy: Taxonomy) -> Report:
    """Return the report of the documents that have both a prediction and a label that counts."""
    by_id = {line["id"]: line for line in predictions}
    pairs = [(by_id[line["id"]], line) for line in labels if line["id"] in by_id and line["relevant"] != "borderline"]
    irrelevant = [said for said, label in pairs if label["relevant"] == "no"]
    return Report(
        documents=len(pairs),
        relevance=_total(pairs, lambda said, label: _flag(bool(said["relevant"]), label["relevant"] == "yes")),
        now=_total(pairs, lambda said, label: _flag(said["urgency"] == "now", label.get("urgency") == "now")),
        false_alerts=sum(said["urgency"] == "now" for said in irrelevant) / max(1, len(irrelevant)),
        facets={facet: _total(pairs, _set_score(facet)) for facet in SET_FACETS},
        types=_total(pairs, lambda said, label: compare(_with_parents(said, taxonomy), _with_parents(label, taxonomy))),
        stages=_total(pairs, _stage_score),
    )


def _set_score(facet: str) -> Callable[[Line, Line], Score]:
    return lambda said, label: compare(union(said, facet), union(label, facet))


def union(line: Line, facet: str) -> frozenset[str]:
    """The tags of a facet over all acts of a document."""
    return frozenset(tag for act in line.get("acts", ()) for tag in act.get(facet, ()))


def _flag(said: bool, wanted: bool) -> Score:
    return Score(int(said and wanted), int(said and not wanted), int(wanted and not said))


def _total(pairs: Sequence[tuple[Line, Line]], score: Callable[[Line, Line], Score]) -> Score:
    return sum((score(said, label) for said, label in pairs), Score())


def _with_parents(line: Line, taxonomy: Taxonomy) -> frozenset[str]:
    return frozenset(above for tag in union(line, "types") for above in taxonomy.rollup("measures", tag))


def _stage_score(said: Line, label: Line) -> Score:
    """Each labelled act against the predicted act that shares most types with it; unread documents do not count."""
    acts = said.get("acts", ())
    if not acts:
        return Score()
    total = Score()
    for wanted in label.get("acts", ()):
        nearest = max(
            acts, key=lambda act: (len(set(act["types"]) & set(wanted["types"])), act["stage"] == wanted.get("stage"))
        )
        total += Score(1) if nearest["stage"] == wanted.get("stage") else Score(0, 1, 1)
    return total
