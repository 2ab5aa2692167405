"""Whether every alert is accounted for: the rows of outbox and ledger held against each other, and against Slack.

`audit` and `compare_history` are pure; `read_rows` reads what they need.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.delivery.outbox import Disposition
from services.alert.lifecycle.told import told_table
from services.alert.restraint.cadence import Mode
from services.alert.tables import alerts, alerts_of_people, deliveries, deliveries_to_people, troubles
from services.contracts.vocab import DeliveryKind, DeliveryState

PATIENCE = timedelta(hours=2)
"""How long work may stand still, with nothing known that holds it back, before it counts as a gap."""
_OPEN = (DeliveryState.PENDING.value, DeliveryState.INTENT.value)


@dataclass(frozen=True)
class AlertRow:
    """One alert of the outbox; `told` says whether its measure is known to have been told."""

    alert_id: str
    seq: int
    destination: str
    mode: str
    disposition: str
    decided_at: datetime
    release_at: datetime
    delivery_id: str | None = None
    mute_id: str | None = None
    told: bool = True


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery of the ledger."""

    delivery_id: str
    kind: str
    seq: int
    destination: str
    state: str
    first_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    not_before: datetime | None = None
    thread_ref: str | None = None
    message_ref: str | None = None


@dataclass(frozen=True)
class Rows:
    """All of outbox and ledger; `troubled` are the scopes known to be in trouble."""

    alerts: tuple[AlertRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    troubled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Flaw:
    """One thing that does not add up: a word for its kind, what it is about, and a sentence."""

    kind: str
    subject: str
    words: str


@dataclass(frozen=True)
class Report:
    """How many alerts ended where, and every flaw."""

    alerts: int
    deliveries: int
    accounts: Mapping[str, int] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()


def audit(rows: Rows, now: datetime, patience: timedelta = PATIENCE) -> Report:
    """Account for every alert by what became of it, and name every gap and double."""
    known = {delivery.delivery_id: delivery for delivery in rows.deliveries}
    accounts = Counter(_account(alert, known) for alert in rows.alerts)
    flaws = [
        *_alert_flaws(rows, known),
        *_delivery_flaws(rows),
        *_disorder(rows, known),
        *_standstill(rows, now, patience),
    ]
    return Report(len(rows.alerts), len(rows.deliveries), dict(sorted(accounts.items())), tuple(flaws))


def _account(alert: AlertRow, known: Mapping[str, DeliveryRow]) -> str:
    if alert.disposition != Disposition.PLANNED:
        return alert.disposition
    delivery = known.get(alert.delivery_id or "")
    return delivery.state if delivery else "lost"


def _alert_flaws(rows: Rows, known: Mapping[str, DeliveryRow]) -> Iterator[Flaw]:
    for alert in rows.alerts:
        subject, delivery = f"alert {alert.alert_id}", known.get(alert.delivery_id or "")
        if not alert.told:
            yield Flaw("not_told", subject, "was decided, but its measure is not known to have been told")
        if alert.disposition == Disposition.MUTED and not alert.mute_id:
            yield Flaw("muted_by_nobody", subject, "is muted, but by no mute")
        if alert.disposition != Disposition.PLANNED:
            continue
        if delivery is None:
            yield Flaw("no_delivery", subject, f"is planned into {alert.delivery_id}, which does not exist")
        elif delivery.destination != alert.destination:
            yield Flaw("misdirected", subject, f"is for {alert.destination}, its delivery for {delivery.destination}")


def _delivery_flaws(rows: Rows) -> Iterator[Flaw]:
    carried = Counter(alert.delivery_id for alert in rows.alerts)
    refs = Counter((each.destination, each.message_ref) for each in rows.deliveries if _is_sent(each))
    for each in rows.deliveries:
        subject = f"delivery {each.delivery_id}"
        count = carried[each.delivery_id]
        if not count:
            yield Flaw("no_alert", subject, "carries no alert")
        elif (count == 1) != (each.kind == DeliveryKind.ALERT):
            yield Flaw("miscounted", subject, f"is of the kind {each.kind} and carries {count} alerts")
        if _is_sent(each) and not each.message_ref:
            yield Flaw("no_reference", subject, "is sent, but nobody knows as which message")
        elif _is_sent(each) and refs[each.destination, each.message_ref] > 1:
            yield Flaw("same_message", subject, f"is the message {each.message_ref}, and so is another delivery")


def _is_sent(delivery: DeliveryRow) -> bool:
    return delivery.state == DeliveryState.SENT


def _disorder(rows: Rows, known: Mapping[str, DeliveryRow]) -> Iterator[Flaw]:
    """Alerts that asked for a message of their own at once must have been sent in the order decided."""
    latest: dict[str, datetime] = {}
    prompt = (each for each in rows.alerts if each.mode == Mode.SINGLE and each.release_at <= each.decided_at)
    for alert in sorted(prompt, key=lambda each: each.seq):
        delivery = known.get(alert.delivery_id or "")
        if delivery is None or not _is_sent(delivery) or delivery.kind != DeliveryKind.ALERT:
            continue
        began = delivery.first_attempt_at
        before = latest.get(delivery.destination)
        if began is not None and before is not None and began < before:
            yield Flaw("out_of_order", f"delivery {delivery.delivery_id}", "was sent before one decided earlier")
        if began is not None:
            latest[delivery.destination] = max(began, before or began)


def _standstill(rows: Rows, now: datetime, patience: timedelta) -> Iterator[Flaw]:
    busy = {each.destination for each in rows.deliveries if each.state in _OPEN}
    for each in rows.deliveries:
        moved = max((at for at in (each.last_attempt_at, each.not_before) if at is not None), default=None)
        if each.state == DeliveryState.INTENT and (moved is None or now - moved > patience):
            yield Flaw("stands_still", f"delivery {each.delivery_id}", f"is open and was not tried since {moved}")
    for alert in rows.alerts:
        held_back = alert.destination in busy or _is_troubled(alert.destination, rows.troubled)
        if alert.disposition == Disposition.WAITING and now - alert.release_at > patience and not held_back:
            yield Flaw("overdue", f"alert {alert.alert_id}", f"may be sent since {alert.release_at}, and nobody does")


def _is_troubled(destination: str, troubled: frozenset[str]) -> bool:
    channel, workspace, _ = destination.split(":", 2)
    return not troubled.isdisjoint({f"destination:{destination}", f"workspace:{channel}:{workspace}"})


# ---- Slack's own history ---------------------------------------------------------------------------------------


def compare_history(sent: Iterable[DeliveryRow], shown: Sequence[tuple[str, str]]) -> Iterator[Flaw]:
    """Hold a destination's sent deliveries against its messages, as pairs of our id and Slack's reference.

    Notices and the messages of `noroshi slack check` carry ids of other UUID versions and count as nobody's.
    """
    refs: dict[str, list[str]] = defaultdict(list)
    for delivery_id, ref in shown:
        refs[delivery_id].append(ref)
    known = {each.delivery_id: each for each in sent}
    for delivery_id, each in known.items():
        there = refs.get(delivery_id, [])
        subject = f"delivery {delivery_id}"
        if not there:
            yield Flaw("not_there", subject, f"is sent as {each.message_ref}, and Slack does not show it")
        elif len(there) > 1:
            yield Flaw("doubled", subject, f"is there {len(there)} times: {', '.join(sorted(there))}")
        elif there[0] != each.message_ref:
            yield Flaw("elsewhere", subject, f"is there as {there[0]}, the ledger says {each.message_ref}")
    for delivery_id, there in refs.items():
        if delivery_id not in known and _is_ours(delivery_id):
            yield Flaw("stray", f"message {there[0]}", f"carries {delivery_id}, which was not sent there")


def _is_ours(delivery_id: str) -> bool:
    try:
        return uuid.UUID(delivery_id).version == 5
    except ValueError:
        return True


# ---- reading ---------------------------------------------------------------------------------------------------


def read_rows(connection: Connection) -> Rows:
    """All of outbox and ledger but the canary's."""
    sent = sa.select(deliveries).where(deliveries_to_people)
    return Rows(
        alerts=tuple(_read_alerts(connection)),
        deliveries=tuple(map(_delivery, connection.execute(sent).mappings())),
        troubled=frozenset(connection.scalars(sa.select(troubles.c.scope))),
    )


_TOLD_KEY = ("tenant", "watchlist_id", "destination", "measure_id")


def _read_alerts(connection: Connection) -> Iterator[AlertRow]:
    told = told_table.c
    query = (
        sa.select(*(each for each in alerts.c if each.name != "alert"), told.measure_id.label("told"))
        .join(told_table, sa.and_(*(alerts.c[name] == told[name] for name in _TOLD_KEY)), isouter=True)
        .where(alerts_of_people)
        .order_by(alerts.c.seq)
    )
    for row in connection.execute(query).mappings():
        yield AlertRow(
            alert_id=row["alert_id"],
            seq=row["seq"],
            destination=row["destination"],
            mode=row["mode"],
            disposition=row["disposition"],
            decided_at=datetime.fromisoformat(row["decided_at"]),
            release_at=datetime.fromisoformat(row["release_at"]),
            delivery_id=row["delivery_id"],
            mute_id=row["mute_id"],
            told=row["told"] is not None,
        )


def _delivery(row: sa.RowMapping) -> DeliveryRow:
    return DeliveryRow(
        **{name: row[name] for name in ("delivery_id", "kind", "seq", "destination", "state")},
        first_attempt_at=_instant(row["first_attempt_at"]),
        last_attempt_at=_instant(row["last_attempt_at"]),
        not_before=_instant(row["not_before"]),
        thread_ref=row["thread_ref"],
        message_ref=row["message_ref"],
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
