"""`noroshi watchlists`: what is in force, and how a folder would change it."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from services.alert.settings import AlertSettings
from services.alert.watchlists import inforce
from services.alert.watchlists.changes import Plan, plan
from services.alert.watchlists.schema import render_watchlist_schema
from services.alert.watchlists.sets import WatchlistSet, content_version, known_channels, load_watchlists
from services.alert.watchlists.writing import write_watchlist
from services.cli.check import failed_tests
from services.cli.history import open_history
from services.cli.prediction import warn_too_broad
from services.cli.settings import load
from services.contracts.errors import UsageError
from services.contracts.watchlists import Watchlist
from services.runtime.store import is_present, migrate, open_engine, reading
from services.taxonomy.load import default_taxonomy

SCHEMA_NAME = "schema.json"

_folder = click.argument("folder", type=click.Path(path_type=Path))
_state_dir = click.option("--state-dir", type=click.Path(), help="Folder of the services' state.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


@click.group()
def command() -> None:
    """Compare the watchlists of a folder with those in force, apply them, and write out or list what is in force."""


@command.command()
@_folder
@_state_dir
@_json
def diff(folder: Path, state_dir: str | None, as_json: bool) -> None:
    """Show what `apply` would change: + comes, ~ changes, - goes.

    Exit code 0 if FOLDER says what is in force, 1 if it says something else or has an error.
    """
    changes = plan(_watchlists_in_force(load(AlertSettings, state_dir=state_dir)), _read(folder).watchlists)
    _print_plan(changes, as_json)
    sys.exit(0 if changes.is_empty else 1)


@command.command()
@_folder
@_state_dir
@click.option("--by", default=None, help="Who changes them, for the record; default the user.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--remove", is_flag=True, help="Take watchlists that FOLDER lacks out of force without asking for each.")
@_json
def apply(folder: Path, state_dir: str | None, by: str | None, yes: bool, remove: bool, as_json: bool) -> None:
    """Bring the watchlists of FOLDER into force: check them, run their tests, show the plan, ask, write once.

    An instant watchlist that would speak more than five times a day, by the history that `noroshi backtest` reads,
    gets a warning with its rate.
    The services take them up within a second. Needs the setting watchlists_from = "database".
    Exit code 0 if they are in force, 1 if there is an error or somebody said no, 2 on wrong usage.
    """
    if as_json and not yes:
        raise click.UsageError("with --json nobody can be asked; say --yes")
    settings = load(AlertSettings, state_dir=state_dir)
    _refuse_folder_mode(settings)
    after = _read(folder)
    _run_tests(after)
    with _database(settings, migrated=True) as engine:
        with reading(engine) as connection:
            changes = plan((each.watchlist for each in inforce.load_in_force(connection)), after.watchlists)
        _print_plan(changes, as_json)
        if changes.is_empty:
            return
        for warning in warn_too_broad(changes.taken_up, open_history(settings), after.taxonomy):
            click.echo(f"warning: {warning}", err=True)
        _ask(changes, yes=yes, remove=remove)
        _commit(engine, changes, after, by or getpass.getuser())
    if not as_json:
        click.echo("applied")


@command.command()
@_folder
@_state_dir
@click.option("--force", is_flag=True, help="Write over files that are there.")
@_json
def export(folder: Path, state_dir: str | None, force: bool, as_json: bool) -> None:
    """Write what is in force into FOLDER, a file each, which reads back to the same versions; and the schema.

    Exit code 1 if FOLDER holds watchlists already and --force is not given.
    """
    found = _watchlists_in_force(load(AlertSettings, state_dir=state_dir))
    there = sorted(path.name for path in folder.rglob("*.yml")) if folder.is_dir() else []
    if there and not force:
        raise UsageError(f"{folder} holds {', '.join(there[:3])}; name an empty folder, or say --force")
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{each.id}.yml" for each in found]
    for path, each in zip(written, found, strict=True):
        path.write_text(write_watchlist(each, SCHEMA_NAME), encoding="utf-8")
    (folder / SCHEMA_NAME).write_text(render_watchlist_schema(default_taxonomy(), known_channels()), encoding="utf-8")
    _refuse_other_versions(folder, found)
    click.echo(json.dumps([str(path) for path in written]) if as_json else f"{len(written)} watchlists: {folder}")


@command.command("list")
@_state_dir
@_json
def list_command(state_dir: str | None, as_json: bool) -> None:
    """List the watchlists in force: id, version, since when, how often they speak and where."""
    rows = [_row(each) for each in _in_force(load(AlertSettings, state_dir=state_dir))]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        since = row["since"][:19].replace("T", " ")
        click.echo(f"{row['id']:<32} {row['version']}  {since}  {row['cadence']:<7}  {', '.join(row['destinations'])}")
    if not rows:
        click.echo("no watchlist is in force")


# ---- the steps -------------------------------------------------------------------------------------------------


def _read(folder: Path) -> WatchlistSet:
    """The watchlists of the folder; raises UsageError with every problem."""
    return load_watchlists(folder, default_taxonomy())


def _run_tests(watchlists: WatchlistSet) -> None:
    failed = list(failed_tests(watchlists, watchlists.taxonomy))
    for finding in failed:
        click.echo(f"{finding.severity}: {finding.message}", err=True)
    if failed:
        raise UsageError(f"{len(failed)} tests failed, so nothing was applied; mend the rules or the tests")


def _ask(changes: Plan, *, yes: bool, remove: bool) -> None:
    if changes.removed and not remove:
        ids = ", ".join(each.id for each in changes.removed)
        if yes:
            raise UsageError(
                f"{ids} would no longer be in force, so nothing was applied; say --remove if that is meant"
            )
        click.confirm(f"Take {ids} out of force?", abort=True)
    if not yes:
        click.confirm("Apply?", abort=True)


def _commit(engine: sa.Engine, shown: Plan, after: WatchlistSet, by: str) -> None:
    """Write the plan down in one transaction, unless it is no longer the one that was shown."""
    with engine.begin() as connection:
        done = inforce.take_up(connection, after.watchlists, by, datetime.now(UTC))
        if done != shown:
            raise UsageError(
                "somebody else changed the watchlists in the meantime, so nothing was applied; run it again"
            )


def _refuse_folder_mode(settings: AlertSettings) -> None:
    if settings.watchlists_from != "database":
        raise UsageError(
            f"the service takes its watchlists from the folder {settings.watchlists}: change the files there, or set "
            "NOROSHI_ALERT_WATCHLISTS_FROM=database for it and for this command"
        )


def _refuse_other_versions(folder: Path, found: list[Watchlist]) -> None:
    again = _read(folder).versions if found else {}
    odd = [each.id for each in found if again.get(each.id) != content_version(each)]
    if odd:
        raise UsageError(f"{', '.join(odd)} do not read back as they are in force; apply them anew")


def _watchlists_in_force(settings: AlertSettings) -> list[Watchlist]:
    return [each.watchlist for each in _in_force(settings)]


def _in_force(settings: AlertSettings) -> tuple[inforce.InForce, ...]:
    if settings.database_url is None and not (settings.state_dir / "alert.db").exists():
        return ()
    with _database(settings) as engine:
        if not is_present(engine, "watchlist_changes"):
            return ()
        with reading(engine) as connection:
            return inforce.load_in_force(connection)


@contextmanager
def _database(settings: AlertSettings, *, migrated: bool = False) -> Iterator[sa.Engine]:
    engine = open_engine(settings, "alert")
    try:
        if migrated:
            migrate(engine, "alert")
        yield engine
    except sa.exc.OperationalError as error:
        raise UsageError(f"the alert database does not answer: {error.orig}") from error
    finally:
        engine.dispose()


# ---- what is shown ---------------------------------------------------------------------------------------------


def _print_plan(changes: Plan, as_json: bool) -> None:
    click.echo(json.dumps(_fields(changes), ensure_ascii=False) if as_json else "\n".join(changes.lines()))


def _fields(changes: Plan) -> dict[str, Any]:
    return {
        "added": [each.id for each in changes.added],
        "changed": [{"id": each.after.id, "differences": each.differences} for each in changes.changed],
        "removed": [each.id for each in changes.removed],
        "unchanged": [each.id for each in changes.unchanged],
    }


def _row(found: inforce.InForce) -> dict[str, Any]:
    watchlist = found.watchlist
    return {
        "id": watchlist.id,
        "version": found.version,
        "since": found.since,
        "name": watchlist.name,
        "owner": watchlist.owner,
        "cadence": watchlist.cadence.value,
        "destinations": [each.key for each in watchlist.destinations],
    }
