"""How a source fares, judged from what is remembered of it and the time alone; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil
from typing import Protocol

from services.ingest.health.past import Doubt, Past, arrival_days
from services.ingest.source import Source
from services.ingest.workdays import count_workdays, whole_workdays

_LEARNED_FROM = 20
_LEARNED_OVER = timedelta(days=60)
_LEAST_LEARNED = 3
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class SourceState(StrEnum):
    """How a source fares, the worst last."""

    WAITING = "waiting"
    """It was not read yet."""

    OK = "ok"
    """It is read, and its news comes as it should."""

    SILENT = "silent"
    """It is read, and nothing new has come for longer than should be."""

    LATE = "late"
    """It has not been read for two of its intervals."""

    BROKEN = "broken"
    """It cannot be read, or what is read cannot be right."""


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source, and why in one sentence that says what to do."""

    state: SourceState
    reason: str


class Contact(Protocol):
    """What a cursor tells of the last fetches."""

    @property
    def last_tried_at(self) -> datetime | None:
        """When the source was last asked."""

    @property
    def last_success_at(self) -> datetime | None:
        """When it last gave a page that could be read, or said that nothing changed."""

    @property
    def not_before(self) -> datetime | None:
        """Until when the publisher asks to be left alone."""

    @property
    def failures(self) -> int:
        """How many fetches failed in a row."""

    @property
    def last_error(self) -> str:
        """With what the last fetch failed."""

    @property
    def held_reason(self) -> str:
        """Why the news of its last page is held back; empty if it is not."""


@dataclass(frozen=True)
class Gap:
    """How many working days a source may be without news, and whether that was learned from its past."""

    workdays: int
    learned: bool


def judge(source: Source, contact: Contact, past: Past, now: datetime) -> SourceHealth:
    """How the source fares at `now`.

    - broken: its news is held back; or at least two fetches failed or gave unreadable pages, for three intervals and
      no less than an hour; or for as long the number of documents has been out of what is declared or over 80 %
      below the usual one; or for a day as well more problems than usual came with the documents; or all documents
      were new at once.
    - late: no page, and no "not modified", for two intervals.
    - silent: as many working days as `expected_gap` says have passed whole without anything new.

    A source that is pushed is judged by the calls it makes: broken if they are refused, late if its file says how often
    to call and nobody does, silent also if nobody ever called.
    """
    if source.is_pushed:
        return _judge_pushed(source, contact, past, now)
    return (
        _broken(source, contact, past, now)
        or _unread(contact)
        or _late(source, contact, now)
        or _silent(source, past, now)
        or SourceHealth(SourceState.OK, f"read; its last news is of {past.arrived_on or 'a day not known yet'}")
    )


def expected_gap(source: Source, past: Past) -> Gap:
    """The longest time without news that needs no person, in working days.

    It is learned once 20 days with news are known over at least 60 days, a time that has seen a holiday: half as
    much again as the longest gap among them, at least 3 days. The declared one is believed until then, and never
    exceeded: who declares a gap knows the publisher, what is learned can only make the alarm come sooner.
    """
    declared = source.expected.longest_gap_days
    days = arrival_days(past)
    if len(days) < _LEARNED_FROM or days[-1] - days[0] < _LEARNED_OVER:
        return Gap(declared, learned=False)
    longest = max(_gap(source, earlier, later) for earlier, later in pairwise(days))
    learned = max(ceil(1.5 * longest), _LEAST_LEARNED)
    return Gap(min(learned, declared), learned=learned < declared)


def patience(source: Source) -> timedelta:
    """How long something may be wrong before the source counts as broken: three intervals, at least an hour."""
    return max(3 * _interval(source), _HOUR)


def _gap(source: Source, earlier: date, later: date) -> int:
    """The working days from one day of news to the next; 1 if the publisher missed none."""
    return count_workdays(source.publishes, earlier + _DAY, later + _DAY)


def _interval(source: Source) -> timedelta:
    return timedelta(minutes=source.schedule.every_minutes)


def _broken(source: Source, contact: Contact, past: Past, now: datetime) -> SourceHealth | None:
    if contact.held_reason:
        what = f"look at it, then `noroshi sources release {source.key}`"
        return _health(SourceState.BROKEN, source, f"its news is held: {contact.held_reason}", what)
    if contact.failures >= 2 and past.failing_since and now - past.failing_since >= patience(source):
        since = f"{contact.failures} fetches failed since {_at(past.failing_since)}"
        what = f"open {source.url}, then mend the address or the reading"
        return _health(SourceState.BROKEN, source, f"{since}, the last with: {contact.last_error}", what)
    if past.doubt and past.doubted_since and now - past.doubted_since >= _doubted_for(source, past.doubt):
        what = f"compare {source.url} with what was found"
        return _health(SourceState.BROKEN, source, f"since {_at(past.doubted_since)} {past.doubt_text}", what)
    return None


def _doubted_for(source: Source, doubt: Doubt) -> timedelta:
    """How long a doubt may last before it counts."""
    if doubt is Doubt.RESET:
        return timedelta(0)
    return max(patience(source), _DAY) if doubt is Doubt.DRIFT else patience(source)


def _unread(contact: Contact) -> SourceHealth | None:
    if contact.last_success_at:
        return None
    if contact.last_tried_at is None:
        return SourceHealth(SourceState.WAITING, "never asked; `noroshi ingest --live` asks it")
    why = f"asked at {_at(contact.last_tried_at)}, and no page yet: {contact.last_error}"
    return SourceHealth(SourceState.WAITING, f"{why}; it is asked again")


def _late(source: Source, contact: Contact, now: datetime) -> SourceHealth | None:
    if contact.last_success_at is None or now - contact.last_success_at <= 2 * _interval(source):
        return None
    seen = f"not read since {_at(contact.last_success_at)}"
    if contact.not_before and contact.not_before > now:
        return SourceHealth(
            SourceState.LATE, f"{seen}: the publisher asks to be left alone until {_at(contact.not_before)}; wait"
        )
    if contact.failures:
        return _health(SourceState.LATE, source, f"{seen}, the last fetch failed with: {contact.last_error}", "wait")
    return SourceHealth(SourceState.LATE, f"{seen}; see whether ingest runs and polls (`noroshi ingest --live`)")


def _silent(source: Source, past: Past, now: datetime) -> SourceHealth | None:
    passed = _overdue(source, past, now)
    if passed is None:
        return None
    seen = f"read, but {passed}"
    what = f"if {source.url} has later news, mend the address or the reading, else raise `expected.longest_gap_days`"
    return _health(SourceState.SILENT, source, seen, what)


def _overdue(source: Source, past: Past, now: datetime) -> str | None:
    """Since when nothing new has come, in words, if that is longer than should be."""
    passed = whole_workdays(source, past.arrived_on, now) if past.arrived_on else 0
    if passed < min(source.expected.longest_gap_days, _LEAST_LEARNED) or passed < expected_gap(source, past).workdays:
        return None
    gap = expected_gap(source, past)
    kind = "learned" if gap.learned else "declared"
    return f"nothing new since {past.arrived_on}: {passed} working days, {gap.workdays} are {kind} as longest"


def _judge_pushed(source: Source, contact: Contact, past: Past, now: datetime) -> SourceHealth:
    heard = f"last heard of at {_at(contact.last_success_at)}" if contact.last_success_at else "never heard of"
    if contact.failures >= 2 and past.failing_since and now - past.failing_since >= patience(source):
        since = f"{contact.failures} pushes were refused since {_at(past.failing_since)}"
        what = "mend what its sender sends"
        return SourceHealth(SourceState.BROKEN, f"{since}, the last with: {contact.last_error}; {what}")
    if source.has_rhythm and contact.last_success_at and now - contact.last_success_at > 2 * _interval(source):
        return SourceHealth(SourceState.LATE, f"{heard}; see whether its sender runs and reaches us")
    if passed := _overdue(source, past, now):
        what = "ask its sender, else raise `expected.longest_gap_days`"
        return SourceHealth(SourceState.SILENT, f"{heard}, and {passed}; {what}")
    if contact.last_success_at is None:
        return SourceHealth(SourceState.WAITING, "never heard of; its sender pushes when there is something")
    return SourceHealth(SourceState.OK, f"{heard}; its last news is of {past.arrived_on}")


def _health(state: SourceState, source: Source, why: str, what: str) -> SourceHealth:
    return SourceHealth(state, f"{why}; {what} (`noroshi sources check {source.key}`)")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
