"""`noroshi demo`: the bundled sample through everything, checked against the pure cores, and an end."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import click

from services.alert.settings import AlertSettings
from services.alert.watchlists.sets import load_watchlists
from services.classify.core import Classifier
from services.cli.audit import Audit, audit_run
from services.cli.inboxview import Terminal, count_copies, fetch_messages
from services.cli.logs import configure_for_person
from services.cli.settings import load
from services.cli.stack import Ports, Stack, StackOptions
from services.cli.status import read_account
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.errors import RetryableError, StopError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import ALERTS, EVENTS, MEASURES
from services.fakeslack.messages import StoredMessage
from services.ingest.inlets.files import sample_event_ids
from services.runtime.topicscan import scan_topic
from services.taxonomy.load import default_taxonomy

PER_SECOND = 5.0
"""Messages a second that one channel of the demo's stand-in takes, so that nobody waits for Slack's one."""

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DemoResult:
    """What the demo found, the messages it ended with, and the ids on the alerts topic."""

    audit: Audit
    messages: tuple[StoredMessage, ...]
    published: frozenset[str]
    balanced: bool
    seconds: float


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Folder to keep the run's state and logs in.")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds after which the demo has failed.")
@click.option("--full", is_flag=True, help="Show every alert whole, not just its headline.")
@click.option("--quiet", is_flag=True, help="Show only the summary.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(keep: Path | None, timeout: float, full: bool, quiet: bool, as_json: bool) -> None:
    """Run the bundled sample through everything on the embedded broker and a local Slack stand-in, then end.

    Exit code 0 only if nothing was lost, doubled or sent to the wrong place.
    """
    say = Say(quiet=quiet or as_json)
    configure_for_person("demo", load(AlertSettings))
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="noroshi-demo-") as folder:
        result = asyncio.run(run_demo(Path(folder), timeout, say, full=full))
    if not (quiet or as_json):
        _show_examples(result.messages)
    click.echo(_as_json(result) if as_json else result.audit.summary(result.seconds))
    for problem in (*result.audit.lost, *result.audit.doubled, *result.audit.stray):
        click.echo(f"  {problem}", err=True)
    sys.exit(0 if result.audit.clean and result.balanced else 1)


class Say:
    """Progress on standard error, unless quiet."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, line: str) -> None:
        """Print one line of progress."""
        if not self._quiet:
            click.echo(line, err=True)


async def run_demo(
    folder: Path,
    timeout_seconds: float,
    say: Callable[[str], None],
    *,
    full: bool = False,
    per_second: float = PER_SECOND,
    environment: Mapping[str, str] | None = None,
    disturb: Callable[[Stack], Awaitable[None]] | None = None,
) -> DemoResult:
    """Run the sample through a stack of its own in `folder`; `disturb` may do its worst to it meanwhile.

    Raises StopError if it does not end in time.
    """
    started = time.monotonic()
    options = StackOptions(
        state_dir=folder,
        per_second=per_second,
        ports=Ports.free(),
        environment=tuple((environment or {}).items()),
    )
    async with Stack(options, say) as stack:
        say(f"replaying the bundled sample; inbox: {stack.slack_url}")
        try:
            async with asyncio.timeout(timeout_seconds):
                await stack.run_until(_run(stack, say, full=full, disturb=disturb))
        except TimeoutError as error:
            raise StopError(
                f"the demo did not end within {timeout_seconds:g} s; run it again with --keep and read the logs there"
            ) from error
        return await _finish(stack, started)


async def _run(
    stack: Stack, say: Callable[[str], None], *, full: bool, disturb: Callable[[Stack], Awaitable[None]] | None
) -> None:
    if disturb is not None:
        await disturb(stack)
    await _follow(stack, say, full=full)


async def _follow(stack: Stack, say: Callable[[str], None], *, full: bool) -> None:
    """Print alerts as they come until the sample is read and nothing waits any more."""
    terminal = Terminal(quiet=not full)
    shown = 0
    settings = _settings(stack)
    async with aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            messages = await fetch_messages(stack.slack_url, session)
            terminal.show_new(messages)
            for message in messages[shown:] if not full else ():
                say(f"  #{message.channel}  {'↳ ' if message.thread_ts else ''}{_headline(message)}")
            shown = len(messages)
            if await stack.is_ready("ingest") and await _at_rest(settings):
                return
            await asyncio.sleep(_POLL_SECONDS)


def _headline(message: StoredMessage) -> str:
    headers = (block["text"]["text"] for block in message.blocks if block.get("type") == "header")
    line = next(headers, message.text)
    width = shutil.get_terminal_size((120, 24)).columns - 20
    return line if len(line) <= width else line[: width - 1] + "…"


async def _at_rest(settings: AlertSettings) -> bool:
    try:
        account = await asyncio.to_thread(read_account, settings)
    except RetryableError:
        return False
    return account.records > 0 and account.at_rest


def _settings(stack: Stack) -> AlertSettings:
    return load(AlertSettings, broker=stack.bootstrap, state_dir=stack.options.state_dir)


async def _finish(stack: Stack, started: float) -> DemoResult:
    settings = _settings(stack)
    account = await asyncio.to_thread(read_account, settings)
    async with aiohttp.ClientSession(trust_env=False) as session:
        messages = await fetch_messages(stack.slack_url, session)
    seconds = time.monotonic() - started
    audit = await asyncio.to_thread(audit_stack, settings, messages)
    published = await asyncio.to_thread(read_published, settings)
    return DemoResult(audit, tuple(messages), published, account.balanced, seconds)


def read_published(settings: AlertSettings) -> frozenset[str]:
    """The ids of the alerts on the alerts topic."""
    records = scan_topic(settings.broker, ALERTS.name)
    return frozenset(codec.decode(Alert, record.value).alert_id for record in records)


def audit_stack(settings: AlertSettings, messages: list[StoredMessage]) -> Audit:
    """Hold the topics and the messages of a run of the sample against what the cores say they should be."""
    taxonomy = default_taxonomy()
    events = [codec.decode(Event, record.value) for record in scan_topic(settings.broker, EVENTS.name)]
    acts = [codec.decode(Act, record.value) for record in scan_topic(settings.broker, MEASURES.name)]
    watchlists = load_watchlists(settings.watchlists, taxonomy)
    return audit_run(sample_event_ids(), events, acts, Classifier(taxonomy), watchlists, count_copies(messages))


def _show_examples(messages: tuple[StoredMessage, ...]) -> None:
    """One alert whole in each language of the watchlists, as its reader sees it."""
    terminal = Terminal()
    for channel in ("C0MAGNETS", "C0CRITMIN", "C0CHIPS"):
        first = [message for message in messages if message.channel == channel and not message.thread_ts][:1]
        click.echo()
        terminal.show_new(first)


def _as_json(result: DemoResult) -> str:
    audit = result.audit
    return json.dumps(
        {
            "events": audit.events,
            "measures": audit.measures,
            "alerts": len(audit.expected),
            "delivered": audit.delivered,
            "lost": len(audit.lost),
            "duplicated": len(audit.doubled),
            "stray": len(audit.stray),
            "seconds": round(result.seconds, 1),
        }
    )
