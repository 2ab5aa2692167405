"""The delivery ledger in SQL: one row per message. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, RowMapping

from services.alert.delivery import outbox, threads
from services.alert.delivery.outbox import Pending
from services.alert.delivery.protocol import Level, Progress
from services.alert.tables import alerts, alerts_of_people, deliveries
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryKind, DeliveryState, DigestCause
from services.contracts.watchlists import Destination

_OPEN = deliveries.c.rank <= DeliveryState.INTENT.rank


@dataclass(frozen=True)
class Entry:
    """One delivery of the ledger: the alerts it carries, at least one, and its progress."""

    delivery_id: str
    kind: DeliveryKind
    cause: DigestCause | None
    seq: int
    alerts: tuple[Alert, ...]
    progress: Progress
    settled_at: datetime | None = None

    @property
    def destination(self) -> Destination:
        """Where it goes."""
        return self.alerts[0].destination

    @property
    def starts_thread(self) -> bool:
        """Whether its message will be the root of a measure's thread."""
        return self.kind is DeliveryKind.ALERT and self.progress.thread_ref is None


def plan(connection: Connection, chosen: Sequence[Pending], cause: DigestCause | None) -> Entry:
    """Commit to a message of these alerts, at least one; from here on its content does not change."""
    first = chosen[0]
    alert_ids = [each.alert.alert_id for each in chosen]
    destination = first.alert.destination.key
    kind = DeliveryKind.ALERT if len(chosen) == 1 else DeliveryKind.DIGEST
    delivery_id = alert_ids[0] if kind is DeliveryKind.ALERT else ids.digest_id(destination, alert_ids)
    outbox.assign(connection, alert_ids, delivery_id)
    row = {"delivery_id": delivery_id, "kind": kind.value, "cause": cause.value if cause else "", "seq": first.seq}
    connection.execute(sa.insert(deliveries).values(**row, destination=destination, **_columns(Progress())))
    entry = Entry(delivery_id, kind, cause, first.seq, tuple(each.alert for each in chosen), Progress())
    return _in_thread(connection, entry)


def lock_destination(connection: Connection, destination: str) -> None:
    """Make another process that plans for the destination wait for the end of this transaction.

    On SQLite nothing is needed: a transaction that may write has the whole database.
    """
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtextextended(destination, 1)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def open_destinations(connection: Connection) -> frozenset[str]:
    """The keys of all destinations with an unsettled delivery."""
    return frozenset(connection.scalars(sa.select(deliveries.c.destination).where(_OPEN).distinct()))


def find_head(connection: Connection, destination: str) -> Entry | None:
    """The oldest unsettled delivery of a destination: the only one that may be worked on."""
    query = sa.select(deliveries).where(_OPEN, deliveries.c.destination == destination).order_by(deliveries.c.seq)
    row = connection.execute(query.limit(1)).mappings().first()
    return _entry(connection, row) if row is not None else None


def find_entry(connection: Connection, delivery_id: str) -> Entry | None:
    """One delivery by id, or None."""
    row = connection.execute(sa.select(deliveries).where(deliveries.c.delivery_id == delivery_id)).mappings().first()
    return _entry(connection, row) if row is not None else None


def read_begun(connection: Connection, destination: str, now: datetime, span: timedelta) -> tuple[datetime, ...]:
    """When the destination's messages of the last `span` were first attempted, oldest first."""
    query = (
        sa.select(deliveries.c.first_attempt_at)
        .where(deliveries.c.destination == destination, deliveries.c.first_attempt_at > (now - span).isoformat())
        .order_by(deliveries.c.first_attempt_at)
    )
    return tuple(datetime.fromisoformat(at) for at in connection.scalars(query) if at is not None)


def save_progress(
    connection: Connection, entry: Entry, progress: Progress, now: datetime, before: Progress | None = None
) -> bool:
    """Commit the progress unless a higher rank stands there; a first root message starts the measure's thread.

    With `before`, the progress it was made from, it is also refused if another sender has worked on the delivery
    meanwhile; that a message is sent is always taken. Returns whether it was committed.
    """
    here = deliveries.c.delivery_id == entry.delivery_id
    was_sent = connection.scalar(sa.select(deliveries.c.state).where(here)) == DeliveryState.SENT.value
    update = (
        sa.update(deliveries)
        .where(here, deliveries.c.rank <= progress.state.rank)
        .where(*_unchanged(before if progress.state is not DeliveryState.SENT else None))
        .values(**_columns(progress), settled_at=now.isoformat() if progress.settled else None)
    )
    if not connection.execute(update).rowcount:
        return False
    if progress.state is DeliveryState.SENT and not was_sent:
        _note_told(connection, replace(entry, progress=progress))
    return True


def _note_told(connection: Connection, entry: Entry) -> None:
    if entry.starts_thread and entry.progress.message_ref:
        threads.start_thread(connection, entry.alerts[0], entry.progress.message_ref)
        return
    for alert in entry.alerts:
        threads.note_update(connection, alert)


def _unchanged(before: Progress | None) -> tuple[ColumnElement[bool], ...]:
    """That nobody else worked on the delivery since `before`; a sender that lost its right posts nothing then."""
    if before is None:
        return ()
    names = ("attempts", "looks", "doubt")
    return (deliveries.c.state == before.state.value, *(deliveries.c[name] == getattr(before, name) for name in names))


def find_unpublished(connection: Connection, limit: int = 100) -> tuple[Entry, ...]:
    """Sent deliveries whose alerts are not yet on the alerts topic, oldest first."""
    query = (
        sa.select(deliveries)
        .where(deliveries.c.state == DeliveryState.SENT.value, deliveries.c.published.is_(False))
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return tuple(_entry(connection, row) for row in connection.execute(query).mappings().all())


def count_unpublished(connection: Connection) -> int:
    """How many sent alerts are not yet on the alerts topic."""
    query = (
        sa.select(sa.func.count())
        .select_from(alerts.join(deliveries, alerts.c.delivery_id == deliveries.c.delivery_id))
        .where(deliveries.c.state == DeliveryState.SENT.value, deliveries.c.published.is_(False), alerts_of_people)
    )
    return connection.scalar(query) or 0


def mark_published(connection: Connection, delivery_ids: Iterable[str]) -> None:
    """Say that the alerts of these deliveries are confirmed on the alerts topic."""
    chosen = tuple(delivery_ids)
    connection.execute(sa.update(deliveries).where(deliveries.c.delivery_id.in_(chosen)).values(published=True))


def count_states(connection: Connection) -> dict[DeliveryState, int]:
    """How many alerts are planned into deliveries of each state."""
    query = (
        sa.select(deliveries.c.state, sa.func.count())
        .select_from(alerts.join(deliveries, alerts.c.delivery_id == deliveries.c.delivery_id))
        .where(alerts_of_people)
        .group_by(deliveries.c.state)
    )
    counted = {str(state): int(count) for state, count in connection.execute(query)}
    return {state: counted.get(state.value, 0) for state in DeliveryState}


def count_undelivered(connection: Connection) -> dict[str, int]:
    """How many alerts wait for each destination, planned or not."""
    undelivered = sa.or_(
        alerts.c.disposition == outbox.Disposition.WAITING.value,
        alerts.c.delivery_id.in_(sa.select(deliveries.c.delivery_id).where(_OPEN)),
    )
    query = sa.select(alerts.c.destination, sa.func.count()).where(undelivered).group_by(alerts.c.destination)
    return {str(destination): int(count) for destination, count in connection.execute(query)}


def oldest_open(connection: Connection) -> str | None:
    """When the oldest alert of an unsettled delivery was decided (ISO 8601), or None if none is open."""
    query = (
        sa.select(sa.func.min(alerts.c.decided_at))
        .join(deliveries, deliveries.c.delivery_id == alerts.c.delivery_id)
        .where(_OPEN, alerts_of_people)
    )
    oldest: str | None = connection.scalar(query)
    return oldest


def _entry(connection: Connection, row: RowMapping) -> Entry:
    entry = Entry(
        delivery_id=row["delivery_id"],
        kind=DeliveryKind(row["kind"]),
        cause=DigestCause(row["cause"]) if row["cause"] else None,
        seq=row["seq"],
        alerts=outbox.find_carried(connection, row["delivery_id"]),
        progress=_progress(row),
        settled_at=datetime.fromisoformat(row["settled_at"]) if row["settled_at"] else None,
    )
    return _in_thread(connection, entry)


def _in_thread(connection: Connection, entry: Entry) -> Entry:
    """An alert that was never attempted goes into its measure's thread as it is now; a digest into none."""
    if entry.progress.attempts or entry.kind is DeliveryKind.DIGEST:
        return entry
    root = threads.find_root(connection, entry.alerts[0])
    return replace(entry, progress=replace(entry.progress, thread_ref=root))


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
