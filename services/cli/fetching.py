"""Fetches one address for a command, by the same guarded client that ingest polls with."""

from __future__ import annotations

from services.cli.settings import load
from services.contracts.errors import UsageError
from services.contracts.vocab import Language
from services.ingest.pages.charset import decode_page
from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.settings import IngestSettings
from services.ingest.wire.access import Accesses
from services.ingest.wire.fetch import Fetcher, FetchFailed, PageFetched, Validators
from services.runtime.clock import SystemClock


async def fetch_text(url: str, language: Language) -> str:
    """The page's text, decoded as one in that language; raises UsageError saying why none came."""
    page = await fetch_page(load(IngestSettings), url)
    try:
        return decode_page(page.content, (page.charset,), language)
    except UnreadablePageError as error:
        raise UsageError(f"{url}: {error}") from error


async def fetch_page(settings: IngestSettings, url: str, accesses: Accesses | None = None) -> Page:
    """The page at the address; raises UsageError saying why none came."""
    async with Fetcher(settings, SystemClock(), accesses=accesses) as fetcher:
        fetched = await fetcher.fetch(url, Validators())
    if isinstance(fetched, PageFetched):
        return fetched.page
    why = fetched.message if isinstance(fetched, FetchFailed) else "the publisher says that nothing changed"
    raise UsageError(f"{url}: {why}")
