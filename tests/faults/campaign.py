"""Runs of one pipeline, one after another: each puts a batch of documents in and ends one process at one crash point.

The same pipeline goes through all runs, so whatever one run leaves behind meets the next. A batch without a kill goes
before them, so that the first run has measures to follow and to edit. After each run, once nothing waits any more, the
ledger judges everything Slack has ever stored.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Engine as Database

from services.alert.delivery import ledger, outbox, threads
from services.alert.settings import AlertSettings
from services.cli.inboxview import fetch_messages
from services.cli.stack import Ports, Stack, StackOptions
from services.contracts import codec
from services.contracts.errors import RetryableError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import EVENTS, MEASURES
from services.contracts.vocab import DeliveryState
from services.fakeslack.messages import StoredMessage
from services.runtime.failpoint import FOLDER, arm, read_fired
from services.runtime.ports import free_ports
from services.runtime.store import open_engine, reading
from services.runtime.supervisor import ChildSpec
from services.runtime.topics_admin import read_lag
from services.runtime.topicscan import scan_topic
from tests.engine.pipeline import Engine, secret, until
from tests.faults.dates import bring_forward, find_measures
from tests.faults.ledger import Ledger, Verdict, count_inversions
from tests.faults.points import Point
from tests.faults.press import Press, open_press
from tests.faults.world import Item, find_mark, make_batch, watchlist_files

BATCH = 50
RUN_SECONDS = 90.0
_STALL_SECONDS = 30.0
_LATE_SECONDS = 0.8
_NEVER = datetime.max.replace(tzinfo=UTC)
"""An instant by which every edit that was put off is due."""

_INGEST = "poller"
"""What the supervisor calls the process that polls."""


@dataclass(frozen=True)
class Run:
    """What one run came to; `recovery` is from the kill to the next message, 0 if all messages were there before."""

    point: str
    passes: int
    verdict: Verdict
    recovery: float


@dataclass(frozen=True)
class Report:
    """What a campaign came to."""

    runs: tuple[Run, ...]
    inversions: int
    messages: int
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each revision of each document lies on the topic of events."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, made up, put in the wrong thread, overtaken or left out of its root."""
        return all(run.verdict.clean for run in self.runs) and not (self.inversions or self.repeated_events)

    @property
    def repeated_events(self) -> int:
        """How many copies too many lie on the topic of events."""
        return self.events.total() - len(self.events)


@dataclass
class _Site:
    """The running parts a campaign works with."""

    stack: Stack
    session: aiohttp.ClientSession
    press: Press
    points: Path
    settings: AlertSettings
    due: set[str] = field(default_factory=set)
    """The measures, by their ids, whose reminders are due or were."""

    @contextmanager
    def database(self) -> Iterator[Database]:
        engine = open_engine(self.settings, "alert")
        try:
            yield engine
        finally:
            engine.dispose()

    async def control(self, path: str, payload: Any = None) -> Any:
        url = f"{self.stack.slack_url}/stand-in/{path}"
        method = "GET" if payload is None else "POST"
        async with self.session.request(method, url, json=payload) as response:
            response.raise_for_status()
            return await response.json()

    async def messages(self) -> list[StoredMessage]:
        return await fetch_messages(self.stack.slack_url, self.session)

    async def posts(self) -> int:
        return int((await self.control("messages"))["calls"].get("chat.postMessage", 0))


async def run_campaign(
    folder: Path, engine: Engine, points: Sequence[Point], seed: int, say: Callable[[str], None] = lambda _: None
) -> Report:
    """One run for each point, in the order given, on a pipeline of its own in `folder`.

    Raises AssertionError, naming point and seed, if a run does not come to rest in time.
    """
    async with AsyncExitStack() as stack:
        site = await _open(folder, engine, stack)
        runs: list[Run] = []

        async def work() -> None:
            book, earlier = Ledger(), make_batch(0, BATCH, (), random.Random(f"{seed}/0"))
            await _warm_up(site, book, earlier, f"seed {seed}, before the first run")
            for number, point in enumerate(points, 1):
                rng = random.Random(f"{seed}/{number}")
                batch = make_batch(number, BATCH, earlier, rng)
                run = await _run_once(site, book, batch, earlier, point, rng, f"seed {seed}, run {number}")
                runs.append(run)
                say(f"{number}/{len(points)} {describe(run)}")
                earlier = batch

        await site.stack.run_until(work())
        messages = await site.messages()
        places = await asyncio.to_thread(_places, site.stack.bootstrap)
        events = await asyncio.to_thread(_events, site.stack.bootstrap)
        return Report(tuple(runs), count_inversions(messages, places), len(messages), events)


async def _open(folder: Path, engine: Engine, exits: AsyncExitStack) -> _Site:
    lists, points, state = folder / "watchlists", folder / "points", folder / "state"
    for each in (lists, points, state):
        each.mkdir(parents=True)
    for name, text in watchlist_files():
        (lists / name).write_text(text, encoding="utf-8")
    press = await exits.enter_async_context(open_press(folder / "sources"))
    database = {"NOROSHI_DATABASE_URL": engine.database_url} if engine.database_url else {}
    environment = {FOLDER: str(points)} | database
    options = StackOptions(
        state_dir=state,
        watchlists=lists,
        broker=engine.bootstrap or None,
        replication=engine.replication,
        sample=False,
        stand_in_flags=("--key", "ignore"),
        per_second=100.0,
        ports=Ports.free(),
        environment=tuple(environment.items()),
        restarts=1000,
    )
    stack = await exits.enter_async_context(Stack(options, lambda _: None))
    session = await exits.enter_async_context(aiohttp.ClientSession(trust_env=False))
    settings = AlertSettings(broker=stack.bootstrap, state_dir=state, database_url=secret(engine.database_url))
    await stack.supervisor.start(_poller(stack, folder, press, environment))
    return _Site(stack, session, press, points, settings)


def _poller(stack: Stack, folder: Path, press: Press, environment: dict[str, str]) -> ChildSpec:
    async def has_polled_twice() -> bool:
        return press.asked >= 2

    state = stack.options.state_dir
    own = {"NOROSHI_BROKER": stack.bootstrap, "NOROSHI_STATE_DIR": str(state), "NOROSHI_LOG_FORMAT": "json"}
    return ChildSpec(
        name=_INGEST,
        command=(sys.executable, "-m", "tests.faults.poller", str(folder / "sources")),
        environment=own | {"NOROSHI_INGEST_HEALTH_PORT": str(free_ports(1)[0])} | environment,
        log_file=state / "logs" / f"{_INGEST}.log",
        is_ready=has_polled_twice,
    )


async def _warm_up(site: _Site, book: Ledger, batch: list[Item], what: str) -> None:
    book.note(batch)
    async with _in_time(site, book, what):
        site.press.show(each.line for each in batch)
        await until(lambda: _is_at_rest(site, book))
    verdict = book.judge(await site.messages())
    assert verdict.clean, f"{what}: {verdict}"


@asynccontextmanager
async def _in_time(site: _Site, book: Ledger, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(RUN_SECONDS):
            yield
    except TimeoutError as error:
        verdict, waiting = book.judge(await site.messages()), await _waiting(site)
        late = f"{what}: did not come to rest within {RUN_SECONDS:g} s"
        raise AssertionError(f"{late}: {waiting} still wait, {verdict}") from error


async def _run_once(
    site: _Site, book: Ledger, batch: list[Item], earlier: list[Item], point: Point, rng: random.Random, what: str
) -> Run:
    passes = rng.randint(1, point.most)
    book.note(batch)
    what = f"{what}: {point.name} on pass {passes}"
    lines = [each.line for each in (*earlier, *batch)]
    async with _in_time(site, book, what):
        if point.reminds:
            killed = await _strike_at_reminders(site, book, point, passes, lines, rng)
        else:
            killed = await _strike(site, point, passes, lines)
        await until(lambda: _is_at_rest(site, book))
    messages = await site.messages()
    verdict = book.judge(messages)
    assert verdict.clean, f"{what}: {verdict}"
    later = [float(message.ts) for message in messages if float(message.ts) > killed]
    return Run(point.name, passes, verdict, min(later) - killed if later else 0.0)


async def _strike(site: _Site, point: Point, passes: int, lines: Iterable[str]) -> float:
    """Publish the documents, and return when the process was ended at the point."""
    if point.fault:
        return await _strike_from_slack(site, point, passes, lines)
    arm(site.points, point.name, passes)
    site.press.show(lines)
    return await _fired(site, point)


async def _strike_at_reminders(
    site: _Site, book: Ledger, point: Point, passes: int, lines: Iterable[str], rng: random.Random
) -> float:
    """Let the documents be told; then make reminders of dates told before due, and end the process at them."""
    site.press.show(lines)
    await until(lambda: _is_at_rest(site, book))
    assert len(book.remindable) >= point.most, "too few documents have a date that was not reminded of"
    chosen = rng.sample(book.remindable, point.most)
    book.note_reminders(chosen)
    arm(site.points, point.name, passes)
    with site.database() as engine:
        with reading(engine) as connection:
            measures = find_measures(connection, {item.mark for item in chosen})
        assert len(measures) == len(chosen), f"the product does not know the measures of {chosen}"
        assert bring_forward(engine, measures), f"no reminder is scheduled for {chosen}"
    site.due |= measures
    return await _fired(site, point)


async def _fired(site: _Site, point: Point) -> float:
    """When the point ended its process, once it has."""

    async def has_fired() -> bool:
        await asyncio.to_thread(_keep_due, site)
        return point.name in read_fired(site.points)

    await until(has_fired)
    return read_fired(site.points)[point.name]


async def _strike_from_slack(site: _Site, point: Point, passes: int, lines: Iterable[str]) -> float:
    """Let Slack hold the answer of that POST back, and kill the sender meanwhile."""
    before = await site.posts()
    strike = {"kind": point.fault, "stall": _STALL_SECONDS, "seconds": _LATE_SECONDS}
    calm = [{"kind": "stall", "seconds": 0.0, "times": passes - 1}] if passes > 1 else []
    await site.control("faults", [*calm, strike])
    site.press.show(lines)

    async def posted() -> bool:
        return await site.posts() >= before + passes

    await until(posted)
    os.kill(site.stack.supervisor.pid(point.service), signal.SIGKILL)
    return time.time()


async def _is_at_rest(site: _Site, book: Ledger) -> bool:
    """Whether every service is up, nothing waits anywhere and whatever had to come is there."""
    await asyncio.to_thread(_keep_due, site)
    ready = [await site.stack.is_ready(service) for service in ("classify", "alert")]
    if not all(ready) or book.judge(await site.messages()).lost:
        return False
    return not await _waiting(site)


async def _waiting(site: _Site) -> dict[str, int]:
    """How much of what still waits; empty if nothing does."""
    try:
        return await asyncio.to_thread(_count_waiting, site)
    except RetryableError:
        return {"brokers that do not answer": 1}


def _count_waiting(site: _Site) -> dict[str, int]:
    lag = sum(each.records for each in read_lag(site.stack.bootstrap))
    with site.database() as engine, reading(engine) as connection:
        states, unpublished = ledger.count_states(connection), ledger.count_unpublished(connection)
        waiting = outbox.count_dispositions(connection)[outbox.Disposition.WAITING]
        stale = len(threads.stale_destinations(connection, _NEVER))
    under_way = states[DeliveryState.PENDING] + states[DeliveryState.INTENT]
    counted = {"records": lag, "reminders": _keep_due(site), "alerts": waiting, "deliveries": under_way}
    counted |= {"sent, not published": unpublished, "destinations with a stale root": stale}
    return {what: count for what, count in counted.items() if count}


def _keep_due(site: _Site) -> int:
    """How many of the reminders that must be made are not; a process that started anew has put them off."""
    if not site.due:
        return 0
    with site.database() as engine:
        return bring_forward(engine, site.due)


def _events(bootstrap: str) -> Counter[tuple[str, str]]:
    events = (codec.decode(Event, record.value) for record in scan_topic(bootstrap, EVENTS.name))
    return Counter((event.event_id, event.revision) for event in events)


def _places(bootstrap: str) -> dict[str, tuple[int, int]]:
    """Where the act of each document first lies on its topic, as partition and offset."""
    places: dict[str, tuple[int, int]] = {}
    for record in scan_topic(bootstrap, MEASURES.name):
        mark = find_mark(codec.decode(Act, record.value).event.title)
        if mark is not None:
            places.setdefault(mark, (record.partition, record.offset))
    return places


def describe(run: Run) -> str:
    """One line on a run."""
    return f"{run.point} on pass {run.passes}: {run.verdict.expected} messages in all, {run.recovery:.1f} s"
