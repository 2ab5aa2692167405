"""When a measure's dates are to be reminded of, and which reminders are due now. Pure.

A date gives one reminder for each of the watchlist's `reminders` (days ahead), at a time of day in its time zone.
A month or a year counts from its first day and gives only reminders four weeks or more ahead and the one on that
day: seven days before "May 2026" would pretend to a day that the text does not name.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from services.alert.lifecycle.state import HALTED
from services.contracts.alerts import Limb, MeasureState
from services.contracts.vocab import REMINDER_REASONS, DateRole, Stage

LATEST = timedelta(days=1)
"""A reminder may come this late although its date is over; later it would be no news."""

COARSE_DAYS = 28
"""The shortest distance, in days, that a reminder of a month or a year may claim."""

Dates = tuple[tuple[DateRole, tuple[str, ...]], ...]


class Skipped(StrEnum):
    """Why a reminder whose time has come is not made."""

    PAST = "PAST"
    """The date itself is over, by more than a day."""
    OVERTAKEN = "OVERTAKEN"
    """A nearer reminder of the same date is due as well."""


@dataclass(frozen=True, order=True)
class Reminder:
    """One reminder of one date: `days` ahead of `value`, to be made once `due_at` (UTC) has come."""

    due_at: datetime
    role: DateRole
    value: str
    days: int


@dataclass(frozen=True)
class Due:
    """What to make of the reminders whose time has come."""

    make: tuple[Reminder, ...]
    skipped: tuple[tuple[Reminder, Skipped], ...]


def schedule(state: MeasureState, days: Sequence[int], zone: ZoneInfo, at: time) -> tuple[Reminder, ...]:
    """Every reminder of the measure and of its limbs, earliest first, each once; past ones are included.

    What is lifted gives none, and what is suspended or blocked none of taking effect. A time of day that a change
    of clocks leaves out counts as the same moment after the change.
    """
    found = {each for dates in _standing_dates(state) for each in _reminders(dates, days, zone, at)}
    return tuple(sorted(found))


def due(reminders: Iterable[Reminder], now: datetime, zone: ZoneInfo) -> Due:
    """What to make now of the open reminders of one measure: of each date only the nearest, and none that is past.

    After a time in which nothing ran a reminder still comes if its date lies ahead, however late it is.
    """
    come = sorted((each for each in reminders if each.due_at <= now), key=lambda each: (each.role, each.value))
    make: list[Reminder] = []
    skipped: list[tuple[Reminder, Skipped]] = []
    for _, group in groupby(come, key=lambda each: (each.role, each.value)):
        nearest, *others = sorted(group, key=lambda each: each.days)
        skipped += [(each, Skipped.OVERTAKEN) for each in others]
        if _is_past(nearest, now, zone):
            skipped.append((nearest, Skipped.PAST))
        else:
            make.append(nearest)
    return Due(tuple(sorted(make)), tuple(skipped))


def first_day(value: str) -> date | None:
    """The first day of a date as precise as its text, or None if the calendar has no such day."""
    try:
        return date.fromisoformat(value + "-01" * (2 - value.count("-")))
    except ValueError:
        return None


def last_day(value: str) -> date | None:
    """The last day of a date as precise as its text, or None if the calendar has no such day."""
    first = first_day(value)
    if first is None or value.count("-") == 2:
        return first
    month = first.month if value.count("-") else 12
    return date(first.year, month, calendar.monthrange(first.year, month)[1])


def is_exact(value: str) -> bool:
    """Whether the text names the day."""
    return value.count("-") == 2


def allowed_days(value: str, days: Sequence[int]) -> tuple[int, ...]:
    """Which of the watchlist's distances a date may be reminded at; an inexact one at its first day at the least."""
    if is_exact(value) or not days:
        return tuple(days)
    return tuple(each for each in days if each == 0 or each >= COARSE_DAYS) or (0,)


def reminded_roles(stage: Stage) -> frozenset[DateRole]:
    """The roles of which a measure, or a limb, at that stage is reminded."""
    if stage is Stage.LIFTED:
        return frozenset()
    return frozenset(REMINDER_REASONS) - ({DateRole.EFFECTIVE} if stage in HALTED else set())


def _standing_dates(state: MeasureState) -> Iterator[Dates]:
    """The dates that still count; those of a limb count as long as the measure is not lifted as a whole."""
    parts: tuple[MeasureState | Limb, ...] = (state, *state.limbs)
    for part in parts if state.stage is not Stage.LIFTED else ():
        roles = reminded_roles(part.stage)
        yield tuple((role, values) for role, values in part.dates if role in roles)


def _reminders(dates: Dates, days: Sequence[int], zone: ZoneInfo, at: time) -> Iterator[Reminder]:
    for role, value in ((role, value) for role, values in dates for value in values):
        first = first_day(value)
        for ahead in allowed_days(value, days) if first else ():
            if first and first.toordinal() > ahead:
                local = datetime.combine(first - timedelta(days=ahead), at, zone)
                yield Reminder(local.astimezone(UTC), role, value, ahead)


def _is_past(reminder: Reminder, now: datetime, zone: ZoneInfo) -> bool:
    last = last_day(reminder.value)
    over = last is None or now.astimezone(zone).date() > last
    return over and now - reminder.due_at > LATEST
