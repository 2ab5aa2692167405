"""How well the composed documents are read is a floor too.

Rules were mended with the half of them whose ids hash to an even number, so the figures of that half, and of the
whole, flatter. The other half was never read for it: only its figures say how the rules do on documents they have
not seen, and it has floors of its own. Its sums were looked at while rules for stages of Japanese and Chinese
documents were written, so those flatter a little too.
"""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.evaluation.judgement import Judgement
from services.classify.evaluation.report import Report, summarise
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.corpora import corpus_lines, was_read
from tests.classify.judging import judge_lines

_FLOORS = {
    "own all": {
        "relevance precision": 0.94,
        "relevance recall": 0.88,
        "now recall": 0.72,
        "types": 0.80,
        "stage": 0.72,
        "minerals": 0.86,
        "technologies": 0.78,
        "imposing": 0.89,
        "target": 0.86,
    },
    "own unread": {
        "relevance precision": 0.88,
        "relevance recall": 0.79,
        "now recall": 0.59,
        "types": 0.69,
        "stage": 0.58,
        "minerals": 0.77,
        "technologies": 0.59,
        "imposing": 0.82,
        "target": 0.75,
    },
    "blind all": {
        "relevance precision": 0.90,
        "relevance recall": 0.91,
        "now recall": 0.78,
        "types": 0.80,
        "stage": 0.75,
        "minerals": 0.90,
        "technologies": 0.68,
        "imposing": 0.90,
        "target": 0.89,
    },
    "blind unread": {
        "relevance precision": 0.89,
        "relevance recall": 0.92,
        "now recall": 0.81,
        "types": 0.78,
        "stage": 0.70,
        "minerals": 0.89,
        "technologies": 0.69,
        "imposing": 0.91,
        "target": 0.86,
    },
}
_FALSE_ALERTS = {"own all": 0.03, "own unread": 0.05, "blind all": 0.05, "blind unread": 0.05}


def _figures(report: Report) -> dict[str, float]:
    """The rates of a report that have a floor."""
    relevance = report.score("relevance")
    return {
        "relevance precision": relevance.precision,
        "relevance recall": relevance.recall,
        "now recall": report.score("now").recall,
        "types": report.score("types").f1,
        "stage": report.rate("stage_accuracy"),
        **{facet: report.score(facet).f1 for facet in ("minerals", "technologies", "imposing", "target")},
    }


@pytest.fixture(scope="module")
def judgements(classifier: Classifier, taxonomy: Taxonomy) -> dict[str, list[Judgement]]:
    judged = {}
    for stem in ("own", "blind"):
        pairs = list(corpus_lines(stem))
        lines, labels = [line for line, _ in pairs], [label for _, label in pairs]
        judged[stem] = judge_lines(lines, labels, classifier, taxonomy)
    return judged


@pytest.mark.parametrize("part", _FLOORS)
def test_the_composed_documents_stay_above_their_floor(part: str, judgements: dict[str, list[Judgement]]) -> None:
    stem, half = part.split()
    report = summarise(each for each in judgements[stem] if half == "all" or not was_read(each.document))
    reached = _figures(report)
    assert report.documents > 200
    assert {name: rate for name, rate in reached.items() if rate < _FLOORS[part][name]} == {}
    assert report.rate("false_alerts") <= _FALSE_ALERTS[part]
