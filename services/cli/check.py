"""`noroshi check`: taxonomy, sources and watchlists with their own tests; every problem at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click

from services.alert.settings import AlertSettings
from services.alert.watchlists.lint import Lint, allowances, lint
from services.alert.watchlists.owntests import run_watchlist_tests
from services.alert.watchlists.sets import WatchlistSet, load_watchlists
from services.classify.core import Classifier
from services.cli.settings import load
from services.ingest.settings import IngestSettings
from services.ingest.source import load_sources
from services.runtime.yamlfile import YamlError
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy


@dataclass(frozen=True)
class Finding:
    """One thing `check` has to say; only errors make it fail."""

    severity: Literal["error", "warning", "note"]
    message: str


@click.command()
@click.option("--watchlists", type=click.Path(path_type=Path), help="Folder of watchlists; default from the settings.")
@click.option("--strict", is_flag=True, help="Exit with 1 on a warning, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def command(watchlists: Path | None, strict: bool, as_json: bool) -> None:
    """Check taxonomy, sources and watchlists, and run the tests that each watchlist carries.

    Every problem comes at once as file:line:column: what is wrong and how to mend it. Exit code 1 on an error.
    A file allows a warning by its name, in a line as `# noroshi: allow broad`.
    """
    findings, summary = run_checks(load(AlertSettings, watchlists=watchlists).watchlists)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding.message}")
        click.echo(summary)
    fails = {"error", "warning"} if strict else {"error"}
    sys.exit(1 if any(finding.severity in fails for finding in findings) else 0)


def run_checks(folder: Path) -> tuple[list[Finding], str]:
    """All findings, and one line that says what was looked at."""
    taxonomy = default_taxonomy()
    findings = []
    sources = 0
    try:
        sources = len(load_sources(load(IngestSettings).sources))
    except YamlError as error:
        findings += _errors(error)
    try:
        lists = load_watchlists(folder, taxonomy)
    except YamlError as error:
        return [*findings, *_errors(error)], "the watchlists were not loaded, so their tests did not run"
    findings += _advice(lists)
    findings += failed_tests(lists, taxonomy)
    tests = sum(len(each.tests) for each in lists.watchlists)
    counts = f"{len(taxonomy.minerals)} minerals, {len(taxonomy.technologies)} technologies"
    return findings, f"{counts}, {sources} sources, {len(lists.watchlists)} watchlists with {tests} tests: checked"


def _errors(error: YamlError) -> list[Finding]:
    return [Finding("error", str(problem)) for problem in error.problems]


def _advice(lists: WatchlistSet) -> Iterator[Finding]:
    """Warnings and notes, without those that the watchlist's own file allows."""
    allowed = {id_: allowances(Path(path).read_text(encoding="utf-8")) for id_, path in lists.paths.items()}
    for advice in lint(lists, datetime.now(UTC).date()):
        if advice.lint not in allowed.get(advice.watchlist_id, ()):
            yield Finding(advice.severity, str(advice))
    for id_, names in allowed.items():
        for name in sorted(names - set(Lint)):
            message = f"{lists.paths[id_]}: `allow {name}` names no warning; {did_you_mean(name, set(Lint))}"
            yield Finding("warning", message)


def failed_tests(lists: WatchlistSet, taxonomy: Taxonomy) -> Iterator[Finding]:
    """An error for each test of a watchlist that does not do what its owner says."""
    tested = [each for each in lists.watchlists if each.tests]
    if not tested:
        return
    classifier, now = Classifier(taxonomy), datetime.now(UTC)
    for watchlist in tested:
        for result in run_watchlist_tests(watchlist, lambda event: classifier.classify(event).acts, taxonomy, now):
            if not result.passed:
                yield Finding("error", f"{lists.paths.get(watchlist.id, watchlist.id)}: {result}")
