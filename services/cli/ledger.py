"""`noroshi ledger`: is every alert accounted for, and what to do with deliveries that were put aside."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import Connection

from services.alert.channels.slack import SlackChannel, open_channel
from services.alert.delivery import desk
from services.alert.delivery.audit import DeliveryRow, Flaw, Report, Rows, audit, compare_history, read_rows
from services.alert.delivery.protocol import ReadFailed
from services.alert.settings import AlertSettings
from services.alert.slack_cures import find_cure
from services.cli.database import changing_alerts, reading_alerts
from services.cli.settings import load
from services.contracts.errors import UsageError
from services.contracts.vocab import DeliveryState
from services.contracts.watchlists import Destination

_READS = 5
_MARGIN = timedelta(minutes=10)

_state_dir = click.option(
    "--state-dir", type=click.Path(path_type=Path), help="Folder of the services' state; from the settings."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Account for every alert, and send again or give up deliveries that were put aside."""


@command.command("audit")
@_state_dir
@click.option("--slack", "with_slack", is_flag=True, help="Also read Slack's history: each message there exactly once?")
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="How far back to read Slack.")
@click.option(
    "--patience", type=click.FloatRange(0), default=2.0, show_default=True, help="Hours work may stand still."
)
@_as_json
def audit_command(state_dir: Path | None, with_slack: bool, days: int, patience: float, as_json: bool) -> None:
    """Account for every alert: waiting, muted, held, cancelled, or in a delivery and in which state.

    Exit code 1 if anything is missing, doubled, out of order or at a standstill.
    """
    settings, now = load(AlertSettings, state_dir=state_dir), datetime.now(UTC)
    with reading_alerts(settings) as connection:
        rows = read_rows(connection)
    report = audit(rows, now, timedelta(hours=patience))
    flaws = list(report.flaws)
    if with_slack:
        flaws += asyncio.run(_read_slack(settings, rows, now - timedelta(days=days)))
    click.echo(_report_json(report, flaws) if as_json else "\n".join(_report_lines(report, flaws, with_slack)))
    sys.exit(1 if flaws else 0)


def _report_json(report: Report, flaws: list[Flaw]) -> str:
    return json.dumps(asdict(report) | {"flaws": [asdict(flaw) for flaw in flaws], "clean": not flaws})


def _report_lines(report: Report, flaws: list[Flaw], with_slack: bool) -> list[str]:
    became = ", ".join(f"{count} {word}" for word, count in report.accounts.items()) or "none"
    where = "ledger and Slack" if with_slack else "ledger"
    verdict = f"{len(flaws)} flaws" if flaws else f"clean: every alert is accounted for once ({where})"
    return [
        f"alerts      {report.alerts}: {became}",
        f"deliveries  {report.deliveries}",
        *(f"✗ {flaw.kind}: {flaw.subject} {flaw.words}" for flaw in flaws),
        verdict,
    ]


async def _read_slack(settings: AlertSettings, rows: Rows, oldest: datetime) -> list[Flaw]:
    slack = open_channel(settings)
    if not isinstance(slack, SlackChannel):
        raise UsageError("the Slack channel cannot list its messages")
    by_destination: dict[str, list[DeliveryRow]] = defaultdict(list)
    for each in rows.deliveries:
        recent = each.first_attempt_at is not None and each.first_attempt_at >= oldest
        if recent and each.state == DeliveryState.SENT and each.destination.startswith("slack:"):
            by_destination[each.destination].append(each)
    try:
        flaws: list[Flaw] = []
        for key, sent in by_destination.items():
            flaws += compare_history(sent, _known_only(rows, await _read_destination(slack, key, sent, oldest), sent))
        return flaws
    finally:
        await slack.close()


def _known_only(rows: Rows, shown: list[tuple[str, str]], sent: list[DeliveryRow]) -> list[tuple[str, str]]:
    """Without messages of earlier deliveries, which are in the margin of what was read; the rest must be in `sent`."""
    wanted = {each.delivery_id for each in sent}
    earlier = {
        each.delivery_id
        for each in rows.deliveries
        if each.state == DeliveryState.SENT and each.destination == sent[0].destination
    } - wanted
    return [(carried, ref) for carried, ref in shown if carried not in earlier]


async def _read_destination(
    slack: SlackChannel, key: str, sent: list[DeliveryRow], oldest: datetime
) -> list[tuple[str, str]]:
    channel, workspace, address = key.split(":", 2)
    destination = Destination(channel=channel, workspace=workspace, address=address)
    threads = sorted({each.thread_ref for each in sent if each.thread_ref})
    shown = await _read_patiently(slack, destination, oldest - _MARGIN, None)
    for thread in threads:
        shown += await _read_patiently(slack, destination, oldest - _MARGIN, thread)
    return list(dict.fromkeys(shown))


async def _read_patiently(
    slack: SlackChannel, destination: Destination, oldest: datetime, thread: str | None
) -> list[tuple[str, str]]:
    code = ""
    for _ in range(_READS):
        shown = await slack.list_ids(destination, oldest, thread)
        if isinstance(shown, list):
            return shown
        code = shown.code
        if not isinstance(shown, ReadFailed) or (shown.after_seconds or 0) > 60:
            break
        await asyncio.sleep(shown.after_seconds or 1.0)
    raise UsageError(f"the history of {destination.address} cannot be read: {code}; {find_cure(code)}")


# ---- deliveries put aside --------------------------------------------------------------------------------------


@command.command("list")
@_state_dir
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only these states; default: all but sent.",
)
@_as_json
def list_command(state_dir: Path | None, states: tuple[str, ...], as_json: bool) -> None:
    """List deliveries, by default those that are not sent, with Slack's last word."""
    wanted = {DeliveryState(each) for each in states} or set(DeliveryState) - {DeliveryState.SENT}
    with reading_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        found = desk.list_deliveries(connection, wanted)
    for each in found:
        click.echo(json.dumps(asdict(each)) if as_json else _line(each))
    if not found and not as_json:
        click.echo("no such delivery")


def _line(each: desk.Listed) -> str:
    tried = f"{each.attempts} attempts" + (f", the last {each.last_attempt_at}" if each.last_attempt_at else "")
    failure = f"  {each.failure}" if each.failure else ""
    return f"{each.delivery_id}  {each.state:<8}{each.destination}  {each.alerts} alerts  {tried}{failure}"


@command.command("resend")
@click.argument("delivery_id")
@_state_dir
def resend_command(delivery_id: str, state_dir: Path | None) -> None:
    """Let the running service try a parked or dead delivery anew; the first letters of its id suffice.

    If an earlier attempt may have arrived, the message says that it may be a duplicate.
    """
    with changing_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        found = _one(connection, delivery_id)
        if not desk.resend(connection, found):
            raise UsageError(f"{found} is neither parked nor dead; `noroshi ledger list` shows its state")
    click.echo(f"{found} will be sent again")


@command.command("give-up")
@click.argument("delivery_id")
@_state_dir
def give_up_command(delivery_id: str, state_dir: Path | None) -> None:
    """Take a delivery that is not sent for dead, so that those behind it go on."""
    with changing_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        found = _one(connection, delivery_id)
        if not desk.give_up(connection, found, datetime.now(UTC)):
            raise UsageError(f"{found} is sent or dead already")
    click.echo(f"{found} is given up")


def _one(connection: Connection, prefix: str) -> str:
    found = desk.match_ids(connection, prefix)
    if prefix in found:
        return prefix
    if len(found) != 1:
        several = f": {', '.join(found)}" if found else ""
        raise UsageError(f"{len(found)} deliveries begin with {prefix!r}{several}; `noroshi ledger list` names them")
    return found[0]
