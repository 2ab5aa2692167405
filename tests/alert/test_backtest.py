"""A back-test says what the live service would have sent, how often, and what a change gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.alert.core import decide_alerts
from services.alert.history.backtest import Span, backtest, compare
from services.alert.history.rate import Rate, predicted_rates
from services.alert.history.replay import moment, replay
from services.alert.lifecycle import reminderlist, told
from services.alert.lifecycle.reminding import Reminding
from services.alert.restraint.mutes import mutes_of
from services.alert.settings import DEFAULT_WATCHLISTS
from services.alert.watchlists.sets import WatchlistSet, load_watchlists, watchlist_set
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DigestCause, Modality, Reason, Stage
from services.contracts.watchlists import Cadence, Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import DAY, MEASURE, SEEN, acts, an_act, an_event
from tests.alert.histories import Outbox, sample_acts
from tests.alert.ledgers import new_ledger

TAXONOMY = default_taxonomy()
TOKYO = ZoneInfo("Asia/Tokyo")
SLACK = Destination(channel="slack", address="C0MAGNETS")


def a_watchlist(*minerals: str, stages: str = ">= proposed", **fields: Any) -> Watchlist:
    rule = Rule(all=(Condition(predicate="minerals", terms=minerals), Condition(predicate="stage", terms=(stages,))))
    given_: dict[str, object] = {"id": "magnets", "name": "Magnets", "rule": rule, "destinations": (SLACK,)}
    return Watchlist.model_validate(given_ | fields)


def a_set(*minerals: str, **fields: Any) -> WatchlistSet:
    return watchlist_set([a_watchlist(*minerals, **fields)], TAXONOMY)


def a_day(number: int, *minerals: str, **fields: Any) -> Act:
    """A measure of its own on the numbered day."""
    document = f"doc-{number}-{'-'.join(minerals)}"
    measure = ids.measure_id_of_event("history", document)
    return an_act(an_event(document, day=number), measure_id=measure, minerals=minerals or ("dysprosium",), **fields)


# ---- as the live service ---------------------------------------------------------------------------------------


def test_a_backtest_of_the_sample_makes_the_very_alerts_the_service_made(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, DEFAULT_WATCHLISTS)
    live = [alert.alert_id for alert in outbox.take(sample_acts())]
    outbox.service.close()
    lists = load_watchlists(DEFAULT_WATCHLISTS, TAXONOMY)
    replayed = [alert.alert_id for step in replay(sample_acts(), lists) for alert in step.alerts]
    assert replayed == live
    report = backtest(sample_acts(), lists)
    assert sorted(hit.alert_id for hit in report.hits if hit.due is None) == sorted(live)


def test_a_backtest_makes_the_very_reminders_the_service_makes(tmp_path: Path) -> None:
    lists = load_watchlists(DEFAULT_WATCHLISTS, TAXONOMY)
    history = [act for act in sample_acts() if act.event.seen_at.year >= 2025]
    engine = new_ledger(tmp_path)
    live = sorted((alert.decided_at.date(), alert.alert_id) for alert in remind_day_by_day(engine, history, lists))
    engine.dispose()
    report = backtest(history, lists)
    replayed = [(hit.at.astimezone(UTC).date(), hit.alert_id) for hit in report.hits if hit.due is not None]
    assert len(live) > 10
    assert sorted(replayed) == live


def remind_day_by_day(engine: sa.Engine, history: list[Act], lists: WatchlistSet) -> Iterator[Alert]:
    """The reminders of the service's own list in SQL, asked for at the end of each day and before each act."""
    reminding = Reminding(engine, lambda: lists)
    clock = history[0].event.seen_at
    for act in [*history, None]:
        last = history[-1].event.seen_at.date() if act is None else act.event.seen_at.date()
        while clock.date() < last or (act is None and clock.time() != time.max):
            clock = datetime.combine(clock.date() + timedelta(days=clock.time() == time.max), time.max, UTC)
            yield from reminding.make_due(clock)
        if act is not None:
            clock = act.event.seen_at
            yield from reminding.make_due(clock)
            tell(engine, act, lists)


def tell(engine: sa.Engine, act: Act, lists: WatchlistSet) -> None:
    with engine.begin() as connection:
        known = told.load_told(connection, act.measure_id)
        decided = decide_alerts(act, lists, known, act.event.seen_at)
        told.save_told(connection, decided.told, act.event.seen_at)
        scheduled = {each.key: each.reminders for each in decided.told}
        reminderlist.replace_reminders(connection, act.measure_id, scheduled, act.event.seen_at)


@given(st.lists(acts(), max_size=12))
def test_replayed_twice_in_a_row_a_history_is_told_once(history: list[Act]) -> None:
    lists = a_set("rare_earths", "gallium")
    once = [hit.alert_id for step in replay(history, lists) for hit in step.hits]
    twice = [hit.alert_id for step in replay([*history, *history], lists) for hit in step.hits]
    assert twice[: len(once)] == once
    assert len(set(twice)) == len(twice)


def test_a_document_that_filled_history_counts_as_news_of_its_day_unless_it_is_asked_not_to() -> None:
    filled = an_act(an_event(backfill=True, seen_at=SEEN + timedelta(days=900)))
    assert [hit.at.date() for hit in backtest([filled], a_set("rare_earths")).hits] == [DAY]
    assert backtest([filled], a_set("rare_earths"), as_news=False).hits == ()


# ---- when and how often ----------------------------------------------------------------------------------------


def test_an_act_counts_from_when_it_was_seen_or_from_its_publication_if_it_was_read_from_history() -> None:
    assert moment(an_act(an_event(later=3600)), TOKYO) == SEEN + timedelta(hours=1)
    late = an_act(an_event(seen_at=SEEN + timedelta(days=400)))
    assert moment(late, TOKYO).isoformat() == "2025-04-04T09:00:00+09:00"
    stated = datetime(2025, 4, 4, 22, 30, tzinfo=UTC)
    exact = an_act(an_event(seen_at=SEEN + timedelta(days=400), published_at=stated))
    assert moment(exact, TOKYO).isoformat() == "2025-04-05T07:30:00+09:00"
    undated = an_act(an_event(published_on=None))
    assert moment(undated, TOKYO) == SEEN


def test_the_report_counts_alerts_by_day_reason_and_term() -> None:
    history = [a_day(0), a_day(0, "terbium"), a_day(3, "gallium"), a_day(10, "nickel")]
    report = backtest(history, a_set("rare_earths", "gallium"))
    assert (report.acts, report.documents, report.days) == (4, 4, 11)
    assert report.reasons == {Reason.FIRST: 3}
    assert report.atoms["minerals rare_earths"] == 2
    assert report.atoms["minerals gallium"] == 1
    assert [message.at.date() for message in report.messages] == [DAY, DAY, DAY + timedelta(days=3)]
    assert list(report.destinations) == [SLACK.key]
    rate = report.rate("magnets")
    assert (rate.alerts, rate.busiest_day, rate.busiest_count) == (3, DAY, 2)
    assert rate.per_week == pytest.approx(7 * 3 / 11)


def test_what_lies_before_the_first_day_is_known_but_not_counted() -> None:
    before = an_act(an_event("draft"), stage=Stage.PROPOSED)
    after = an_act(an_event("notice", day=20), stage=Stage.ADOPTED)
    report = backtest([before, after, a_day(40)], a_set("rare_earths"), Span(since=DAY + timedelta(days=10)))
    assert [hit.reason for hit in report.hits] == [Reason.STAGE_CHANGED, Reason.FIRST]
    assert (report.first, report.last) == (DAY + timedelta(days=10), DAY + timedelta(days=40))
    assert backtest([before, after], a_set("rare_earths"), Span(since=date(2027, 1, 1))).days == 0


def test_what_matched_and_was_not_told_is_counted_by_its_reason() -> None:
    same = an_act(an_event("again", day=1))
    guess = a_day(2, modality=Modality.FORECAST)
    report = backtest([an_act(), same, guess, a_day(3, "nickel")], a_set("rare_earths"))
    assert report.silent == {Reason.REPEATED: 1, Reason.NOT_ASSERTED: 1}


def test_two_destinations_hear_the_same_and_the_rate_is_that_of_one() -> None:
    both = (SLACK, Destination(channel="slack", address="C0BOARD"))
    rate = backtest([a_day(0), a_day(1)], a_set("rare_earths", destinations=both)).rate("magnets")
    assert rate.alerts == 2


# ---- messages --------------------------------------------------------------------------------------------------


def shape(history: Iterator[Act] | list[Act], **fields: object) -> list[tuple[str, int, DigestCause | None]]:
    """The messages as local time, number of alerts and cause."""
    report = backtest(history, a_set("rare_earths", **fields))
    return [
        (message.at.astimezone(TOKYO).strftime("%m-%d %H:%M:%S"), len(message.hits), message.cause)
        for message in report.messages
    ]


def test_few_alerts_leave_alone_at_slacks_pace_and_many_at_once_come_together() -> None:
    assert shape(flood(2, 1)) == [("04-04 18:00:00", 1, None), ("04-04 18:00:01", 1, None)]
    assert shape(flood(11, 1)) == [("04-04 18:00:00", 11, DigestCause.STORM)]


def test_a_daily_watchlist_speaks_once_a_day_at_its_own_time() -> None:
    days = shape(flood(2, 2), cadence="daily", timezone="Asia/Tokyo", digest_at="08:30")
    assert days == [("04-05 08:30:00", 2, DigestCause.CADENCE), ("04-06 08:30:00", 2, DigestCause.CADENCE)]


def test_quiet_hours_keep_an_alert_until_they_are_over() -> None:
    quiet = {"start": "17:00", "end": "07:00"}
    assert shape(flood(1, 1), timezone="Asia/Tokyo", quiet_hours=quiet) == [("04-05 07:00:00", 1, None)]


def test_what_a_mute_silences_is_counted_as_muted_and_in_no_message() -> None:
    mute = {"scope": "item", "value": "terbium", "until": DAY + timedelta(days=5)}
    history = [a_day(0, "terbium"), a_day(1, "dysprosium"), a_day(9, "terbium")]
    muted = a_set("rare_earths", mutes=[mute])
    report = backtest(history, muted)
    assert [hit.mute_id for hit in report.hits] == [mutes_of(muted.watchlists[0])[0].mute_id, None, None]
    assert [len(message.hits) for message in report.messages] == [1, 1]
    assert report.rate("magnets").alerts == 2


def test_a_mute_until_the_next_stage_lets_that_stage_through_and_is_over() -> None:
    mute = {"scope": "measure", "value": MEASURE, "until_next_stage": True}
    life = [
        an_act(an_event("draft"), stage=Stage.PROPOSED),
        an_act(an_event("notice", day=9), stage=Stage.ADOPTED),
        an_act(an_event("date", day=12), stage=Stage.ADOPTED, effective="2026-01-01"),
    ]
    hits = backtest(life, a_set("rare_earths", mutes=[mute])).hits
    assert [(hit.reason, hit.mute_id is not None) for hit in hits] == [
        (Reason.FIRST, True),
        (Reason.STAGE_CHANGED, False),
        (Reason.DATE_CHANGED, False),
    ]


@given(st.lists(acts(), max_size=30), st.sampled_from(["instant", "hourly", "daily"]))
def test_every_alert_is_in_one_message_and_none_leaves_early(history: list[Act], cadence: str) -> None:
    report = backtest(history, a_set("rare_earths", "gallium", cadence=cadence))
    carried = [hit.alert_id for message in report.messages for hit in message.hits]
    assert sorted(carried) == sorted(hit.alert_id for hit in report.hits)
    assert all(hit.release_at <= message.at for message in report.messages for hit in message.hits)


# ---- too broad -------------------------------------------------------------------------------------------------


def predicted(watchlist: Watchlist, history: Iterable[Act]) -> Rate:
    return predicted_rates(watchlist_set([watchlist], TAXONOMY), history)[watchlist.id]


def flood(a_day_: int, days: int) -> Iterator[Act]:
    for day in range(days):
        for number in range(a_day_):
            event = an_event(f"flood-{day}-{number}", day=day)
            yield an_act(event, measure_id=ids.measure_id_of_event("flood", event.document_id))


@pytest.mark.parametrize(
    ("a_day_", "cadence", "too_broad"),
    [(6, Cadence.INSTANT, True), (6, Cadence.DAILY, False), (5, Cadence.INSTANT, False)],
)
def test_a_watchlist_that_would_speak_too_often_is_too_broad_to_speak_at_once(
    a_day_: int, cadence: Cadence, too_broad: bool
) -> None:
    watchlist = a_watchlist("rare_earths", cadence=cadence)
    rate = predicted(watchlist, flood(a_day_, 40))
    assert rate.per_day == pytest.approx(a_day_)
    assert rate.is_too_broad(cadence) is too_broad


def test_a_long_quiet_history_does_not_hide_a_flood_nor_one_busy_day_make_one() -> None:
    watchlist = a_watchlist("rare_earths")
    quiet = a_day(-2000)
    assert predicted(watchlist, [quiet, *flood(6, 40)]).is_too_broad(watchlist.cadence)
    assert not predicted(watchlist, flood(20, 1)).is_too_broad(watchlist.cadence)
    assert predicted(watchlist, []).per_week == 0


# ---- a change --------------------------------------------------------------------------------------------------


def test_a_change_names_what_it_gains_and_loses_and_the_terms_that_made_the_difference() -> None:
    history = [a_day(0, "gallium"), a_day(1, "nickel"), a_day(2, "dysprosium")]
    report = compare(a_set("gallium", "rare_earths"), a_set("nickel", "rare_earths"), history)
    gained, lost = report.shifts
    assert (gained.gained, gained.atoms, gained.hit.at.date()) == (True, ("minerals nickel",), DAY + timedelta(days=1))
    assert gained.why == ("minerals gallium or rare_earths: the act has nickel",)
    assert (lost.gained, lost.atoms, lost.hit.at.date()) == (False, ("minerals gallium",), DAY)
    assert lost.why == ("minerals nickel or rare_earths: the act has gallium",)


def test_a_later_document_that_only_the_stricter_version_still_has_to_tell_is_explained() -> None:
    draft = an_act(an_event("draft"), stage=Stage.PROPOSED)
    again = an_act(an_event("again", day=5), stage=Stage.PROPOSED)
    notice = an_act(an_event("notice", day=9), stage=Stage.ADOPTED)
    stricter = a_set("rare_earths", stages=">= adopted")
    report = compare(a_set("rare_earths"), stricter, [draft, again, notice])
    (lost,) = report.shifts
    assert (lost.gained, lost.hit.event_id) == (False, draft.event.event_id)
    assert lost.why == ("stage >= adopted: the act has proposed",)


def test_a_new_id_gains_everything_and_a_destination_more_gains_nothing() -> None:
    both = (SLACK, Destination(channel="slack", address="C0BOARD"))
    wider = watchlist_set(
        [a_watchlist("rare_earths", destinations=both), a_watchlist("rare_earths", id="more")], TAXONOMY
    )
    (gained,) = compare(a_set("rare_earths"), wider, [a_day(0)]).shifts
    assert gained.hit.watchlist_id == "more"
    assert gained.why == ("there is no such watchlist",)


@given(st.lists(acts(), max_size=8))
def test_a_watchlist_against_itself_changes_nothing(history: list[Act]) -> None:
    same = a_set("rare_earths", "gallium")
    assert compare(same, same, history).shifts == ()
