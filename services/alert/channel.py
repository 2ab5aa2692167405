"""What a channel promises: post one message once, find it again, and say exactly what is known afterwards.

A channel never retries and never sleeps: the delivery protocol owns both. Every exception of the library
underneath is mapped to an outcome; nothing else is raised but programming errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.alert.delivery.protocol import PostOutcome, ReadOutcome, Refused, Unknown
from services.contracts.alerts import Alert
from services.contracts.watchlists import Destination


@dataclass(frozen=True)
class Edited:
    """The message shows the new content."""


@dataclass(frozen=True)
class Uneditable:
    """The message cannot be changed, now or later: it is gone, too old, or the channel has no edits."""

    code: str


EditOutcome = Edited | Uneditable | Refused | Unknown


@dataclass(frozen=True)
class Message:
    """One rendered delivery: the id that makes it recognisable, a full sentence, and Slack's layout.

    `alerts` are what it tells of, for channels that hand over records instead of words.
    """

    delivery_id: str
    text: str
    blocks: tuple[dict[str, object], ...] = ()
    alerts: tuple[Alert, ...] = ()


class Channel(Protocol):
    """One kind of destination; plug-ins live in `services/alert/channels/`."""

    kind: str
    per_second: float
    """How many messages a second one destination takes; 0 means no pace is kept."""

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Send once; Posted only if the destination said that it stored the message."""
        ...

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """Look for an earlier copy in the whole history since `oldest`."""
        ...

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """Change the message at `ref` to show this content; the same edit twice is one edit."""
        ...

    async def check(self, destination: Destination) -> str | None:
        """None if the destination can be posted to, else what is wrong and how to mend it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
