"""What the sender asks of whoever writes the messages."""

from __future__ import annotations

from typing import Protocol

from services.alert.channel import Message
from services.alert.delivery.ledger import Entry
from services.alert.delivery.protocol import Level
from services.alert.delivery.threads import StaleRoot


class Renderer(Protocol):
    """Makes messages out of decided alerts."""

    def delivery(self, entry: Entry, level: Level, possible_duplicate: bool) -> Message:
        """The message of a delivery; `possible_duplicate` says that it may be there already."""
        ...

    def root(self, root: StaleRoot, level: Level) -> Message:
        """The root message of a thread as it should be now."""
        ...
