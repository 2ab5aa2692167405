"""`noroshi inbox`: the messages of the local Slack stand-in, in the terminal."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import click

from services.cli.inboxview import Terminal, fetch_messages
from services.fakeslack.messages import StoredMessage

_EVERY_SECONDS = 1.0


@click.command()
@click.option("--url", default="http://127.0.0.1:8075", show_default=True, help="Address of the stand-in.")
@click.option("--channel", help="Only this channel id.")
@click.option("--follow", is_flag=True, help="Go on and print new messages as they come; Ctrl-C ends it.")
@click.option("--json", "as_json", is_flag=True, help="Print the messages as the Web API lists them, one a line.")
def command(url: str, channel: str | None, follow: bool, as_json: bool) -> None:
    """Show the messages the local Slack stand-in holds, as their readers would see them."""
    asyncio.run(_show(url, channel, follow, as_json))


async def _show(url: str, channel: str | None, follow: bool, as_json: bool) -> None:
    terminal = Terminal()
    async with aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            messages = [m for m in await fetch_messages(url, session) if channel in (None, m.channel)]
            _print(messages, terminal, as_json)
            if not follow:
                return
            await asyncio.sleep(_EVERY_SECONDS)


def _print(messages: list[StoredMessage], terminal: Terminal, as_json: bool) -> None:
    if not as_json:
        terminal.show_new(messages)
        return
    for message in messages:
        click.echo(json.dumps(message.to_api(with_metadata=True) | {"channel": message.channel}, ensure_ascii=False))
