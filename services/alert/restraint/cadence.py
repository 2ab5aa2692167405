"""When an alert may leave, by its watchlist's cadence and quiet hours. Pure.

All times of day are those of the watchlist's own time zone. An hour that the clocks skip is passed over; one that
comes twice counts the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.contracts.watchlists import Cadence, QuietHours, Watchlist

CHANGEOVER = timedelta(minutes=10)
"""What was seen so shortly before a new classifier's first act may well be its first reading."""

STALE = timedelta(hours=48)
"""A document seen longer ago than this is no news of the moment, whoever was away meanwhile."""


class Mode(StrEnum):
    """Whether an alert asks for a message of its own or a place in a digest, and if so which one."""

    SINGLE = "single"
    DIGEST = "digest"
    RELEASED = "released"
    REREAD = "reread"
    BROAD = "broad"


@dataclass(frozen=True)
class Release:
    """From when on an alert may be planned into a message, and how."""

    mode: Mode
    at: datetime


def is_reread(seen_at: datetime, in_service_since: datetime | None, now: datetime) -> bool:
    """Whether a document is read again rather than for the first time.

    It is if it was seen before its classifier replaced another one (`in_service_since`, None for the first ever), or
    long ago. What is found in it then is told, but not as if it had just happened.
    """
    before_release = in_service_since is not None and seen_at < in_service_since - CHANGEOVER
    return before_release or now - seen_at > STALE


def release(watchlist: Watchlist, now: datetime, *, reread: bool = False) -> Release:
    """When an alert decided now may leave; an instant one at once, unless the quiet hours hold it back.

    What is news only because a document is read again leaves in a digest with the next full hour.
    """
    zone = ZoneInfo(watchlist.timezone)
    if reread:
        return Release(Mode.REREAD, end_of_quiet(watchlist.quiet_hours, zone, next_hour(now)))
    if watchlist.cadence is Cadence.INSTANT:
        return Release(Mode.SINGLE, end_of_quiet(watchlist.quiet_hours, zone, now))
    due = next_hour(now) if watchlist.cadence is Cadence.HOURLY else next_time(watchlist.digest_at, zone, now)
    return Release(Mode.DIGEST, end_of_quiet(watchlist.quiet_hours, zone, due))


def release_daily(watchlist: Watchlist, now: datetime) -> Release:
    """When an alert of an over-broad watchlist leaves: with the others of its day, at its time for digests."""
    zone = ZoneInfo(watchlist.timezone)
    return Release(Mode.BROAD, end_of_quiet(watchlist.quiet_hours, zone, next_time(watchlist.digest_at, zone, now)))


def next_hour(now: datetime) -> datetime:
    """The next full hour after `now`."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_time(clock: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The next instant after `now` at which a clock in the zone shows that time."""
    day = now.astimezone(zone).date()
    while (found := instant_of(day, clock, zone)) <= now:
        day += timedelta(days=1)
    return found


def instant_of(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a clock in the zone shows that time of that day."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)


def end_of_quiet(quiet: QuietHours | None, zone: ZoneInfo, at: datetime) -> datetime:
    """The instant itself, or the end of the quiet hours it falls into."""
    if quiet is None or not is_quiet(quiet, zone, at):
        return at
    return next_time(quiet.end, zone, at)


def is_quiet(quiet: QuietHours, zone: ZoneInfo, at: datetime) -> bool:
    """Whether the instant lies in the quiet hours; they begin at `start` and are over at `end`."""
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    clock = at.astimezone(zone).time()
    return start <= clock < end if start <= end else clock >= start or clock < end
