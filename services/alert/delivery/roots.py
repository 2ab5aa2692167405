"""Keeps the root message of a thread current: an edit is the same however often it is made, so it may be repeated."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from services.alert.channel import Channel, Edited, EditOutcome, Uneditable
from services.alert.delivery import threads
from services.alert.delivery.protocol import Level, Refused
from services.alert.delivery.renderer import Renderer
from services.alert.delivery.threads import StaleRoot
from services.runtime import metrics

log = structlog.get_logger("noroshi.deliver")


async def edit_root(root: StaleRoot, channel: Channel, renderer: Renderer) -> EditOutcome:
    """Edit the message to show the measure as it stands; one that cannot be rendered is left as it is."""
    try:
        message = renderer.root(root, Level.FULL)
    except Exception:
        log.exception("root_not_rendered", alert_id=root.first.alert_id)
        return Uneditable("render_failed")
    return await channel.edit(root.first.destination, root.root_ref, message)


def save_edit(connection: Connection, root: StaleRoot, outcome: EditOutcome, now: datetime) -> None:
    """Record what became of the edit, in metrics and log too."""
    kind = root.first.destination.channel
    if isinstance(outcome, Edited | Uneditable):
        threads.mark_shown(connection, root)
    else:
        after = outcome.after_seconds if isinstance(outcome, Refused) else None
        threads.note_edit_failure(connection, root, now, after)
    edited = "root_edited" if isinstance(outcome, Edited) else "root_not_edited"
    metrics.DELIVERIES.labels(channel_kind=kind, outcome=edited).inc()
    if not isinstance(outcome, Edited):
        log.info("root_not_edited", measure_id=root.first.act.measure_id, failure=outcome.code, channel=kind)
