"""`noroshi calendar`: the dates of everything a watchlist was told of, as a calendar file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from services.alert.lifecycle import told
from services.alert.lifecycle.calendar import CalendarDate, list_dates, names_of, write_calendar
from services.alert.settings import AlertSettings
from services.alert.watchlists.inforce import load_in_force
from services.cli.database import reading_alerts
from services.cli.settings import load
from services.contracts.errors import UsageError
from services.contracts.watchlists import Watchlist
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.load import default_taxonomy


@click.command()
@click.argument("watchlist", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the calendar file here.")
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON instead.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
def command(watchlist: str | None, out: Path | None, as_json: bool, state_dir: str | None) -> None:
    """Write the dates of every measure told of to WATCHLIST, or to any, as an iCalendar file (RFC 5545).

    Write it to a place your calendar subscribes to, again and again: the same date keeps its identity, moves when
    its measure is delayed and is cancelled when it is withdrawn or lifted.
    """
    with reading_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        chosen = _choose([each.watchlist for each in load_in_force(connection)], watchlist)
        known, acts = told.load_watchlists_told(connection, [each.id for each in chosen])
    dates = [date for each in chosen for date in list_dates(each, known, acts, default_taxonomy())]
    content = _as_json(dates).encode() + b"\n" if as_json else write_calendar(dates, names_of(chosen))
    if out is None:
        click.get_binary_stream("stdout").write(content)
        return
    out.write_bytes(content)
    click.echo(f"{len(dates)} dates of {len(chosen)} watchlist{'s' * (len(chosen) != 1)}: {out}")


def _choose(watchlists: Sequence[Watchlist], wanted: str | None) -> Sequence[Watchlist]:
    if wanted is None:
        return watchlists
    chosen = [each for each in watchlists if each.id == wanted]
    if not chosen:
        raise UsageError(
            f"no watchlist `{wanted}` is in force; {did_you_mean(wanted, [each.id for each in watchlists])}"
        )
    return chosen


def _as_json(dates: Sequence[CalendarDate]) -> str:
    return json.dumps(
        [asdict(each) for each in dates], ensure_ascii=False, indent=2, default=lambda each: each.isoformat()
    )
