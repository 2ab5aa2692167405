"""`noroshi backfill`: read the past of a source; nobody is alerted."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime

import click

from services.cli.logs import configure_for_person
from services.cli.settings import load
from services.contracts.errors import UsageError
from services.ingest.backfill.history import BackfillReport, Window
from services.ingest.settings import IngestSettings
from services.ingest.source import Source, load_sources


@click.command()
@click.argument("source_key", metavar="SOURCE")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day of publication.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of publication; default today (UTC).")
@click.option("--again", is_flag=True, help="Ask for windows anew that were read before; what is known stays known.")
@click.option("--pause", type=click.FloatRange(min=0.2), default=1.0, show_default=True, help="Seconds between pages.")
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--state-dir", type=click.Path(), help="Folder of the service's state; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print the sums as one JSON object.")
def command(
    source_key: str,
    since: datetime,
    until: datetime | None,
    again: bool,
    pause: float,
    broker: str | None,
    state_dir: str | None,
    as_json: bool,
) -> None:
    """Publish what SOURCE published since a day as back-fill: it is classified and remembered, nobody is alerted.

    Progress goes to standard error. A run that ended early goes on where it was when it is run again; the exit code
    is 1 where something could not be read.
    """
    settings = load(IngestSettings, broker=broker, state_dir=state_dir)
    source = _find(settings, source_key)
    if not settings.contact.strip():
        raise UsageError("publishers want to know who asks: set NOROSHI_INGEST_CONTACT to an address of yours")
    from services.ingest.backfill.run import run_backfill  # the HTTP client, which the help does not need

    configure_for_person("backfill", settings)
    last = until.date() if until else datetime.now(UTC).date()
    first: date = since.date()
    report = asyncio.run(
        run_backfill(settings, source, first, last, again=again, pause_seconds=pause, progress=_show_progress)
    )
    for problem in report.problems:
        click.echo(f"noroshi: {problem}", err=True)
    skipped = f"; {report.skipped} windows were read before (--again asks anew)" if report.skipped else ""
    line = f"{report.read} read: {report.new} new, {report.unchanged} unchanged, {report.pages} pages{skipped}"
    days = {"since": first.isoformat(), "until": last.isoformat()}
    click.echo(json.dumps(asdict(report) | days, ensure_ascii=False) if as_json else line)
    sys.exit(1 if report.problems else 0)


def _find(settings: IngestSettings, key: str) -> Source:
    known = {source.key: source for source in load_sources(settings.sources)}
    if key not in known:
        raise UsageError(f"no source has the key {key!r}; there are: {', '.join(known)}")
    return known[key]


def _show_progress(window: Window, report: BackfillReport) -> None:
    click.echo(f"{window}: {report.read} read, {report.new} new in all, {report.pages} pages", err=True)
