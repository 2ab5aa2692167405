"""One source, asked again and again: fetch, read, decide, publish, and only then remember."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
import structlog

from services.contracts.errors import RetryableError
from services.ingest.core import Decision, candidate_ids, read_page
from services.ingest.health import paststore
from services.ingest.health.past import Sight, after_failure, after_page, after_unchanged
from services.ingest.health.paststore import Change
from services.ingest.memory import store
from services.ingest.memory.intake import Verdict, judge_page, remember
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Document, Reading
from services.ingest.polling.paging import read_on
from services.ingest.polling.schedule import seconds_to_first, seconds_to_next
from services.ingest.publish import SERVICE, Send, count_published, encode_events, publish
from services.ingest.settings import IngestSettings
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified, PageFetched, Validators
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.handling import Outgoing, backoff
from services.runtime.health import Health
from services.runtime.serve import Stopping
from services.runtime.store import reading

log = structlog.get_logger("noroshi.ingest")

T = TypeVar("T")
_MAX_ERROR = 500


class Fetches(Protocol):
    """What the poller needs of a fetcher."""

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        """The page, the news that it is unchanged, or the failure."""
        ...


@dataclass(frozen=True)
class Tools:
    """The edges a poller works with. `worker` publishes, one page after the other: `send` is for one thread."""

    fetcher: Fetches
    engine: sa.Engine
    send: Send
    worker: Executor
    clock: Clock
    health: Health
    jitter: Callable[[], float] = random.random


class Poller:
    """Polls sources, each on its own; what befalls one never reaches another."""

    def __init__(self, settings: IngestSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def run(self, source: Source, stopping: Stopping) -> None:
        """Ask the source on its schedule until the service is to stop."""
        every = source.schedule.every_minutes * 60.0
        for outcome in metrics.FETCH_OUTCOMES:
            metrics.SOURCE_FETCHES.labels(source.key, outcome)
        cursor = await asyncio.to_thread(self._load, source)
        self._show(source, cursor, items=None)
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

        When the service is to stop, a fetch in flight is given up and a page in hand is left to the next start.
        """
        cursor = await asyncio.to_thread(self._load, source)
        now = self._tools.clock.now()
        cursor = replace(cursor, last_tried_at=now)
        with metrics.STAGE_DURATION.labels(SERVICE, "fetch").time():
            fetched = await _unless_stopped(
                self._tools.fetcher.fetch(source.url, self._validators(cursor, now)), stopping
            )
        if fetched is None:
            return 0.0
        if isinstance(fetched, PageFetched):
            cursor = await self._take(source, cursor, fetched, stopping)
        elif isinstance(fetched, NotModified):
            cursor = await self._settle(source, _succeeded(cursor, now), "not_modified", after_unchanged)
        else:
            failed = _failed(cursor, fetched.message, now, fetched)
            cursor = await self._settle(source, failed, fetched.outcome, partial(after_failure, at=now))
        self._tools.health.note_progress()
        return self._delay(source, cursor, 0.0 if isinstance(fetched, FetchFailed) else fetched.max_age)

    async def _take(self, source: Source, cursor: Cursor, fetched: PageFetched, stopping: Stopping) -> Cursor:
        """Read the page and publish its news; a page that cannot be read leaves everything as it was."""
        with metrics.STAGE_DURATION.labels(SERVICE, "parse").time():
            found = await asyncio.to_thread(read_page, source, fetched.page)
        _report(source, found, fetched.moved_to)
        now = self._tools.clock.now()
        if not found.readable:
            why = next(str(each) for each in found.problems)
            return await self._settle(source, _failed(cursor, why, now), "parse_error", partial(after_failure, at=now))
        whole = await self._read_on(source, cursor, found, stopping)
        if whole is None:
            return cursor
        if isinstance(whole, FetchFailed):
            failed = _failed(cursor, whole.message, now, whole)
            return await self._settle(source, failed, whole.outcome, partial(after_failure, at=now))
        verdict = await asyncio.to_thread(self._judge, whole, cursor, now)
        decision, named = verdict.decision, fetched.validators
        if verdict.held:
            return await self._hold(source, cursor, found, verdict.held)
        after = replace(_succeeded(cursor, now), etag=named.etag, last_modified=named.last_modified, last_full_at=now)
        after = replace(after, held_reason="", held_since=None)
        if decision.events:
            after = replace(after, last_new_at=now)
        sight = Sight.of(found, now, new=len(decision.events), known=decision.unchanged)
        change = partial(after_page, source=source, sight=sight, last_success_at=cursor.last_success_at)
        if not await self._publish(source, decision, after, change, stopping):
            return cursor
        self._show(source, after, items=len(found.documents))
        metrics.SOURCE_FETCHES.labels(source.key, "new" if decision.events else "empty").inc()
        log.info(
            "source_read", source=source.key, new=len(decision.events), known=decision.unchanged, first=verdict.first
        )
        _report_verdict(source, verdict, cursor)
        return after

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

        return await _unless_stopped(read_on(source, found, fetch, knows), stopping)

    def _knows(self, documents: Sequence[Document]) -> bool:
        with reading(self._tools.engine) as connection:
            return bool(store.load_known(connection, candidate_ids(documents)))

    async def _hold(self, source: Source, cursor: Cursor, found: Reading, reason: str) -> Cursor:
        """Publish and remember nothing of the page, and ask for all of it again next time."""
        now = self._tools.clock.now()
        held = replace(_succeeded(cursor, now), etag=None, last_modified=None, held_reason=reason)
        log.warning("source_held", source=source.key, reason=reason, mend=f"noroshi sources release {source.key}")
        sight = Sight.of(found, now, new=0, known=0)
        change = partial(after_page, source=source, sight=sight, last_success_at=cursor.last_success_at)
        return await self._settle(source, replace(held, held_since=cursor.held_since or now), "held", change)

    async def _publish(
        self, source: Source, decision: Decision, cursor: Cursor, change: Change, stopping: Stopping
    ) -> bool:
        """Publish and remember, as often as it takes; False if the service is to stop before that.

        While the broker is away the page is held here and nothing more is fetched from this source.
        """
        outgoings = list(encode_events(decision.events, self._tools.clock.now()))
        attempt = 0
        while True:
            attempt += 1
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._tools.worker, self._publish_once, outgoings, decision, cursor, change, stopping
                )
            except RetryableError as error:
                seconds = backoff(attempt, self._tools.jitter(), self._settings.limits, error.after_seconds)
                self._tools.health.set_ready("publish", False, f"{source.key} waits to be published: {error}")
                metrics.RETRIES.labels(SERVICE).inc()
                log.warning("publish_failed", source=source.key, error=str(error), attempt=attempt, in_seconds=seconds)
                if await stopping.wait(seconds):
                    return False
            else:
                self._tools.health.set_ready("publish", True, "the last publication was confirmed")
                count_published(outgoings, decision.unchanged)
                return True

    def _publish_once(
        self, outgoings: list[Outgoing], decision: Decision, cursor: Cursor, change: Change, stopping: Stopping
    ) -> None:
        if stopping.requested:
            raise RetryableError("the service is stopping; the page is read again at the next start")

        def save(connection: sa.Connection) -> None:
            remember(connection, decision)
            store.forget_release(connection, cursor.source)
            store.save_cursor(connection, cursor)
            paststore.change_past(connection, cursor.source, change)

        with metrics.STAGE_DURATION.labels(SERVICE, "confirm").time():
            publish(self._tools.engine, self._tools.send, outgoings, save)

    def _load(self, source: Source) -> Cursor:
        with reading(self._tools.engine) as connection:
            return store.load_cursor(connection, source.key)

    def _judge(self, found: Reading, cursor: Cursor, now: datetime) -> Verdict:
        with metrics.STAGE_DURATION.labels(SERVICE, "dedup").time(), reading(self._tools.engine) as connection:
            return judge_page(connection, found.documents, cursor, now)

    async def _settle(self, source: Source, cursor: Cursor, outcome: str, change: Change) -> Cursor:
        """Remember a fetch that brought nothing to publish."""

        def save() -> None:
            with self._tools.engine.begin() as connection:
                store.save_cursor(connection, cursor)
                paststore.change_past(connection, source.key, change)

        await asyncio.to_thread(save)
        self._show(source, cursor, items=None)
        metrics.SOURCE_FETCHES.labels(source.key, outcome).inc()
        if cursor.failures:
            log.warning(
                "source_failed", source=source.key, outcome=outcome, error=cursor.last_error, run=cursor.failures
            )
        return cursor

    def _validators(self, cursor: Cursor, now: datetime) -> Validators:
        """What to ask with: nothing once a day, since some publishers answer "not modified" for ever."""
        age = now - cursor.last_full_at if cursor.last_full_at else None
        if age is None or age >= timedelta(hours=self._settings.full_fetch_hours):
            return Validators()
        return Validators(cursor.etag, cursor.last_modified)

    def _delay(self, source: Source, cursor: Cursor, max_age: float) -> float:
        held = (cursor.not_before - self._tools.clock.now()).total_seconds() if cursor.not_before else None
        every = source.schedule.every_minutes * 60.0
        return seconds_to_next(
            every, failures=cursor.failures, retry_after=held, max_age=max_age, jitter=self._tools.jitter()
        )

    def _show(self, source: Source, cursor: Cursor, *, items: int | None) -> None:
        metrics.SOURCE_EXPECTED_INTERVAL.labels(source.key).set(source.schedule.every_minutes * 60)
        metrics.SOURCE_HELD.labels(source.key).set(bool(cursor.held_reason))
        if cursor.last_success_at:
            metrics.SOURCE_LAST_SUCCESS.labels(source.key).set(cursor.last_success_at.timestamp())
        if cursor.last_new_at:
            metrics.SOURCE_LAST_NEW_ITEM.labels(source.key).set(cursor.last_new_at.timestamp())
        if items is not None:
            metrics.SOURCE_PARSE_ITEMS.labels(source.key).set(items)


async def _unless_stopped(work: Coroutine[Any, Any, T], stopping: Stopping) -> T | None:
    """The outcome of `work`, or None if the service is to stop before there is one."""
    doing, wish = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((doing, wish), return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        doing.cancel()
        wish.cancel()


def _succeeded(cursor: Cursor, now: datetime) -> Cursor:
    return replace(cursor, last_success_at=now, not_before=None, last_error="", failures=0)


def _failed(cursor: Cursor, why: str, now: datetime, failure: FetchFailed | None = None) -> Cursor:
    wait = failure.retry_after if failure else None
    not_before = now + timedelta(seconds=wait) if wait else None
    return replace(cursor, last_error=why[:_MAX_ERROR], failures=cursor.failures + 1, not_before=not_before)


def _report(source: Source, found: Reading, moved_to: str | None) -> None:
    for problem in found.problems:
        log.warning(
            "source_problem", source=source.key, kind=problem.kind.value, where=problem.where, what=problem.message
        )
    if moved_to:
        log.warning("source_moved", source=source.key, to=moved_to, mend="write the new address into its source.yml")


def _report_verdict(source: Source, verdict: Verdict, before: Cursor) -> None:
    if verdict.released:
        log.info("source_released", source=source.key, documents=len(verdict.decision.events))
    if verdict.decision.older:
        names = [each.document_id for each in verdict.decision.older[:5]]
        log.warning("older_versions", source=source.key, documents=len(verdict.decision.older), first=names)
    if verdict.gap and before.last_success_at:
        since = before.last_success_at.astimezone(source.tz).date()
        mend = f"noroshi backfill {source.key} --since {since}"
        log.warning("source_gap", source=source.key, what="nothing on the page was known", mend=mend)
