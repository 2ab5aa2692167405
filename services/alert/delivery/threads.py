"""The root messages in SQL: which message a measure's news are replies to, and whether it shows them yet.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from services.alert.delivery.outbox import find_alert
from services.alert.tables import alerts, threads
from services.contracts.alerts import Alert

MAX_EDIT_FAILURES = 8
"""After so many failed edits in a row the root is left as it is until the next news."""

_FIRST_PAUSE = timedelta(seconds=10)


@dataclass(frozen=True)
class StaleRoot:
    """A root message that does not show the latest news of its measure yet."""

    root_ref: str
    first: Alert
    latest: Alert
    updates: int
    failures: int


def find_root(connection: Connection, alert: Alert) -> str | None:
    """The root message of the alert's measure at its destination, or None if there is none yet."""
    return connection.scalar(sa.select(threads.c.root_ref).where(*_key(alert)))


def start_thread(connection: Connection, alert: Alert, ref: str) -> None:
    """The message at `ref`, which told of this alert, is the root from now on."""
    fresh = {"root_ref": ref, "root_alert_id": alert.alert_id, "latest_alert_id": alert.alert_id}
    values = fresh | {"updates": 0, "shown": 0, "edit_failures": 0, "edit_not_before": None}
    if not connection.execute(sa.update(threads).where(*_key(alert)).values(**values)).rowcount:
        key = {"tenant": alert.tenant, "destination": alert.destination.key, "measure_id": alert.act.measure_id}
        connection.execute(sa.insert(threads).values(**key, **values))


def note_update(connection: Connection, alert: Alert) -> None:
    """Something newer than the root was told; without a root there is nothing to do."""
    connection.execute(
        sa.update(threads)
        .where(*_key(alert))
        .values(latest_alert_id=alert.alert_id, updates=threads.c.updates + 1, edit_failures=0, edit_not_before=None)
    )


def stale_destinations(connection: Connection, now: datetime) -> frozenset[str]:
    """The destinations with a root that may be edited now."""
    return frozenset(connection.scalars(sa.select(threads.c.destination).where(*_stale(now)).distinct()))


def find_stale_root(connection: Connection, destination: str, now: datetime) -> StaleRoot | None:
    """A root of the destination to edit next, or None."""
    query = (
        sa.select(threads)
        .join(alerts, alerts.c.alert_id == threads.c.latest_alert_id)
        .where(*_stale(now), threads.c.destination == destination)
        .order_by(alerts.c.seq)
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    first, latest = find_alert(connection, row["root_alert_id"]), find_alert(connection, row["latest_alert_id"])
    if first is None or latest is None:
        return None
    return StaleRoot(row["root_ref"], first, latest, row["updates"], row["edit_failures"])


def mark_shown(connection: Connection, root: StaleRoot) -> None:
    """The root shows this many updates, or it never will; later ones make it stale again."""
    connection.execute(
        sa.update(threads)
        .where(*_key(root.first), threads.c.root_ref == root.root_ref)
        .values(shown=root.updates, edit_failures=0, edit_not_before=None)
    )


def note_edit_failure(connection: Connection, root: StaleRoot, now: datetime, after_seconds: float | None) -> None:
    """Try again later, each time twice as late, and at last give up until there is more news."""
    failures = root.failures + 1
    pause = timedelta(seconds=after_seconds) if after_seconds else _FIRST_PAUSE * 2**root.failures
    values: dict[str, object] = {"edit_failures": failures, "edit_not_before": (now + pause).isoformat()}
    if failures >= MAX_EDIT_FAILURES:
        values |= {"shown": root.updates}
    connection.execute(
        sa.update(threads).where(*_key(root.first), threads.c.root_ref == root.root_ref).values(**values)
    )


def _stale(now: datetime) -> tuple[ColumnElement[bool], ...]:
    due = sa.or_(threads.c.edit_not_before.is_(None), threads.c.edit_not_before <= now.isoformat())
    return threads.c.updates > threads.c.shown, threads.c.root_alert_id != "", due


def _key(alert: Alert) -> tuple[ColumnElement[bool], ...]:
    return (
        threads.c.tenant == alert.tenant,
        threads.c.destination == alert.destination.key,
        threads.c.measure_id == alert.act.measure_id,
    )
