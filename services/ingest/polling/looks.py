"""Which pages of documents are looked at, and what follows from each look; pure.

A list names a document, its own page has the text. Nothing of a document is published before that page was read, or
could not be had for the time its source declares; then it is published without, and the page is looked for on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from services.contracts.events import Event
from services.ingest.memory.listed import Listed, TextState
from services.ingest.memory.revisions import revise
from services.ingest.pages.page import Problem, ProblemKind
from services.ingest.pages.plaintext import clean_line
from services.ingest.source import Source

MAX_LOOKS = 40
"""How many pages of documents are looked at in one poll of a source; the others wait for the next."""

LATE_FOR = timedelta(days=7)
"""How long a page is still looked for, once a day, after its document was published without its text."""

TEXT_STATUS = "text_status"
"""The attribute of an event that says where its body is from: `page`, `none: why`, or `earlier: why`."""

_MANY = 3
_DAY = timedelta(days=1)
_LONGEST_REST = timedelta(days=2)
_MAX_WHY = 300
_NEVER = datetime.min.replace(tzinfo=UTC)


def refusal(source: Source, url: str | None) -> str | None:
    """Why a page is not looked for at all; None where it may be: over http(s), on a host of the source."""
    if source.detail is None:
        return "the source says nothing of pages of documents any more"
    try:
        parts = urlsplit(url or "")
        host = parts.hostname or ""
    except ValueError:
        return f"its link {url!r} is no address"
    if parts.scheme not in ("http", "https") or not host:
        return "it has no link to a web page"
    if host in {urlsplit(source.url).hostname, *source.detail.hosts}:
        return None
    return f"its page is on {host}; if that is the publisher's, add it to `detail.hosts`"


def doubts(source: Source, missing: int) -> tuple[Problem, ...]:
    """What to say of the source when that many documents lack the text of their page: one or two have no meaning."""
    if missing < _MANY:
        return ()
    what = f"the pages of {missing} documents cannot be had or read, see `text_not_had` in the log; mend its `detail`"
    return (Problem(ProblemKind.DRIFT, source.key, what),)


def choose(source: Source, rows: Sequence[Listed], now: datetime) -> list[Listed]:
    """The pages to be looked at now, at most MAX_LOOKS.

    Those never looked at come first, so that pages which cannot be had hold up no other; news comes before back-fill,
    what was published without text before what is only looked at again, and then the oldest document first.
    """
    due = [each for each in rows if _is_due(each, now) and not refusal(source, each.event.url)]
    return sorted(due, key=_turn)[:MAX_LOOKS]


def _is_due(row: Listed, now: datetime) -> bool:
    """Whether the page is to be looked at; a time further ahead than is ever planned was set by a wrong clock."""
    return row.body is None and row.due_at is not None and not now < row.due_at <= now + _LONGEST_REST


def _turn(row: Listed) -> tuple[bool, datetime, bool, date, str]:
    event = row.event
    again = row.state is TextState.READ
    return again, row.tried_at or _NEVER, event.backfill, event.published_on or date.min, event.document_id


def longest_round(source: Source) -> timedelta:
    """How long the pages of documents may keep the source from being asked again: half its interval."""
    return timedelta(minutes=source.schedule.every_minutes) / 2


def after_text(row: Listed, body: str, now: datetime) -> Listed:
    """The page was read; its text waits to be published."""
    return replace(row, body=body, tried_at=now, gone_at=None, error="")


def after_failure(row: Listed, source: Source, why: str, now: datetime, *, gone: bool = False) -> Listed:
    """The page was not had, or not read: until its document is published it is due at each poll, then once a day."""
    since = (row.gone_at or now) if gone else row.gone_at
    tried = replace(row, tried_at=now, error=clean_line(why, _MAX_WHY), gone_at=since)
    return tried if row.state is TextState.WAITING else _again(tried, source, now)


def _again(row: Listed, source: Source, now: datetime) -> Listed:
    """The row of a published document with the time of its next look, a day from now, or none any more."""
    rechecked = timedelta(days=source.detail.recheck_days if source.detail else 0)
    lasts = rechecked if row.state is TextState.READ else LATE_FOR
    is_over = refusal(source, row.event.url) is not None or now + _DAY > row.listed_at + lasts
    return replace(row, due_at=None if is_over else now + _DAY)


def is_overdue(row: Listed, source: Source, now: datetime) -> bool:
    """Whether the document is to be published without the text of its page: its time is over, or there is no page.

    Back-fill is in no hurry: its page is looked at once before.
    """
    if row.state is not TextState.WAITING or row.body is not None:
        return False
    if source.detail is None or refusal(source, row.event.url):
        return True
    if row.event.backfill and row.tried_at is None:
        return False
    return abs(now - row.listed_at) >= timedelta(hours=source.detail.wait_hours)


def with_text(row: Listed) -> Event:
    """The document with the text that was read, seen when it was read: the same at each attempt to publish it.

    What another look at a page of back-fill finds is news.
    """
    first = row.event.model_copy(update={"backfill": row.event.backfill and row.state is not TextState.READ})
    return revise(first, row.body, {TEXT_STATUS: "page"}, seen_at=row.tried_at or row.listed_at)


def without_text(row: Listed, source: Source, last: Event | None) -> Event:
    """The document as its list gave it; the text that was read of it earlier, if there is one, stays its text."""
    why = refusal(source, row.event.url) or row.error or "its turn has not come"
    was = last.attributes.get(TEXT_STATUS, "") if last else ""
    if last is not None and was.startswith(("page", "earlier")):
        return revise(row.event, last.body, {TEXT_STATUS: f"earlier: {why}"}, seen_at=row.event.seen_at)
    return revise(row.event, row.event.body, {TEXT_STATUS: f"none: {why}"}, seen_at=row.event.seen_at)


def after_telling(row: Listed, source: Source, now: datetime) -> Listed:
    """The document is published: a missing text is looked for on, a page that was read is looked at again or not."""
    state = TextState.MISSING if row.body is None else TextState.READ
    return _again(replace(row, state=state, body=None), source, now)


def is_withdrawn(row: Listed, rows: Sequence[Listed], source: Source, now: datetime) -> bool:
    """Whether a document whose page has just been found gone counts as taken back by its publisher.

    Only where the source says so, a day after the page was first found gone, while the page of another document that
    is no younger was read since, and not if that befalls more than half of its pages: then it is the site that moved.
    """
    if source.detail is None or source.detail.withdrawal != "gone" or row.state is not TextState.READ:
        return False
    since = row.gone_at
    if since is None or now - since < _DAY:
        return False
    others = [each for each in rows if each.event.event_id != row.event.event_id]
    stands = any(
        each.listed_at <= row.listed_at and each.tried_at and each.tried_at >= since and not each.error
        for each in others
    )
    return stands and 2 * (1 + sum(each.gone_at is not None for each in others)) <= len(rows)
