"""Why an alert was made and what became of it, step by step, from what the database holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from services.alert.delivery.breaker import destination_scope, workspace_scope
from services.alert.delivery.troubles import load_troubles
from services.alert.lifecycle.told import load_version
from services.alert.slack_cures import find_cure
from services.alert.tables import alerts, deliveries, mutes
from services.contracts import codec
from services.contracts.alerts import Alert, MatchedTerm
from services.contracts.measures import Act
from services.contracts.watchlists import Watchlist

MAX_WORDS = 6


@dataclass(frozen=True)
class Reasoned:
    """An atom of the watchlist that held, with the document's own words for it."""

    predicate: str
    term: str
    tags: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Everything known of one alert; `outbox`, `delivery`, `mute` and `troubles` are rows as the database has them.

    `watchlist` is the watchlist as it was when it matched, None if that version was not kept.
    """

    alert: Alert
    reasons: tuple[Reasoned, ...]
    watchlist: Watchlist | None
    outbox: Mapping[str, Any]
    delivery: Mapping[str, Any] | None
    carried: int
    mute: Mapping[str, Any] | None
    troubles: tuple[str, ...]


def find_ids(connection: Connection, prefix: str) -> Sequence[str]:
    """The ids of alerts that begin so, or that the message of that delivery carries; at most a few."""
    like = alerts.c.alert_id.startswith(prefix, autoescape=True)
    carried = alerts.c.delivery_id.startswith(prefix, autoescape=True)
    return tuple(
        connection.scalars(sa.select(alerts.c.alert_id).where(like | carried).order_by(alerts.c.seq).limit(99))
    )


def explain(connection: Connection, alert_id: str) -> Explanation | None:
    """The explanation of one alert, or None if there is no such alert."""
    row = connection.execute(sa.select(alerts).where(alerts.c.alert_id == alert_id)).mappings().first()
    if row is None:
        return None
    alert = codec.decode(Alert, row["alert"].encode())
    scopes = (destination_scope(alert.destination), workspace_scope(alert.destination))
    found = load_troubles(connection, scopes)
    return Explanation(
        alert=alert,
        reasons=tuple(Reasoned(e.predicate, e.term, e.tags, find_words(alert.act, e)) for e in alert.matched),
        watchlist=load_version(connection, alert.watchlist_id, alert.watchlist_version),
        outbox={name: value for name, value in row.items() if name != "alert"},
        delivery=_row(connection, deliveries, deliveries.c.delivery_id, row["delivery_id"]),
        carried=_count_carried(connection, row["delivery_id"]),
        mute=_row(connection, mutes, mutes.c.mute_id, row["mute_id"]),
        troubles=tuple(
            f"since {each.since:%Y-%m-%d %H:%M} UTC: {each.failure}; {find_cure(each.failure)}"
            for each in found.values()
        ),
    )


def find_words(act: Act, term: MatchedTerm) -> tuple[str, ...]:
    """The document's own words for a matched term: at its spans, else wherever its tags are shown; each once."""
    spans = {(span.field, span.start, span.end) for span in term.spans}
    shown = [each for each in act.evidence if (each.field, each.start, each.end) in spans]
    shown = shown or [each for each in act.evidence if each.tag in term.tags]
    return tuple(dict.fromkeys(each.text for each in shown))[:MAX_WORDS]


def _row(
    connection: Connection, table: sa.Table, key: sa.ColumnElement[str], value: str | None
) -> Mapping[str, Any] | None:
    row: RowMapping | None = connection.execute(sa.select(table).where(key == value)).mappings().first()
    return dict(row) if row is not None else None


def _count_carried(connection: Connection, delivery_id: str | None) -> int:
    query = sa.select(sa.func.count()).select_from(alerts).where(alerts.c.delivery_id == delivery_id)
    return connection.scalar(query) or 0 if delivery_id else 0


# ---- in words --------------------------------------------------------------------------------------------------


def describe(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """The explanation as pairs of a heading and a line; a heading may come several times."""
    alert = explanation.alert
    event, act = alert.act.event, alert.act
    kept = "" if explanation.watchlist is not None else "; that version was not kept"
    yield "alert", f"{alert.alert_id}  {alert.reason.value}"
    yield "watchlist", f"{alert.watchlist_name} ({alert.watchlist_id}, version {alert.watchlist_version}{kept})"
    for change in alert.changes:
        yield "changed", f"{change.field}: {change.before or 'nothing'} → {change.after or 'nothing'}"
    if alert.due is not None:
        yield "reminder", f"{alert.due.role.value} {alert.due.value}, {alert.due.days} days ahead"
    for reason in explanation.reasons:
        words = ", ".join(f"“{each}”" for each in reason.words)
        tags = f" ({', '.join(reason.tags)})" if reason.tags and reason.tags != (reason.term,) else ""
        yield "matched", f"{reason.predicate}: {reason.term}{tags}" + (f" on {words}" if words else "")
    yield "document", f"{event.title}  [{event.source}, {event.published_on or 'undated'}]"
    if event.url:
        yield "document", event.url
    whom = " → ".join(filter(None, (", ".join(act.imposing), ", ".join(act.target))))
    measure = (act.measure_id, ", ".join(act.types), act.stage.value, whom)
    yield "measure", "  ".join(part for part in measure if part)
    yield from _fate(explanation)


def _fate(explanation: Explanation) -> Iterator[tuple[str, str]]:
    alert, outbox, delivery = explanation.alert, explanation.outbox, explanation.delivery
    yield "decided", f"{alert.decided_at.isoformat()} for {alert.destination.key}"
    if outbox["release_at"] > outbox["decided_at"]:
        yield "waited", f"until {outbox['release_at']}, then as {outbox['mode']}"
    if outbox["disposition"] != "planned":
        yield "became", str(outbox["disposition"]) + (f" by {outbox['mute_id']}" if outbox["mute_id"] else "")
    if explanation.mute is not None:
        mute = explanation.mute
        until = mute["until"] or "the next stage"
        yield "mute", f"{mute['scope']} {mute['value']} until {until}, by {mute['created_by']}: {mute['reason']}"
    if delivery is not None:
        yield from _describe_delivery(delivery, explanation.carried)
    if delivery is None or delivery["state"] != "sent":
        for trouble in explanation.troubles:
            yield "trouble", trouble


def _describe_delivery(delivery: Mapping[str, Any], carried: int) -> Iterator[tuple[str, str]]:
    what = f"{delivery['kind']} of {carried}" if carried > 1 else str(delivery["kind"])
    cause = f" ({delivery['cause']})" if delivery["cause"] else ""
    yield "delivery", f"{delivery['delivery_id']}  {what}{cause}: {delivery['state']}"
    if delivery["first_attempt_at"]:
        yield "attempts", f"{delivery['attempts']}, the first {delivery['first_attempt_at']}"
    if delivery["failure"]:
        yield "failure", f"{delivery['failure']}; {find_cure(delivery['failure'])}"
    if delivery["not_before"] and not delivery["settled_at"]:
        yield "waits", f"until {delivery['not_before']}"
    if delivery["message_ref"]:
        thread = f" in the thread of {delivery['thread_ref']}" if delivery["thread_ref"] else ""
        duplicate = ", perhaps a duplicate" if delivery["possible_duplicate"] else ""
        yield "sent", f"{delivery['settled_at']} as {delivery['message_ref']}{thread}{duplicate}"
    if delivery["settled_at"]:
        yield "published", "on noroshi.alerts.v1" if delivery["published"] else "not yet on noroshi.alerts.v1"
