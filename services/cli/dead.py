"""`noroshi dead`: list, show and replay dead letters."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from services.alert.settings import AlertSettings
from services.cli.settings import load
from services.contracts.errors import DeadReason
from services.runtime.deadletter import DeadFilter, StoredLetter, Unreadable, is_replayable, list_dead, replay
from services.runtime.producer import EventProducer

F = TypeVar("F", bound=Callable[..., Any])


def _filters(function: F) -> F:
    options = [
        click.option("--broker", help="Bootstrap servers, host:port; default from the settings."),
        click.option("--reason", type=click.Choice([each.value for each in DeadReason]), help="Only this reason."),
        click.option("--service", help="Only letters this service wrote."),
        click.option("--topic", help="Only records of this topic."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """List, show and replay records that nobody could process."""


@command.command("list")
@_filters
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_command(as_json: bool, **given: str | None) -> None:
    """List dead letters, oldest first: place, when, who, why, where from."""
    count = 0
    for found in _find(given):
        count += 1
        click.echo(json.dumps(_fields(found)) if as_json else _line(found))
    if not count and not as_json:
        click.echo("no dead letters")


@command.command()
@click.argument("place")
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--raw", is_flag=True, help="Write the original bytes and nothing else.")
def show(place: str, broker: str | None, raw: bool) -> None:
    """Show the dead letter at PLACE (as `list` names it, e.g. 0:17) with its original bytes."""
    found = next((each for each in _find({"broker": broker}) if each.place == place), None)
    if found is None:
        raise click.ClickException(f"no dead letter at {place}; `noroshi dead list` names them all")
    if isinstance(found, Unreadable):
        raise click.ClickException(f"the record at {place} is no dead letter of ours: {found.why}")
    if raw:
        sys.stdout.buffer.write(found.letter.value or b"")
        return
    click.echo(json.dumps(_fields(found), indent=2, ensure_ascii=False))
    click.echo((found.letter.value or b"").decode("utf-8", "backslashreplace"))


@command.command("replay")
@_filters
@click.option("--place", "places", multiple=True, help="Only the letter at this place; may be repeated.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay_command(places: tuple[str, ...], yes: bool, **given: str | None) -> None:
    """Put the original records back on their topics; harmless to repeat, since ids are computed from content."""
    found = [each for each in _find(given) if isinstance(each, StoredLetter) and (not places or each.place in places)]
    letters = [each for each in found if is_replayable(each)]
    if len(letters) < len(found):
        click.echo(f"left out {len(found) - len(letters)} lines of files: mend the file and take it in again")
    if not letters:
        click.echo("no dead letter fits")
        return
    if not yes:
        click.confirm(f"replay {len(letters)} records?", abort=True)
    with EventProducer(load(AlertSettings, broker=given["broker"]).broker, client_id="noroshi-replay") as producer:
        click.echo(f"replayed {replay(letters, producer, datetime.now(UTC))} records")


def _find(given: dict[str, str | None]) -> list[StoredLetter | Unreadable]:
    settings = load(AlertSettings, broker=given["broker"])
    reason = given.get("reason")
    wanted = DeadFilter(
        reason=DeadReason(reason) if reason else None, service=given.get("service"), topic=given.get("topic")
    )
    return list(list_dead(settings.broker, wanted))


def _fields(found: StoredLetter | Unreadable) -> dict[str, object]:
    if isinstance(found, Unreadable):
        return {"place": found.place, "unreadable": found.why}
    letter = found.letter
    return {
        "place": found.place,
        "at": letter.at.isoformat(),
        "service": letter.service,
        "reason": letter.reason.value,
        "error": letter.error,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": (letter.key or b"").decode("utf-8", "backslashreplace"),
        "bytes": len(letter.value or b""),
    }


def _line(found: StoredLetter | Unreadable) -> str:
    if isinstance(found, Unreadable):
        return f"{found.place:>6}  no dead letter of ours: {found.why}"
    letter = found.letter
    where = f"{letter.topic}/{letter.partition}@{letter.offset}"
    return (
        f"{found.place:>6}  {letter.at:%Y-%m-%d %H:%M:%S}  {letter.service}  {letter.reason}  {where}  {letter.error}"
    )
