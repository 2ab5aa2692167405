"""Looks at the pages of documents whose list has only their titles, and publishes each with its text."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from services.contracts.events import Event
from services.ingest.core import Decision, decide_events
from services.ingest.memory import listed, store
from services.ingest.memory.intake import remember
from services.ingest.memory.listed import Listed
from services.ingest.memory.revisions import withdraw
from services.ingest.pages.detail import detail_text
from services.ingest.pages.page import UnreadablePageError
from services.ingest.polling import looks
from services.ingest.polling.publishing import Publishing
from services.ingest.polling.tools import Tools, unless_stopped
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, PageFetched, Validators
from services.runtime import metrics
from services.runtime.serve import Stopping
from services.runtime.store import reading

log = structlog.get_logger("noroshi.ingest")

_HOST_TROUBLE = ("timeout", "network", "http_5xx")


@dataclass(frozen=True)
class _Look:
    """What a look at a page left: the row, whether the publisher wants or needs to be left alone now, and how long."""

    row: Listed
    is_last: bool = False
    rest_seconds: float = 0.0


class Details:
    """The pages of documents, of any source; what is to be done stands in the database, so a kill loses nothing.

    A text is kept before it is published: a page that reads differently each time is still published once.
    """

    def __init__(self, tools: Tools, publishing: Publishing) -> None:
        self._tools, self._publishing = tools, publishing

    async def work_off(self, source: Source, stopping: Stopping) -> None:
        """Look at the pages that are due, at most `looks.MAX_LOOKS`, and publish what was read or waited too long.

        A host that does not answer, or asks to be left alone, is left for this time; and one that is so slow that the
        list itself would be read late.
        """
        rows = await asyncio.to_thread(self._load, source)
        if not rows and source.detail is None:
            return
        for row in rows:
            if row.body is not None and not await self._tell(source, row, stopping):
                return
        enough = self._tools.clock.now() + looks.longest_round(source)
        for row in looks.choose(source, rows, self._tools.clock.now()):
            look = await unless_stopped(self._look(source, row), stopping)
            if look is None or not await self._follow_up(source, look, stopping):
                return
            if look.is_last or self._tools.clock.now() >= enough:
                break
        await self._give_up_waiting(source, stopping)
        await asyncio.to_thread(self._show, source)

    async def _follow_up(self, source: Source, look: _Look, stopping: Stopping) -> bool:
        """Keep what the look brought, then publish it; False if the service is to stop before that."""
        await asyncio.to_thread(self._keep, source, look)
        self._tools.health.note_progress()
        if look.row.body is not None:
            return await self._tell(source, look.row, stopping)
        return not look.row.gone_at or await self._withdraw(source, look.row, stopping)

    async def _give_up_waiting(self, source: Source, stopping: Stopping) -> None:
        now = self._tools.clock.now()
        for row in await asyncio.to_thread(self._load, source):
            if looks.is_overdue(row, source, now) and not await self._tell(source, row, stopping):
                return
        if source.detail is None:
            await asyncio.to_thread(self._close, source)

    async def _look(self, source: Source, row: Listed) -> _Look:
        url, now = row.event.url or "", self._tools.clock.now()
        with metrics.STAGE_DURATION.labels("ingest", "fetch").time():
            fetched = await self._tools.fetcher.fetch(url, Validators())
        if isinstance(fetched, PageFetched):
            return await asyncio.to_thread(self._read, source, row, fetched, now)
        return self._failed(source, row, fetched, now)

    def _read(self, source: Source, row: Listed, fetched: PageFetched, now: datetime) -> _Look:
        try:
            if why := looks.refusal(source, fetched.page.url):
                raise UnreadablePageError(why)
            text = detail_text(source, row.event.title, fetched.page)
        except UnreadablePageError as error:
            return _Look(self._missed(source, row, str(error), now))
        except Exception as error:  # a page that finds a mistake of ours must not keep the others from being read
            log.error("text_crashed", source=source.key, url=row.event.url, error=str(error), exc_info=error)
            return _Look(self._missed(source, row, f"{type(error).__name__}: {error}", now))
        metrics.SOURCE_TEXTS.labels(source.key, "read").inc()
        return _Look(looks.after_text(row, text, now))

    def _failed(self, source: Source, row: Listed, fetched: Fetched, now: datetime) -> _Look:
        if not isinstance(fetched, FetchFailed):
            return _Look(self._missed(source, row, "it says that nothing changed, unasked", now))
        if fetched.status in (404, 410):
            return _Look(self._missed(source, row, f"HTTP {fetched.status}", now, gone=True))
        is_last = fetched.retry_after is not None or fetched.outcome in _HOST_TROUBLE
        return _Look(self._missed(source, row, fetched.message, now), is_last, fetched.retry_after or 0.0)

    def _missed(self, source: Source, row: Listed, why: str, now: datetime, *, gone: bool = False) -> Listed:
        tried = looks.after_failure(row, source, why, now, gone=gone)
        metrics.SOURCE_TEXTS.labels(source.key, "failed").inc()
        log.warning("text_not_had", source=source.key, url=row.event.url, title=row.event.title, error=tried.error)
        return tried

    def _keep(self, source: Source, look: _Look) -> None:
        with self._tools.engine.begin() as connection:
            listed.save_listed(connection, look.row)
            if look.rest_seconds:
                until = self._tools.clock.now() + timedelta(seconds=look.rest_seconds)
                listed.postpone(connection, source.key, until)

    async def _tell(self, source: Source, row: Listed, stopping: Stopping) -> bool:
        """Publish the document, with its text if that was read; False if the service is to stop before that."""
        event = looks.with_text(row) if row.body is not None else await self._untexted(source, row)
        after = looks.after_telling(row, source, self._tools.clock.now())
        return await self._publish(source, event, after, stopping)

    async def _untexted(self, source: Source, row: Listed) -> Event:
        last = await asyncio.to_thread(self._last, row.event.event_id)
        event = looks.without_text(row, source, last)
        metrics.SOURCE_TEXTS.labels(source.key, "given_up").inc()
        status = event.attributes[looks.TEXT_STATUS]
        log.warning("text_given_up", source=source.key, url=event.url, title=event.title, text_status=status)
        return event

    async def _withdraw(self, source: Source, row: Listed, stopping: Stopping) -> bool:
        rows = await asyncio.to_thread(self._load, source)
        now = self._tools.clock.now()
        last = await asyncio.to_thread(self._last, row.event.event_id)
        if last is None or last.withdrawn or not looks.is_withdrawn(row, rows, source, now):
            return True
        log.warning("document_gone", source=source.key, url=row.event.url, title=last.title, since=str(row.gone_at))
        return await self._publish(source, withdraw(last, seen_at=now), row, stopping)

    async def _publish(self, source: Source, event: Event, after: Listed, stopping: Stopping) -> bool:
        decision = await asyncio.to_thread(self._decide, event)

        def save(connection: sa.Connection) -> None:
            remember(connection, decision)
            listed.save_listed(connection, after)

        return await self._publishing.publish(source.key, decision, save, stopping)

    def _decide(self, event: Event) -> Decision:
        with reading(self._tools.engine) as connection:
            return decide_events([event], store.load_known(connection, [event.event_id]))

    def _load(self, source: Source) -> tuple[Listed, ...]:
        with reading(self._tools.engine) as connection:
            return listed.load_open(connection, source.key)

    def _last(self, event_id: str) -> Event | None:
        with reading(self._tools.engine) as connection:
            return store.load_events(connection, [event_id]).get(event_id)

    def _close(self, source: Source) -> None:
        """Look for no page any more: the source says nothing of pages of documents now."""
        with self._tools.engine.begin() as connection:
            listed.drop_texts(connection, [each.event.event_id for each in listed.load_open(connection, source.key)])

    def _show(self, source: Source) -> None:
        with reading(self._tools.engine) as connection:
            missing = listed.count_missing(connection, source.key)
        metrics.SOURCE_TEXTS_MISSING.labels(source.key).set(missing)
