"""`noroshi up`: everything on this machine until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import click

from services.alert.settings import AlertSettings
from services.cli.inboxview import Terminal, fetch_messages
from services.cli.logs import configure_for_person
from services.cli.settings import SETTINGS, load
from services.cli.stack import Ports, Stack, StackOptions
from services.contracts.errors import RetryableError

_EVERY_SECONDS = 1.0


@click.command()
@click.option("--state-dir", type=click.Path(path_type=Path), help="Folder that keeps everything; default ./state.")
@click.option("--broker", help="Use this Kafka (host:port) instead of the embedded broker.")
@click.option("--watchlists", type=click.Path(path_type=Path), help="Folder of watchlists (*.yml).")
@click.option("--live", is_flag=True, help="Poll the real sources; needs NOROSHI_INGEST_CONTACT.")
@click.option("--sample/--no-sample", default=True, show_default=True, help="Read the bundled sample on first start.")
@click.option(
    "--slack", "real_slack", is_flag=True, help="Post to Slack (NOROSHI_ALERT_SLACK_TOKEN), not the stand-in."
)
@click.option("--broker-port", default=9092, show_default=True, help="Port of the embedded broker.")
@click.option("--slack-port", default=8075, show_default=True, help="Port of the stand-in and its inbox page.")
def command(
    state_dir: Path | None,
    broker: str | None,
    watchlists: Path | None,
    live: bool,
    sample: bool,
    real_slack: bool,
    broker_port: int,
    slack_port: int,
) -> None:
    """Start broker, services and Slack stand-in, and show alerts as they come. Ctrl-C stops everything in order.

    What was read, told and sent is kept in the state folder, so a second start repeats nothing.
    """
    settings = load(AlertSettings, state_dir=state_dir, watchlists=watchlists)
    configure_for_person("up", settings)
    options = StackOptions(
        state_dir=settings.state_dir,
        watchlists=watchlists,
        broker=broker,
        sample=sample,
        live=live,
        stand_in=not real_slack,
        canary=True,
        restrained=not sample,
        ports=_ports(broker_port, slack_port),
    )
    asyncio.run(_run(options))


def _ports(broker: int, slack: int) -> Ports:
    """The health ports are those of the settings; 0 there means a free one."""
    free = Ports.free()
    wanted = {name: load(model).health_port for name, model in SETTINGS.items()}
    return replace(free, broker=broker, slack=slack, **{name: port for name, port in wanted.items() if port})


async def _run(options: StackOptions) -> None:
    """Serve until a signal comes; the stack stops in order as its task is cancelled."""
    serving = asyncio.ensure_future(_serve(options))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        click.echo("stopped", err=True)


async def _serve(options: StackOptions) -> None:
    async with Stack(options, lambda line: click.echo(line, err=True)) as stack:
        inbox = f"; inbox: {stack.slack_url}" if options.stand_in else ""
        click.echo(f"running on {stack.bootstrap}{inbox}; logs: {options.state_dir / 'logs'}; Ctrl-C stops", err=True)
        await stack.run_until(_show(stack) if options.stand_in else _wait_for_ever())


async def _wait_for_ever() -> None:
    await asyncio.Event().wait()


async def _show(stack: Stack) -> None:
    """Print each message of the stand-in once."""
    terminal = Terminal()
    async with aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            with suppress(RetryableError):  # the supervisor is starting it again
                terminal.show_new(await fetch_messages(stack.slack_url, session))
            await asyncio.sleep(_EVERY_SECONDS)
