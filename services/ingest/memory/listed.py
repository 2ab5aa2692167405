"""What a list says of documents whose text is on pages of their own, as functions on a connection.

A row is open while its page is to be looked at, for the first time or again. The caller owns the transaction.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import sqlalchemy as sa

from services.contracts.events import Event
from services.ingest.memory.revisions import Known, Moment, known_of
from services.ingest.memory.tables import listed_documents
from services.runtime.store import portable_insert

_LOOK_UP = 500
_STANDING = ("revision", "text", "day", "moment")


class TextState(StrEnum):
    """What became of the text of a document since its list entry last changed."""

    WAITING = "waiting"
    """Nothing was published yet."""

    MISSING = "missing"
    """It was published without the text of its page."""

    READ = "read"
    """It was published with the text of its page."""


@dataclass(frozen=True)
class Listed:
    """A document as its list gave it, and what is still to be done about its page.

    `event` is the list entry as an event. The page is looked at next at `due_at`, never again where that is None.
    `body` is a text that was read and is not published yet; `error` says why the last look brought none, and
    `gone_at` since when the publisher has said that there is no such page.
    """

    event: Event
    state: TextState
    listed_at: datetime
    due_at: datetime | None
    tried_at: datetime | None = None
    gone_at: datetime | None = None
    error: str = ""
    body: str | None = None


def load_listed(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Known]:
    """How each of these documents stands on its list; those that no list with pages of their own named are left out."""
    columns = [listed_documents.c[name] for name in ("event_id", *_STANDING)]
    return {row.event_id: _known(row) for row in _rows(connection, event_ids, *columns)}


def load_entries(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Event]:
    """What their list said of those of these documents whose pages are still to be looked at."""
    rows = _rows(connection, event_ids, listed_documents.c.event_id, listed_documents.c.content)
    return {row.event_id: _unpack(row.content) for row in rows if row.content}


def load_open(connection: sa.Connection, source: str) -> tuple[Listed, ...]:
    """The documents of a source whose pages are to be looked at, now or later; the oldest first."""
    query = sa.select(listed_documents).where(
        listed_documents.c.source == source, listed_documents.c.due_at.is_not(None)
    )
    return tuple(sorted(map(_listed, connection.execute(query)), key=_age))


def count_missing(connection: sa.Connection, source: str) -> int:
    """How many documents of the source have a page that was looked for and not had."""
    query = sa.select(sa.func.count()).where(
        listed_documents.c.source == source,
        listed_documents.c.due_at.is_not(None),
        listed_documents.c.state != TextState.READ.value,
        listed_documents.c.error != "",
    )
    return connection.execute(query).scalar_one()


def expect_texts(connection: sa.Connection, events: Sequence[Event], now: datetime) -> None:
    """Record that the list has these entries, new or changed, and that their pages are due; safe to repeat.

    An entry that changes while its page is waited for waits no longer for that.
    """
    rows = [_row(Listed(each, TextState.WAITING, now, now)) for each in events]
    is_waiting = sa.and_(listed_documents.c.state == TextState.WAITING.value, listed_documents.c.due_at.is_not(None))
    insert = portable_insert(connection, listed_documents)
    changed = {column.name: insert.excluded[column.name] for column in listed_documents.c if not column.primary_key}
    since = sa.case((is_waiting, listed_documents.c.listed_at), else_=insert.excluded.listed_at)
    _write(
        connection, rows, insert.on_conflict_do_update(index_elements=["event_id"], set_=changed | {"listed_at": since})
    )


def mark_listed(connection: sa.Connection, events: Sequence[Event], now: datetime) -> None:
    """Record how these entries stand on the list and nothing more: their pages are not looked for because of it."""
    rows = [_row(Listed(each, TextState.READ, now, None)) for each in events]
    insert = portable_insert(connection, listed_documents)
    changed = {name: insert.excluded[name] for name in _STANDING}
    _write(connection, rows, insert.on_conflict_do_update(index_elements=["event_id"], set_=changed))


def drop_texts(connection: sa.Connection, event_ids: Collection[str]) -> None:
    """Look for the pages of these documents no more."""
    of = sa.update(listed_documents).where(listed_documents.c.event_id == sa.bindparam("of_event"))
    if event_ids:
        connection.execute(of.values(due_at=None, content=None, body=None), [{"of_event": each} for each in event_ids])


def move_pages(connection: sa.Connection, events: Sequence[Event], now: datetime) -> None:
    """Look for pages where the list now says they are; an entry whose link alone changed is none that is new."""
    entries = load_entries(connection, {each.event_id for each in events})
    for event in events:
        entry = entries.get(event.event_id)
        if entry is not None and event.url and entry.url != event.url:
            content = _pack(entry.model_copy(update={"url": event.url}).model_dump_json())
            of = listed_documents.c.event_id == event.event_id
            changed = {"content": content, "due_at": _text(now), "gone_at": None}
            connection.execute(sa.update(listed_documents).where(of).values(changed))


def save_listed(connection: sa.Connection, listed: Listed) -> None:
    """Write what became of a page, unless the list has said something else of its document meanwhile."""
    row = _row(listed)
    changed = {name: row[name] for name in ("state", "due_at", "tried_at", "gone_at", "error", "content", "body")}
    of = sa.and_(
        listed_documents.c.event_id == row["event_id"],
        listed_documents.c.revision == row["revision"],
        listed_documents.c.content.is_not(None),
    )
    connection.execute(sa.update(listed_documents).where(of).values(changed))


def postpone(connection: sa.Connection, source: str, until: datetime) -> None:
    """Look at no page of the source before then."""
    due = listed_documents.c.due_at
    of = sa.and_(listed_documents.c.source == source, due.is_not(None), due < until.isoformat())
    connection.execute(sa.update(listed_documents).where(of).values(due_at=until.isoformat()))


def _write(connection: sa.Connection, rows: Sequence[dict[str, Any]], statement: sa.Executable) -> None:
    """Write the rows one after the other, so that of two of one document the later stands."""
    if rows:
        connection.execute(statement, rows)


def _row(listed: Listed) -> dict[str, Any]:
    known = known_of(listed.event)
    return {
        "event_id": listed.event.event_id,
        "source": listed.event.source,
        "revision": known.revision,
        "text": known.text,
        "day": known.moment.day.isoformat() if known.moment.day else None,
        "moment": _text(known.moment.at),
        "state": listed.state.value,
        "listed_at": _text(listed.listed_at),
        "due_at": _text(listed.due_at),
        "tried_at": _text(listed.tried_at),
        "gone_at": _text(listed.gone_at),
        "error": listed.error,
        "content": _pack(listed.event.model_dump_json()) if listed.due_at else None,
        "body": None if listed.body is None else _pack(listed.body),
    }


def _listed(row: sa.Row[Any]) -> Listed:
    return Listed(
        event=_unpack(row.content),
        state=TextState(row.state),
        listed_at=datetime.fromisoformat(row.listed_at),
        due_at=_moment(row.due_at),
        tried_at=_moment(row.tried_at),
        gone_at=_moment(row.gone_at),
        error=row.error,
        body=None if row.body is None else zlib.decompress(row.body).decode("utf-8", "surrogatepass"),
    )


def _rows(connection: sa.Connection, event_ids: Collection[str], *columns: sa.Column[Any]) -> Iterator[sa.Row[Any]]:
    waiting = iter(sorted(event_ids))
    while chunk := list(islice(waiting, _LOOK_UP)):
        yield from connection.execute(sa.select(*columns).where(listed_documents.c.event_id.in_(chunk)))


def _age(listed: Listed) -> tuple[date, str]:
    return listed.event.published_on or date.min, listed.event.document_id


def _known(row: sa.Row[Any]) -> Known:
    day = date.fromisoformat(row.day) if row.day else None
    return Known(row.revision, row.text, Moment(day, _moment(row.moment)))


def _unpack(content: bytes) -> Event:
    return Event.model_validate_json(zlib.decompress(content))


def _pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
