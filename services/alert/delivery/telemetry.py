"""What became of a delivery, in metrics and log. A digest waits on purpose, so only single alerts are timed."""

from __future__ import annotations

from datetime import datetime

import structlog

from services.alert.delivery.ledger import Entry
from services.alert.delivery.protocol import Input, Progress, Reaction, Refused, Unknown, Unreadable
from services.contracts.alerts import Alert
from services.contracts.canary import DESTINATION
from services.contracts.vocab import DeliveryKind, DeliveryState
from services.runtime import metrics

log = structlog.get_logger("noroshi.deliver")


def note_progress(entry: Entry, given: Input, progress: Progress, now: datetime) -> None:
    """Say in metrics and log what became of a delivery."""
    kind = entry.destination.channel
    outcome = _outcome(given, progress)
    if outcome is None or entry.destination == DESTINATION:  # the canary says for itself that it came through
        return
    metrics.DELIVERIES.labels(channel_kind=kind, outcome=outcome).inc()
    fields = {"delivery_id": entry.delivery_id, "alerts": len(entry.alerts), "attempts": progress.attempts}
    if progress.state is DeliveryState.SENT:
        if entry.kind is DeliveryKind.DIGEST:
            metrics.DELIVERIES.labels(channel_kind=kind, outcome="digested").inc(len(entry.alerts))
        else:
            _time(entry.alerts[0], now)
        log.info("delivered", **fields, reason=_reason(entry), channel=kind)
    else:
        log.warning("delivery_" + outcome, **fields, failure=progress.failure, channel=kind)


def _reason(entry: Entry) -> str:
    return entry.cause.value if entry.cause else entry.alerts[0].reason.value


def _time(alert: Alert, now: datetime) -> None:
    event = alert.act.event
    if alert.due is not None:  # a reminder tells of a date, not of what was just seen
        return
    seen = max(0.0, (now - event.seen_at).total_seconds())
    metrics.SEEN_TO_ALERT.labels(channel_kind=alert.destination.channel).observe(seen)
    if event.published_at is not None:
        since = max(0.0, (now - event.published_at).total_seconds())
        metrics.PUBLICATION_TO_ALERT.labels(tier="1", precision="instant").observe(since)


def _outcome(given: Input, progress: Progress) -> str | None:
    if progress.settled:
        duplicate = progress.state is DeliveryState.SENT and progress.possible_duplicate
        return "possible_duplicate" if duplicate else progress.state.value
    if isinstance(given, Refused):
        return {Reaction.DEGRADE: "degraded", Reaction.RETHREAD: "rethreaded"}.get(given.reaction, "retried")
    if isinstance(given, Unknown):
        return "in_doubt"
    return "retried" if isinstance(given, Unreadable) else None
