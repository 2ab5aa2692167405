"""Add judgements up: rates with their intervals, by facet, language and how much of the text was at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from services.classify.evaluation.bootstrap import Interval, intervals
from services.classify.evaluation.calibration import Calibration, calibrate
from services.classify.evaluation.confusion import Confusion, confuse
from services.classify.evaluation.judgement import FACETS, NOT_FOUND, Judgement
from services.classify.evaluation.scores import Rate, Score

ALL = "all"
"""The group of every language, or of every text status."""


@dataclass(frozen=True)
class Figure:
    """A rate and its 95 % interval, if there is one."""

    rate: Rate
    interval: Interval | None = None


@dataclass(frozen=True)
class Row:
    """One facet in one group of documents."""

    facet: str
    lang: str
    text_status: str
    score: Score
    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True)
class Report:
    """The figures of a set of documents; a row is there only where something was said or wanted."""

    documents: int
    relevant: Mapping[str, int]
    rows: tuple[Row, ...]
    rates: Mapping[str, Figure]
    confusions: Mapping[str, Confusion]
    calibrations: Mapping[str, Calibration]

    def score(self, facet: str, lang: str = ALL, text_status: str = ALL) -> Score:
        """The counts of one facet in one group; nothing said or wanted is an empty score."""
        key = (facet, lang, text_status)
        return next((row.score for row in self.rows if (row.facet, row.lang, row.text_status) == key), Score())

    def rate(self, name: str) -> float:
        """The value of one of `rates`; raises ValueError where there was nothing to share."""
        value = self.rates[name].rate.value
        if value is None:
            raise ValueError(f"no document of this set has a say in {name}")
        return value


def _must_alert(each: Judgement) -> Rate:
    wanted = each.relevance[0] == "yes" and each.urgency[0] == "now"
    return Rate(wanted and each.urgency[1] == "now", wanted)


def _false_alerts(each: Judgement) -> Rate:
    irrelevant = each.relevance[0] == "no"
    return Rate(irrelevant and each.urgency[1] == "now", irrelevant)


def _wrong_alerts(each: Judgement) -> Rate:
    alerted = each.urgency[1] == "now"
    return Rate(alerted and each.relevance[0] == "no", alerted)


def _roles(each: Judgement) -> Rate:
    found = [pair for pair in each.roles if pair[1] != NOT_FOUND]
    return Rate(sum(wanted == said for wanted, said in found), len(found))


RATES: Mapping[str, Callable[[Judgement], Rate]] = {
    "must_alert_recall": _must_alert,
    "false_alerts": _false_alerts,
    "wrong_alerts": _wrong_alerts,
    "stage_accuracy": lambda each: confuse(each.stages).accuracy,
    "role_accuracy": _roles,
    "evidence": lambda each: Rate(each.shown, each.tags),
}
"""The rates of a report and each document's part in them.

must_alert_recall: of the documents to be told at once, those that are. false_alerts: of the irrelevant documents, those
told at once. wrong_alerts: of the documents told at once, the irrelevant ones. stage_accuracy: of the labelled acts in
documents with any act. role_accuracy: of the labelled countries that have any role. evidence: of the tags, those whose
span holds their words.
"""


def summarise(judgements: Iterable[Judgement], *, draws: int = 0, seed: int = 1) -> Report:
    """Return the report of a set of judged documents, with intervals from `draws` resamples (none by default)."""
    judged = list(judgements)
    groups = list(_groups(judged))
    columns = [[rate(each) for each in judged] for rate in RATES.values()]
    for facet, inside in ((facet, inside) for *group, inside in groups for facet in FACETS):
        scores = [each.score(facet) if here else Score() for each, here in zip(judged, inside, strict=True)]
        columns += [list(column) for column in zip(*(score.rates for score in scores), strict=True)]
    bounds = intervals(columns, draws=draws, seed=seed)
    figures = [Figure(_total(column), bound) for column, bound in zip(columns, bounds, strict=True)]
    return Report(
        documents=len(judged),
        relevant={lang: _count_relevant(judged, lang) for lang in [ALL, *_values(judged, "lang")]},
        rows=tuple(_rows(judged, groups, figures[len(RATES) :])),
        rates=dict(zip(RATES, figures, strict=False)),
        confusions={
            "relevance": confuse(each.relevance for each in judged),
            "urgency": confuse(each.urgency for each in judged),
            "stage": confuse(pair for each in judged for pair in each.stages),
            "role": confuse(pair for each in judged for pair in each.roles),
        },
        calibrations={
            "kind": calibrate((act.confidence, act.kind_right) for each in judged for act in each.acts),
            "whole": calibrate((act.confidence, act.whole_right) for each in judged for act in each.acts),
        },
    )


_Group = tuple[str, str, list[bool]]


def _values(judged: Sequence[Judgement], name: str) -> list[str]:
    return sorted({getattr(each, name) for each in judged})


def _groups(judged: Sequence[Judgement]) -> Iterator[_Group]:
    for lang in [ALL, *_values(judged, "lang")]:
        for status in [ALL, *_values(judged, "text_status")]:
            yield lang, status, [lang in (ALL, each.lang) and status in (ALL, each.text_status) for each in judged]


def _rows(judged: Sequence[Judgement], groups: Sequence[_Group], figures: Sequence[Figure]) -> Iterator[Row]:
    threes = iter(zip(figures[::3], figures[1::3], figures[2::3], strict=True))
    for lang, status, inside in groups:
        for facet in FACETS:
            precision, recall, f1 = next(threes)
            counted = (each.score(facet) for each, here in zip(judged, inside, strict=True) if here)
            score = sum(counted, Score())
            if score != Score():
                yield Row(facet, lang, status, score, precision, recall, f1)


def _total(column: Sequence[Rate]) -> Rate:
    return reduce(add, column, Rate())


def _count_relevant(judged: Sequence[Judgement], lang: str) -> int:
    return sum(each.relevance[0] == "yes" and lang in (ALL, each.lang) for each in judged)
