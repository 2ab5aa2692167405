"""One source, asked again and again: fetch, read, decide, publish, and only then remember."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog

from services.ingest.core import Decision, candidate_ids, read_page
from services.ingest.health import paststore
from services.ingest.health.past import Sight, after_failure, after_page, after_unchanged
from services.ingest.health.paststore import Change
from services.ingest.memory import listed, store
from services.ingest.memory.aliases import save_aliases
from services.ingest.memory.intake import (
    Verdict,
    judge_page,
    load_standing,
    remember,
    remember_listed,
    take_listed,
)
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Document, Reading
from services.ingest.polling import contact, report
from services.ingest.polling.details import Details
from services.ingest.polling.looks import doubts
from services.ingest.polling.paging import read_on
from services.ingest.polling.publishing import Publishing
from services.ingest.polling.schedule import seconds_to_first, seconds_to_next
from services.ingest.polling.tools import Tools, unless_stopped
from services.ingest.publish import SERVICE
from services.ingest.settings import IngestSettings
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified, PageFetched, Validators
from services.runtime import metrics
from services.runtime.serve import Stopping
from services.runtime.store import reading

log = structlog.get_logger("noroshi.ingest")


class Poller:
    """Polls sources, each on its own; what befalls one never reaches another."""

    def __init__(self, settings: IngestSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._publishing = Publishing(settings, tools)
        self._details = Details(tools, self._publishing)

    async def run(self, source: Source, stopping: Stopping) -> None:
        """Ask the source on its schedule until the service is to stop."""
        every = source.schedule.every_minutes * 60.0
        report.begin(source)
        cursor = await asyncio.to_thread(self._load, source)
        report.show(source, cursor)
        delay = seconds_to_first(
            every,
            now=self._tools.clock.now(),
            last_tried_at=cursor.last_tried_at,
            not_before=cursor.not_before,
            jitter=self._tools.jitter(),
        )
        while not (stopping.requested or await stopping.wait(delay)):
            delay = await self._poll_safely(source, every, stopping)

    async def _poll_safely(self, source: Source, every: float, stopping: Stopping) -> float:
        """Poll, whatever happens: an error of ours in one source must not end the others."""
        try:
            return await self.poll(source, stopping)
        except Exception as error:
            log.error("source_crashed", source=source.key, error=str(error), exc_info=error)
            metrics.SOURCE_FETCHES.labels(source.key, "parse_error").inc()
            return seconds_to_next(every, failures=2, jitter=self._tools.jitter())

    async def poll(self, source: Source, stopping: Stopping) -> float:
        """Ask the source once and publish what is new; returns the seconds until it should be asked again.

        The pages of documents that are due are looked at in the same turn, whatever became of the list. When the
        service is to stop, a fetch in flight is given up and a page in hand is left to the next start.
        """
        cursor = replace(await asyncio.to_thread(self._load, source), last_tried_at=self._tools.clock.now())
        fetched = await self._ask(source, cursor, stopping)
        if fetched is None:
            return 0.0
        cursor = await self._follow_up(source, cursor, fetched, stopping)
        self._tools.health.note_progress()
        if not stopping.requested:
            await self._details.work_off(source, stopping)
        return self._delay(source, cursor, 0.0 if isinstance(fetched, FetchFailed) else fetched.max_age)

    async def _ask(self, source: Source, cursor: Cursor, stopping: Stopping) -> Fetched | None:
        """The answer of the source; None if the service is to stop."""
        named = contact.validators(cursor, self._tools.clock.now(), self._settings.full_fetch_hours)
        with metrics.STAGE_DURATION.labels(SERVICE, "fetch").time():
            return await unless_stopped(self._tools.fetcher.fetch(source.url, named), stopping)

    async def _follow_up(self, source: Source, cursor: Cursor, fetched: Fetched, stopping: Stopping) -> Cursor:
        if isinstance(fetched, PageFetched):
            return await self._take(source, cursor, fetched, stopping)
        now = self._tools.clock.now()
        if isinstance(fetched, NotModified):
            return await self._settle(source, contact.after_answer(cursor, now), "not_modified", after_unchanged)
        return await self._fail(source, cursor, fetched)

    async def _take(self, source: Source, cursor: Cursor, fetched: PageFetched, stopping: Stopping) -> Cursor:
        """Read the page and publish its news; a page that cannot be read leaves everything as it was."""
        with metrics.STAGE_DURATION.labels(SERVICE, "parse").time():
            found = await asyncio.to_thread(self._read, source, fetched)
        report.say_problems(source, found, fetched.moved_to)
        if not found.readable:
            why = next(str(each) for each in found.problems)
            return await self._fail(source, cursor, FetchFailed("parse_error", why))
        whole = await self._read_on(source, cursor, found, stopping)
        if whole is None:
            return cursor
        if isinstance(whole, FetchFailed):
            return await self._fail(source, cursor, whole)
        now = self._tools.clock.now()
        verdict = await asyncio.to_thread(self._judge, source, whole, cursor, now)
        if verdict.held:
            return await self._hold(source, cursor, found, verdict.held)
        return await self._accept(source, cursor, fetched, found, verdict, stopping)

    async def _accept(
        self,
        source: Source,
        cursor: Cursor,
        fetched: PageFetched,
        found: Reading,
        verdict: Verdict,
        stopping: Stopping,
    ) -> Cursor:
        """Publish and remember what the page brings; where texts are on pages of their own, what is to be looked at."""
        now, decision = self._tools.clock.now(), verdict.decision
        after = contact.after_news(cursor, fetched.validators, now, is_new=bool(decision.events))
        sight = Sight.of(found, now, new=len(decision.events), known=decision.unchanged)
        change = partial(after_page, source=source, sight=sight, last_success_at=cursor.last_success_at)
        told = await asyncio.to_thread(self._publishable, source, decision)

        def save(connection: sa.Connection) -> None:
            remember(connection, told)
            if source.detail is not None:
                remember_listed(connection, decision, now)
            save_aliases(connection, source.key, verdict.aliases)
            store.forget_release(connection, source.key)
            store.save_cursor(connection, after)
            paststore.change_past(connection, source.key, change)

        if not await self._publishing.publish(source.key, told, save, stopping):
            return cursor
        report.show(source, after, items=len(found.documents))
        metrics.SOURCE_FETCHES.labels(source.key, "new" if decision.events else "empty").inc()
        report.say_verdict(source, verdict, cursor)
        return after

    def _publishable(self, source: Source, decision: Decision) -> Decision:
        if source.detail is None:
            return decision
        with reading(self._tools.engine) as connection:
            return take_listed(connection, decision)

    async def _read_on(
        self, source: Source, cursor: Cursor, found: Reading, stopping: Stopping
    ) -> Reading | FetchFailed | None:
        """The list as far as it is news; None if the service is to stop. The baseline is the first page alone."""
        if found.next_url is None or cursor.last_success_at is None:
            return found

        async def fetch(url: str) -> Fetched:
            return await self._tools.fetcher.fetch(url, Validators())

        async def knows(documents: Sequence[Document]) -> bool:
            return await asyncio.to_thread(self._knows, documents)

        return await unless_stopped(read_on(source, found, fetch, knows), stopping)

    def _knows(self, documents: Sequence[Document]) -> bool:
        with reading(self._tools.engine) as connection:
            return bool(load_standing(connection, candidate_ids(documents)))

    async def _hold(self, source: Source, cursor: Cursor, found: Reading, reason: str) -> Cursor:
        """Publish and remember nothing of the page, and ask for all of it again next time."""
        now = self._tools.clock.now()
        log.warning("source_held", source=source.key, reason=reason, mend=f"noroshi sources release {source.key}")
        sight = Sight.of(found, now, new=0, known=0)
        change = partial(after_page, source=source, sight=sight, last_success_at=cursor.last_success_at)
        return await self._settle(source, contact.after_hold(cursor, reason, now), "held", change)

    async def _fail(self, source: Source, cursor: Cursor, failure: FetchFailed) -> Cursor:
        now = self._tools.clock.now()
        failed = contact.after_trouble(cursor, failure.message, now, failure)
        log.warning(
            "source_failed", source=source.key, outcome=failure.outcome, error=failed.last_error, run=failed.failures
        )
        return await self._settle(source, failed, failure.outcome, partial(after_failure, at=now))

    async def _settle(self, source: Source, cursor: Cursor, outcome: str, change: Change) -> Cursor:
        """Remember a fetch that brought nothing to publish."""

        def save() -> None:
            with self._tools.engine.begin() as connection:
                store.save_cursor(connection, cursor)
                paststore.change_past(connection, source.key, change)

        await asyncio.to_thread(save)
        report.show(source, cursor)
        metrics.SOURCE_FETCHES.labels(source.key, outcome).inc()
        return cursor

    def _read(self, source: Source, fetched: PageFetched) -> Reading:
        """What the page says; where many of its documents lack their texts, that is a reason for doubt as well."""
        found = read_page(source, fetched.page)
        if source.detail is None:
            return found
        with reading(self._tools.engine) as connection:
            missing = listed.count_missing(connection, source.key)
        return replace(found, problems=(*found.problems, *doubts(source, missing)))

    def _load(self, source: Source) -> Cursor:
        with reading(self._tools.engine) as connection:
            return store.load_cursor(connection, source.key)

    def _judge(self, source: Source, found: Reading, cursor: Cursor, now: datetime) -> Verdict:
        with metrics.STAGE_DURATION.labels(SERVICE, "dedup").time(), reading(self._tools.engine) as connection:
            return judge_page(connection, found.documents, cursor, now, as_listed=source.detail is not None)

    def _delay(self, source: Source, cursor: Cursor, max_age: float) -> float:
        held = (cursor.not_before - self._tools.clock.now()).total_seconds() if cursor.not_before else None
        every = source.schedule.every_minutes * 60.0
        return seconds_to_next(
            every, failures=cursor.failures, retry_after=held, max_age=max_age, jitter=self._tools.jitter()
        )
