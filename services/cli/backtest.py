"""`noroshi backtest`: what a watchlist would have sent, how often, and what a change of it gains and loses."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.alert.history.backtest import Backtest, Report, Span
from services.alert.lifecycle import told
from services.alert.settings import AlertSettings
from services.alert.watchlists import inforce
from services.alert.watchlists.files import read_watchlist
from services.alert.watchlists.sets import WatchlistSet, known_channels, load_watchlists, watchlist_set
from services.cli.backtestview import as_json, show
from services.cli.database import reading_alerts
from services.cli.history import History, open_history
from services.cli.settings import load
from services.contracts.errors import UsageError
from services.contracts.measures import Act
from services.contracts.watchlists import Watchlist
from services.runtime.yamlfile import load_yaml
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

IN_FORCE = "inforce"
_VERSION = re.compile(r"[0-9a-f]{12}")


@click.command()
@click.argument("watchlist")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day that counts, e.g. 2025-01-31.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts.")
@click.option("--diff", "old", help="Compare with OLD: a file, a folder, `inforce`, or a version of the watchlist.")
@click.option(
    "--file", "files", type=click.Path(path_type=Path), multiple=True, help="Documents (JSON Lines), classified now."
)
@click.option("--sample", is_flag=True, help="Use the bundled sample.")
@click.option("--topic", is_flag=True, help="Use the topic, and fail if no broker answers.")
@click.option("--without-backfill", is_flag=True, help="Leave what filled history untold, as the service did.")
@click.option("--limit", type=click.IntRange(min=0), default=200, show_default=True, help="Alerts to list at most.")
@click.option("--fail-on-loss", is_flag=True, help="With --diff: exit 1 if an alert is lost.")
@click.option("--watchlists", "folder", type=click.Path(path_type=Path), help="Folder of the watchlists in force.")
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
@click.option("--json", "as_json_object", is_flag=True, help="Print one JSON object.")
def command(
    watchlist: str,
    since: datetime | None,
    until: datetime | None,
    old: str | None,
    files: tuple[Path, ...],
    sample: bool,
    topic: bool,
    without_backfill: bool,
    limit: int,
    fail_on_loss: bool,
    folder: Path | None,
    broker: str | None,
    state_dir: str | None,
    as_json_object: bool,
) -> None:
    """Replay history through the live decisions: what WATCHLIST would have sent, how often, on which words.

    WATCHLIST is a file, a folder of files, or the id of one in force. History is the topic of acts if a broker
    answers, else the bundled sample. Nothing is sent or kept. Exit code 1 if the history could not be read whole.
    """
    in_folder = {} if folder is None else {"watchlists": folder, "watchlists_from": "folder"}
    settings = load(AlertSettings, broker=broker, state_dir=state_dir, **in_folder)
    span = Span(_day(since), _day(until))
    if span.since and span.until and span.since > span.until:
        raise UsageError(f"--since {span.since} is after --until {span.until}; no day lies between them")
    if fail_on_loss and old is None:
        raise UsageError("--fail-on-loss needs --diff")
    taxonomy = default_taxonomy()
    new = _named(watchlist, settings, taxonomy)
    before = None if old is None else _old(old, new, settings)
    history = open_history(settings, files, topic=topic, sample=sample)
    going = Backtest(new, before, span, as_news=not without_backfill, limits=settings.restraint())
    report = _replay(going, history)
    for problem in history.problems:
        click.echo(f"noroshi: not read: {problem}", err=True)
    if history.not_read > len(history.problems):
        click.echo(f"noroshi: not read: {history.not_read} in all; the first are named", err=True)
    if as_json_object:
        click.echo(json.dumps(as_json(report, new, history, compared=before is not None), ensure_ascii=False))
    else:
        show(report, new, history, compared=before is not None, limit=limit)
    lost = fail_on_loss and any(not each.gained for each in report.shifts)
    sys.exit(1 if history.not_read or lost else 0)


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _replay(going: Backtest, history: History) -> Report:
    for act in _with_progress(history):
        going.take(act)
    return going.finish()


def _with_progress(history: History) -> Iterator[Act]:
    """The acts, with a bar on standard error while they are read; only on a terminal."""
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("replay", total=history.total)
        for act in history.acts:
            progress.update(bar, completed=history.read)
            yield act


# ---- which watchlists ------------------------------------------------------------------------------------------


def _named(name: str, settings: AlertSettings, taxonomy: Taxonomy) -> WatchlistSet:
    """The watchlists an argument stands for: a folder, a file, or the id of one in force."""
    path = Path(name)
    if path.is_dir():
        return load_watchlists(path, taxonomy)
    if path.is_file():
        return watchlist_set([read_watchlist(load_yaml(path), taxonomy, known_channels())], taxonomy)
    in_force = _in_force(settings, taxonomy)
    found = in_force.get(name)
    if found is None:
        near = did_you_mean(name, [each.id for each in in_force.watchlists])
        raise UsageError(f"{name}: no such file or folder, and no watchlist in force has that id; {near}")
    return watchlist_set([found], taxonomy)


def _in_force(settings: AlertSettings, taxonomy: Taxonomy) -> WatchlistSet:
    if settings.watchlists_from == "folder":
        return load_watchlists(settings.watchlists, taxonomy)
    with reading_alerts(settings) as connection:
        return watchlist_set((each.watchlist for each in inforce.load_in_force(connection)), taxonomy)


def _old(name: str, new: WatchlistSet, settings: AlertSettings) -> WatchlistSet:
    """What to compare with, paired by id; a single watchlist is compared with a single one whatever their ids."""
    wanted = {each.id for each in new.watchlists}
    if name == IN_FORCE:
        known = (each for each in _in_force(settings, new.taxonomy).watchlists if each.id in wanted)
        return watchlist_set(known, new.taxonomy)
    if _VERSION.fullmatch(name) and not Path(name).exists():
        return watchlist_set(_recorded(wanted, name, settings), new.taxonomy)
    if not Path(name).exists():
        raise UsageError(f"--diff {name}: no such file or folder; or write `{IN_FORCE}`, or a version of 12 characters")
    old = _named(name, settings, new.taxonomy)
    return _paired(old.watchlists, new)


def _paired(old: Sequence[Watchlist], new: WatchlistSet) -> WatchlistSet:
    if len(old) == len(new.watchlists) == 1:
        old = [old[0].model_copy(update={"id": new.watchlists[0].id})]
    return watchlist_set(old, new.taxonomy)


def _recorded(ids: Iterable[str], version: str, settings: AlertSettings) -> Sequence[Watchlist]:
    """The watchlists as they were in that version, of which one is enough."""
    with reading_alerts(settings) as connection:
        found = [told.load_version(connection, each, version) for each in ids]
    known = [each for each in found if each is not None]
    if not known:
        raise UsageError(f"--diff {version}: the watchlist was never in force here in that version")
    return known
