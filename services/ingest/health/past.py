"""What is remembered of how a source fared, and how each fetch changes it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median

from services.ingest.pages.page import Problem, ProblemKind, Reading
from services.ingest.source import Source
from services.ingest.workdays import count_workdays, local_day

KEPT_DAYS = 400
_RECENT = 60
_LEARNED_FROM = 10
_SMALL = 5
_MAX_TEXT = 500
_DAY = timedelta(days=1)


class Doubt(StrEnum):
    """Why a page that could be read may not say what the source published."""

    COUNT = "count"
    """Far fewer or more documents than there should be."""

    DRIFT = "drift"
    """More of the page could not be read, or was not as expected, than is usual for this source."""

    RESET = "reset"
    """None of the documents was known: perhaps their addresses or numbers have changed."""


@dataclass(frozen=True)
class Day:
    """What the pages of one day held, in the publisher's zone: least and most documents, new ones, and problems."""

    day: date
    fewest: int
    most: int
    new: int = 0
    problems: int = 0


@dataclass(frozen=True)
class Past:
    """How a source fared so far; `days` are the days on which pages were read, in order.

    `arrived_on` is the day of its last news, at first contact that of the newest document on the page.
    """

    failing_since: datetime | None = None
    doubt: Doubt | None = None
    doubted_since: datetime | None = None
    doubt_text: str = ""
    arrived_on: date | None = None
    days: tuple[Day, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Sight:
    """What one page showed: how many documents, how many of them new and how many known, and its problems."""

    at: datetime
    documents: int
    new: int
    known: int
    problems: tuple[Problem, ...] = ()
    newest_on: date | None = None

    @classmethod
    def of(cls, found: Reading, at: datetime, *, new: int, known: int) -> Sight:
        """The sight of a page that could be read."""
        newest = max((each.published_on for each in found.documents if each.published_on), default=None)
        return cls(at, len(found.documents), new, known, found.problems, newest)


def after_failure(past: Past, at: datetime) -> Past:
    """No page came, or none that could be read."""
    return replace(past, failing_since=past.failing_since or at)


def after_unchanged(past: Past) -> Past:
    """The publisher says that the page is the one we had."""
    return replace(past, failing_since=None)


def after_page(past: Past, source: Source, sight: Sight, last_success_at: datetime | None) -> Past:
    """A page was read. What stands on the first one ever did not arrive, and neither did what a reset renamed."""
    today = local_day(source, sight.at)
    found = _doubt(past, source, sight, last_success_at)
    new = 0 if last_success_at is None or (found and found[0] is Doubt.RESET) else sight.new
    arrived = today if new else past.arrived_on or min(sight.newest_on or today, today)
    doubted = _with_doubt(past, found, sight.at)
    return replace(doubted, failing_since=None, arrived_on=arrived, days=_counted(past.days, today, sight, new))


def after_push(past: Past, source: Source, sight: Sight) -> Past:
    """Something was pushed. How much is no matter: whoever pushes sends what is new, be it one document or none."""
    today = local_day(source, sight.at)
    arrived = today if sight.new else past.arrived_on or today
    days = _counted(past.days, today, sight, sight.new) if sight.documents else past.days
    return replace(past, failing_since=None, arrived_on=arrived, days=days)


def await_push(past: Past, source: Source, at: datetime) -> Past:
    """Pushes may come from now on: what was never heard of is missed from this day."""
    return past if past.arrived_on else replace(past, arrived_on=local_day(source, at))


def arrival_days(past: Past) -> tuple[date, ...]:
    """The days that brought something new, in order."""
    return tuple(each.day for each in past.days if each.new)


def usual_count(past: Past, before: date) -> int | None:
    """How many documents a page usually has; None while too few days are known."""
    recent = _recent(past, before)
    return round(median(each.most for each in recent)) if len(recent) >= _LEARNED_FROM else None


def _counted(days: tuple[Day, ...], today: date, sight: Sight, new: int) -> tuple[Day, ...]:
    count, problems = sight.documents, len(_oddities(sight))
    last = days[-1] if days and days[-1].day == today else Day(today, count, count)
    grown = Day(
        today, min(last.fewest, count), max(last.most, count), last.new + new, max(last.problems, problems)
    )  # fmt: skip
    earlier = (each for each in days if today - timedelta(days=KEPT_DAYS) < each.day < today)
    return (*earlier, grown)


def _with_doubt(past: Past, found: tuple[Doubt, str] | None, at: datetime) -> Past:
    if found is None and past.doubt is Doubt.RESET and past.doubted_since and at - past.doubted_since < _DAY:
        return past  # the next page knows the new ids; a person should hear of it all the same
    if found is None:
        return replace(past, doubt=None, doubted_since=None, doubt_text="")
    since = past.doubted_since if past.doubt is found[0] else None
    return replace(past, doubt=found[0], doubted_since=since or at, doubt_text=found[1][:_MAX_TEXT])


def _doubt(past: Past, source: Source, sight: Sight, last_success_at: datetime | None) -> tuple[Doubt, str] | None:
    if last_success_at and _is_reset(past, source, sight, sight.at - last_success_at):
        return Doubt.RESET, f"none of its {sight.documents} documents was known before"
    if text := _odd_count(past, source, sight):
        return Doubt.COUNT, text
    oddities = _oddities(sight)
    if oddities and _is_drift(past, source, sight, oddities):
        return Doubt.DRIFT, f"{len(oddities)} problems with {sight.documents} documents, the first: {oddities[0]}"
    return None


def _is_reset(past: Past, source: Source, sight: Sight, since: timedelta) -> bool:
    """Whether no document is known though we looked lately, on a list that never was new as a whole."""
    if sight.known or sight.documents < _SMALL:
        return False
    if since > max(timedelta(minutes=2 * source.schedule.every_minutes), _DAY):
        return False
    recent = _recent(past, local_day(source, sight.at))
    if len(recent) < _LEARNED_FROM or any(each.new >= each.fewest for each in recent):
        return False
    return sight.documents > 2 * max(each.new for each in recent)


def _odd_count(past: Past, source: Source, sight: Sight) -> str:
    """What is wrong with the number of documents, or nothing.

    Held against what is declared, and against what is usual: over 80 % below the usual number, and lower than on
    all recent days but one.
    """
    count, expected = sight.documents, source.expected
    if not expected.min_items <= count <= expected.max_items:
        return f"it has {count} documents, and {expected.min_items} to {expected.max_items} are declared"
    today = local_day(source, sight.at)
    recent = _recent(past, _judged_from(past, source, Doubt.COUNT, today))
    usual = median(each.most for each in recent) if len(recent) >= _LEARNED_FROM else 0
    if usual < _SMALL or 5 * count >= usual or count >= sorted(each.fewest for each in recent)[1]:
        return ""
    is_sure = past.doubt is Doubt.COUNT or _has_worked(source, today)
    return f"it has {count} documents, {usual:g} is usual" if is_sure else ""


def _has_worked(source: Source, today: date) -> bool:
    """Whether the publisher worked yesterday, works today, and did more than half of the last week.

    Else a list of the last days' documents may be short because there were none.
    """
    worked = count_workdays(source.publishes, today - timedelta(days=7), today)
    return 2 * worked > len(source.publishes.days) and count_workdays(source.publishes, today - _DAY, today + _DAY) == 2


def _is_drift(past: Past, source: Source, sight: Sight, oddities: Sequence[Problem]) -> bool:
    """Whether the problems are more than usual, and of the whole page or of a fifth of its documents."""
    today = local_day(source, sight.at)
    recent = _recent(past, _judged_from(past, source, Doubt.DRIFT, today))
    if len(recent) < _LEARNED_FROM or len(oddities) <= 2 * median(each.problems for each in recent):
        return False
    return 5 * len(oddities) >= sight.documents or any(each.where == source.key for each in oddities)


def _judged_from(past: Past, source: Source, doubt: Doubt, today: date) -> date:
    """The day before which the past is sound: a doubt that lasts must not become what is usual."""
    return local_day(source, past.doubted_since) if past.doubt is doubt and past.doubted_since else today


def _recent(past: Past, before: date) -> list[Day]:
    return [each for each in past.days[-_RECENT:] if each.day < before]


def _oddities(sight: Sight) -> list[Problem]:
    return [each for each in sight.problems if each.kind in (ProblemKind.DRIFT, ProblemKind.BAD_ITEM)]
