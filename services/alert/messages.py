"""Makes the message of a delivery, and of a thread's root, with the taxonomy and the day it is made on."""

from __future__ import annotations

from services.alert.channel import Message
from services.alert.delivery.ledger import Entry
from services.alert.delivery.protocol import Level
from services.alert.delivery.threads import StaleRoot
from services.alert.render import render_delivery, render_root
from services.runtime.clock import Clock
from services.taxonomy.taxonomy import Taxonomy


class MessageRenderer:
    """Renders with one taxonomy, by a clock."""

    def __init__(self, taxonomy: Taxonomy, clock: Clock) -> None:
        self._taxonomy, self._clock = taxonomy, clock

    def delivery(self, entry: Entry, level: Level, possible_duplicate: bool) -> Message:
        """The message of a delivery: one alert, or a digest."""
        return render_delivery(
            entry.kind,
            entry.delivery_id,
            entry.alerts,
            entry.cause,
            level,
            possible_duplicate,
            self._taxonomy,
            self._clock.now().date(),
        )

    def root(self, root: StaleRoot, level: Level) -> Message:
        """The root message of a thread as it should be now."""
        today = self._clock.now().date()
        return render_root(root.first, root.latest, root.updates, level, self._taxonomy, today)
