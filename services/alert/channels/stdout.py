"""Standard output: one line per message, as text or, at the address `json`, as a record. It has no history."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TextIO

from services.alert.channel import Channel, EditOutcome, Message, Uneditable
from services.alert.delivery.protocol import Posted, PostOutcome, Reaction, ReadOutcome, Refused, Unreadable
from services.alert.render.records import write_records
from services.alert.settings import AlertSettings
from services.contracts.watchlists import Destination


def open_channel(settings: AlertSettings) -> Channel:
    """The process's own standard output; it needs no settings."""
    del settings
    return StdoutChannel(sys.stdout)


JSON = "json"
"""The address whose lines are records as a signed webhook sends them."""


class StdoutChannel:
    """Writes and flushes one line per message."""

    kind = "stdout"
    per_second = 0.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Write the alert's sentence, or its record; a closed pipe pauses the destination."""
        del thread_ref
        if destination.address == JSON:
            line = write_records(message.delivery_id, message.text, message.alerts).decode()
        else:
            line = f"{' '.join(message.text.split())} [{message.delivery_id}]"
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            return Refused(Reaction.PAUSE_DESTINATION, type(error).__name__)
        return Posted(message.delivery_id)

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """Output that was written cannot be read back."""
        del destination, delivery_id, oldest, thread_ref
        return Unreadable("stdout_has_no_history")

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """What was written stays as it is."""
        del destination, ref, message
        return Uneditable("stdout_is_written_once")

    async def check(self, destination: Destination) -> str | None:
        """Standard output is always there."""
        del destination
        return None

    async def close(self) -> None:
        """Nothing to let go of."""
