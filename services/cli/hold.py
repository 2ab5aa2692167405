"""`noroshi hold`: watchlists that suddenly match far more than usual, and a person's decision on them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import click

from services.alert.delivery import mutelist, outbox
from services.alert.settings import AlertSettings
from services.cli.database import changing_alerts, reading_alerts
from services.cli.settings import load


@click.group()
def command() -> None:
    """List and decide on watchlists whose match rate jumped; until then their alerts are held, not lost."""


@command.command("list")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_command(state_dir: str | None, as_json: bool) -> None:
    """List the holds nobody has decided on: watchlist, since when, why, how many alerts wait."""
    with reading_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        found = [(hold, outbox.count_held(connection, hold.watchlist_id)) for hold in mutelist.list_holds(connection)]
    for hold, waiting in found:
        fields = {"watchlist": hold.watchlist_id, "since": hold.since.isoformat(), "reason": hold.reason}
        line = f"{hold.watchlist_id}  since {hold.since:%Y-%m-%d %H:%M} UTC · {waiting} alerts held · {hold.reason}"
        click.echo(json.dumps(fields | {"held": waiting}, ensure_ascii=False) if as_json else line)
    if not found and not as_json:
        click.echo("no watchlist is held")


@command.command()
@click.argument("watchlist_id")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
def release(watchlist_id: str, state_dir: str | None) -> None:
    """Let the held alerts of WATCHLIST_ID go, as digests; it is not held again within a day."""
    _decide(watchlist_id, "released", state_dir)


@command.command()
@click.argument("watchlist_id")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
def cancel(watchlist_id: str, state_dir: str | None) -> None:
    """Give the held alerts of WATCHLIST_ID up: nobody is told of them; they stay in the ledger."""
    _decide(watchlist_id, "cancelled", state_dir)


def _decide(watchlist_id: str, outcome: str, state_dir: str | None) -> None:
    now = datetime.now(UTC)
    with changing_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        held = mutelist.end_hold(connection, watchlist_id, outcome, now)
        if held and outcome == "released":
            count = outbox.release_held(connection, watchlist_id, now)
        else:
            count = outbox.cancel_held(connection, watchlist_id) if held else 0
    if not held:
        click.echo(f"noroshi: {watchlist_id} is not held; `noroshi hold list` names what is", err=True)
        sys.exit(1)
    click.echo(f"{watchlist_id}: {count} alerts {outcome}")
