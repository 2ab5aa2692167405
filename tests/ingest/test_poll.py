"""Polling one source: what is published, what is remembered, in which order, and what a failure leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.contracts.errors import RetryableError
from services.ingest.app import IngestService
from services.ingest.memory import store
from services.ingest.pages.page import Page
from services.ingest.polling.poll import Poller
from services.ingest.polling.tools import Tools
from services.ingest.publish import publish
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified, PageFetched, Validators
from services.runtime import metrics
from services.runtime.clock import SteppedClock
from services.runtime.handling import Outgoing
from services.runtime.health import Health
from services.runtime.serve import Stopping, new_health
from services.runtime.store import migrate, open_engine
from tests.ingest.material import BASE, NOW, Broker, example_settings, example_source, feed_of, item, later, rss2

SOURCE = example_source()
FIRST = rss2(item("甲を規制", "/a", day="2026-04-07"))
SECOND = rss2(item("乙を規制", "/b", day="2026-04-08"), item("甲を規制", "/a", day="2026-04-07"))


@dataclass
class Publisher:
    """Answers as scripted, the last answer for ever, and keeps what it was asked with."""

    answers: list[Fetched]
    asked: list[Validators] = field(default_factory=list)

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        assert url == BASE
        self.asked.append(validators)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def page(text: str, etag: str | None = None) -> PageFetched:
    return PageFetched(Page(text.encode(), BASE, NOW), Validators(etag, None))


class Bench:
    """A poller with a scripted publisher, a broker that keeps records, and a real database."""

    def __init__(self, folder: Path, *answers: Fetched) -> None:
        self.settings = example_settings(folder, retry_first_seconds=0.001)
        self.engine = open_engine(self.settings, "ingest")
        migrate(self.engine, "ingest")
        self.publisher, self.broker = Publisher(list(answers)), Broker()
        self.clock = SteppedClock(NOW)
        self.health: Health = new_health("ingest", self.settings)
        self.worker = ThreadPoolExecutor(max_workers=1)
        self.delays: list[float] = []

    def poll(self, source: Source = SOURCE, *, times: int = 1, minutes: float = 30) -> None:
        asyncio.run(self._poll(source, times, minutes))

    async def _poll(self, source: Source, times: int, minutes: float) -> None:
        tools = Tools(
            self.publisher, self.engine, self.broker.send, self.worker, self.clock, self.health, jitter=lambda: 0.5
        )
        for _ in range(times):
            self.delays.append(await Poller(self.settings, tools).poll(source, Stopping()))
            self.clock.step(minutes * 60)

    @property
    def cursor(self) -> store.Cursor:
        with self.engine.connect() as connection:
            return store.load_cursor(connection, SOURCE.key)

    def close(self) -> None:
        self.worker.shutdown()
        self.engine.dispose()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, page(FIRST, '"1"'))
    yield made
    made.close()


def test_first_contact_is_a_baseline_and_what_comes_later_is_live(bench: Bench) -> None:
    bench.publisher.answers = [page(FIRST), page(SECOND)]
    bench.poll(times=3)
    assert [(event.title, event.backfill) for event in bench.broker.events] == [("甲を規制", True), ("乙を規制", False)]
    assert bench.cursor.last_success_at == later(60)
    assert bench.cursor.last_new_at == later(30)


def test_a_first_contact_that_fails_leaves_the_baseline_to_the_next(bench: Bench) -> None:
    bench.publisher.answers = [page("<html/>"), FetchFailed("timeout", "x"), page(FIRST)]
    bench.poll(times=3)
    assert [event.backfill for event in bench.broker.events] == [True]


def test_validators_are_kept_verbatim_and_sent_back_until_a_day_has_passed(bench: Bench) -> None:
    bench.publisher.answers = [page(FIRST, 'W/"a b"'), NotModified()]
    bench.poll(times=3, minutes=60 * 10)
    bench.poll(times=1)
    assert [each.etag for each in bench.publisher.asked] == [None, 'W/"a b"', 'W/"a b"', None]
    assert bench.cursor.etag == 'W/"a b"'
    assert bench.cursor.last_full_at == NOW


def test_a_page_that_cannot_be_read_changes_nothing_but_the_count_of_failures(bench: Bench) -> None:
    bench.publisher.answers = [page(FIRST, '"good"'), page("<html>maintenance</html>", '"bad"'), page(SECOND)]
    bench.poll(times=2)
    assert bench.cursor.etag == '"good"'
    assert (bench.cursor.failures, bench.cursor.last_success_at) == (1, NOW)
    assert "HTML page" in bench.cursor.last_error
    bench.poll()
    assert [event.title for event in bench.broker.events] == ["甲を規制", "乙を規制"]
    assert (bench.cursor.failures, bench.cursor.last_error) == (0, "")


def test_a_list_is_read_on_past_its_first_page_once_it_has_a_baseline(bench: Bench) -> None:
    source = example_source(kind="json_list", options={"results": "items", "title": "title", "id": "id", "url": "url",
                                                       "paging": {"next": "next"}})  # fmt: skip

    def answer(*ids: int, further: bool = False) -> PageFetched:
        items = [{"id": str(each), "title": f"第{each}号", "url": f"/{each}"} for each in ids]
        return page(json.dumps({"items": items, "next": BASE if further else None}))

    bench.publisher.answers = [answer(3, 2, further=True), answer(9, 8, further=True), answer(7, 3, further=True)]
    bench.poll(source, times=2)
    assert [(event.title, event.backfill) for event in bench.broker.events] == [
        ("第2号", True), ("第3号", True), ("第7号", False), ("第8号", False), ("第9号", False)
    ]  # fmt: skip
    assert bench.publisher.asked == [Validators(), Validators(), Validators()]


def test_a_failing_source_is_asked_less_and_less_and_never_before_it_allows(bench: Bench) -> None:
    bench.publisher.answers = [FetchFailed("http_5xx", "HTTP 503"), FetchFailed("http_4xx", "HTTP 429", 90_000.0)]
    bench.poll(times=1)
    bench.poll(times=1)
    assert bench.delays == [1800.0, 90_000.0]
    assert bench.cursor.not_before == datetime(2026, 4, 11, 4, 30, tzinfo=UTC)


def test_a_page_that_keeps_is_asked_for_later_but_a_year_is_not_believed(bench: Bench) -> None:
    keeps = page(FIRST)
    bench.publisher.answers = [replace(keeps, max_age=2400.0), NotModified(31_536_000.0), NotModified(5.0)]
    bench.poll(times=3)
    assert bench.delays == [2400.0, 3600.0, 1800.0]


def test_a_source_that_is_gone_says_so_and_is_asked_once_a_day(bench: Bench) -> None:
    bench.publisher.answers = [FetchFailed("http_4xx", "HTTP 410 Gone; pause it", 86_400.0, gone=True)]
    bench.poll()
    assert bench.delays == [86_400.0]
    assert "410 Gone" in bench.cursor.last_error


def test_outcomes_are_counted(bench: Bench) -> None:
    source = example_source(key="jp-counted")
    bench.publisher.answers = [page(FIRST), page(FIRST), NotModified(), FetchFailed("timeout", "x"), page("")]
    bench.poll(source, times=5)
    counts = {
        outcome: metrics.REGISTRY.get_sample_value(
            "noroshi_source_fetches_total", {"source": "jp-counted", "outcome": outcome}
        )
        for outcome in ("new", "empty", "not_modified", "timeout", "parse_error")
    }
    assert set(counts.values()) == {1.0}


def test_while_the_broker_is_away_the_page_is_held_and_published_once_it_is_back(bench: Bench) -> None:
    bench.broker.failures = [RetryableError("away")] * 3
    bench.poll()
    assert len(bench.broker.events) == 1
    assert len(bench.publisher.asked) == 1
    assert bench.health.conditions["publish"].ok


class CrashError(BaseException):
    """Ends everything, as a kill would."""


def test_a_crash_between_the_broker_and_the_memory_publishes_the_same_ids_again(bench: Bench) -> None:
    def crash(_: sa.Connection) -> None:
        raise CrashError

    bench.poll()
    (event,) = bench.broker.events
    fresh = Bench(bench.settings.state_dir / "fresh", page(FIRST))
    with pytest.raises(CrashError):
        publish(fresh.engine, fresh.broker.send, bench.broker.records, crash)
    assert len(fresh.broker.events) == 1
    fresh.poll(times=2)
    assert [each.event_id for each in fresh.broker.events] == [event.event_id] * 2
    assert {each.revision for each in fresh.broker.events} == {event.revision}
    fresh.close()


def test_nothing_is_remembered_that_the_broker_has_not_confirmed(bench: Bench) -> None:
    bench.poll()
    remembered: list[str] = []
    away = Broker(failures=[RetryableError("away")])
    with pytest.raises(RetryableError):
        publish(bench.engine, away.send, bench.broker.records, lambda _: remembered.append("saved"))
    assert remembered == []


def test_a_state_that_cannot_be_saved_is_tried_again(bench: Bench) -> None:
    def broken(_: sa.Connection) -> None:
        raise sa.exc.OperationalError("insert", {}, OSError("disk full"))

    with pytest.raises(RetryableError, match="disk full"):
        publish(bench.engine, bench.broker.send, [], broken)


class Mixed:
    """A publisher of three pages: one meets a bug of ours, one never answers, one is good."""

    async def fetch(self, url: str, _: Validators) -> Fetched:
        if url.endswith("crash"):
            raise AssertionError("a bug")
        if url.endswith("hang"):
            await asyncio.Event().wait()
        return page(FIRST)


def test_a_source_that_crashes_or_hangs_does_not_reach_another_and_a_stop_ends_all(bench: Bench) -> None:
    async def run() -> None:
        loop, published, stopping = asyncio.get_running_loop(), asyncio.Event(), Stopping()

        def send(outgoings: Sequence[Outgoing]) -> None:
            bench.broker.send(outgoings)
            loop.call_soon_threadsafe(published.set)

        tools = Tools(Mixed(), bench.engine, send, bench.worker, bench.clock, bench.health, jitter=lambda: 0.0)
        poller = Poller(bench.settings, tools)
        sources = [example_source(key=f"jp-{name}", url=f"{BASE}/{name}") for name in ("crash", "hang", "good")]
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(poller.run(source, stopping))
            await published.wait()
            stopping.request()

    asyncio.run(run())
    assert {event.source for event in bench.broker.events} == {"jp-good"}


def test_a_page_in_hand_is_left_to_the_next_start_when_the_broker_is_away_and_the_service_stops(bench: Bench) -> None:
    async def run() -> None:
        stopping = Stopping()

        def send(_: Sequence[Outgoing]) -> None:
            loop.call_soon_threadsafe(stopping.request)
            raise RetryableError("away", after_seconds=3600)

        loop = asyncio.get_running_loop()
        tools = Tools(bench.publisher, bench.engine, send, bench.worker, bench.clock, bench.health, jitter=lambda: 0.0)
        async with asyncio.timeout(10):
            await Poller(bench.settings, tools).poll(SOURCE, stopping)

    asyncio.run(run())
    assert bench.cursor == store.Cursor(SOURCE.key)
    assert not bench.health.conditions["publish"].ok
    bench.poll()
    assert [event.backfill for event in bench.broker.events] == [True]


def test_without_live_nothing_is_asked_and_the_service_is_ready(tmp_path: Path) -> None:
    async def run() -> Health:
        settings = example_settings(tmp_path)
        health, stopping = new_health("ingest", settings), Stopping()
        task = asyncio.create_task(IngestService(settings, health).poll(stopping))
        await asyncio.sleep(0)
        stopping.request()
        await task
        return health

    health = asyncio.run(run())
    assert health.ready
    assert "polling is off" in health.conditions["sources"].reason


def test_a_shared_link_is_settled_by_what_was_published_before(bench: Bench) -> None:
    shared = [
        rss2(item("甲国の措置", "/s", day="2026-04-07")),
        rss2(item("乙国の措置", "/s", day="2026-04-08"), item("甲国の措置", "/s", day="2026-04-07")),
        rss2(item("乙国の措置", "/s", day="2026-04-08")),
    ]
    bench.publisher.answers = [page(text) for text in shared]
    bench.poll(times=4)
    assert [event.title for event in bench.broker.events] == ["甲国の措置", "乙国の措置"]
    assert len({event.event_id for event in bench.broker.events}) == 2


def test_a_large_page_is_published_in_the_order_of_publication(bench: Bench) -> None:
    entries = [(f"第{n}号", f"/{n}", f"2026-04-{1 + n % 9:02}T00:00:{n % 60:02}Z") for n in range(300)]
    bench.publisher.answers = [page(feed_of("rss2", entries))]
    bench.poll()
    moments = [event.published_at for event in bench.broker.events if event.published_at]
    assert len(moments) == 300
    assert moments == sorted(moments)
