"""Reads a list on past its first page, as far as its pages bring what is not known yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from services.ingest.core import join_readings, read_page
from services.ingest.pages.page import Document, Problem, ProblemKind, Reading
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, PageFetched

MAX_PAGES = 20
"""How many pages of one list are read at one look; what lies beyond is for `noroshi backfill`."""

Fetch = Callable[[str], Awaitable[Fetched]]
Knows = Callable[[Sequence[Document]], Awaitable[bool]]


async def read_on(source: Source, first: Reading, fetch: Fetch, knows: Knows) -> Reading | FetchFailed:
    """The first page with those after it, up to one on which `knows` finds a document that was seen before.

    A page that does not come, or cannot be read, fails the whole: the next look would stop at what is known, and the
    documents between would be lost.
    """
    pages, last = [first], first
    while last.next_url and not await knows(last.documents):
        if len(pages) == MAX_PAGES:
            return _cut(source, join_readings(pages))
        fetched = await fetch(last.next_url)
        if not isinstance(fetched, PageFetched):
            return _failed(len(pages) + 1, fetched)
        last = read_page(source, fetched.page)
        if not last.readable:
            return FetchFailed("parse_error", f"page {len(pages) + 1}: {last.problems[0]}")
        pages.append(last)
    return join_readings(pages)


def _failed(number: int, fetched: Fetched) -> FetchFailed:
    if isinstance(fetched, FetchFailed):
        return replace(fetched, message=f"page {number}: {fetched.message}")
    return FetchFailed("network", f"page {number}: it says that nothing changed, unasked")


def _cut(source: Source, reading: Reading) -> Reading:
    message = f"no known document on {MAX_PAGES} pages; fill what lies beyond with `noroshi backfill {source.key}`"
    return replace(reading, problems=(*reading.problems, Problem(ProblemKind.DRIFT, source.key, message)))
