"""`noroshi sources new` (and `noroshi new source`): from a page to a working folder of a source."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from services.cli.settings import load
from services.cli.sourcesuite import print_findings
from services.contracts.errors import UsageError
from services.contracts.events import SourceKey
from services.contracts.vocab import Language
from services.ingest.authoring.behaviour import examine
from services.ingest.authoring.facts import Facts, country_of, language_of, title_of
from services.ingest.authoring.folder import load_samples, make_folder
from services.ingest.authoring.proposal import Proposal, propose
from services.ingest.authoring.sourcefile import left_to_fill, source_text
from services.ingest.closures import closed_days
from services.ingest.pages.page import Page
from services.ingest.settings import DEFAULT_SOURCES, IngestSettings
from services.ingest.source import KINDS, load_sources
from services.runtime.registry import list_plugins

_ENDINGS = {
    "html_list": "html", "json_list": "json", "federal_register": "json", "kanpo": "json", "eurlex_sparql": "json",
    "csv": "csv", "jsonl": "jsonl",
}  # fmt: skip
_SHOWN = 10


@click.command("new")
@click.argument("key")
@click.option("--url", required=True, help="Address of the list of documents.")
@click.option("--file", "page_file", type=click.Path(path_type=Path), help="The page, saved as it came; no fetching.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("sources"), help="Folder of your sources.")
@click.option("--kind", type=click.Choice(list_plugins(KINDS)), help="How the page is read; seen from the page.")
@click.option("--country", help="Country of the publisher (ISO 3166, or EU); seen from the address.")
@click.option("--name", help="What readers of an alert know the source by; the page's own title.")
@click.option("--publisher", help="Who publishes; the name.")
@click.option("--language", type=click.Choice([each.value for each in Language]), help="Seen from the page.")
@click.option("--zone", help="Time zone of the publisher, such as Asia/Tokyo; that of other sources of the country.")
def new_source(
    key: str,
    url: str,
    page_file: Path | None,
    folder: Path,
    kind: str | None,
    country: str | None,
    name: str | None,
    publisher: str | None,
    language: str | None,
    zone: str | None,
) -> None:
    """Write the folder of the new source KEY (such as jp-meti-trade): source.yml, the page, and what is read from it.

    The kind of page and where its documents are is guessed; what to look at is printed. Nothing is overwritten.
    Exit code 1 if the source misses a behaviour that every source has.
    """
    _check_key(key)
    page = _page(url, page_file)
    named = (country or country_of(page.url)).upper()
    spoken = Language(language) if language else language_of(page.content, named)
    title = name or title_of(page, spoken)
    facts = Facts(
        key=key,
        url=page.url,
        name=title,
        publisher=publisher or title,
        country=named,
        language=spoken,
        zone=zone or _zone(named),
        reached=page_file is None,
        holidays=_holidays(named),
    )
    proposal = propose(page, facts.language, facts.zone, key=key, kind=kind)
    made = folder / facts.folder
    source = make_folder(made, source_text(facts, proposal), f"list.{_ending(proposal)}", page)
    _print(made, facts, proposal)
    findings = examine(source, load_samples(made), datetime.now(UTC))
    print_findings({str(made): findings})
    sys.exit(1 if findings else 0)


def _ending(proposal: Proposal) -> str:
    return "json" if "within" in proposal.options else _ENDINGS.get(proposal.kind, "xml")


def _check_key(key: str) -> None:
    try:
        TypeAdapter(SourceKey).validate_python(key)
    except ValidationError as error:
        raise UsageError(f"{key!r}: write lower-case parts joined by hyphens, such as jp-meti-trade") from error


def _page(url: str, path: Path | None) -> Page:
    """The page as its sample will be read: without the header's word on its encoding."""
    if not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", url):
        raise UsageError(f"--url {url!r}: write the whole address, such as https://example.org/news/feed.xml")
    url = url if url.count("/") > 2 else f"{url}/"
    if path is None:
        from services.cli.fetching import fetch_page  # the HTTP client

        fetched = asyncio.run(fetch_page(load(IngestSettings), url))
        if fetched.url != url:
            click.echo(f"{url} leads to {fetched.url}, which is written down")
        return replace(fetched, charset=None)
    try:
        return Page(path.read_bytes(), url, datetime.now(UTC))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a page saved as it came") from error


def _zone(country: str) -> str:
    """The zone of the packaged sources of the country; UTC without one."""
    return next((each.zone for each in load_sources([DEFAULT_SOURCES]) if each.country == country), "UTC")


def _holidays(country: str) -> str | None:
    try:
        closed_days(country)
    except KeyError:
        return None
    return country


def _print(folder: Path, facts: Facts, proposal: Proposal) -> None:
    documents = proposal.reading.documents
    for document in documents[-_SHOWN:]:
        click.echo(f"{document.published_on or 'no date   '}  {document.title}")
    if len(documents) > _SHOWN:
        click.echo(f"… and {len(documents) - _SHOWN} older")
    click.echo(f"{folder}: {proposal.kind}, {len(documents)} documents. Left to look at:")
    for line in left_to_fill(facts, proposal):
        click.echo(f"  {line}")
    click.echo(f"Then: noroshi sources test {folder}")
    click.echo(f"      NOROSHI_INGEST_SOURCES={folder.parent} noroshi check")
    click.echo(f"      NOROSHI_INGEST_SOURCES={folder.parent} noroshi sources check {facts.key}")
