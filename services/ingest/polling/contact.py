"""What is remembered of one fetch of a source, and what it is asked with next: pure functions of its cursor."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from services.ingest.memory.store import Cursor
from services.ingest.wire.fetch import FetchFailed, Validators

_MAX_ERROR = 500


def after_answer(cursor: Cursor, now: datetime) -> Cursor:
    """The source gave a page that could be read, or said that nothing changed."""
    return replace(cursor, last_success_at=now, not_before=None, last_error="", failures=0)


def after_trouble(cursor: Cursor, why: str, now: datetime, failure: FetchFailed | None = None) -> Cursor:
    """No page came, or none that could be read; the validators of the last good page are kept."""
    wait = failure.retry_after if failure else None
    not_before = now + timedelta(seconds=wait) if wait else None
    return replace(cursor, last_error=why[:_MAX_ERROR], failures=cursor.failures + 1, not_before=not_before)


def after_news(cursor: Cursor, named: Validators, now: datetime, *, is_new: bool) -> Cursor:
    """All of the page is published and known: from now on it is asked for only if it changed."""
    read = replace(after_answer(cursor, now), etag=named.etag, last_modified=named.last_modified, last_full_at=now)
    return replace(read, held_reason="", held_since=None, last_new_at=now if is_new else cursor.last_new_at)


def after_hold(cursor: Cursor, reason: str, now: datetime) -> Cursor:
    """The page is held: all of it is asked for again."""
    held = replace(after_answer(cursor, now), etag=None, last_modified=None, held_reason=reason)
    return replace(held, held_since=cursor.held_since or now)


def validators(cursor: Cursor, now: datetime, full_fetch_hours: float) -> Validators:
    """What to ask with: nothing once a day, since some publishers answer "not modified" for ever."""
    age = now - cursor.last_full_at if cursor.last_full_at else None
    if age is None or age >= timedelta(hours=full_fetch_hours):
        return Validators()
    return Validators(cursor.etag, cursor.last_modified)
