"""The stand-in's inbox: a page that shows every channel's messages as their readers would see them in Slack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.fakeslack.blocks_html import render_html
from services.fakeslack.messages import MessageStore, StoredMessage

MAX_THREADS = 200
"""The newest threads of a channel that one page shows."""


@dataclass(frozen=True)
class ChannelRow:
    """A channel in the list beside the messages."""

    name: str
    count: int
    current: bool


@dataclass(frozen=True)
class Thread:
    """A root message and its replies, oldest first; a reply whose root is unknown stands alone."""

    root: StoredMessage
    replies: tuple[StoredMessage, ...]


def render_inbox(store: MessageStore, channel: str | None) -> str:
    """The page for one channel, newest thread first; without a channel the one that was written to last.

    It holds no script, no address but those of the messages, and nothing of a message unescaped.
    """
    current = channel if channel is not None else _latest_channel(store)
    threads = _threads(store, current)
    return _template().render(
        channels=[ChannelRow(name, _count(store, name), name == current) for name in store.channels()],
        current=current,
        threads=threads[:MAX_THREADS],
        hidden=max(0, len(threads) - MAX_THREADS),
        copies={key: count for key, count in store.copies().items() if count > 1},
    )


def _latest_channel(store: MessageStore) -> str | None:
    newest = max(store.messages, key=lambda message: float(message.ts), default=None)
    return newest.channel if newest else None


def _count(store: MessageStore, channel: str) -> int:
    return sum(message.channel == channel for message in store.messages)


def _threads(store: MessageStore, channel: str | None) -> list[Thread]:
    """Newest first by the newest message in them, so that an update brings its thread up."""
    messages = sorted((m for m in store.messages if m.channel == channel), key=lambda m: float(m.ts))
    known = {message.ts for message in messages}
    grouped: dict[str, list[StoredMessage]] = {}
    for message in messages:
        root = message.thread_ts if message.thread_ts in known else message.ts
        grouped.setdefault(root or message.ts, []).append(message)
    threads = [Thread(first, tuple(rest)) for first, *rest in grouped.values()]
    return sorted(threads, key=lambda thread: -float([thread.root, *thread.replies][-1].ts))


def format_time(ts: str) -> str:
    """A message reference as an instant."""
    return f"{datetime.fromtimestamp(float(ts), UTC):%Y-%m-%d %H:%M:%S} UTC"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {"time": format_time, "blocks": render_html}
    environment.filters.update(filters)
    return environment.get_template("inbox.html")
