"""The canaries in SQL: their rows while they are on their way, and of those that came through the newest only.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.canary.watchlist import PATIENCE, published_at
from services.alert.delivery import ledger
from services.alert.delivery.ledger import Entry
from services.alert.lifecycle.told import told_table
from services.alert.tables import alerts, canary_arrivals, deliveries, threads
from services.contracts.canary import DESTINATION, KEY
from services.contracts.measures import Act
from services.runtime.store import portable_insert


@dataclass(frozen=True)
class Arrival:
    """A canary that came through: when it was published, and when its alert was confirmed on the alerts topic."""

    published_at: datetime
    arrived_at: datetime

    @property
    def seconds(self) -> float:
        """How long it took; 0 where the clocks of two machines disagree so far that it would be less."""
        return (self.arrived_at - self.published_at).total_seconds()


def arrival_of(act: Act, now: datetime) -> Arrival:
    """The canary of this act as having come through now; a clock that is ahead cannot put it into the future."""
    return Arrival(min(published_at(act), now), now)


def settle(connection: Connection, entries: Iterable[Entry], now: datetime) -> tuple[Arrival, ...]:
    """Take the canaries among deliveries that are on the alerts topic for arrived, and forget all else of them."""
    acts = [each.act for entry in entries for each in entry.alerts if each.destination == DESTINATION]
    arrived = tuple(arrival_of(act, now) for act in acts)
    if arrived:
        _forget(connection, [act.measure_id for act in acts])
        _keep_newest(connection, max(arrived, key=lambda each: each.published_at))
    return arrived


def forget_lost(connection: Connection, now: datetime) -> None:
    """Forget the canaries that are still on their way and prove nothing any more, so that they never pile up."""
    before = (now - PATIENCE).isoformat()
    lost = sa.select(alerts.c.measure_id).where(alerts.c.watchlist_id == KEY, alerts.c.decided_at < before)
    if measures := list(connection.scalars(lost)):
        _forget(connection, measures)


def _forget(connection: Connection, measures: Sequence[str]) -> None:
    """Without the rows of these measures; a sender that works on one of them finds it gone, and settles."""
    here = DESTINATION.key
    ledger.lock_destination(connection, here)  # so that no planner reads a delivery whose alert goes away meanwhile
    carried = sa.select(alerts.c.delivery_id).where(alerts.c.watchlist_id == KEY, alerts.c.measure_id.in_(measures))
    ids = [each for each in connection.scalars(carried) if each is not None]
    connection.execute(sa.delete(deliveries).where(deliveries.c.destination == here, deliveries.c.delivery_id.in_(ids)))
    for table in (alerts, threads, told_table):
        own = table.c.destination == here, table.c.measure_id.in_(measures)
        connection.execute(sa.delete(table).where(*own))


def _keep_newest(connection: Connection, arrival: Arrival) -> None:
    row = {"published_at": arrival.published_at.isoformat(), "arrived_at": arrival.arrived_at.isoformat()}
    insert = portable_insert(connection, canary_arrivals).values(key=KEY, **row)
    newer = insert.excluded.published_at > canary_arrivals.c.published_at
    connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=row, where=newer))


def load_newest(connection: Connection) -> Arrival | None:
    """The newest canary that came through, or None before the first."""
    columns = canary_arrivals.c.published_at, canary_arrivals.c.arrived_at
    row = connection.execute(sa.select(*columns).where(canary_arrivals.c.key == KEY)).first()
    return Arrival(*map(datetime.fromisoformat, row)) if row else None
