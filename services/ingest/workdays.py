"""The days on which a publisher works, counted in its own zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from services.ingest.closures import closed_days
from services.ingest.source import Publishes, Source, Weekday

_WEEK: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_workday(publishes: Publishes, day: date) -> bool:
    """Whether the publisher works on that day: a day of its week, no holiday of its country, not closed."""
    if _WEEK[day.weekday()] not in publishes.days or day in publishes.closed:
        return False
    return publishes.holidays is None or day not in closed_days(publishes.holidays)


def count_workdays(publishes: Publishes, first: date, end: date) -> int:
    """How many days the publisher works from `first` up to the day before `end`; 0 if there are none."""
    return sum(is_workday(publishes, first + timedelta(days=n)) for n in range((end - first).days))


def whole_workdays(source: Source, since: date, now: datetime) -> int:
    """How many working days have passed whole since the day `since`, neither that day nor today counted.

    Both are days of the source's zone: what was published late on Monday in Washington is Monday's.
    """
    return count_workdays(source.publishes, since + timedelta(days=1), local_day(source, now))


def local_day(source: Source, moment: datetime) -> date:
    """The day that moment belongs to where the publisher is."""
    return moment.astimezone(source.tz).date()
