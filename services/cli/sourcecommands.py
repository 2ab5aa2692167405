"""`noroshi sources list|show|check`: how each source fares and why, all that is known of one, what it says now."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from services.cli.settings import load
from services.cli.sourceview import as_fields, as_lines, details, read_known, read_revisions
from services.contracts.errors import UsageError
from services.ingest.core import candidate_ids, decide, read_page
from services.ingest.pages.page import Document, Page, Reading
from services.ingest.settings import IngestSettings
from services.ingest.source import Source, load_sources
from services.runtime.yamlmessages import did_you_mean

_State = click.option(
    "--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings."
)
_Json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SHOWN = {None: "–", True: "yes", False: "no"}


@click.command("list")
@_State
@_Json
def list_command(state_dir: str | None, as_json: bool) -> None:
    """List every source: its state, when it was last read, had news and is asked next, and why it is in that state.

    Exit code 1 if one is broken, late or silent.
    """
    settings, now = load(IngestSettings, state_dir=state_dir), datetime.now(UTC)
    known = read_known(settings, load_sources(settings.sources), now)
    if as_json:
        click.echo(json.dumps([as_fields(each, now) for each in known], ensure_ascii=False))
    else:
        click.echo("\n".join(as_lines(known, now)))
    sys.exit(1 if any(each.needs_a_person for each in known) else 0)


@click.command()
@click.argument("key")
@_State
@_Json
def show(key: str, state_dir: str | None, as_json: bool) -> None:
    """Show everything about the source KEY: what its file says, its state, and what its last days brought."""
    settings, now = load(IngestSettings, state_dir=state_dir), datetime.now(UTC)
    (known,) = read_known(settings, [find_source(settings, key)], now)
    fields = as_fields(known, now) | details(known)
    if as_json:
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    days = fields.pop("days")
    for name, value in fields.items():
        click.echo(f"{name:<16} {_SHOWN.get(value, value) if value is None or isinstance(value, bool) else value}")
    click.echo("day         documents  new  problems" if days else "no day of it is known yet")
    for day in days:
        click.echo(f"{day['day']}  {day['most']:>9}  {day['new']:>3}  {day['problems']:>8}")


@click.command()
@click.argument("key")
@click.option("--file", "page_file", type=click.Path(path_type=Path), help="A saved page to read; nothing is fetched.")
@_State
@_Json
def check(key: str, page_file: Path | None, state_dir: str | None, as_json: bool) -> None:
    """Read the source KEY once and print its documents, which of them are new, and every problem; publishes nothing.

    Exit code 1 if no page came or it could not be read.
    """
    settings = load(IngestSettings, state_dir=state_dir)
    source = find_source(settings, key)
    page = _saved_page(source, page_file) if page_file else _fetched_page(settings, source)
    found = read_page(source, page)
    new = _new_documents(settings, found)
    if as_json:
        click.echo(json.dumps(_found_fields(found, new), ensure_ascii=False))
    else:
        _print_found(found, new)
    sys.exit(0 if found.readable else 1)


def find_source(settings: IngestSettings, key: str) -> Source:
    """The source of that key, whether active or paused; raises UsageError naming the nearest one."""
    sources = {each.key: each for each in load_sources(settings.sources)}
    if key not in sources:
        raise UsageError(f"no source `{key}`; {did_you_mean(key, set(sources))}")
    return sources[key]


def _saved_page(source: Source, path: Path) -> Page:
    try:
        return Page(path.read_bytes(), source.url, datetime.now(UTC))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a page saved as it came") from error


def _fetched_page(settings: IngestSettings, source: Source) -> Page:
    if source.is_pushed:
        raise UsageError(f"{source.key}: is pushed and not asked; read a body that was sent with --file")
    from services.cli.fetching import fetch_page  # the HTTP client
    from services.ingest.wire.access import accesses_of

    try:
        return asyncio.run(fetch_page(settings, source.url, accesses_of([source], settings.source_keys)))
    except UsageError as error:
        raise UsageError(f"{error}; try it in a browser, and read what you save with --file") from error


def _new_documents(settings: IngestSettings, found: Reading) -> Callable[[Document], bool]:
    """Whether a document would be published now, told by text and link: its id may depend on others."""
    seen = read_revisions(settings, candidate_ids(found.documents))
    decision = decide(found.documents, seen, seen_at=datetime.now(UTC))
    new = {(event.title, event.body, event.url) for event in decision.events}
    return lambda document: (document.title, document.body, document.url) in new


def _found_fields(found: Reading, is_new: Callable[[Document], bool]) -> dict[str, object]:
    return {
        "readable": found.readable,
        "problems": [{"kind": each.kind.value, "where": each.where, "what": each.message} for each in found.problems],
        "documents": [
            {
                "document_id": each.document_id,
                "title": each.title,
                "url": each.url,
                "published_on": each.published_on.isoformat() if each.published_on else None,
                "new": is_new(each),
            }
            for each in found.documents
        ],
    }


def _print_found(found: Reading, is_new: Callable[[Document], bool]) -> None:
    for document in found.documents:
        mark = click.style("new  ", fg="green") if is_new(document) else "known"
        click.echo(f"{mark}  {document.published_on or 'no date   '}  {document.title}")
    for problem in found.problems:
        click.echo(click.style(f"{problem.kind.value}: {problem}", fg="yellow"), err=True)
    new = sum(is_new(document) for document in found.documents)
    click.echo(f"{len(found.documents)} documents, {new} new, {len(found.problems)} problems; nothing was published")
