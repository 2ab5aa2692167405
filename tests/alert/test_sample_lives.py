"""Lives that the bundled sample tells, from its own lines to the alerts: which measure each document is news of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time

import pytest

from services.alert.core import TellKey, decide_alerts, schedule_reminders
from services.alert.lifecycle.decision import Told, state_told
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.classify.core import Classifier
from services.cli.reading import read_jsonl
from services.contracts.alerts import Alert
from services.contracts.events import Event
from services.contracts.vocab import DateRole, Reason, Stage
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.conftest import ROOT

TAXONOMY = default_taxonomy()
CHINESE = ROOT / "services" / "ingest" / "sample" / "measures.zh.jsonl"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(TAXONOMY)


@pytest.fixture(scope="module")
def events() -> Mapping[str, Event]:
    """The Chinese documents of the sample, each seen at noon of the day it was published."""
    with CHINESE.open("rb") as stream:
        return {event.document_id: event for event in _seen(read_jsonl(stream, str(CHINESE)))}


def _seen(lines: Iterator[tuple[object, Event | str]]) -> Iterator[Event]:
    for _, event in lines:
        assert isinstance(event, Event)
        assert event.published_on is not None
        yield event.model_copy(update={"seen_at": datetime.combine(event.published_on, time(12), UTC)})


def watch(*minerals: str) -> WatchlistSet:
    watchlist = Watchlist(
        id="watch",
        name="watch",
        rule=Rule(all=(Condition(predicate="minerals", terms=minerals),)),
        destinations=(Destination(channel="slack", address="C1"),),
    )
    return watchlist_set([watchlist], TAXONOMY)


def hear(
    classifier: Classifier, watchlists: WatchlistSet, *events: Event
) -> tuple[list[Alert], Mapping[TellKey, Told]]:
    """The alerts these documents bring one after the other, and what has been told then."""
    told: dict[TellKey, Told] = {}
    alerts: list[Alert] = []
    for event in events:
        for act in classifier.classify(event).acts:
            decided = decide_alerts(act, watchlists, told, event.seen_at)
            told |= {update.key: update.told for update in decided.told}
            alerts += decided.alerts
    return alerts, told


def test_the_suspension_of_paragraph_2_comes_in_the_thread_of_the_ban_and_leaves_the_rest_in_force(
    classifier: Classifier, events: Mapping[str, Event]
) -> None:
    ban, suspension = events["mofcom:2024-46"], events["mofcom:2025-72"]
    (first, second), _ = hear(classifier, watch("gallium"), ban, suspension)
    assert first.act.measure_id == second.act.measure_id
    assert (first.reason, second.reason) == (Reason.FIRST, Reason.STAGE_CHANGED)
    assert second.state is not None
    (limb,) = second.state.limbs
    assert (second.state.stage, limb.name, limb.stage) == (Stage.IN_FORCE, "paragraph 2", Stage.SUSPENDED)
    assert dict(limb.dates)[DateRole.EXPIRY] == ("2026-11-27",)


def test_the_suspension_of_six_announcements_reaches_each_in_its_own_thread(
    classifier: Classifier, events: Mapping[str, Event]
) -> None:
    numbers = ("mofcom:2025-58", "mofcom:2025-61", "mofcom:2025-70")
    watchlists = watch("graphite", "rare_earths", "superhard_materials")
    alerts, told = hear(classifier, watchlists, *(events[number] for number in numbers))
    assert [alert.reason for alert in alerts].count(Reason.STAGE_CHANGED) == 2
    stages = {key.measure_id: state_told(each, TAXONOMY).stage for key, each in told.items()}
    assert list(stages.values()) == [Stage.SUSPENDED] * 6


def test_a_suspended_announcement_does_not_remind_of_the_day_it_was_to_take_effect(
    classifier: Classifier, events: Mapping[str, Event]
) -> None:
    watchlists = watch("graphite", "rare_earths", "superhard_materials")
    planned = [events["mofcom:2025-58"], events["mofcom:2025-61"]]

    def days(*heard: Event) -> set[str]:
        _, told = hear(classifier, watchlists, *heard)
        return {each.value for found in schedule_reminders(told, watchlists).values() for each in found}

    assert {"2025-11-08", "2025-12-01"} <= days(*planned)
    assert days(*planned, events["mofcom:2025-70"]).isdisjoint({"2025-11-08", "2025-12-01"})
