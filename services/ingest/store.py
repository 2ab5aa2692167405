"""What ingest remembers, as functions on a connection: the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from services.contracts.events import Event
from services.ingest.tables import seen_revisions, source_cursors
from services.runtime.store import portable_insert

_TIMES = ("last_tried_at", "last_full_at", "last_success_at", "last_new_at", "not_before")
_LOOK_UP = 500


@dataclass(frozen=True)
class Cursor:
    """How far a source was read and how it fares. A cursor without `last_success_at` was never read."""

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


def load_cursor(connection: sa.Connection, source: str) -> Cursor:
    """The cursor of a source; an empty one if it was never asked."""
    query = sa.select(source_cursors).where(source_cursors.c.source == source)
    row = connection.execute(query).mappings().first()
    return _cursor(row) if row else Cursor(source)


def load_cursors(connection: sa.Connection) -> tuple[Cursor, ...]:
    """Every cursor, by source."""
    rows = connection.execute(sa.select(source_cursors).order_by(source_cursors.c.source)).mappings()
    return tuple(map(_cursor, rows))


def save_cursor(connection: sa.Connection, cursor: Cursor) -> None:
    """Write the cursor of a source over the one before."""
    row = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(cursor).items()}
    statement = portable_insert(connection, source_cursors).values(row)
    changed = {name: value for name, value in row.items() if name != "source"}
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=changed))


def latest_revisions(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, str]:
    """The latest revision published of each of these events; those never published are left out."""
    found: dict[str, str] = {}
    waiting = iter(sorted(event_ids))
    while chunk := list(islice(waiting, _LOOK_UP)):
        query = sa.select(seen_revisions.c.event_id, seen_revisions.c.revision).where(
            seen_revisions.c.event_id.in_(chunk), seen_revisions.c.latest
        )
        found.update((row.event_id, row.revision) for row in connection.execute(query))
    return found


def mark_seen(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Record that these revisions were published, in this order; safe to repeat."""
    for event in events:
        of_event = seen_revisions.c.event_id == event.event_id
        connection.execute(sa.update(seen_revisions).where(of_event, seen_revisions.c.latest).values(latest=False))
        row = {
            "event_id": event.event_id,
            "revision": event.revision,
            "source": event.source,
            "first_seen_at": event.seen_at.isoformat(),
            "latest": True,
        }
        statement = portable_insert(connection, seen_revisions).values(row)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["event_id", "revision"], set_={"latest": True})
        )


def _cursor(row: Mapping[Any, Any]) -> Cursor:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in _TIMES}
    return Cursor(**{**row, **times})
