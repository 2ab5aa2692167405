"""How sources are judged: the right state within their cadence, and no false alarm over a holiday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.ingest.health.past import Day, Doubt, Past, Sight, after_failure, after_page, after_unchanged
from services.ingest.health.state import SourceHealth, SourceState, expected_gap, judge
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Problem, ProblemKind
from services.ingest.source import Source
from services.ingest.workdays import is_workday, local_day
from tests.ingest.material import example_source

START = datetime(2026, 1, 5, 0, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def source_of(country: str = "JP", zone: str = "Asia/Tokyo", gap: int = 5, **changes: Any) -> Source:
    fields = {
        "zone": zone,
        "publishes": {"holidays": country},
        "expected": {"longest_gap_days": gap, "min_items": 1},
        "schedule": {"every_minutes": 60},
    }
    return example_source(**{**fields, **changes})


@dataclass
class Run:
    """A source that is asked every hour by a stepped clock, without a poller or a database."""

    source: Source
    now: datetime = START
    cursor: Cursor = field(default_factory=lambda: Cursor("jp-example"))
    past: Past = field(default_factory=Past)

    @property
    def state(self) -> SourceState:
        return self.health.state

    @property
    def health(self) -> SourceHealth:
        return judge(self.source, self.cursor, self.past, self.now)

    def page(self, documents: int = 20, new: int = 0, known: int | None = None, **sight: Any) -> SourceState:
        seen = Sight(self.now, documents, new, documents - new if known is None else known, **sight)
        self.past = after_page(self.past, self.source, seen, self.cursor.last_success_at)
        return self._asked(last_success_at=self.now, failures=0, last_error="")

    def unchanged(self) -> SourceState:
        self.past = after_unchanged(self.past)
        return self._asked(last_success_at=self.now, failures=0, last_error="")

    def fail(self, why: str = "HTTP 503") -> SourceState:
        self.past = after_failure(self.past, self.now)
        return self._asked(failures=self.cursor.failures + 1, last_error=why)

    def live(self, days: int, documents: int = 20, new: int = 1) -> list[SourceState]:
        """So many days on which it is asked every twelve hours, with news each working day."""
        states = []
        for half in range(days * 2):
            works = is_workday(self.source.publishes, local_day(self.source, self.now))
            states.append(self.page(documents, new if works and half % 2 == 0 else 0))
            self.now += DAY / 2
        return states

    def _asked(self, **changes: Any) -> SourceState:
        self.cursor = replace(self.cursor, last_tried_at=self.now, **changes)
        return self.state


def hourly(run: Run, hours: int, step: Any) -> list[SourceState]:
    states = []
    for _ in range(hours):
        states.append(step())
        run.now += HOUR
    return states


def test_a_source_waits_until_it_was_read_and_says_whether_it_was_asked() -> None:
    run = Run(source_of())
    assert (run.state, run.health.reason) == ("waiting", "never asked; `noroshi ingest --live` asks it")
    run.fail("HTTP 503")
    assert run.state is SourceState.WAITING
    assert "no page yet: HTTP 503" in run.health.reason
    run.now += HOUR
    assert run.page() is SourceState.OK


def test_a_source_that_fails_is_late_after_two_intervals_and_broken_after_three() -> None:
    run = Run(source_of())
    run.page()
    run.now += HOUR
    assert hourly(run, 4, run.fail) == ["ok", "ok", "late", "broken"]
    reason = run.health.reason
    assert "4 fetches failed since 2026-01-05 01:10 UTC, the last with: HTTP 503" in reason
    assert "open https://press.example.go.jp/feed.xml, then mend" in reason
    assert run.page() is SourceState.OK


def test_a_source_asked_every_minute_is_not_broken_within_the_hour() -> None:
    run = Run(source_of(schedule={"every_minutes": 1}))
    run.page()
    for _ in range(60):
        run.now += timedelta(minutes=1)
        assert run.fail() is not SourceState.BROKEN
    run.now += timedelta(minutes=1)
    assert run.fail() is SourceState.BROKEN


def test_one_failure_before_a_long_rest_of_ours_is_late_and_not_broken() -> None:
    run = Run(source_of())
    run.page()
    run.fail()
    run.now += 5 * DAY
    assert run.state is SourceState.LATE


def test_a_source_nobody_asks_is_late_and_one_that_asks_for_rest_says_until_when() -> None:
    run = Run(source_of())
    run.page()
    run.now += 2 * HOUR
    before = run.state
    run.now += timedelta(minutes=1)
    assert (before, run.health.state) == ("ok", "late")
    assert "see whether ingest runs and polls" in run.health.reason
    run.cursor = replace(run.cursor, not_before=run.now + HOUR, failures=1)
    assert run.health.reason.endswith("asks to be left alone until 2026-01-05 03:11 UTC; wait")


@pytest.mark.parametrize("how", ["the same page", "not modified"])
def test_a_frozen_source_is_silent_once_the_gap_has_passed_and_ok_with_the_next_news(how: str) -> None:
    run = Run(source_of(gap=5))
    run.live(1)  # Monday 5 January, with news
    states = hourly(run, 24 * 9, run.page if how == "the same page" else run.unchanged)
    first = START + DAY + states.index(SourceState.SILENT) * HOUR
    # Tuesday to Friday, and Tuesday: the 12th is Coming of Age Day. Tokyo's midnight is 15:00 UTC.
    assert first == datetime(2026, 1, 13, 15, 10, tzinfo=UTC)
    assert set(states[: states.index(SourceState.SILENT)]) == {SourceState.OK}
    assert "nothing new since 2026-01-05: 6 working days, 5 are declared as longest" in run.health.reason
    assert run.page(new=1) is SourceState.OK


def test_a_source_whose_newest_document_is_old_is_silent_at_first_contact() -> None:
    run = Run(source_of(gap=5))
    assert run.page(newest_on=date(2025, 12, 1)) is SourceState.SILENT
    other = Run(source_of(gap=5))
    assert other.page(newest_on=date(2026, 2, 1)) is SourceState.OK  # dated ahead


@pytest.mark.parametrize(
    ("country", "zone", "last_news", "next_news"),
    [
        ("JP", "Asia/Tokyo", "2026-05-01", "2026-05-07"),  # Golden Week
        ("JP", "Asia/Tokyo", "2026-12-28", "2027-01-04"),
        ("CN", "Asia/Shanghai", "2026-02-13", "2026-02-24"),  # Chinese New Year
        ("CN", "Asia/Shanghai", "2026-09-30", "2026-10-08"),
        ("US", "America/New_York", "2026-11-25", "2026-11-27"),  # Thanksgiving
        ("US", "America/New_York", "2026-07-02", "2026-07-06"),
        ("EU", "Europe/Brussels", "2026-12-23", "2027-01-04"),  # Christmas
        ("GB", "Europe/London", "2026-12-24", "2026-12-29"),
    ],
)
def test_a_publisher_of_every_working_day_may_rest_over_a_holiday_and_not_a_day_longer(
    country: str, zone: str, last_news: str, next_news: str
) -> None:
    source = source_of(country, zone, gap=1)
    noon = datetime.fromisoformat(f"{last_news}T12:00:00").replace(tzinfo=source.tz)
    run = Run(source, now=noon.astimezone(UTC))
    run.page(new=1)
    back = datetime.fromisoformat(f"{next_news}T23:59:00").replace(tzinfo=source.tz).astimezone(UTC)
    while run.now + HOUR <= back:
        run.now += HOUR
        assert run.page() is SourceState.OK, run.now
    run.now = back + timedelta(minutes=1)
    assert run.page() is SourceState.SILENT


@pytest.mark.parametrize(
    ("country", "zone"), [("JP", "Asia/Tokyo"), ("CN", "Asia/Shanghai"), ("US", "America/New_York")]
)
def test_ten_months_of_daily_news_raises_no_alarm_and_the_gap_is_learned(country: str, zone: str) -> None:
    run = Run(source_of(country, zone, gap=10))
    assert set(run.live(300)) == {SourceState.OK}
    gap = expected_gap(run.source, run.past)
    assert (gap.workdays, gap.learned) == (3, True)
    assert SourceState.SILENT in run.live(8, new=0)


def arrivals(*days: date) -> Past:
    return Past(days=tuple(Day(day, 20, 20, new=1) for day in days), arrived_on=days[-1])


def weekly(count: int, weeks: int = 1) -> Sequence[date]:
    return [date(2026, 1, 6) + n * weeks * 7 * DAY for n in range(count)]


@pytest.mark.parametrize(
    ("past", "workdays", "learned"),
    [
        (arrivals(*weekly(19)), 20, False),  # too few
        (arrivals(*(date(2026, 1, 6) + n * DAY for n in range(40))), 20, False),  # too short a time
        (arrivals(*weekly(20)), 8, True),  # five working days from one to the next, half as much again
        (arrivals(*weekly(20, weeks=4)), 20, False),  # learned thirty, declared twenty
    ],
)
def test_a_gap_is_learned_from_enough_arrivals_and_never_beyond_the_declared_one(
    past: Past, workdays: int, learned: bool
) -> None:
    source = source_of(gap=20, publishes={})
    gap = expected_gap(source, past)
    assert (gap.workdays, gap.learned) == (workdays, learned)


def test_a_list_that_shrinks_by_more_than_four_fifths_is_broken_after_three_intervals_and_stays_so() -> None:
    run = Run(source_of(gap=100))
    run.live(23)  # up to Wednesday morning
    assert hourly(run, 5, lambda: run.page(documents=3)) == ["ok", "ok", "ok", "broken", "broken"]
    assert "it has 3 documents, 20 is usual" in run.health.reason
    assert set(run.live(30, documents=3, new=0)) == {SourceState.BROKEN}
    assert run.page() is SourceState.OK


def test_a_list_of_the_last_days_documents_may_be_short_after_weekends_and_holidays() -> None:
    run = Run(source_of(gap=100, expected={"longest_gap_days": 100, "min_items": 0}))
    run.now = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)
    states = []
    while run.now < datetime(2026, 6, 1, tzinfo=UTC):
        today = local_day(run.source, run.now)
        count = sum(10 for n in range(3) if is_workday(run.source.publishes, today - n * DAY))
        states.append(run.page(documents=count))
        run.now += 6 * HOUR
    assert set(states) == {SourceState.OK}


@pytest.mark.parametrize("documents", [2, 300])
def test_a_number_of_documents_outside_what_is_declared_is_broken_after_three_intervals(documents: int) -> None:
    run = Run(source_of(expected={"longest_gap_days": 100, "min_items": 5, "max_items": 200}))
    assert hourly(run, 4, lambda: run.page(documents=documents)) == ["ok", "ok", "ok", "broken"]
    assert f"it has {documents} documents, and 5 to 200 are declared" in run.health.reason


def odd(count: int, kind: ProblemKind = ProblemKind.BAD_ITEM) -> tuple[Problem, ...]:
    return tuple(Problem(kind, f"jp-example item {n}", "no date") for n in range(count))


def test_documents_that_can_no_longer_be_read_are_drift_once_a_day_has_passed() -> None:
    run = Run(source_of(gap=100))
    run.live(21)
    states = hourly(run, 26, lambda: run.page(problems=odd(10)))
    assert states.index(SourceState.BROKEN) == 24
    assert "10 problems with 20 documents, the first: jp-example item 0: no date" in run.health.reason
    assert run.page() is SourceState.OK


@pytest.mark.parametrize(
    "problems", [odd(2), odd(20, ProblemKind.QUIET)], ids=["few of them", "a quiet page is no odd page"]
)
def test_what_is_not_drift(problems: tuple[Problem, ...]) -> None:
    run = Run(source_of(gap=100))
    run.live(21)
    assert set(hourly(run, 48, lambda: run.page(problems=problems))) == {SourceState.OK}


def test_a_source_that_was_always_odd_does_not_drift() -> None:
    run = Run(source_of(gap=100))
    for _ in range(30):
        assert run.page(problems=odd(10)) is SourceState.OK
        run.now += timedelta(minutes=50)
    states = hourly(run, 24 * 12, lambda: run.page(problems=odd(10)))
    assert set(states) == {SourceState.OK}


def test_a_reset_is_broken_at_once_and_for_a_day_and_its_documents_are_no_news() -> None:
    run = Run(source_of(gap=5))
    run.live(21)
    before = run.past.arrived_on
    assert run.page(new=20) is SourceState.BROKEN
    assert "none of its 20 documents was known before" in run.health.reason
    assert run.past.arrived_on == before
    run.now += HOUR
    assert set(hourly(run, 23, run.page)) == {SourceState.BROKEN}
    assert run.page() is SourceState.OK


def test_a_reset_that_is_held_back_stays_broken_as_long_as_it_is_unknown() -> None:
    run = Run(source_of(gap=100))
    run.live(21)
    assert set(hourly(run, 72, lambda: run.page(new=0, known=0))) == {SourceState.BROKEN}
    assert run.page() is SourceState.OK


def test_what_is_no_reset() -> None:
    young = Run(source_of(gap=100))
    young.live(5)
    assert young.page(new=20) is SourceState.OK  # too little is known
    rested = Run(source_of(gap=100))
    rested.live(21)
    rested.now += 3 * DAY
    assert rested.page(new=20) is SourceState.OK  # we were away
    daily = Run(source_of(gap=100))
    for each in range(30):
        assert daily.page(documents=8 + each, new=8 + each) is SourceState.OK  # an index of one day
        daily.now += DAY - HOUR


def test_the_past_keeps_what_a_page_of_each_day_held() -> None:
    run = Run(source_of())
    run.page(documents=20, new=20)
    run.page(documents=22, new=2, problems=odd(1))
    run.page(documents=19, new=1)
    assert run.past.days == (Day(date(2026, 1, 5), fewest=19, most=22, new=3, problems=1),)
    assert run.past.doubt is None
    run.now += 400 * DAY
    run.page()
    assert [each.day for each in run.past.days] == [date(2027, 2, 9)]


def test_a_doubt_gives_way_to_another_and_begins_anew() -> None:
    run = Run(source_of(expected={"longest_gap_days": 100, "min_items": 5}))
    run.live(21)
    run.page(problems=odd(10))
    assert run.past.doubt is Doubt.DRIFT
    run.now += HOUR
    run.page(documents=2)
    assert (run.past.doubt, run.past.doubted_since) == (Doubt.COUNT, run.now)
