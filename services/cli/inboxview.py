"""The stand-in's messages as the terminal shows them, new ones as they come."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import aiohttp
import click

from services.contracts.errors import RetryableError
from services.fakeslack.blocks_text import render_text
from services.fakeslack.messages import StoredMessage


async def fetch_messages(url: str, session: aiohttp.ClientSession) -> list[StoredMessage]:
    """Every message the stand-in at `url` holds; raises RetryableError if it does not answer."""
    try:
        async with session.get(f"{url}/stand-in/messages") as response:
            response.raise_for_status()
            found = (await response.json())["messages"]
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError) as error:
        raise RetryableError(
            f"the Slack stand-in at {url} does not answer ({type(error).__name__}); is `noroshi up` running?"
        ) from error
    return [_message(fields) for fields in found]


def _message(fields: Mapping[str, Any]) -> StoredMessage:
    return StoredMessage(
        channel=fields["channel"],
        ts=fields["ts"],
        text=fields["text"],
        blocks=tuple(fields.get("blocks", ())),
        thread_ts=fields.get("thread_ts"),
        client_msg_id=fields.get("client_msg_id"),
        metadata=fields.get("metadata", {}),
    )


def count_copies(messages: Iterable[StoredMessage]) -> dict[tuple[str, str], int]:
    """How many messages each (channel, alert id) has."""
    counted: dict[tuple[str, str], int] = {}
    for message in messages:
        key = (message.channel, message.alert_id or "")
        counted[key] = counted.get(key, 0) + 1
    return counted


class Terminal:
    """Prints messages once each, as their reader would see them; colour only on a terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown: set[tuple[str, str]] = set()
        self._quiet = quiet
        self._colour = sys.stdout.isatty()
        self._width = min(shutil.get_terminal_size((100, 24)).columns, 110)

    def show_new(self, messages: Iterable[StoredMessage]) -> int:
        """Print those not printed before; returns how many."""
        fresh = list(self._new(messages))
        for message in fresh if not self._quiet else ():
            click.echo(render_text(message, self._width, self._colour))
            click.echo()
        return len(fresh)

    def _new(self, messages: Iterable[StoredMessage]) -> Iterator[StoredMessage]:
        for message in messages:
            if (message.channel, message.ts) not in self._shown:
                self._shown.add((message.channel, message.ts))
                yield message
