"""`noroshi ingest`: run the ingest service, or take in JSON Lines files."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from services.cli.logs import configure_for_person
from services.cli.settings import load
from services.ingest.inlets.batches import Report
from services.ingest.inlets.files import ingest_files
from services.ingest.settings import IngestSettings
from services.runtime.log import configure_logging


@click.command()
@click.option("--file", "files", multiple=True, help="JSON Lines or CSV file to take in, `-` for stdin; repeatable.")
@click.option("--backfill", is_flag=True, help="With --file: fill history, alert nobody.")
@click.option("--sample", is_flag=True, help="Read the bundled sample before anything else, then go on as a service.")
@click.option("--live/--no-live", default=None, help="Poll the real sources; default from the settings.")
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--state-dir", type=click.Path(), help="Folder of the service's state; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="With --file: print the sums as one JSON object.")
def command(
    files: tuple[str, ...],
    backfill: bool,
    sample: bool,
    live: bool | None,
    broker: str | None,
    state_dir: str | None,
    as_json: bool,
) -> None:
    """Run the ingest service; with --file take in the files instead and end.

    A line that cannot be read becomes a dead letter and is named on standard error as file:line; the rest go on,
    and the exit code is 1.
    """
    settings = load(IngestSettings, broker=broker, state_dir=state_dir, live=live)
    if files:
        configure_for_person("ingest", settings)
        sys.exit(_take_in(files, settings, backfill=backfill, as_json=as_json))
    from services.ingest.app import run  # the HTTP client, which files do not need

    configure_logging("ingest", settings, settings.secrets)
    sys.exit(run(settings, sample=sample))


def _take_in(files: tuple[str, ...], settings: IngestSettings, *, backfill: bool, as_json: bool) -> int:
    progress = _show_progress if sys.stderr.isatty() else None
    report = ingest_files(files, settings, backfill=backfill, progress=progress)
    for problem in report.problems:
        click.echo(f"noroshi: {problem}", err=True)
    sums = {name: value for name, value in asdict(report).items() if name != "problems"}
    line = (
        f"{report.read} read: {report.new} new, {report.unchanged} unchanged, {report.dead} put aside as dead letters"
    )
    click.echo(json.dumps(sums) if as_json else line)
    return 1 if report.dead else 0


def _show_progress(report: Report) -> None:
    click.echo(f"\r{report.read} read, {report.new} new", nl=False, err=True)
