"""Reads the past of a source, window by window and page by page; a run that ends early is taken up where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from services.contracts.errors import RetryableError, StopError
from services.ingest.backfill import windows
from services.ingest.backfill.history import BackfillReport, Window, first_url, halve, is_of, plan_windows, window_limit
from services.ingest.backfill.windows import Row
from services.ingest.core import read_history
from services.ingest.memory.intake import decide_against, leave_listed, remember
from services.ingest.pages.page import Page, Reading
from services.ingest.publish import Send, count_published, encode_events, publish
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, PageFetched, Validators
from services.runtime.clock import Clock
from services.runtime.store import reading

_ATTEMPTS = 6
_FIRST_WAIT = 2.0
_MAX_PROBLEMS = 100


Progress = Callable[[Window, BackfillReport], None]
"""Called after each page, with the window and the sums so far."""


@dataclass(frozen=True)
class BackfillTools:
    """The edges a back-fill works with; `pause_seconds` lie between two questions to the publisher."""

    fetch: Callable[[str, Validators], Awaitable[Fetched]]
    engine: sa.Engine
    send: Send
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    pause_seconds: float = 1.0


class Backfill:
    """Reads the past of one source."""

    def __init__(self, source: Source, tools: BackfillTools, progress: Progress | None = None) -> None:
        self._source, self._tools, self._progress = source, tools, progress
        self._report = BackfillReport(source.key)

    async def run(self, since: date, until: date, *, again: bool = False) -> BackfillReport:
        """Publish, as back-fill, what the source published from `since` to `until` and is not known yet.

        Each page is confirmed and remembered with its place before the next is asked for: run the same again after
        it ended early and it goes on there. `again` forgets the places and asks for everything anew; what is known
        stays unpublished. Raises UsageError for a source without a past to ask for, RetryableError if the publisher
        or the broker does not answer for long, StopError for a page that cannot be read.
        """
        planned = plan_windows(since, until)
        first_url(self._source, planned[0])
        if again:
            with self._tools.engine.begin() as connection:
                windows.forget(connection, self._source.key, planned)
        for window in planned:
            await self._window(window)
        return self._report

    async def _window(self, window: Window) -> None:
        """Read a window; one that holds more than the source lists is read again as two."""
        with reading(self._tools.engine) as connection:
            row = windows.load(connection, self._source.key, window)
        if row.state == "done":
            self._add(skipped=1)
        elif row.state == "split" or await self._pages(row) == "split":
            for half in halve(window):
                await self._window(half)
        else:
            self._add(windows=1)

    async def _pages(self, row: Row) -> str:
        url = row.next_url or first_url(self._source, row.window)
        while row.state == "open":
            found = self._read(await self._fetch(url))
            row, decided = self._advance(row, url, found), found.documents
            await asyncio.to_thread(self._take, found, row)
            self._add(pages=1, read=len(decided), problems=map(str, found.problems))
            if self._progress is not None:
                self._progress(row.window, self._report)
            url = row.next_url or url
            await self._tools.sleep(self._tools.pause_seconds)
        return row.state

    def _advance(self, row: Row, url: str, found: Reading) -> Row:
        """The window's row once this page is taken in; raises StopError for a page that leads nowhere good."""
        following = found.next_url
        if following is not None and (following == url or not is_of(self._source, following)):
            raise StopError(f"{self._source.key}: the page {url} says it goes on at {following}; look at both")
        read, is_full = row.documents + len(found.documents), False
        if read >= window_limit(self._source):
            is_full = row.window.since == row.window.until
            following = None
        if is_full:
            self._add(problems=[f"{row.window}: {read} documents on one day, as many as are listed; there may be more"])
        is_split = read >= window_limit(self._source) and not is_full
        state = "split" if is_split else "open" if following else "done"
        return replace(row, state=state, next_url=following, documents=read)

    def _take(self, found: Reading, row: Row) -> None:
        now = self._tools.clock.now()
        with reading(self._tools.engine) as connection:
            documents = leave_listed(connection, found.documents) if self._source.detail else found.documents
            decision = decide_against(connection, documents, seen_at=now, backfill=True)
        unchanged = len(found.documents) - len(decision.events)
        outgoings = list(encode_events(decision.events, now))
        row = replace(row, published=row.published + len(decision.events))

        def save(connection: sa.Connection) -> None:
            remember(connection, decision)
            windows.save(connection, row)

        publish(self._tools.engine, self._tools.send, outgoings, save)
        count_published(outgoings, unchanged)
        self._add(new=len(decision.events), unchanged=unchanged)

    def _read(self, page: Page) -> Reading:
        found = read_history(self._source, page)
        if not found.readable:
            why = "; ".join(map(str, found.problems))
            raise StopError(f"{why}; the page is {page.url}; nothing of it was taken in, what came before is kept")
        return found

    async def _fetch(self, url: str) -> Page:
        """The page; a publisher that refuses is asked again, more and more slowly and never before it allows."""
        why = ""
        for attempt in range(_ATTEMPTS):
            fetched = await self._tools.fetch(url, Validators())
            if isinstance(fetched, PageFetched):
                return fetched.page
            why = fetched.message if isinstance(fetched, FetchFailed) else "not modified, though not asked so"
            asked = fetched.retry_after if isinstance(fetched, FetchFailed) else None
            if attempt + 1 < _ATTEMPTS:
                await self._tools.sleep(max(_FIRST_WAIT * 2**attempt, asked or 0.0))
        raise RetryableError(f"{self._source.key}: {url}: {why}; run the same command again, it goes on from there")

    def _add(self, problems: Iterable[str] = (), **counts: int) -> None:
        sums = {name: getattr(self._report, name) + count for name, count in counts.items()}
        named = (*self._report.problems, *problems)[:_MAX_PROBLEMS]
        self._report = replace(self._report, problems=named, **sums)
