"""`noroshi sources test`: the behaviour that every source shows, asked of the sources in a folder."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from services.ingest.authoring.behaviour import BEHAVIOURS, Finding, examine
from services.ingest.authoring.folder import accept_results, load_sample, load_samples, sample_files, source_folders
from services.ingest.authoring.golden import page_of
from services.ingest.source import SOURCE_FILE, load_source


@click.command("test")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--accept", is_flag=True, help="Write down what the samples say now as their expected results.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the findings by folder.")
def test(folders: tuple[Path, ...], accept: bool, as_json: bool) -> None:
    """Ask of every source in FOLDER (its own folder, or one of such folders) what is asked of every source.

    Its samples give the results written down; an emptied, cut or wrong page is never taken for "no news"; the same
    page again, later or in another order gives the same ids. Nothing is fetched. Exit code 1 if one misses something.
    """
    now = datetime.now(UTC)
    found: dict[str, tuple[Finding, ...]] = {}
    for folder in (each for path in folders for each in source_folders(path)):
        source = load_source(folder.resolve() / SOURCE_FILE)
        if accept:
            for path in sample_files(folder):
                accept_results(source, path, page_of(source, load_sample(path), now))
        found[str(folder)] = examine(source, load_samples(folder), now)
    if as_json:
        click.echo(json.dumps({folder: list(map(asdict, each)) for folder, each in found.items()}, ensure_ascii=False))
    else:
        print_findings(found)
    sys.exit(1 if any(found.values()) else 0)


def print_findings(found: dict[str, tuple[Finding, ...]]) -> None:
    """Each folder with what it misses, then the sum."""
    for folder, findings in found.items():
        for finding in findings:
            click.echo(f"{folder}: {finding}")
    missed = sum(1 for each in found.values() if each)
    click.echo(f"sources: {len(found)}, behaviours of each: {len(BEHAVIOURS)}, sources that miss one: {missed}")
