"""Days and instants as publishers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.pages.dates import Published, parse_published
from tests.ingest.material import example_source

TOKYO = example_source(placeholder_times=("00:00:00", "05:00:00"))
WASHINGTON = example_source(key="us-x", country="US", language="en", zone="America/New_York")
BEIJING = example_source(key="cn-x", country="CN", language="zh-Hans", zone="Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("Wed, 19 Aug 2026 17:00:00 +0900", "2026-08-19", "2026-08-19T17:00:00+09:00"),
        ("Wed, 19 Aug 2026 17:00:00 JST", "2026-08-19", "2026-08-19T17:00:00+09:00"),
        ("20 Aug 2026 03:13:00 +0900", "2026-08-20", "2026-08-20T03:13:00+09:00"),
        ("8 Apr 26 18:13 GMT", "2026-04-09", "2026-04-08T18:13:00+00:00"),
        ("2026-06-19T15:30:00Z", "2026-06-20", "2026-06-19T15:30:00+00:00"),
        ("2026-06-19T05:00:00Z", "2026-06-19", "2026-06-19T05:00:00+00:00"),
        ("2026-08-19T08:50:00.123+09:00", "2026-08-19", "2026-08-19T08:50:00+09:00"),
        ("2026-08-19 08:50", "2026-08-19", "2026-08-19T08:50:00+09:00"),
        ("2026-08-19", "2026-08-19", None),
        ("2026/8/9", "2026-08-09", None),
        ("19 Aug 2026", "2026-08-19", None),
        ("Wed, 19 August 2026", "2026-08-19", None),
        ("19 Aug 2026 00:00:00 +0900", "2026-08-19", None),
        ("2026-08-19T05:00:00+09:00", "2026-08-19", None),
        ("2026-08-18T20:00:00Z", "2026-08-19", None),
    ],
)
def test_a_date_gives_the_publishers_day_and_an_instant_only_where_one_is_stated(
    text: str, day: str, instant: str | None
) -> None:
    assert parse_published(text, TOKYO) == Published(date.fromisoformat(day), at(instant) if instant else None)


def test_a_zone_name_means_what_the_source_means_by_it() -> None:
    assert parse_published("8 Apr 2026 09:00 CST", BEIJING) == Published(date(2026, 4, 8), at("2026-04-08T09:00+08:00"))
    assert parse_published("8 Apr 2026 09:00 CST", WASHINGTON) == Published(
        date(2026, 4, 8), at("2026-04-08T09:00-06:00")
    )
    assert parse_published("8 Apr 2026 23:00 EDT", WASHINGTON) == Published(
        date(2026, 4, 8), at("2026-04-08T23:00-04:00")
    )


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01", "2026-02-30", "31 Foo 2026", "8 Apr 2026 25:00 JST", "8 Apr 2026 09:00 XYZ",
     "令和8年", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:00-12:00", "2026-04-08T09:00:00+99:99", "20260408"],
)  # fmt: skip
def test_what_is_no_date_is_no_date(text: str) -> None:
    assert parse_published(text, TOKYO) is None


def test_a_lookup_reads_an_odd_date() -> None:
    source = example_source(lookups={"date": {"令和8年4月8日": "2026-04-08"}})
    assert parse_published(" 令和8年4月8日 ", source) == Published(date(2026, 4, 8))


def date_time(year: int) -> datetime:
    return datetime(year, 1, 2, tzinfo=UTC).replace(tzinfo=None)


@given(
    st.datetimes(date_time(1990), date_time(2100)),
    st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_an_instant_survives_whatever_zone_it_is_written_in(moment: datetime, zone: timezone) -> None:
    instant = moment.replace(microsecond=0, tzinfo=zone)
    found = parse_published(instant.isoformat(), WASHINGTON)
    assert found == Published(instant.astimezone(WASHINGTON.tz).date(), instant.astimezone(UTC))
    assert parse_published(instant.strftime("%d %b %Y %H:%M:%S %z"), WASHINGTON) == found
