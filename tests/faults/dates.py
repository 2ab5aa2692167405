"""Makes reminders due, in SQL: a campaign cannot wait for the days that the documents name.

The schedule stays the product's own, and it is the authority: a process that starts takes its watchlists up anew and
puts every open reminder back to the time that the date gives, 2099. So bringing one forward once is not enough. It is
done again as often as it is put back, until the product has made the reminder and closed its row, as if its day had
come. Nothing else about the row is touched, nothing that was made is opened again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from services.alert.tables import alerts, reminders
from services.runtime.store import reading


def find_measures(connection: Connection, marks: Collection[str]) -> frozenset[str]:
    """The ids under which the product knows the measures of the documents with these marks."""
    told = sa.or_(*(alerts.c.alert.contains(f"{mark}:") for mark in marks))
    return frozenset(connection.scalars(sa.select(alerts.c.measure_id).where(told).distinct()))


def bring_forward(engine: Engine, measures: Collection[str]) -> int:
    """Make every open reminder of these measures due now; returns how many are open."""
    is_open = reminders.c.measure_id.in_(measures), reminders.c.done_at.is_(None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with reading(engine) as connection:
        open_ones = connection.scalars(sa.select(reminders.c.due_at).where(*is_open)).all()
    if any(due_at > now for due_at in open_ones):
        with engine.begin() as connection:
            connection.execute(sa.update(reminders).where(*is_open, reminders.c.due_at > now).values(due_at=now))
    return len(open_ones)
