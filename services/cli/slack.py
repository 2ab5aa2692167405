"""`noroshi slack`: what the workspace really does, and what stands in the way of an alert."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from services.alert.app import open_channels
from services.alert.channels.slack import Identity, SlackChannel, open_channel
from services.alert.settings import AlertSettings
from services.alert.slackcheck import DELAYS, QUICK, as_fields, measure
from services.alert.slackdoctor import Finding, check_channel, check_fallback, check_scopes, check_token
from services.alert.watchlists.sets import WatchlistSet, load_watchlists
from services.cli.settings import load
from services.contracts.watchlists import Destination
from services.runtime.clock import SystemClock
from services.taxonomy.load import default_taxonomy

RESULT = "slack-check.json"


@click.group()
def command() -> None:
    """Try out what the Slack workspace does, and find what stands in the way of an alert."""


@command.command()
@click.argument("channel")
@click.option("--quick", is_flag=True, help="Do not wait a minute and ten minutes for the later repeats.")
@click.option(
    "--state-dir", type=click.Path(path_type=Path), help="Where the result is kept; default from the settings."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(channel: str, quick: bool, state_dir: Path | None, as_json: bool) -> None:
    """Post test messages into CHANNEL (an id, as C0TEST) and measure whether repeats are recognised, and the lag.

    Takes ten minutes, with --quick seconds. The result is kept in the state folder as slack-check.json and says
    which guarantee follows and which settings fit.
    """
    settings = load(AlertSettings, state_dir=state_dir)
    fields = asyncio.run(_check(settings, channel, QUICK if quick else DELAYS, as_json))
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    kept = settings.state_dir / RESULT
    kept.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps(fields))
        return
    click.echo(f"guarantee: {fields['guarantee']}")
    if settings.slack_webhooks:
        click.echo("incoming webhooks: 1 copy of an alert and one more for each answer that was lost, always")
    for name, value in fields["settings"].items():
        held = getattr(settings, name)
        click.echo(f"NOROSHI_ALERT_{name.upper()}={value:g}" + ("" if held == value else f"  (now {held:g})"))
    click.echo(f"kept in {kept}")


async def _check(settings: AlertSettings, channel: str, delays: tuple[float, ...], as_json: bool) -> dict[str, Any]:
    slack = open_channel(settings)
    destination = Destination(channel="slack", address=channel)
    try:
        measured = await measure(slack, destination, SystemClock(), delays, lambda said: click.echo(said, err=as_json))
    finally:
        await slack.close()
    return as_fields(measured, settings)


@command.command()
@click.option("--watchlists", type=click.Path(path_type=Path), help="Folder of watchlists; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(watchlists: Path | None, as_json: bool) -> None:
    """Ask Slack about the token, its scopes and every channel of the watchlists; post nothing.

    Each problem comes with its cure. Exit code 1 if there is any.
    """
    settings = load(AlertSettings, watchlists=watchlists)
    lists = load_watchlists(settings.watchlists, default_taxonomy())
    identity, findings = asyncio.run(_examine(settings, lists))
    problems = [each for each in findings if each.problem]
    if as_json:
        who = asdict(identity) | {"scopes": sorted(identity.scopes or ())} if identity else None
        click.echo(json.dumps({"identity": who, "findings": [asdict(each) for each in findings]}, ensure_ascii=False))
    else:
        _print(identity, findings, len(_destinations(lists)))
    sys.exit(1 if problems else 0)


def _print(identity: Identity | None, findings: Iterable[Finding], destinations: int) -> None:
    if identity is not None:
        click.echo(f"token     {identity.user} in {identity.team}")
    for each in findings:
        click.echo(f"{'✗' if each.problem else '·'} {each.where}: {each.what}")
        if each.cure:
            click.echo(f"  → {each.cure}")
    problems = sum(each.problem for each in findings)
    click.echo(
        f"{destinations} destinations, {problems} problems" if problems else f"{destinations} destinations: in order"
    )


def _destinations(lists: WatchlistSet) -> tuple[Destination, ...]:
    found = (destination for each in lists.watchlists for destination in each.destinations)
    return tuple({destination.key: destination for destination in found}.values())


async def _examine(settings: AlertSettings, lists: WatchlistSet) -> tuple[Identity | None, list[Finding]]:
    destinations = _destinations(lists)
    channels = open_channels(lists, settings)
    try:
        findings = list(check_fallback(settings.fallback, destinations))
        slack = channels.get("slack")
        identity = None
        if isinstance(slack, SlackChannel):
            identity, found = await _examine_slack(slack, [each for each in destinations if each.channel == "slack"])
            findings = [*found, *findings]
        for each in (*destinations, *filter(None, [settings.fallback])):
            wrong = await channels[each.channel].check(each) if each.channel != "slack" else None
            if wrong is not None:
                findings.append(Finding(f"{each.channel} {each.address}", wrong))
        return identity, findings
    finally:
        await asyncio.gather(*(channel.close() for channel in channels.values()))


async def _examine_slack(
    slack: SlackChannel, destinations: Iterable[Destination]
) -> tuple[Identity | None, list[Finding]]:
    identity = await slack.identify()
    if not isinstance(identity, Identity):
        return None, [check_token(identity)]
    findings = list(check_scopes(identity.scopes))
    for each in destinations:
        findings += check_channel(each, await slack.describe(each.address), identity.scopes)
    return identity, findings
