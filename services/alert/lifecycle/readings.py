"""Which classifiers were in service since when: the memory by which a second reading of a document is known."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.tables import classifiers
from services.runtime.store import insert_ignore


def in_service_since(connection: Connection, version: str, now: datetime) -> datetime | None:
    """When the first act of this classifier was decided on, which may be now; None if no other came before it."""
    row = {"version": version, "first_seen_at": now.isoformat()}
    connection.execute(insert_ignore(connection, classifiers, row, key=("version",)))
    first = connection.scalar(sa.select(classifiers.c.first_seen_at).where(classifiers.c.version == version)) or ""
    earlier = sa.select(sa.func.count()).select_from(classifiers).where(classifiers.c.first_seen_at < first)
    return datetime.fromisoformat(first) if connection.scalar(earlier) else None
