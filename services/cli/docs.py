"""`noroshi docs`: write the generated reference pages and the JSON Schemas, or check that they are fresh."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import click

from services.alert.delivery.protocol import Refused
from services.alert.matching.predicates import PREDICATES
from services.alert.slack_cures import CURES
from services.alert.slack_errors import list_codes, react
from services.alert.watchlists.schema import render_watchlist_schema
from services.alert.watchlists.sets import known_channels
from services.cli import noroshi
from services.cli.reference import (
    answers_page,
    commands_page,
    metrics_page,
    predicates_page,
    settings_page,
    sources_page,
    topics_page,
)
from services.cli.settings import SETTINGS
from services.contracts.schema import RECORDS, SCHEMA_FOLDER, render_schema, schema_name
from services.contracts.topics import TOPICS
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_sources
from services.runtime.metrics import describe_metrics
from services.runtime.settings import describe_settings
from services.taxonomy.load import default_taxonomy

ROOT = Path(__file__).resolve().parents[2]


def render_pages() -> dict[Path, str]:
    """Every generated file of the project with what it must hold."""
    reference = ROOT / "docs" / "reference"
    predicates = ((name, inspect.cleandoc(type(each).__doc__ or "")) for name, each in PREDICATES.items())
    pages = {
        reference / "settings.md": settings_page(describe_settings(SETTINGS)).replace(f"{ROOT}/", ""),
        reference / "metrics.md": metrics_page(describe_metrics()),
        reference / "topics.md": topics_page(TOPICS),
        reference / "commands.md": commands_page(noroshi),
        reference / "predicates.md": predicates_page(predicates),
        reference / "sources.md": sources_page(load_sources([DEFAULT_SOURCES])),
        reference / "slack-answers.md": answers_page(
            (code, _reaction(code), CURES.get(code, "")) for code in list_codes()
        ),
    }
    pages[ROOT / "deploy" / "watchlists" / "schema.json"] = render_watchlist_schema(
        default_taxonomy(), known_channels()
    )
    return pages | {SCHEMA_FOLDER / schema_name(record): render_schema(record) for record in RECORDS}


def _reaction(code: str) -> str:
    answer = react(code)
    if not isinstance(answer, Refused):
        return "unknown: read the history first"
    after = f" after {answer.after_seconds:g} s" if answer.after_seconds else ""
    lasting = f", then {answer.lasting.value.replace('_', ' ')}" if answer.lasting else ""
    return answer.reaction.value.replace("_", " ") + after + lasting


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 naming each file that is not fresh.")
def command(check: bool) -> None:
    """Write the generated reference pages (docs/reference) and schemas (services/contracts/schemas)."""
    stale = [path for path, text in render_pages().items() if _read(path) != text]
    for path in stale:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(render_pages()[path], encoding="utf-8")
        click.echo(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
    if check and stale:
        click.echo("run `noroshi docs` and read the difference", err=True)
        sys.exit(1)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
