"""The sender: carries out the effects of `protocol.step` against the ledger and the channels.

One destination is worked on by one task at a time: first the delivery that is unfinished, else the next that the
planner makes, else a root message that does not show the latest news. So order holds within a destination and
trouble in one never delays another. Progress is committed before its effect is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine

from services.alert.channel import Channel
from services.alert.delivery import ledger, outbox, threads
from services.alert.delivery.breaker import admit, note, scopes
from services.alert.delivery.ledger import Entry
from services.alert.delivery.planner import Planner
from services.alert.delivery.protocol import (
    Due,
    Effect,
    Input,
    Policy,
    Post,
    Posted,
    Progress,
    Reaction,
    ReadBack,
    Refused,
    Settle,
    Unknown,
    Wait,
    step,
)
from services.alert.delivery.renderer import Renderer
from services.alert.delivery.roots import edit_root, save_edit
from services.alert.delivery.telemetry import note_progress
from services.alert.delivery.troubles import load_troubles, save_changes
from services.alert.restraint.planning import Rest
from services.contracts.watchlists import Destination
from services.runtime.clock import Clock
from services.runtime.failpoint import failpoint

T = TypeVar("T")


IDLE_SECONDS = 1.0
"""How long an idle sender waits before it looks for alerts that another process decided."""

POST_WITHIN_SECONDS = 10.0
"""A request leaves within so many seconds of its intent, or not at all before the history was read."""

TROUBLE_SECONDS = 5.0
"""How soon a destination in trouble looks whether another one's probe got through."""

REST_SECONDS = 60.0
"""How long a destination at rest waits at most before it is planned for again."""

log = structlog.get_logger("noroshi.deliver")


class Sender:
    """Delivers what the outbox holds, until told to stop."""

    def __init__(
        self,
        engine: Engine,
        channels: Mapping[str, Channel],
        renderer: Renderer,
        planner: Planner,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._engine, self._channels, self._renderer = engine, channels, renderer
        self._planner, self._policy, self._clock = planner, policy, clock
        self._stopping, self._wake = asyncio.Event(), asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last_post: dict[str, float] = {}

    def wake(self) -> None:
        """Say that the outbox has something new."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the request in hand of each destination, then return from `run`."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until `stop`; a failure of the ledger ends the run with its exception."""
        while not self._stopping.is_set():
            self._wake.clear()
            await self._start_tasks()
            await _wait(self._wake, IDLE_SECONDS)
        await asyncio.gather(*self._tasks.values())

    async def drain(self) -> None:
        """Deliver what can be delivered now and return when nothing waits (for tests and one-off runs)."""
        while await self._sql(self._busy):
            await self._start_tasks()
            await asyncio.gather(*self._tasks.values())

    async def _start_tasks(self) -> None:
        for done in [key for key, task in self._tasks.items() if task.done()]:
            self._tasks.pop(done).result()
        for destination in await self._sql(self._busy):
            if destination not in self._tasks:
                self._tasks[destination] = asyncio.create_task(self._work(destination), name=f"deliver {destination}")

    def _busy(self, connection: Connection) -> list[str]:
        """The destinations with something to do."""
        now = self._clock.now()
        found = ledger.open_destinations(connection) | outbox.waiting_destinations(connection, now)
        return sorted(found | threads.stale_destinations(connection, now))

    async def _work(self, destination: str) -> None:
        while not self._stopping.is_set():
            planned = await self._sql(lambda connection: self._next(connection, destination))
            if isinstance(planned, Entry):
                await self._deliver(planned)
            elif await self._edit_root(destination):
                continue
            elif isinstance(planned, Rest):
                await self._sleep_until(min(planned.until, self._clock.now() + timedelta(seconds=REST_SECONDS)))
            else:
                return

    def _next(self, connection: Connection, destination: str) -> Entry | Rest | None:
        ledger.lock_destination(connection, destination)
        unfinished = ledger.find_head(connection, destination)
        return unfinished or self._planner.plan(connection, destination, self._clock.now())

    async def _deliver(self, entry: Entry) -> None:
        failpoint("deliver.after_plan")
        progress = entry.progress
        given: Input = Due()
        await self._keep_pace(entry.destination)
        while True:
            if isinstance(given, Due) and not await self._admitted(entry.destination, progress.not_before):
                return
            begun = self._clock.monotonic()
            progress, effect = await self._advance(entry, progress, given)
            if isinstance(effect, Settle) or (self._stopping.is_set() and not isinstance(effect, Post)):
                return
            given = await self._carry_out(entry, progress, effect, begun)

    async def _admitted(self, destination: Destination, not_before: datetime | None) -> bool:
        """Wait while the destination or its whole workspace is in trouble; False if told to stop meanwhile.

        A delivery that waits of itself takes no probe: it would not use it, and the others would wait for it.
        """
        while not self._stopping.is_set():
            if not_before is not None and self._clock.now() < not_before:
                return True
            until = await self._sql(lambda connection: self._admit(connection, destination))
            if until is None:
                return True
            await self._sleep_until(min(until, self._clock.now() + timedelta(seconds=TROUBLE_SECONDS)))
        return False

    def _admit(self, connection: Connection, destination: Destination) -> datetime | None:
        """Until when the destination must wait, or None; the workspace's probe of this minute may then be ours."""
        known = load_troubles(connection, scopes(destination))
        answer = admit(destination, known, self._clock.now(), self._policy)
        if isinstance(answer, datetime):
            return answer
        save_changes(connection, answer)
        return None

    async def _advance(self, entry: Entry, progress: Progress, given: Input) -> tuple[Progress, Effect]:
        now = self._clock.now()
        after, effect = step(progress, given, self._policy, now, entry.delivery_id)
        failpoint(f"deliver.before_{after.state.value}")

        def save(connection: Connection) -> bool:
            self._note_trouble(connection, entry.destination, given, progress, now)
            return ledger.save_progress(connection, entry, after, now, progress)

        saved = await self._sql(save)
        failpoint(f"deliver.after_{after.state.value}")
        note_progress(entry, given, after, now)
        if not saved:
            return after, Settle()
        return after, effect

    def _note_trouble(
        self, connection: Connection, destination: Destination, given: Input, progress: Progress, now: datetime
    ) -> None:
        """Keep what an outcome says of its destination and workspace; `progress` is from before the outcome."""
        if isinstance(given, Posted | Refused | Unknown):
            known = load_troubles(connection, scopes(destination))
            save_changes(connection, note(destination, given, progress, known, now, self._policy))

    async def _carry_out(self, entry: Entry, progress: Progress, effect: Effect, begun: float) -> Input:
        channel = self._channels.get(entry.destination.channel)
        if channel is None:
            return Refused(Reaction.PAUSE_DESTINATION, f"no_channel_{entry.destination.channel}")
        match effect:
            case Post():
                return await self._post(channel, entry, progress, begun)
            case ReadBack(oldest):
                return await channel.find(entry.destination, entry.delivery_id, oldest, progress.thread_ref)
            case Wait(until):
                await self._sleep_until(until)
        return Due()

    async def _post(self, channel: Channel, entry: Entry, progress: Progress, begun: float) -> Input:
        """Send once, unless the process was stopped since it began to commit the intent: another may deliver by now."""
        try:
            message = self._renderer.delivery(entry, progress.level, progress.possible_duplicate)
            message = replace(message, alerts=entry.alerts)
        except Exception:
            log.exception("render_failed", delivery_id=entry.delivery_id, level=progress.level.name)
            return Refused(Reaction.DEGRADE, "render_failed")
        self._last_post[entry.destination.key] = self._clock.monotonic()
        failpoint("deliver.before_post")
        if self._clock.monotonic() - begun > POST_WITHIN_SECONDS:
            return Unknown("stopped_before_post")
        outcome = await channel.post(entry.destination, message, progress.thread_ref)
        failpoint("deliver.after_post")
        return outcome

    async def _edit_root(self, destination: str) -> bool:
        """Edit one root of the destination that does not show its measure's latest news; False if none is due."""
        root = await self._sql(lambda connection: threads.find_stale_root(connection, destination, self._clock.now()))
        channel = self._channels.get(root.first.destination.channel) if root else None
        if root is None or channel is None:
            return False
        await self._keep_pace(root.first.destination)
        self._last_post[destination] = self._clock.monotonic()
        failpoint("deliver.before_edit")
        outcome = await edit_root(root, channel, self._renderer)
        failpoint("deliver.after_edit")
        await self._sql(lambda connection: save_edit(connection, root, outcome, self._clock.now()))
        return True

    async def _keep_pace(self, destination: Destination) -> None:
        channel = self._channels.get(destination.channel)
        last = self._last_post.get(destination.key)
        if channel is None or last is None or channel.per_second <= 0:
            return
        wait = last + 1 / channel.per_second - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)

    async def _sleep_until(self, until: datetime) -> None:
        seconds = (until - self._clock.now()).total_seconds()
        if seconds <= 0:
            return
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sleeping, stopping):
            task.cancel()

    async def _sql(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
