"""What a person does with deliveries that were parked or died: look, send again, give up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from services.alert.restraint.cadence import Mode
from services.alert.tables import alerts, deliveries, deliveries_to_people
from services.contracts.vocab import DeliveryState

GIVEN_UP = "given_up"
_PUT_ASIDE = (DeliveryState.PARKED.value, DeliveryState.DEAD.value)


@dataclass(frozen=True)
class Listed:
    """A delivery in a list: what it is, where it stands and Slack's last word."""

    delivery_id: str
    kind: str
    destination: str
    state: str
    alerts: int
    attempts: int
    failure: str
    last_attempt_at: str | None
    not_before: str | None


def list_deliveries(connection: Connection, states: Collection[DeliveryState]) -> tuple[Listed, ...]:
    """The deliveries in these states, in the order of the ledger."""
    carried = (
        sa.select(alerts.c.delivery_id, sa.func.count().label("carried")).group_by(alerts.c.delivery_id).subquery()
    )
    query = (
        sa.select(deliveries, sa.func.coalesce(carried.c.carried, 0).label("carried"))
        .join(carried, carried.c.delivery_id == deliveries.c.delivery_id, isouter=True)
        .where(deliveries.c.state.in_([state.value for state in states]), deliveries_to_people)
        .order_by(deliveries.c.seq)
    )
    return tuple(map(_listed, connection.execute(query).mappings()))


def match_ids(connection: Connection, prefix: str) -> Sequence[str]:
    """The ids of deliveries that begin so, at most a few."""
    found = sa.select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.startswith(prefix, autoescape=True))
    return tuple(connection.scalars(found.order_by(deliveries.c.delivery_id).limit(9)))


def resend(connection: Connection, delivery_id: str) -> bool:
    """Let the sender try a parked or dead delivery anew, from the first attempt; False if it is neither.

    The message says that it may be a duplicate if the fate of an earlier attempt is not known.
    """
    again = (
        sa.update(deliveries)
        .where(deliveries.c.delivery_id == delivery_id, deliveries.c.state.in_(_PUT_ASIDE))
        .values(
            possible_duplicate=sa.or_(deliveries.c.possible_duplicate, deliveries.c.doubt),
            state=DeliveryState.PENDING.value,
            rank=DeliveryState.PENDING.rank,
            attempts=0,
            looks=0,
            level=0,
            doubt=False,
            older_doubt=False,
            first_attempt_at=None,
            last_attempt_at=None,
            not_before=None,
            settled_at=None,
        )
    )
    if not connection.execute(again).rowcount:
        return False
    let_go = sa.update(alerts).where(alerts.c.delivery_id == delivery_id)
    connection.execute(let_go.values(mode=Mode.RELEASED.value))
    return True


def give_up(connection: Connection, delivery_id: str, now: datetime) -> bool:
    """Take a delivery that is not sent for dead, so that those behind it go on; False if it is sent or dead."""
    dead = (
        sa.update(deliveries)
        .where(deliveries.c.delivery_id == delivery_id)
        .where(deliveries.c.state.not_in((DeliveryState.SENT.value, DeliveryState.DEAD.value)))
        .values(
            state=DeliveryState.DEAD.value,
            rank=DeliveryState.DEAD.rank,
            failure=GIVEN_UP,
            settled_at=now.isoformat(),
        )
    )
    return bool(connection.execute(dead).rowcount)


def _listed(row: RowMapping) -> Listed:
    names = ("delivery_id", "kind", "destination", "state", "attempts", "failure", "last_attempt_at", "not_before")
    return Listed(**{name: row[name] for name in names}, alerts=row["carried"])
