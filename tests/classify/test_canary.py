"""The test event must be understood, and its act carries the mark by which all who count leave it out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.alert.canary.watchlist import canary_set
from services.alert.matching.match import match
from services.classify.app import build_handler
from services.classify.core import Classifier
from services.contracts import codec
from services.contracts.canary import HEADER, KEY, is_canary_record
from services.contracts.errors import DeadLetterError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Stage
from services.ingest.canary import make_canary, write_canary
from services.runtime.handling import Consumed, Outgoing
from services.runtime.metrics import REGISTRY
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of

TAXONOMY = default_taxonomy()
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def handle(classifier: Classifier, event: Event) -> list[Outgoing]:
    """What the classifier's handler makes of the record that ingest publishes for the event."""
    (sent,) = write_canary(event, NOW)
    record = Consumed(sent.topic.name, 0, 0, sent.key, sent.value, sent.headers, 0.0)

    async def run() -> list[Outgoing]:
        return list(await build_handler(classifier)(record))

    return asyncio.run(run())


def count_classified() -> float:
    """How many acts the metrics have counted."""
    found = (sample for each in REGISTRY.collect() for sample in each.samples)
    return sum(sample.value for sample in found if sample.name == "noroshi_classified_total")


def test_the_canary_is_one_marked_act_that_says_who_does_what_to_which_mineral(classifier: Classifier) -> None:
    (sent,) = handle(classifier, make_canary(NOW))
    act = codec.decode(Act, sent.value)
    assert (act.types, act.imposing, act.minerals) == (("licence_requirement",), ("CN",), ("gallium",))
    assert (act.stage, act.event.source, act.event.published_at) == (Stage.IN_FORCE, KEY, NOW)
    assert HEADER in sent.headers


def test_canaries_do_not_count_as_classified_and_carry_no_mark_over_to_other_acts(classifier: Classifier) -> None:
    before = count_classified()
    handle(classifier, make_canary(NOW))
    assert count_classified() == before
    (sent,) = handle(classifier, event_of("China bans exports of gallium to the United States", lang="en"))
    assert not is_canary_record(sent.headers)
    assert count_classified() == before + 1


@pytest.mark.parametrize(
    "lost", [replace(TAXONOMY, minerals={}), replace(TAXONOMY, countries={})], ids=["items", "who"]
)
def test_a_classifier_that_lost_its_vocabulary_lets_no_canary_through(lost: Taxonomy) -> None:
    found = [codec.decode(Act, each.value) for each in handle(Classifier(lost), make_canary(NOW))]
    assert not any(match(canary_set(TAXONOMY), act) for act in found)


def test_a_classifier_that_fails_puts_the_canary_aside_and_sends_nothing() -> None:
    class Broken(Classifier):
        def __init__(self) -> None: ...

        def classify(self, event: Event) -> object:  # type: ignore[override]  # fails before it returns
            raise RuntimeError("no such rule")

    with pytest.raises(DeadLetterError, match="of noroshi-canary"):
        handle(Broken(), make_canary(NOW))
