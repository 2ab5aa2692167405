"""The quality reached is a floor: a change of rules or vocabulary may not fall below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.classify.core import Classifier
from services.classify.evaluation.report import ALL, Report, summarise
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import read_lines
from tests.classify.judging import judge_lines
from tests.conftest import ROOT

_SAMPLE = sorted((ROOT / "services" / "ingest" / "sample").glob("*.jsonl"))
_LABELS = sorted((ROOT / "tests" / "corpus").glob("sample-labels.*.jsonl"))
_DEV_FLOOR = {
    "direction": 0.95,
    "minerals": 0.98,
    "technologies": 0.94,
    "imposing": 0.99,
    "target": 0.97,
    "affected": 0.90,
}
_SAMPLE_FLOOR = {"minerals": 0.94, "technologies": 0.88, "imposing": 0.98, "target": 0.93}
_LANGUAGE_FACETS = ("relevance", "types", "stage", "imposing", "target", "minerals", "technologies")
_LANGUAGE_FLOOR = 0.90


def _below(report: Report, floor: dict[str, float]) -> dict[str, float]:
    reached = {facet: report.score(facet).f1 for facet in floor}
    return {facet: f1 for facet, f1 in reached.items() if f1 < floor[facet]}


@pytest.fixture(scope="module")
def sample(classifier: Classifier, taxonomy: Taxonomy) -> Report:
    return summarise(judge_lines(read_lines(*_SAMPLE), read_lines(*_LABELS), classifier, taxonomy))


@pytest.fixture(scope="module")
def dev(shared_data: Path, classifier: Classifier, taxonomy: Taxonomy) -> Report:
    folder = shared_data / "data"
    lines = read_lines(folder / "events-dev.jsonl"), read_lines(folder / "labels-dev.jsonl")
    return summarise(judge_lines(*lines, classifier, taxonomy))


def test_every_measure_of_the_bundled_sample_is_found_and_no_look_alike_is(sample: Report) -> None:
    assert sample.documents > 100
    assert sample.score("relevance").recall == 1.0
    assert sample.score("relevance").precision == 1.0
    assert sample.rate("false_alerts") == 0.0


def test_tags_of_the_bundled_sample_stay_above_their_floor(sample: Report) -> None:
    assert _below(sample, _SAMPLE_FLOOR) == {}
    assert sample.score("types").f1 >= 0.92
    assert sample.rate("stage_accuracy") >= 0.89


def test_every_tag_of_the_bundled_sample_shows_its_words(sample: Report) -> None:
    assert sample.rate("evidence") == 1.0


def test_relevance_and_urgency_of_the_development_set_stay_above_their_floor(dev: Report) -> None:
    assert dev.score("relevance").recall >= 0.99
    assert dev.score("relevance").precision >= 0.99
    assert dev.rate("must_alert_recall") >= 0.96
    assert dev.rate("false_alerts") == 0.0


def test_tags_of_the_development_set_stay_above_their_floor(dev: Report) -> None:
    assert _below(dev, _DEV_FLOOR) == {}
    assert dev.score("types").f1 >= 0.96
    assert dev.rate("stage_accuracy") >= 0.92
    assert dev.rate("evidence") == 1.0


def test_every_facet_of_every_language_of_the_development_set_stays_above_its_floor(dev: Report) -> None:
    languages = [lang for lang, count in dev.relevant.items() if lang != ALL and count >= 25]
    assert {"en", "ja", "zh"} <= set(languages)
    reached = {(lang, facet): dev.score(facet, lang).f1 for lang in languages for facet in _LANGUAGE_FACETS}
    assert {key: f1 for key, f1 in reached.items() if f1 < _LANGUAGE_FLOOR} == {}
