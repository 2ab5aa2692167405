"""The composed corpus is whole, consistent and broad enough to measure with."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.contracts.vocab import Direction, Stage, Urgency
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ja", "zh")
LANGUAGE_TAGS: Mapping[str, frozenset[str]] = {
    "en": frozenset({"en"}),
    "ja": frozenset({"ja"}),
    "zh": frozenset({"zh-Hans", "zh-Hant"}),
}
EVENT_FIELDS = {"id", "source", "source_name", "lang", "published", "title", "body"}
LABEL_FIELDS = {"id", "relevant", "reason", "urgency", "acts"}
ACT_FIELDS = {"types", "direction", "stage", "imposing", "target", "affected", "minerals", "technologies", "effective"}
REASONS = {"measure", "procedural", "enforcement", "statement", "analysis", "none"}
ROLES = ("imposing", "target", "affected")

Record = Mapping[str, Any]


def records(name: str) -> list[Record]:
    """Return the records of one file of the corpus, in order."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def all_records(stem: str) -> list[Record]:
    """Return the records of all languages."""
    return [record for language in LANGUAGES for record in records(f"{stem}.{language}.jsonl")]


EVENTS = all_records("own")
LABELS = all_records("own-labels")
ACTS = [(label["id"], act) for label in LABELS for act in label["acts"]]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return default_taxonomy()


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_stand_in_the_order_of_their_documents(language: str) -> None:
    ids = [event["id"] for event in records(f"own.{language}.jsonl")]
    assert ids == [label["id"] for label in records(f"own-labels.{language}.jsonl")]
    assert all(re.fullmatch(rf"own:{language}-\d{{3}}", id_) for id_ in ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_file_holds_its_own_language(language: str) -> None:
    assert {event["lang"] for event in records(f"own.{language}.jsonl")} <= LANGUAGE_TAGS[language]


def test_ids_and_texts_are_unique() -> None:
    for key in ("id", "title"):
        assert [value for value, count in Counter(event[key] for event in EVENTS).items() if count > 1] == []


def test_documents_have_every_field_and_a_text() -> None:
    for event in EVENTS:
        assert set(event) == EVENT_FIELDS, event["id"]
        assert event["title"].strip() == event["title"] != "", event["id"]
        assert event["body"] is None or event["body"].strip(), event["id"]
        assert date.fromisoformat(event["published"]) <= date(2026, 11, 23), event["id"]


def test_the_corpus_is_large_and_has_enough_negatives() -> None:
    sizes = Counter(event["lang"].split("-")[0] for event in EVENTS)
    assert sizes["en"] >= 190
    assert sizes["ja"] >= 80
    assert sizes["zh"] >= 60
    negatives = sum(label["relevant"] == "no" for label in LABELS)
    assert len(LABELS) >= 330
    assert negatives >= 0.4 * len(LABELS)


def test_labels_use_the_words_of_the_guide() -> None:
    urgencies = {str(urgency) for urgency in Urgency}
    for label in LABELS:
        assert set(label) == LABEL_FIELDS, label["id"]
        assert label["relevant"] in {"yes", "no", "borderline"}, label["id"]
        assert label["reason"] in REASONS, label["id"]
        assert label["urgency"] in urgencies, label["id"]


def test_only_documents_that_are_not_news_lack_an_act_and_are_archived() -> None:
    for label in LABELS:
        if label["relevant"] == "no":
            assert (label["acts"], label["urgency"]) == ([], "archive"), label["id"]
        else:
            assert label["acts"], label["id"]
            assert label["urgency"] != "archive", label["id"]


def test_acts_use_ids_of_the_vocabulary(taxonomy: Taxonomy) -> None:
    for id_, act in ACTS:
        assert set(act) <= ACT_FIELDS, id_
        assert all(act.values()), id_
        assert set(act["types"]) <= set(taxonomy.measures), id_
        assert len(act["types"]) <= 3, id_
        assert set(act.get("minerals", ())) <= set(taxonomy.minerals), id_
        assert set(act.get("technologies", ())) <= set(taxonomy.technologies), id_
        assert act["direction"] in set(Direction), id_
        assert act["stage"] in set(Stage) - {Stage.UNKNOWN}, id_


def test_every_act_has_an_issuer_and_every_role_a_known_country(taxonomy: Taxonomy) -> None:
    for id_, act in ACTS:
        assert act["imposing"], id_
        assert {country for role in ROLES for country in act.get(role, ())} <= set(taxonomy.countries), id_


def test_the_effective_day_agrees_with_the_stage() -> None:
    published = {event["id"]: event["published"] for event in EVENTS}
    for id_, act in ACTS:
        if "effective" in act and act["stage"] == Stage.IN_FORCE:
            assert date.fromisoformat(act["effective"]) <= date.fromisoformat(published[id_]), id_
        if "effective" in act and act["stage"] == Stage.ADOPTED:
            assert date.fromisoformat(act["effective"]) > date.fromisoformat(published[id_]), id_


def test_every_kind_of_measure_and_every_stage_occurs(taxonomy: Taxonomy) -> None:
    assert {type_ for _, act in ACTS for type_ in act["types"]} == set(taxonomy.measures)
    assert {act["stage"] for _, act in ACTS} == set(Stage) - {Stage.UNKNOWN}
