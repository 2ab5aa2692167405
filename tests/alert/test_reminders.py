"""Reminders: once each, never overstated, moved with their date, on time in every time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alert.lifecycle.reminders import Reminder, Skipped, due, last_day, schedule
from services.contracts.alerts import Limb, MeasureState
from services.contracts.vocab import DateRole, Direction, Stage

DAYS = (30, 7, 0)
TOKYO, BERLIN, UTC_ZONE = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
EIGHT = time(8)


def a_state(stage: Stage = Stage.ADOPTED, limbs: tuple[Limb, ...] = (), /, **dates: str) -> MeasureState:
    given_dates = tuple((DateRole(role), (value,)) for role, value in dates.items())
    return MeasureState(stage=stage, direction=Direction.RESTRICTIVE, dates=given_dates, limbs=limbs)


def scheduled(
    state: MeasureState, days: Sequence[int] = DAYS, zone: ZoneInfo = UTC_ZONE
) -> list[tuple[str, str, int, datetime]]:
    return [(each.role, each.value, each.days, each.due_at) for each in schedule(state, days, zone, EIGHT)]


def distances(state: MeasureState, days: Sequence[int] = DAYS) -> list[int]:
    return [each.days for each in schedule(state, days, UTC_ZONE, EIGHT)]


# ---- the schedule ----------------------------------------------------------------------------------------------


def test_a_day_is_reminded_of_at_each_distance_at_the_hour_of_the_watchlists_zone() -> None:
    assert scheduled(a_state(effective="2026-05-01"), zone=TOKYO) == [
        ("effective", "2026-05-01", 30, datetime(2026, 3, 31, 23, tzinfo=UTC)),
        ("effective", "2026-05-01", 7, datetime(2026, 4, 23, 23, tzinfo=UTC)),
        ("effective", "2026-05-01", 0, datetime(2026, 4, 30, 23, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("role", ["effective", "comment_deadline", "expiry", "review"])
def test_each_of_the_four_dates_is_reminded_of(role: str) -> None:
    assert distances(a_state(**{role: "2026-05-01"})) == [30, 7, 0]


@pytest.mark.parametrize("role", ["adopted", "announced"])
def test_what_has_happened_is_not_reminded_of(role: str) -> None:
    assert distances(a_state(**{role: "2026-05-01"})) == []


@pytest.mark.parametrize("value", ["2026-05", "2026"])
def test_a_month_or_a_year_counts_from_its_first_day_and_claims_no_week(value: str) -> None:
    found = schedule(a_state(review=value), DAYS, UTC_ZONE, EIGHT)
    first = datetime(2026, 5 if "-" in value else 1, 1, 8, tzinfo=UTC)
    assert [(each.days, each.due_at) for each in found] == [(30, first - timedelta(days=30)), (0, first)]


def test_a_month_is_reminded_of_at_least_once_unless_no_reminders_are_wanted() -> None:
    assert distances(a_state(effective="2026-05"), (7, 1)) == [0]
    assert distances(a_state(effective="2026-05"), ()) == []


def test_what_is_lifted_gives_none_and_what_is_halted_none_of_taking_effect() -> None:
    dates = {"effective": "2026-05-01", "expiry": "2026-11-27"}
    assert scheduled(a_state(Stage.LIFTED, **dates)) == []
    for stage in (Stage.SUSPENDED, Stage.COURT_BLOCKED):
        assert {role for role, *_ in scheduled(a_state(stage, **dates))} == {"expiry"}


def test_a_limb_has_reminders_of_its_own_until_the_whole_is_lifted() -> None:
    ends = ((DateRole.EFFECTIVE, ("2025-11-09",)), (DateRole.EXPIRY, ("2026-11-27",)))
    limb = Limb(stage=Stage.SUSPENDED, name="paragraph 2", dates=ends)
    standing = a_state(Stage.IN_FORCE, (limb,), review="2026-12-01")
    assert {(role, value) for role, value, *_ in scheduled(standing)} == {
        ("expiry", "2026-11-27"),
        ("review", "2026-12-01"),
    }
    assert scheduled(a_state(Stage.LIFTED, (limb,))) == []


def test_a_day_the_calendar_does_not_have_gives_none() -> None:
    assert scheduled(a_state(effective="2026-02-30")) == []
    assert scheduled(a_state(effective="0001-01-05")) == [
        ("effective", "0001-01-05", 0, datetime(1, 1, 5, 8, tzinfo=UTC))
    ]


def test_the_hour_is_the_same_on_the_clock_on_both_sides_of_a_change_of_clocks() -> None:
    found = schedule(a_state(effective="2026-04-05"), DAYS, BERLIN, EIGHT)
    assert [each.due_at.hour for each in found] == [7, 6, 6]
    assert {each.due_at.astimezone(BERLIN).time() for each in found} == {EIGHT}


def test_an_hour_that_is_left_out_comes_right_after_and_one_that_comes_twice_comes_once() -> None:
    (spring,) = schedule(a_state(effective="2026-03-29"), (0,), BERLIN, time(2, 30))
    assert spring.due_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    (autumn,) = schedule(a_state(effective="2026-10-25"), (0,), BERLIN, time(2, 30))
    assert autumn.due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.times(),
    st.integers(0, 365),
)
def test_a_reminder_comes_on_its_own_local_day(day: date, zone: str, at: time, ahead: int) -> None:
    (found,) = schedule(a_state(effective=day.isoformat()), (ahead,), ZoneInfo(zone), at)
    local = found.due_at.astimezone(ZoneInfo(zone))
    # A skipped hour may push it past its time, and over midnight where the hour before midnight is skipped.
    assert (
        timedelta(0)
        <= local.replace(tzinfo=None) - datetime.combine(day - timedelta(days=ahead), at)
        <= timedelta(days=1)
    )


# ---- what is due -----------------------------------------------------------------------------------------------


def due_on(day: date, *reminders: Reminder) -> tuple[list[int], dict[int, Skipped]]:
    found = due(reminders, datetime.combine(day, time(9), UTC), UTC_ZONE)
    return [each.days for each in found.make], {each.days: why for each, why in found.skipped}


REMINDERS = schedule(a_state(effective="2026-05-01"), DAYS, UTC_ZONE, EIGHT)


def test_nothing_is_due_before_its_time() -> None:
    assert due_on(date(2026, 3, 31), *REMINDERS) == ([], {})
    assert due_on(date(2026, 4, 1), *REMINDERS) == ([30], {})


def test_after_a_pause_only_the_nearest_reminder_of_a_date_is_made() -> None:
    assert due_on(date(2026, 4, 26), *REMINDERS) == ([7], {30: Skipped.OVERTAKEN})


def test_a_late_reminder_still_comes_while_its_date_lies_ahead() -> None:
    assert due_on(date(2026, 4, 29), REMINDERS[1]) == ([7], {})


def test_a_reminder_of_a_date_that_is_over_comes_a_day_late_at_most() -> None:
    assert due_on(date(2026, 5, 1), REMINDERS[2]) == ([0], {})
    assert due_on(date(2026, 5, 3), REMINDERS[2]) == ([], {0: Skipped.PAST})
    just = due(REMINDERS[2:], datetime(2026, 5, 2, 8, tzinfo=UTC), UTC_ZONE)
    assert [each.days for each in just.make] == [0]


def test_a_month_is_not_over_before_its_last_day() -> None:
    first = schedule(a_state(effective="2026-05"), (0,), UTC_ZONE, EIGHT)
    assert due_on(date(2026, 5, 31), *first) == ([0], {})
    assert due_on(date(2026, 6, 2), *first) == ([], {0: Skipped.PAST})


@pytest.mark.parametrize(
    ("value", "last"), [("2028-02", date(2028, 2, 29)), ("2026", date(2026, 12, 31)), ("2026-05-01", date(2026, 5, 1))]
)
def test_a_date_lasts_as_long_as_it_is_imprecise(value: str, last: date) -> None:
    assert last_day(value) == last


# ---- a year, day by day ----------------------------------------------------------------------------------------


def step_through_a_year(
    states: dict[date, MeasureState], zone: ZoneInfo, every: timedelta
) -> list[tuple[str, str, int, date]]:
    """What is made if the clock steps on and the state changes on the days given; each row of the table once."""
    made: list[tuple[str, str, int, date]] = []
    open_: set[Reminder] = set()
    done: set[tuple[str, str, int]] = set()
    now = datetime(2026, 1, 1, 9, tzinfo=UTC)
    while now < datetime(2027, 1, 3, tzinfo=UTC):
        if now.date() in states:
            open_ = {
                each
                for each in schedule(states[now.date()], DAYS, zone, EIGHT)
                if each.due_at > now or each in open_
                if (each.role, each.value, each.days) not in done
            }
        found = due(open_, now, zone)
        open_ -= {*found.make, *(each for each, _ in found.skipped)}
        for each in found.make:
            done.add((each.role, each.value, each.days))
            made.append((each.role, each.value, each.days, now.astimezone(zone).date()))
        now += every
    return made


@pytest.mark.parametrize("zone", [UTC_ZONE, TOKYO, BERLIN, ZoneInfo("America/New_York")], ids=str)
@pytest.mark.parametrize("hours", [1, 24])
def test_each_reminder_comes_exactly_once_in_a_year(zone: ZoneInfo, hours: int) -> None:
    state = a_state(effective="2026-03-29", comment_deadline="2026-10-25", review="2026-07", expiry="2026-12-31")
    made = step_through_a_year({date(2026, 1, 1): state}, zone, timedelta(hours=hours))
    assert Counter((role, days) for role, _, days, _ in made) == Counter(
        {(role, days): 1 for role in ("effective", "comment_deadline", "expiry") for days in DAYS}
        | {("review", 30): 1, ("review", 0): 1}
    )
    for _, value, days, day in made:
        late = (day - (date.fromisoformat(value + "-01" * (2 - value.count("-"))) - timedelta(days=days))).days
        assert 0 <= late <= 1


def test_a_delay_moves_the_reminders_that_have_not_come_and_the_old_date_falls_silent() -> None:
    made = step_through_a_year(
        {
            date(2026, 1, 1): a_state(effective="2026-05-01"),
            date(2026, 4, 10): a_state(effective="2026-08-01"),
        },
        UTC_ZONE,
        timedelta(days=1),
    )
    assert made == [
        ("effective", "2026-05-01", 30, date(2026, 4, 1)),
        ("effective", "2026-08-01", 30, date(2026, 7, 2)),
        ("effective", "2026-08-01", 7, date(2026, 7, 25)),
        ("effective", "2026-08-01", 0, date(2026, 8, 1)),
    ]


def test_what_was_already_past_when_the_measure_was_told_is_not_reminded_of() -> None:
    made = step_through_a_year({date(2026, 4, 20): a_state(effective="2026-05-01")}, UTC_ZONE, timedelta(days=1))
    assert [days for _, _, days, _ in made] == [7, 0]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_whatever_the_pauses_no_reminder_comes_twice_and_none_after_its_date(pauses: Iterable[int]) -> None:
    open_ = set(REMINDERS)
    now, made = datetime(2026, 3, 1, 9, tzinfo=UTC), []
    for pause in pauses:
        now += timedelta(days=pause)
        found = due(open_, now, UTC_ZONE)
        made += [(each.days, now.date()) for each in found.make]
        open_ -= {*found.make, *(each for each, _ in found.skipped)}
    assert len({days for days, _ in made}) == len(made)
    assert all(day <= date(2026, 5, 2) for _, day in made)
    assert [days for days, _ in made] == sorted((days for days, _ in made), reverse=True)
