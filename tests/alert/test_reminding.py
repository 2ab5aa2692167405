"""Reminders end to end in the database: from what was told to alerts in the outbox, once each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.alert.core import decide_alerts
from services.alert.delivery import outbox
from services.alert.lifecycle import reminderlist, told
from services.alert.lifecycle.reminding import Reminding
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Direction, Reason, Stage
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.runtime.store import reading
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import MEASURE, a_date, an_act, an_event
from tests.alert.ledgers import count_open_reminders, new_ledger

TAXONOMY = default_taxonomy()
START = datetime(2025, 4, 4, 12, tzinfo=UTC)
BOARD, DESK = (Destination(channel="slack", address=each) for each in ("C0BOARD", "C0DESK"))
RULE = Rule(all=(Condition(predicate="minerals", terms=("rare_earths",)),))


def a_watchlist(**fields: Any) -> Watchlist:
    given: dict[str, Any] = {"id": "magnets", "name": "Magnets", "rule": RULE, "destinations": (DESK,)}
    return Watchlist.model_validate(given | {"timezone": "Asia/Tokyo"} | fields)


class Office:
    """A database, the watchlists in force, and a clock."""

    def __init__(self, engine: sa.Engine, *watchlists: Watchlist) -> None:
        self.engine, self.watchlists = engine, self.in_force(*watchlists)
        self.now = START
        self.reminding = self.restarted()

    def in_force(self, *watchlists: Watchlist) -> WatchlistSet:
        self.watchlists = watchlist_set(watchlists, TAXONOMY)
        return self.watchlists

    def restarted(self) -> Reminding:
        self.reminding = Reminding(self.engine, lambda: self.watchlists)
        return self.reminding

    def hear(self, act: Act) -> None:
        with self.engine.begin() as connection:
            decided = decide_alerts(act, self.watchlists, told.load_told(connection, act.measure_id), self.now)
            told.save_told(connection, decided.told, self.now)
            scheduled = {each.key: each.reminders for each in decided.told}
            reminderlist.replace_reminders(connection, act.measure_id, scheduled, self.now)

    def run_until(self, end: datetime, every: timedelta = timedelta(days=1)) -> list[tuple[str, str, int]]:
        """What is made while the clock steps on, as day, date and distance."""
        made: list[tuple[str, str, int]] = []
        while self.now < end:
            made += [self.row(alert) for alert in self.reminding.make_due(self.now)]
            self.now += every
        return made

    def row(self, alert: Alert) -> tuple[str, str, int]:
        assert alert.due is not None
        return alert.decided_at.date().isoformat(), alert.due.value, alert.due.days

    def outbox(self) -> int:
        with reading(self.engine) as connection:
            return outbox.count_alerts(connection)

    def open(self) -> int:
        with reading(self.engine) as connection:
            return count_open_reminders(connection)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = new_ledger(tmp_path)
    yield Office(engine, a_watchlist())
    engine.dispose()


YEAR = START + timedelta(days=366)
MADE = [("2025-05-02", "2025-06-01", 30), ("2025-05-25", "2025-06-01", 7), ("2025-06-01", "2025-06-01", 0)]


def test_over_a_year_each_reminder_is_one_alert(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    assert office.run_until(YEAR) == MADE
    assert (office.outbox(), office.open()) == (3, 0)


def test_a_reminder_says_what_is_due_of_what_and_why_you(office: Office) -> None:
    act = an_act(effective="2025-06-01")
    office.hear(act)
    office.now = datetime(2025, 5, 2, tzinfo=UTC)
    (alert,) = office.reminding.make_due(office.now)
    assert alert.due is not None
    assert (alert.reason, alert.due.role, alert.act, alert.changes) == (Reason.EFFECTIVE_DATE, "effective", act, ())
    assert [each.term for each in alert.matched] == ["rare_earths"]
    assert alert.state is not None
    assert alert.state.dates == ((DateRole.EFFECTIVE, ("2025-06-01",)),)


def test_a_delay_moves_what_has_not_come_and_the_old_date_falls_silent(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    assert office.run_until(datetime(2025, 5, 10, 12, tzinfo=UTC)) == MADE[:1]
    office.hear(an_act(an_event("delay", day=36), effective="2025-09-01"))
    assert [row[1:] for row in office.run_until(YEAR)] == [("2025-09-01", 30), ("2025-09-01", 7), ("2025-09-01", 0)]


def test_a_date_that_comes_back_is_not_reminded_of_twice(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.run_until(datetime(2025, 5, 10, 12, tzinfo=UTC))
    office.hear(an_act(an_event("delay", day=36), effective="2025-09-01"))
    office.hear(an_act(an_event("back", day=37), effective="2025-06-01"))
    assert office.run_until(YEAR) == MADE[1:]


def test_what_was_told_twice_or_replayed_is_reminded_of_once(office: Office) -> None:
    for _ in range(2):
        office.hear(an_act(effective="2025-06-01"))
        office.hear(an_act(an_event("press", day=1), effective="2025-06"))
    office.run_until(datetime(2025, 5, 10, 12, tzinfo=UTC))
    office.hear(an_act(effective="2025-06-01"))
    office.run_until(YEAR)
    assert office.outbox() == 3


def test_a_measure_known_from_history_only_is_reminded_of(office: Office) -> None:
    office.hear(an_act(an_event(backfill=True), effective="2025-06-01"))
    assert office.run_until(YEAR) == MADE


def test_a_withdrawn_or_lifted_measure_is_not(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.hear(an_act(an_event(later=60, withdrawn=True)))
    assert office.open() == 0
    office.hear(an_act(an_event("again", day=1), effective="2025-06-01"))
    assert office.open() == 3
    office.hear(an_act(an_event("repeal", day=2), stage=Stage.LIFTED, direction=Direction.LIBERALISING))
    assert office.run_until(YEAR) == []


def test_the_end_of_a_suspension_is_reminded_of_and_the_day_of_effect_is_not(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.hear(an_act(an_event("halt", day=1), stage=Stage.SUSPENDED, dates=(a_date(DateRole.EXPIRY, "2025-12-01"),)))
    assert [row[1:] for row in office.run_until(YEAR)] == [("2025-12-01", 30), ("2025-12-01", 7), ("2025-12-01", 0)]


def test_after_a_pause_only_the_nearest_comes_and_the_log_says_what_was_skipped(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.now = datetime(2025, 5, 28, tzinfo=UTC)
    with capture_logs() as logs:
        assert office.run_until(YEAR) == [("2025-05-28", "2025-06-01", 7), MADE[2]]
    assert [(each["event"], each["days"], each["why"]) for each in logs] == [("reminder_skipped", 30, "OVERTAKEN")]


def test_a_pause_past_the_date_skips_them_all(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.now = datetime(2025, 6, 20, tzinfo=UTC)
    assert office.run_until(YEAR) == []
    assert office.open() == 0


def test_what_had_passed_when_the_measure_was_told_is_skipped_but_not_what_a_restart_finds_open(office: Office) -> None:
    office.now = datetime(2025, 5, 20, tzinfo=UTC)
    office.hear(an_act(effective="2025-06-01"))
    assert office.open() == 2
    office.now = datetime(2025, 5, 26, tzinfo=UTC)
    office.restarted()
    assert [row[2] for row in office.run_until(YEAR)] == [7, 0]


def test_a_crash_before_the_commit_makes_it_again_and_one_after_it_does_not(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.now = datetime(2025, 5, 2, tzinfo=UTC)
    with office.engine.connect() as connection:
        due = reminderlist.find_due(connection, MEASURE, office.now)
        reminderlist.mark_done(connection, [(key, each) for key, found in due.items() for each in found], office.now)
        connection.rollback()
    (alert,) = office.reminding.make_due(office.now)
    assert office.restarted().make_due(office.now) == ()
    assert alert.alert_id == office_alert_id(office)


def office_alert_id(office: Office) -> str:
    with reading(office.engine) as connection:
        (pending,) = outbox.find_waiting(connection, DESK.key, office.now)
    return pending.alert.alert_id


def test_another_number_of_days_or_another_zone_is_taken_up_at_once(office: Office) -> None:
    office.hear(an_act(effective="2025-06-01"))
    office.reminding.make_due(office.now)
    office.in_force(a_watchlist(reminders=(3,)))
    assert [row[2] for row in office.run_until(YEAR)] == [3]


def test_a_watchlist_or_a_destination_that_is_gone_is_not_reminded(office: Office) -> None:
    office.in_force(a_watchlist(destinations=(DESK, BOARD)))
    office.hear(an_act(effective="2025-06-01"))
    assert office.open() == 6
    office.in_force(a_watchlist(destinations=(BOARD,)))
    assert office.run_until(datetime(2025, 5, 10, 12, tzinfo=UTC)) == MADE[:1]
    office.in_force()
    assert office.run_until(YEAR) == []
    assert office.outbox() == 1


def test_no_reminders_wanted_is_none_made(office: Office) -> None:
    office.in_force(a_watchlist(reminders=()))
    office.hear(an_act(effective="2025-06-01"))
    assert office.open() == 0


def test_the_newest_act_is_what_a_reminder_is_written_from(office: Office) -> None:
    newest = an_act(an_event("final", day=2), stage=Stage.IN_FORCE, effective="2025-06-01")
    office.hear(an_act(stage=Stage.PROPOSED))
    office.hear(newest)
    office.hear(an_act(an_event("late", day=1), minerals=("terbium",)))
    with reading(office.engine) as connection:
        assert list(told.load_acts(connection, MEASURE).values()) == [newest]


def test_an_act_that_cannot_be_read_stops_nobody_else(office: Office) -> None:
    office.in_force(a_watchlist(destinations=(DESK, BOARD)))
    office.hear(an_act(effective="2025-06-01"))
    with office.engine.begin() as connection:
        broken = told.told_table.update().where(told.told_table.c.destination == DESK.key).values(act="{}")
        connection.execute(broken)
    with capture_logs() as logs:
        assert office.run_until(YEAR) == MADE
    assert {each["why"] for each in logs} == {"NO_ACT"}
