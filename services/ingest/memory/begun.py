"""Publications that were begun and whose confirmation is not remembered yet, as functions on a connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from services.ingest.memory.tables import begun_publications
from services.runtime.store import portable_insert

Named = tuple[str, str]
"""One revision of one document: event id and revision."""

_LOOK_UP = 200


def load_begun(connection: sa.Connection, named: Collection[Named]) -> dict[Named, datetime]:
    """Which of these revisions a publication was begun of, and when; it may or may not have reached the topic."""
    table, found, waiting = begun_publications, {}, sorted(named)
    for place in range(0, len(waiting), _LOOK_UP):
        ids = [event_id for event_id, _ in waiting[place : place + _LOOK_UP]]
        for row in connection.execute(sa.select(table).where(table.c.event_id.in_(ids))):
            found[row.event_id, row.revision] = datetime.fromisoformat(row.begun_at)
    return {each: begun_at for each, begun_at in found.items() if each in named}


def note_begun(connection: sa.Connection, named: Iterable[Named], begun_at: datetime) -> None:
    """Remember that these are about to be published; what was begun before keeps its time."""
    rows = [{"event_id": name, "revision": revision, "begun_at": begun_at.isoformat()} for name, revision in named]
    if rows:
        statement = portable_insert(connection, begun_publications).on_conflict_do_nothing()
        connection.execute(statement, rows)


def forget_begun(connection: sa.Connection, named: Iterable[Named]) -> None:
    """These are confirmed and remembered."""
    rows = [{"of_event": name, "of_revision": revision} for name, revision in named]
    if rows:
        table = begun_publications
        known = (table.c.event_id == sa.bindparam("of_event"), table.c.revision == sa.bindparam("of_revision"))
        connection.execute(sa.delete(table).where(*known), rows)
