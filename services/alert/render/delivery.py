"""One delivery as a message, whatever it carries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render.digest import render_digest
from services.alert.render.message import render_message
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryKind, DigestCause
from services.taxonomy.taxonomy import Taxonomy


def render_delivery(
    kind: DeliveryKind,
    delivery_id: str,
    alerts: Sequence[Alert],
    cause: DigestCause | None,
    level: Level,
    possible_duplicate: bool,
    taxonomy: Taxonomy,
    today: date,
) -> Message:
    """The message of a delivery: of its one alert, or a digest of all of them; raises ValueError without an alert."""
    if not alerts:
        raise ValueError(f"delivery {delivery_id} carries no alert")
    if kind is DeliveryKind.ALERT:
        return render_message(alerts[0], level, possible_duplicate, taxonomy, today)
    return render_digest(delivery_id, alerts, cause or DigestCause.CADENCE, level, possible_duplicate, taxonomy, today)
