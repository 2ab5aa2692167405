"""When an alert may leave: cadence, time zones, quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alert.restraint.cadence import (
    CHANGEOVER,
    STALE,
    Mode,
    Release,
    end_of_quiet,
    instant_of,
    is_quiet,
    is_reread,
    next_hour,
    next_time,
    release,
)
from services.contracts.watchlists import Cadence, QuietHours, Watchlist
from tests.alert.ledgers import watchlists
from tests.contracts.examples import ALERT

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NIGHT = QuietHours(start="22:00", end="07:00")
ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
INSTANTS = st.integers(0, 4 * 365 * 86_400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
CLOCK = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))


def speaking(**given: object) -> Watchlist:
    found = watchlists().get(ALERT.watchlist_id)
    assert found is not None
    return found.model_copy(update=given)


def test_an_instant_alert_leaves_at_once() -> None:
    assert release(speaking(), NOW) == Release(Mode.SINGLE, NOW)


def test_an_hourly_digest_leaves_at_the_next_full_hour() -> None:
    due = release(speaking(cadence=Cadence.HOURLY), NOW)
    assert due == Release(Mode.DIGEST, datetime(2026, 5, 4, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "at", "due"),
    [
        ("UTC", "08:00", datetime(2026, 5, 5, 8, tzinfo=UTC)),
        ("Asia/Tokyo", "08:00", datetime(2026, 5, 4, 23, tzinfo=UTC)),
        ("America/New_York", "08:00", datetime(2026, 5, 4, 12, tzinfo=UTC)),
        ("UTC", "09:30", datetime(2026, 5, 5, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_daily_digest_leaves_at_its_time_in_the_watchlists_own_zone(zone: str, at: str, due: datetime) -> None:
    watchlist = speaking(cadence=Cadence.DAILY, timezone=zone, digest_at=at)
    assert release(watchlist, NOW) == Release(Mode.DIGEST, due)


def test_quiet_hours_hold_an_instant_alert_until_they_are_over() -> None:
    tokyo = speaking(timezone="Asia/Tokyo", quiet_hours=NIGHT)
    evening = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)  # half past ten at night in Tokyo
    assert release(tokyo, evening) == Release(Mode.SINGLE, datetime(2026, 5, 4, 22, tzinfo=UTC))
    assert release(tokyo, NOW).at == NOW


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    early = speaking(cadence=Cadence.DAILY, digest_at="06:00", quiet_hours=NIGHT)
    assert release(early, NOW).at == datetime(2026, 5, 5, 7, tzinfo=UTC)


def test_quiet_hours_begin_at_their_start_and_are_over_at_their_end() -> None:
    at = [datetime(2026, 5, 4, hour, minute, tzinfo=UTC) for hour, minute in ((21, 59), (22, 0), (6, 59), (7, 0))]
    assert [is_quiet(NIGHT, ZoneInfo("UTC"), each) for each in at] == [False, True, True, False]


@given(zone=ZONES, clock=CLOCK, now=INSTANTS)
def test_the_next_time_is_later_and_within_two_days_and_the_clock_shows_it(
    zone: str, clock: str, now: datetime
) -> None:
    found = next_time(clock, ZoneInfo(zone), now)
    assert now < found <= now + timedelta(days=2)
    shown = found.astimezone(ZoneInfo(zone))
    skipped = shown.replace(hour=int(clock[:2]), minute=int(clock[3:])) != shown
    assert not skipped or (shown - timedelta(hours=1)).utcoffset() != shown.utcoffset()


@given(zone=ZONES, start=CLOCK, end=CLOCK, at=INSTANTS)
def test_nothing_leaves_in_quiet_hours_nor_later_than_need_be(zone: str, start: str, end: str, at: datetime) -> None:
    quiet = QuietHours(start=start, end=end)
    released = end_of_quiet(quiet, ZoneInfo(zone), at)
    assert at <= released <= at + timedelta(hours=26)
    assert (released == at) is not is_quiet(quiet, ZoneInfo(zone), at)


def test_a_document_seen_before_its_classifier_came_into_service_is_read_again() -> None:
    since = NOW - timedelta(hours=1)
    assert is_reread(since - timedelta(minutes=11), since, NOW)
    assert not is_reread(since - timedelta(minutes=9), since, NOW)
    assert not is_reread(since - timedelta(hours=9), None, NOW), "the first classifier ever replaces none"
    assert is_reread(NOW - timedelta(hours=49), None, NOW)


def test_first_news_of_a_document_read_again_leaves_in_a_digest_with_the_next_hour() -> None:
    due = release(speaking(), NOW, reread=True)
    assert due == Release(Mode.REREAD, datetime(2026, 5, 4, 10, tzinfo=UTC))


def test_a_document_is_new_up_to_the_very_end_of_the_changeover_and_of_its_two_days() -> None:
    assert not is_reread(NOW - CHANGEOVER, NOW, NOW)
    assert not is_reread(NOW - STALE, None, NOW)


def test_quiet_hours_of_the_watchlists_own_night_hold_back_every_kind_of_digest() -> None:
    tokyo = speaking(timezone="Asia/Tokyo", quiet_hours=NIGHT, cadence=Cadence.HOURLY)
    evening, morning = datetime(2026, 5, 4, 13, 30, tzinfo=UTC), datetime(2026, 5, 4, 22, tzinfo=UTC)
    assert release(tokyo, evening) == Release(Mode.DIGEST, morning)
    assert release(tokyo, evening, reread=True) == Release(Mode.REREAD, morning)


def test_the_next_full_hour_is_full_to_the_microsecond() -> None:
    assert next_hour(NOW.replace(second=59, microsecond=7)) == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert next_hour(datetime(2026, 5, 4, 10, tzinfo=UTC)) == datetime(2026, 5, 4, 11, tzinfo=UTC)


def test_the_next_time_is_tonight_where_it_is_still_yesterday() -> None:
    past_midnight = datetime(2026, 5, 5, 1, tzinfo=UTC)
    assert next_time("22:00", ZoneInfo("America/New_York"), past_midnight) == datetime(2026, 5, 5, 2, tzinfo=UTC)


def test_an_instant_is_told_in_utc() -> None:
    assert instant_of(date(2026, 5, 4), "08:00", ZoneInfo("Asia/Tokyo")).tzinfo is UTC


def test_quiet_hours_of_one_day_begin_and_end_to_the_minute_and_none_are_none() -> None:
    noon, never = QuietHours(start="12:00", end="13:00"), QuietHours(start="12:00", end="12:00")
    at = [datetime(2026, 5, 4, hour, minute, tzinfo=UTC) for hour, minute in ((11, 59), (12, 0), (12, 59), (13, 0))]
    assert [is_quiet(noon, ZoneInfo("UTC"), each) for each in at] == [False, True, True, False]
    assert not any(is_quiet(never, ZoneInfo("UTC"), each) for each in at)
