"""The outbox in SQL: decided alerts that wait until the planner makes messages of them.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.restraint.cadence import Mode, Release
from services.alert.restraint.guard import DAYS, Rate
from services.alert.tables import alerts, alerts_of_people
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.vocab import REMINDER_REASONS
from services.runtime.store import insert_ignore

_AT_ONCE = 500
"""Ids in one statement; databases bound the number of its parameters."""

_DAY = timedelta(days=1)


class Disposition(StrEnum):
    """What becomes of a decided alert; `planned` ones have a delivery."""

    WAITING = "waiting"
    PLANNED = "planned"
    MUTED = "muted"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Pending:
    """An alert that waits, with its place in the order of decisions; it is decoded when it is first looked into."""

    seq: int
    alert_id: str
    watchlist_id: str
    destination: str
    mode: Mode
    text: str = field(repr=False)

    @cached_property
    def alert(self) -> Alert:
        """The whole alert."""
        return codec.decode(Alert, self.text.encode())


def enqueue(connection: Connection, decided: Iterable[tuple[Alert, Release]]) -> int:
    """Put decided alerts into the outbox, in order; those already there stay as they are. Returns how many are new."""
    return sum(_enqueue_one(connection, alert, release) for alert, release in decided)


def _enqueue_one(connection: Connection, alert: Alert, release: Release) -> bool:
    values = {
        "alert_id": alert.alert_id,
        "tenant": alert.tenant,
        "watchlist_id": alert.watchlist_id,
        "destination": alert.destination.key,
        "measure_id": alert.act.measure_id,
        "reason": alert.reason.value,
        "alert": codec.encode(alert).decode(),
        "decided_at": alert.decided_at.isoformat(),
        "mode": release.mode.value,
        "release_at": release.at.isoformat(),
        "disposition": Disposition.WAITING.value,
    }
    return bool(connection.execute(insert_ignore(connection, alerts, values, key=("alert_id",))).rowcount)


def waiting_destinations(connection: Connection, now: datetime) -> frozenset[str]:
    """The destinations with an alert whose time has come."""
    return frozenset(connection.scalars(sa.select(alerts.c.destination).where(*_ready(now)).distinct()))


def find_waiting(connection: Connection, destination: str, now: datetime) -> tuple[Pending, ...]:
    """The destination's alerts whose time has come, oldest first."""
    columns = (alerts.c.seq, alerts.c.alert_id, alerts.c.watchlist_id, alerts.c.mode, alerts.c.alert)
    query = sa.select(*columns).where(*_ready(now), alerts.c.destination == destination).order_by(alerts.c.seq)
    return tuple(
        Pending(seq, alert_id, watchlist_id, destination, Mode(mode), text)
        for seq, alert_id, watchlist_id, mode, text in connection.execute(query)
    )


def _ready(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return alerts.c.disposition == Disposition.WAITING.value, alerts.c.release_at <= now.isoformat()


def set_aside(
    connection: Connection, alert_ids: Iterable[str], disposition: Disposition, mute_id: str | None = None
) -> None:
    """Say what became of waiting alerts that nobody is to be told of, or not yet."""
    ids = iter(alert_ids)
    while some := tuple(islice(ids, _AT_ONCE)):
        connection.execute(
            sa.update(alerts)
            .where(alerts.c.alert_id.in_(some), alerts.c.disposition == Disposition.WAITING.value)
            .values(disposition=disposition.value, mute_id=mute_id)
        )


def postpone(connection: Connection, waiting: Iterable[Pending], release: Release) -> None:
    """Let waiting alerts leave later, and otherwise."""
    for each in waiting:
        connection.execute(
            sa.update(alerts)
            .where(alerts.c.alert_id == each.alert_id, alerts.c.disposition == Disposition.WAITING.value)
            .values(mode=release.mode.value, release_at=release.at.isoformat())
        )


def assign(connection: Connection, alert_ids: Sequence[str], delivery_id: str) -> None:
    """Say which delivery carries these alerts."""
    connection.execute(
        sa.update(alerts)
        .where(alerts.c.alert_id.in_(alert_ids))
        .values(disposition=Disposition.PLANNED.value, delivery_id=delivery_id)
    )


def release_held(connection: Connection, watchlist_id: str, now: datetime) -> int:
    """Let the watchlist's held alerts go, as one digest; returns how many."""
    return connection.execute(
        sa.update(alerts)
        .where(alerts.c.watchlist_id == watchlist_id, alerts.c.disposition == Disposition.HELD.value)
        .values(disposition=Disposition.WAITING.value, mode=Mode.RELEASED.value, release_at=now.isoformat())
    ).rowcount


def cancel_held(connection: Connection, watchlist_id: str) -> int:
    """Give the watchlist's held alerts up; returns how many."""
    return connection.execute(
        sa.update(alerts)
        .where(alerts.c.watchlist_id == watchlist_id, alerts.c.disposition == Disposition.HELD.value)
        .values(disposition=Disposition.CANCELLED.value)
    ).rowcount


def read_rates(connection: Connection, watchlist_ids: Iterable[str], now: datetime) -> Mapping[str, Rate]:
    """How many alerts each watchlist made: in the last 24 hours, and in the `guard.DAYS` before them.

    What was muted or cancelled counts, too: the rate is that of the rule. Reminders do not.
    """
    day_ago, first = (now - _DAY).isoformat(), (now - _DAY * (DAYS + 1)).isoformat()
    recent = sa.case((alerts.c.decided_at > day_ago, 1), else_=0)
    query = (
        sa.select(alerts.c.watchlist_id, sa.func.sum(recent), sa.func.sum(1 - recent), sa.func.min(alerts.c.decided_at))
        .where(alerts.c.watchlist_id.in_(tuple(watchlist_ids)), alerts.c.decided_at > first)
        .where(alerts.c.reason.not_in([reason.value for reason in REMINDER_REASONS.values()]))
        .group_by(alerts.c.watchlist_id)
    )
    return {
        watchlist_id: Rate(int(today), int(before), (now - datetime.fromisoformat(oldest)) / _DAY - 1)
        for watchlist_id, today, before, oldest in connection.execute(query)
    }


def read_recent(connection: Connection, since: datetime) -> Iterator[Alert]:
    """The alerts decided since then, oldest first."""
    recent = (alerts.c.decided_at >= since.isoformat(), alerts_of_people)
    query = sa.select(alerts.c.alert).where(*recent).order_by(alerts.c.seq)
    for text in connection.scalars(query):
        yield codec.decode(Alert, text.encode())


def count_held(connection: Connection, watchlist_id: str) -> int:
    """How many alerts of the watchlist are held."""
    held = (alerts.c.watchlist_id == watchlist_id, alerts.c.disposition == Disposition.HELD.value)
    return connection.scalar(sa.select(sa.func.count()).select_from(alerts).where(*held)) or 0


def count_dispositions(connection: Connection) -> dict[Disposition, int]:
    """How many alerts are in each disposition."""
    query = sa.select(alerts.c.disposition, sa.func.count()).where(alerts_of_people).group_by(alerts.c.disposition)
    counted = {str(name): int(count) for name, count in connection.execute(query)}
    return {each: counted.get(each.value, 0) for each in Disposition}


def count_alerts(connection: Connection) -> int:
    """How many alerts were ever decided."""
    return connection.scalar(sa.select(sa.func.count()).select_from(alerts).where(alerts_of_people)) or 0


def oldest_waiting(connection: Connection, now: datetime) -> str | None:
    """When the oldest alert whose time has come was decided (ISO 8601), or None."""
    query = sa.select(sa.func.min(alerts.c.decided_at)).where(*_ready(now), alerts_of_people)
    oldest: str | None = connection.scalar(query)
    return oldest


def find_alert(connection: Connection, alert_id: str) -> Alert | None:
    """One alert by id, or None."""
    text = connection.scalar(sa.select(alerts.c.alert).where(alerts.c.alert_id == alert_id))
    return None if text is None else codec.decode(Alert, text.encode())


def find_carried(connection: Connection, delivery_id: str) -> tuple[Alert, ...]:
    """The alerts a delivery carries, in the order decided."""
    query = sa.select(alerts.c.alert).where(alerts.c.delivery_id == delivery_id).order_by(alerts.c.seq)
    return tuple(codec.decode(Alert, text.encode()) for text in connection.scalars(query))
