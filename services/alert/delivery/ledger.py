"""The outbox and the delivery ledger in SQL. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, RowMapping

from services.alert.delivery.protocol import Level, Progress
from services.alert.tables import alerts, deliveries, threads
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryState
from services.runtime.store import insert_ignore

_OPEN = deliveries.c.rank <= DeliveryState.INTENT.rank


@dataclass(frozen=True)
class Entry:
    """One alert of the ledger with the progress of its delivery."""

    seq: int
    alert: Alert
    progress: Progress
    settled_at: datetime | None = None


def enqueue(connection: Connection, decided: Iterable[Alert]) -> int:
    """Put decided alerts into the outbox, in order; those already there stay as they are. Returns how many are new."""
    return sum(_enqueue_one(connection, alert) for alert in decided)


def _enqueue_one(connection: Connection, alert: Alert) -> bool:
    values = {
        "alert_id": alert.alert_id,
        "tenant": alert.tenant,
        "watchlist_id": alert.watchlist_id,
        "destination": alert.destination.key,
        "measure_id": alert.act.measure_id,
        "reason": alert.reason.value,
        "alert": codec.encode(alert).decode(),
        "decided_at": alert.decided_at.isoformat(),
    }
    if not connection.execute(insert_ignore(connection, alerts, values, key=("alert_id",))).rowcount:
        return False
    seq = connection.scalar(sa.select(alerts.c.seq).where(alerts.c.alert_id == alert.alert_id))
    row = {"alert_id": alert.alert_id, "seq": seq, "destination": alert.destination.key}
    connection.execute(sa.insert(deliveries).values(**row, **_columns(Progress())))
    return True


def open_destinations(connection: Connection) -> tuple[str, ...]:
    """The keys of all destinations with an unsettled delivery."""
    query = sa.select(deliveries.c.destination).where(_OPEN).distinct().order_by(deliveries.c.destination)
    return tuple(connection.scalars(query))


def find_head(connection: Connection, destination: str) -> Entry | None:
    """The oldest unsettled delivery of a destination: the only one that may be worked on."""
    query = (
        sa.select(alerts.c.alert, deliveries)
        .join(alerts, alerts.c.alert_id == deliveries.c.alert_id)
        .where(_OPEN, deliveries.c.destination == destination)
        .order_by(deliveries.c.seq)
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return _entry(connection, row) if row is not None else None


def find_entry(connection: Connection, alert_id: str) -> Entry | None:
    """One alert by id, or None."""
    query = (
        sa.select(alerts.c.alert, deliveries)
        .join(alerts, alerts.c.alert_id == deliveries.c.alert_id)
        .where(deliveries.c.alert_id == alert_id)
    )
    row = connection.execute(query).mappings().first()
    return _entry(connection, row) if row is not None else None


def save_progress(
    connection: Connection, alert: Alert, progress: Progress, now: datetime, before: Progress | None = None
) -> bool:
    """Commit the progress unless a higher rank stands there; the first root message starts the measure's thread.

    With `before`, the progress it was made from, it is also refused if another sender has worked on the delivery
    meanwhile; that a message is sent is always taken. Returns whether it was committed.
    """
    update = (
        sa.update(deliveries)
        .where(deliveries.c.alert_id == alert.alert_id, deliveries.c.rank <= progress.state.rank)
        .where(*_unchanged(before if progress.state is not DeliveryState.SENT else None))
        .values(**_columns(progress), settled_at=now.isoformat() if progress.settled else None)
    )
    if not connection.execute(update).rowcount:
        return False
    if progress.state is DeliveryState.SENT and progress.thread_ref is None and progress.message_ref:
        _start_thread(connection, alert, progress.message_ref)
    return True


def _unchanged(before: Progress | None) -> tuple[ColumnElement[bool], ...]:
    """That nobody else worked on the delivery since `before`; a sender that lost its right posts nothing then."""
    if before is None:
        return ()
    names = ("attempts", "looks", "doubt")
    return (deliveries.c.state == before.state.value, *(deliveries.c[name] == getattr(before, name) for name in names))


def _start_thread(connection: Connection, alert: Alert, ref: str) -> None:
    key = {"tenant": alert.tenant, "destination": alert.destination.key, "measure_id": alert.act.measure_id}
    changed = connection.execute(
        sa.update(threads).where(*(threads.c[name] == value for name, value in key.items())).values(root_ref=ref)
    )
    if not changed.rowcount:
        connection.execute(sa.insert(threads).values(**key, root_ref=ref))


def find_root(connection: Connection, alert: Alert) -> str | None:
    """The root message of the alert's measure at its destination, or None if there is none yet."""
    return connection.scalar(
        sa.select(threads.c.root_ref).where(
            threads.c.tenant == alert.tenant,
            threads.c.destination == alert.destination.key,
            threads.c.measure_id == alert.act.measure_id,
        )
    )


def find_unpublished(connection: Connection, limit: int = 100) -> tuple[Entry, ...]:
    """Sent alerts that are not yet on the alerts topic, oldest first."""
    query = (
        sa.select(alerts.c.alert, deliveries)
        .join(alerts, alerts.c.alert_id == deliveries.c.alert_id)
        .where(deliveries.c.state == DeliveryState.SENT.value, deliveries.c.published.is_(False))
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return tuple(_entry(connection, row) for row in connection.execute(query).mappings())


def count_unpublished(connection: Connection) -> int:
    """How many sent alerts are not yet on the alerts topic."""
    sent = (deliveries.c.state == DeliveryState.SENT.value, deliveries.c.published.is_(False))
    return connection.scalar(sa.select(sa.func.count()).select_from(deliveries).where(*sent)) or 0


def mark_published(connection: Connection, alert_ids: Iterable[str]) -> None:
    """Say that these alerts are confirmed on the alerts topic."""
    ids = tuple(alert_ids)
    connection.execute(sa.update(deliveries).where(deliveries.c.alert_id.in_(ids)).values(published=True))


def count_states(connection: Connection) -> dict[DeliveryState, int]:
    """How many deliveries are in each state."""
    query = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    counted = {str(state): int(count) for state, count in connection.execute(query)}
    return {state: counted.get(state.value, 0) for state in DeliveryState}


def count_alerts(connection: Connection) -> int:
    """How many alerts were ever decided."""
    return connection.scalar(sa.select(sa.func.count()).select_from(alerts)) or 0


def oldest_open(connection: Connection) -> str | None:
    """When the oldest unsettled alert was decided (ISO 8601), or None if none is open."""
    query = (
        sa.select(sa.func.min(alerts.c.decided_at))
        .join(deliveries, deliveries.c.alert_id == alerts.c.alert_id)
        .where(_OPEN)
    )
    oldest: str | None = connection.scalar(query)
    return oldest


def _entry(connection: Connection, row: RowMapping) -> Entry:
    alert = codec.decode(Alert, row["alert"].encode())
    progress = _progress(row)
    if progress.attempts == 0:
        progress = replace(progress, thread_ref=find_root(connection, alert))
    settled = datetime.fromisoformat(row["settled_at"]) if row["settled_at"] else None
    return Entry(seq=row["seq"], alert=alert, progress=progress, settled_at=settled)


_INSTANTS = ("first_attempt_at", "last_attempt_at", "not_before")
_PLAIN = ("attempts", "doubt", "older_doubt", "looks", "thread_ref", "message_ref", "failure", "possible_duplicate")


def _columns(progress: Progress) -> dict[str, object]:
    instants = {name: getattr(progress, name) for name in _INSTANTS}
    return {
        "state": progress.state.value,
        "rank": progress.state.rank,
        "level": int(progress.level),
        **{name: getattr(progress, name) for name in _PLAIN},
        **{name: at.isoformat() if at is not None else None for name, at in instants.items()},
    }


def _progress(row: RowMapping) -> Progress:
    stored: dict[str, Any] = {name: row[name] for name in _PLAIN}
    stored |= {name: datetime.fromisoformat(row[name]) if row[name] else None for name in _INSTANTS}
    return Progress(state=DeliveryState(row["state"]), level=Level(row["level"]), **stored)
