"""How far the past of each source was read, as functions on a connection: the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from services.ingest.backfill.history import Window
from services.ingest.memory.tables import backfill_windows as table
from services.runtime.store import portable_insert


@dataclass(frozen=True)
class Row:
    """One window of a source: open at `next_url` (its first page where there is none), done, or split in two."""

    source: str
    window: Window
    next_url: str | None = None
    state: str = "open"
    documents: int = 0
    published: int = 0


def forget(connection: sa.Connection, source: str, windows: Iterable[Window]) -> None:
    """Forget how far each of these windows, and those they were split into, was read."""
    for window in windows:
        inside = sa.and_(table.c.since >= window.since.isoformat(), table.c.until <= window.until.isoformat())
        connection.execute(sa.delete(table).where(table.c.source == source, inside))


def load(connection: sa.Connection, source: str, window: Window) -> Row:
    """How far the window was read; a fresh row where it never was."""
    query = sa.select(table).where(
        table.c.source == source,
        table.c.since == window.since.isoformat(),
        table.c.until == window.until.isoformat(),
    )
    found = connection.execute(query).first()
    if found is None:
        return Row(source, window)
    return Row(source, window, found.next_url, found.state, found.documents, found.published)


def save(connection: sa.Connection, row: Row) -> None:
    """Write how far a window was read over what was written before."""
    state = {"next_url": row.next_url, "state": row.state, "documents": row.documents, "published": row.published}
    key = {"source": row.source, "since": row.window.since.isoformat(), "until": row.window.until.isoformat()}
    statement = portable_insert(connection, table).values(**key, **state)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=state))
