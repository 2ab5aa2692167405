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
PARTS: Mapping[str, str] = {
    "own.en": "en",
    "own.ja": "ja",
    "own.zh": "zh",
    "blind.fr-trade": "en",
    "blind.fr-other": "en",
    "blind.en-press": "en",
    "blind.ja": "ja",
    "blind.zh": "zh",
}
"""Every part of the corpus and its language."""

UNSIGNED = frozenset({"blind:zh-131"})
"""Documents whose text does not say whose act it is."""

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


def records(part: str, kind: str = "") -> list[Record]:
    """Return the documents of a part, or with `-labels` their labels, in order."""
    stem, _, name = part.partition(".")
    return [
        json.loads(line) for line in (FOLDER / f"{stem}{kind}.{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


EVENTS = [event for part in PARTS for event in records(part)]
LABELS = [label for part in PARTS for label in records(part, "-labels")]
ACTS = [(label["id"], act) for label in LABELS for act in label["acts"]]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return default_taxonomy()


def test_every_file_of_the_corpus_is_a_part_that_is_checked() -> None:
    files = {path.name for stem in ("own", "blind") for path in FOLDER.glob(f"{stem}*.jsonl")}
    assert files == {f"{stem}{kind}.{name}.jsonl" for stem, name in map(_split, PARTS) for kind in ("", "-labels")}


def _split(part: str) -> tuple[str, str]:
    stem, _, name = part.partition(".")
    return stem, name


@pytest.mark.parametrize("part", PARTS)
def test_labels_stand_in_the_order_of_their_documents(part: str) -> None:
    ids = [event["id"] for event in records(part)]
    assert ids == [label["id"] for label in records(part, "-labels")]
    assert all(re.fullmatch(rf"{re.escape(part.replace('.', ':'))}-\d{{3}}", id_) for id_ in ids)


@pytest.mark.parametrize(("part", "language"), PARTS.items())
def test_each_file_holds_its_own_language(part: str, language: str) -> None:
    assert {event["lang"] for event in records(part)} <= LANGUAGE_TAGS[language]


def test_ids_are_unique_and_so_are_the_documents_of_a_part() -> None:
    assert [id_ for id_, count in Counter(event["id"] for event in EVENTS).items() if count > 1] == []
    for part in PARTS:
        texts = Counter((event["title"], event["published"]) for event in records(part))
        assert [text for text, count in texts.items() if count > 1] == [], part


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


def test_what_is_no_news_has_no_act_and_is_archived_and_what_is_has_acts_and_is_not() -> None:
    for label in LABELS:
        if label["relevant"] == "no":
            assert (label["acts"], label["urgency"]) == ([], "archive"), label["id"]
        elif label["relevant"] == "yes":
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
        assert act.get("imposing") or id_ in UNSIGNED, id_
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
