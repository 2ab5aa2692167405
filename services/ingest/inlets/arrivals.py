"""What is remembered of sources that speak when they like: that they did, and with what they were refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from services.contracts.events import Event
from services.ingest.health import paststore
from services.ingest.health.past import Sight, after_failure, after_push, await_push
from services.ingest.memory import store
from services.ingest.pages.page import Document
from services.ingest.source import Source

_MAX_ERROR = 500


def note_arrivals(
    connection: sa.Connection,
    pushed: Mapping[str, Source],
    documents: Sequence[Document],
    events: Sequence[Event],
    now: datetime,
    *,
    callers: Collection[str] = (),
) -> None:
    """Remember that these sources spoke: those of the documents, and `callers`, which may have sent none.

    Belongs into the transaction that remembers the documents. Back-fill is a sign of life and no news.
    """
    for key in sorted({*callers, *(each.source for each in documents)} & set(pushed)):
        new = sum(each.source == key and not each.backfill for each in events)
        _note_call(connection, pushed[key], now, sum(each.source == key for each in documents), new)


def note_refusal(connection: sa.Connection, pushed: Iterable[Source], why: str, now: datetime) -> None:
    """Remember that what was pushed for these sources was refused, and why."""
    for source in pushed:
        cursor = store.load_cursor(connection, source.key)
        failed = replace(cursor, last_tried_at=now, last_error=why[:_MAX_ERROR], failures=cursor.failures + 1)
        store.save_cursor(connection, failed)
        paststore.change_past(connection, source.key, partial(after_failure, at=now))


def note_waiting(connection: sa.Connection, pushed: Iterable[Source], now: datetime) -> None:
    """Remember from when on we wait for these sources, so that one that never speaks does not pass unnoticed."""
    for source in pushed:
        paststore.change_past(connection, source.key, partial(await_push, source=source, at=now))


def _note_call(connection: sa.Connection, source: Source, now: datetime, documents: int, new: int) -> None:
    cursor = store.load_cursor(connection, source.key)
    heard = replace(cursor, last_tried_at=now, last_success_at=now, last_error="", failures=0)
    store.save_cursor(connection, replace(heard, last_new_at=now) if new else heard)
    sight = Sight(now, documents, new, documents - new)
    paststore.change_past(connection, source.key, partial(after_push, source=source, sight=sight))
