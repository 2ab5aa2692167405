"""On which days a publisher works, and how many of them have passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.source import Publishes
from services.ingest.workdays import count_workdays, is_workday, whole_workdays
from tests.ingest.material import example_source

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
COUNTRIES = ("US", "JP", "CN", "KR", "TW", "GB", "CA", "AU", "IN", "NL", "EU")


@pytest.mark.parametrize(
    ("country", "first", "last", "working"),
    [
        ("JP", "2026-05-02", "2026-05-06", []),  # the end of Golden Week
        ("JP", "2026-12-28", "2027-01-04", ["2026-12-28", "2027-01-04"]),  # offices close by law, 29 December on
        ("CN", "2026-02-16", "2026-02-22", []),  # Chinese New Year
        ("CN", "2026-10-01", "2026-10-07", []),
        ("US", "2026-11-25", "2026-11-27", ["2026-11-25", "2026-11-27"]),  # Thanksgiving
        ("US", "2026-07-03", "2026-07-03", []),  # Independence Day falls on a Saturday
        ("EU", "2026-12-23", "2027-01-04", ["2026-12-23", "2027-01-04"]),
        ("GB", "2026-04-06", "2026-04-07", ["2026-04-07"]),  # Easter Monday, where the government sits
    ],
)
def test_the_holidays_of_a_country_are_no_working_days(country: str, first: str, last: str, working: list[str]) -> None:
    publishes, start = Publishes(holidays=country), date.fromisoformat(first)
    days = [start + timedelta(days=n) for n in range((date.fromisoformat(last) - start).days + 1)]
    assert [str(day) for day in days if is_workday(publishes, day)] == working


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_of_the_catalogue_has_a_calendar_for_years_to_come(country: str) -> None:
    for year in (2026, 2030):
        worked = count_workdays(Publishes(holidays=country), date(year, 1, 1), date(year + 1, 1, 1))
        assert 235 <= worked <= 256


def test_a_country_without_a_calendar_is_refused_with_what_to_write_instead() -> None:
    with pytest.raises(ValidationError, match="no holidays of 'QQ' are known; leave it out and list `closed` days"):
        Publishes(holidays="QQ")


def test_a_publisher_has_days_of_its_own() -> None:
    publishes = Publishes(days=("sat", "sun"), closed=(date(2026, 4, 12),))
    assert [is_workday(publishes, date(2026, 4, day)) for day in (10, 11, 12, 18)] == [False, True, False, True]


@settings(max_examples=25, deadline=None)
@given(first=DAYS, middle=DAYS, last=DAYS, country=st.sampled_from((None, *COUNTRIES)))
def test_working_days_add_up(first: date, middle: date, last: date, country: str | None) -> None:
    first, middle, last = sorted((first, middle, last))
    publishes = Publishes(holidays=country)
    middle = min(middle, first + timedelta(days=200))
    last = min(last, middle + timedelta(days=200))
    parts = count_workdays(publishes, first, middle) + count_workdays(publishes, middle, last)
    assert parts == count_workdays(publishes, first, last) <= (last - first).days


@pytest.mark.parametrize(
    ("zone", "now", "passed"),
    [
        ("Asia/Tokyo", datetime(2026, 4, 7, 14, 59, tzinfo=UTC), 0),  # Tuesday, a minute before midnight there
        ("Asia/Tokyo", datetime(2026, 4, 7, 15, 0, tzinfo=UTC), 1),
        ("America/New_York", datetime(2026, 4, 8, 3, 59, tzinfo=UTC), 0),
        ("America/New_York", datetime(2026, 4, 8, 4, 0, tzinfo=UTC), 1),
        ("America/New_York", datetime(2026, 4, 13, 4, 0, tzinfo=UTC), 4),  # Monday: Tuesday to Friday have passed
        ("America/New_York", datetime(2026, 4, 1, 4, 0, tzinfo=UTC), 0),  # a clock that went back
    ],
)
def test_only_days_that_passed_whole_where_the_publisher_is_count(zone: str, now: datetime, passed: int) -> None:
    assert whole_workdays(example_source(zone=zone), date(2026, 4, 6), now) == passed
