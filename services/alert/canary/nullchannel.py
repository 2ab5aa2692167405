"""The channel of the canary's alerts: what is posted to it is accepted and gone. No watchlist file can name it."""

from __future__ import annotations

from datetime import datetime

from services.alert.channel import EditOutcome, Message, Uneditable
from services.alert.delivery.protocol import NotFound, Posted, PostOutcome, ReadOutcome
from services.contracts.canary import DESTINATION
from services.contracts.watchlists import Destination


class NullChannel:
    """Accepts every message and keeps none; it touches no network."""

    kind = DESTINATION.channel
    per_second = 0.0

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Accept the message; its reference is its own id."""
        del destination, thread_ref
        return Posted(message.delivery_id)

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """Nothing is kept, so nothing is there, and a post in doubt is made again."""
        del destination, delivery_id, oldest, thread_ref
        return NotFound()

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """What is gone cannot be changed."""
        del destination, ref, message
        return Uneditable("null_keeps_nothing")

    async def check(self, destination: Destination) -> str | None:
        """Nowhere is always there."""
        del destination
        return None

    async def close(self) -> None:
        """Nothing to let go of."""
