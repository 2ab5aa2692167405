"""What the stand-in stores: messages in channels, in the order Slack would show them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class StoredMessage:
    """One message as its channel holds it; `visible_at` is when the history starts to list it (epoch seconds)."""

    channel: str
    ts: str
    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    thread_ts: str | None = None
    client_msg_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    stored_at: float = 0.0
    visible_at: float = 0.0
    edited_at: float | None = None

    @property
    def alert_id(self) -> str | None:
        """The alert the message carries, from its metadata."""
        payload = self.metadata.get("event_payload") or {}
        return payload.get("a") or self.client_msg_id

    def to_api(self, with_metadata: bool) -> dict[str, Any]:
        """The message as `conversations.history` lists it."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text, "bot_id": "B0NOROSHI"}
        optional = {
            "blocks": list(self.blocks),
            "thread_ts": self.thread_ts,
            "client_msg_id": self.client_msg_id,
            "metadata": self.metadata if with_metadata else None,
            "edited": {"ts": f"{self.edited_at:.6f}"} if self.edited_at else None,
        }
        return shown | {name: value for name, value in optional.items() if value}


@dataclass
class MessageStore:
    """All messages of one workspace; `save` is called with each change, so that a file can keep them."""

    messages: list[StoredMessage] = field(default_factory=list)
    last_ts: float = 0.0

    def next_ts(self, now: float) -> str:
        """A message reference: the time in microseconds, never the same twice, never going back."""
        self.last_ts = max(now, self.last_ts + 0.000_001)
        return f"{self.last_ts:.6f}"

    def add(self, message: StoredMessage) -> None:
        """Store a message."""
        self.last_ts = max(self.last_ts, float(message.ts))
        self.messages.append(message)

    def edit(self, channel: str, ts: str, text: str, blocks: tuple[dict[str, Any], ...], now: float) -> bool:
        """Replace a message's content; False if there is none."""
        for index, message in enumerate(self.messages):
            if message.channel == channel and message.ts == ts:
                self.messages[index] = replace(message, text=text, blocks=blocks, edited_at=now)
                return True
        return False

    def find_key(self, channel: str, client_msg_id: str) -> StoredMessage | None:
        """The earliest message of a channel with that idempotency key."""
        found = (m for m in self.messages if m.channel == channel and m.client_msg_id == client_msg_id)
        return next(found, None)

    def channel_roots(self, channel: str) -> list[StoredMessage]:
        """Top-level messages of a channel, oldest first."""
        return [m for m in self.messages if m.channel == channel and m.thread_ts in (None, m.ts)]

    def thread(self, channel: str, root: str) -> list[StoredMessage]:
        """A root message and its replies, oldest first."""
        return [m for m in self.messages if m.channel == channel and root in (m.ts, m.thread_ts)]

    def channels(self) -> list[str]:
        """Every channel that holds a message, sorted."""
        return sorted({message.channel for message in self.messages})

    def copies(self) -> dict[tuple[str, str], int]:
        """How many messages each (channel, alert id) has: more than one is a duplicate a reader saw."""
        counted: dict[tuple[str, str], int] = {}
        for message in self.messages:
            if message.alert_id:
                key = (message.channel, message.alert_id)
                counted[key] = counted.get(key, 0) + 1
        return counted
