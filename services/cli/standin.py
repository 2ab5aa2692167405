"""`noroshi standin`: run the local stand-in for Slack."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from services.fakeslack.app import StandInSettings, serve
from services.fakeslack.core import Contract


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8075, show_default=True, help="Port to listen on.")
@click.option("--journal", type=click.Path(path_type=Path), help="File that keeps the messages; default: memory only.")
@click.option("--key", type=click.Choice(["honour", "ignore"]), default="honour", show_default=True,
              help="Whether a repeated client_msg_id is recognised.")  # fmt: skip
@click.option("--history-lag", default=0.0, show_default=True, help="Seconds until the history lists a message.")
@click.option("--per-second", default=1.0, show_default=True, help="Messages a second one channel takes.")
def command(host: str, port: int, journal: Path | None, key: str, history_lag: float, per_second: float) -> None:
    """Run a stand-in for Slack's Web API with an inbox page; for trying out and for tests."""
    contract = Contract(key="honour" if key == "honour" else "ignore", history_lag=history_lag, per_second=per_second)
    click.echo(f"Slack stand-in: inbox at http://{host}:{port}/, Web API at http://{host}:{port}/api/", err=True)
    asyncio.run(_run(StandInSettings(host, port, journal, contract)))


async def _run(settings: StandInSettings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(settings, stopping)
