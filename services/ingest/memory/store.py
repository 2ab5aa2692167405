"""What ingest remembers, as functions on a connection: the caller owns the transaction."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from services.contracts.events import Event
from services.ingest.memory.revisions import Known, Moment, known_of, title_digest
from services.ingest.memory.tables import seen_revisions, source_cursors, source_releases
from services.runtime.store import portable_insert

_TIMES = ("last_tried_at", "last_full_at", "last_success_at", "last_new_at", "not_before", "held_since")
_STATE = ("latest", "text", "day", "moment", "title", "content")
_LOOK_UP = 500


@dataclass(frozen=True)
class Cursor:
    """How far a source was read and how it fares. A cursor without `last_success_at` was never read.

    `held_reason` says why the news of the last page was held back; empty while nothing is held.
    """

    source: str
    etag: str | None = None
    last_modified: str | None = None
    last_tried_at: datetime | None = None
    last_full_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    not_before: datetime | None = None
    last_error: str = ""
    failures: int = 0
    held_reason: str = ""
    held_since: datetime | None = None


@dataclass(frozen=True)
class Release:
    """A person's word that a held source may go on, its documents as news or as back-fill."""

    source: str
    as_news: bool
    asked_at: datetime


def load_cursor(connection: sa.Connection, source: str) -> Cursor:
    """The cursor of a source; an empty one if it was never asked."""
    query = sa.select(source_cursors).where(source_cursors.c.source == source)
    row = connection.execute(query).mappings().first()
    return _cursor(row) if row else Cursor(source)


def save_cursor(connection: sa.Connection, cursor: Cursor) -> None:
    """Write the cursor of a source over the one before."""
    row = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(cursor).items()}
    statement = portable_insert(connection, source_cursors).values(row)
    changed = {name: value for name, value in row.items() if name != "source"}
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=changed))


def load_known(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Known]:
    """How each of these events stands; those never published are left out."""
    columns = (seen_revisions.c[name] for name in ("event_id", "revision", "text", "day", "moment"))
    return {row.event_id: _known(row) for row in _latest(connection, event_ids, *columns)}


def load_events(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Event]:
    """The latest event of each of these ids, where it was kept."""
    rows = _latest(connection, event_ids, seen_revisions.c.event_id, seen_revisions.c.content)
    return {row.event_id: _event(row.content) for row in rows if row.content}


def mark_seen(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Record that these revisions were published, or seen again, in this order; safe to repeat."""
    for batch in _each_once(events):
        before = sa.update(seen_revisions).where(
            seen_revisions.c.event_id == sa.bindparam("of_event"), seen_revisions.c.latest
        )
        connection.execute(before.values(latest=False, content=None), [{"of_event": each.event_id} for each in batch])
        insert = portable_insert(connection, seen_revisions)
        changed = {name: insert.excluded[name] for name in _STATE}
        statement = insert.on_conflict_do_update(index_elements=["event_id", "revision"], set_=changed)
        connection.execute(statement, [_seen_row(each) for each in batch])


def known_titles(connection: sa.Connection, source: str, digests: Collection[str]) -> frozenset[str]:
    """Those of the title digests that documents of the source were published under."""
    found: set[str] = set()
    waiting = iter(sorted(set(digests)))
    while chunk := list(islice(waiting, _LOOK_UP)):
        query = sa.select(seen_revisions.c.title).where(
            seen_revisions.c.source == source, seen_revisions.c.title.in_(chunk)
        )
        found.update(connection.execute(query.distinct()).scalars())
    return frozenset(found)


def latest_of_titles(connection: sa.Connection, source: str, digests: Collection[str]) -> Iterator[Event]:
    """The latest events of the source's documents with these titles, where they were kept."""
    waiting = iter(sorted(set(digests)))
    while chunk := list(islice(waiting, _LOOK_UP)):
        query = sa.select(seen_revisions.c.content).where(
            seen_revisions.c.source == source, seen_revisions.c.title.in_(chunk), seen_revisions.c.latest
        )
        yield from (_event(content) for content in connection.execute(query).scalars() if content)


def busiest_day(connection: sa.Connection, source: str, since: date) -> int:
    """How many documents of the source are of its busiest day since then; by our first sight where none is stated."""
    day = sa.func.coalesce(seen_revisions.c.day, sa.func.substr(seen_revisions.c.first_seen_at, 1, 10))
    query = (
        sa.select(sa.func.count())
        .where(seen_revisions.c.source == source, seen_revisions.c.latest, day >= since.isoformat())
        .group_by(day)
        .order_by(sa.func.count().desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() or 0


def load_release(connection: sa.Connection, source: str) -> Release | None:
    """A person's word that the source may go on, if it was given and not used up."""
    row = connection.execute(sa.select(source_releases).where(source_releases.c.source == source)).first()
    return Release(source, row.as_news, datetime.fromisoformat(row.asked_at)) if row else None


def save_release(connection: sa.Connection, release: Release) -> None:
    """Record a person's word over any earlier one."""
    forget_release(connection, release.source)
    row = {"source": release.source, "as_news": release.as_news, "asked_at": release.asked_at.isoformat()}
    connection.execute(sa.insert(source_releases).values(row))


def forget_release(connection: sa.Connection, source: str) -> None:
    """Take the word back, since it was used up or nothing is held any more."""
    connection.execute(sa.delete(source_releases).where(source_releases.c.source == source))


def _latest(connection: sa.Connection, event_ids: Collection[str], *columns: sa.Column[Any]) -> Iterator[sa.Row[Any]]:
    waiting = iter(sorted(event_ids))
    while chunk := list(islice(waiting, _LOOK_UP)):
        query = sa.select(*columns).where(seen_revisions.c.event_id.in_(chunk), seen_revisions.c.latest)
        yield from connection.execute(query)


def _event(content: bytes) -> Event:
    return Event.model_validate_json(zlib.decompress(content))


def _known(row: sa.Row[Any]) -> Known:
    day = date.fromisoformat(row.day) if row.day else None
    return Known(row.revision, row.text, Moment(day, datetime.fromisoformat(row.moment) if row.moment else None))


def _each_once(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The events in order, in batches that hold no document twice."""
    batch: dict[str, Event] = {}
    for event in events:
        if event.event_id in batch:
            yield list(batch.values())
            batch = {}
        batch[event.event_id] = event
    if batch:
        yield list(batch.values())


def _seen_row(event: Event) -> dict[str, Any]:
    known = known_of(event)
    return {
        "event_id": event.event_id,
        "revision": event.revision,
        "source": event.source,
        "first_seen_at": event.seen_at.isoformat(),
        "latest": True,
        "text": known.text,
        "day": known.moment.day.isoformat() if known.moment.day else None,
        "moment": known.moment.at.isoformat() if known.moment.at else None,
        "title": title_digest(event.title),
        "content": zlib.compress(event.model_dump_json().encode("utf-8", "surrogatepass"), 1),
    }


def _cursor(row: Mapping[Any, Any]) -> Cursor:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in _TIMES}
    return Cursor(**{**row, **times})
