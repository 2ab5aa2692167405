"""The quality reached is a floor: a change of rules or vocabulary may not fall below it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from services.classify.core import Classifier, to_json
from services.classify.evaluation.scores import Report, Score, compare, evaluate
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of_line, read_lines
from tests.conftest import ROOT

_SAMPLE = sorted((ROOT / "services" / "ingest" / "sample").glob("*.jsonl"))
_LABELS = sorted((ROOT / "tests" / "corpus").glob("sample-labels.*.jsonl"))
_DEV_FLOOR = {"minerals": 0.95, "technologies": 0.91, "imposing": 0.98, "target": 0.96}
_SAMPLE_FLOOR = {"minerals": 0.94, "technologies": 0.88, "imposing": 0.98, "target": 0.93}


def _predictions(classifier: Classifier, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [to_json(classifier.classify(event_of_line(line))) for line in lines]


def _below(report: Report, floor: dict[str, float]) -> dict[str, float]:
    return {facet: score.f1 for facet, score in report.facets.items() if score.f1 < floor[facet]}


@pytest.fixture(scope="module")
def sample(classifier: Classifier, taxonomy: Taxonomy) -> Report:
    return evaluate(_predictions(classifier, read_lines(*_SAMPLE)), read_lines(*_LABELS), taxonomy)


@pytest.fixture(scope="module")
def dev(shared_data: Path, classifier: Classifier, taxonomy: Taxonomy) -> Report:
    folder = shared_data / "data"
    predictions = _predictions(classifier, read_lines(folder / "events-dev.jsonl"))
    return evaluate(predictions, read_lines(folder / "labels-dev.jsonl"), taxonomy)


def test_every_measure_of_the_bundled_sample_is_found_and_no_look_alike_is(sample: Report) -> None:
    assert sample.documents > 100
    assert sample.relevance.recall == 1.0
    assert sample.relevance.precision == 1.0
    assert sample.false_alerts == 0.0


def test_tags_of_the_bundled_sample_stay_above_their_floor(sample: Report) -> None:
    assert _below(sample, _SAMPLE_FLOOR) == {}
    assert sample.types.f1 >= 0.92
    assert sample.stages.recall >= 0.89


def test_relevance_and_urgency_of_the_development_set_stay_above_their_floor(dev: Report) -> None:
    assert dev.relevance.recall >= 0.99
    assert dev.relevance.precision >= 0.99
    assert dev.now.recall >= 0.93
    assert dev.false_alerts <= 0.01


def test_tags_of_the_development_set_stay_above_their_floor(dev: Report) -> None:
    assert _below(dev, _DEV_FLOOR) == {}
    assert dev.types.f1 >= 0.94
    assert dev.stages.recall >= 0.88


def test_scores_add_up_and_an_empty_question_is_answered_rightly() -> None:
    assert compare({"a", "b"}, {"b", "c"}) == Score(1, 1, 1)
    assert compare({"a", "b"}, {"b", "c"}).f1 == 0.5
    assert Score().f1 == Score().precision == Score().recall == 1.0


def test_borderline_documents_count_neither_way(taxonomy: Taxonomy) -> None:
    predictions = [{"id": "x", "relevant": True, "urgency": "now", "acts": []}]
    report = evaluate(predictions, [{"id": "x", "relevant": "borderline", "urgency": "digest"}], taxonomy)
    assert report.documents == 0
