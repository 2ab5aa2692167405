"""The sender: carries out the effects of `delivery.step` against the ledger and the channels.

One destination is worked on by one task at a time, oldest alert first, so order holds within it and trouble
in one never delays another. Progress is committed before its effect is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine

from services.alert.channel import Channel, Message
from services.alert.delivery import ledger
from services.alert.delivery.ledger import Entry
from services.alert.delivery.protocol import (
    Due,
    Effect,
    Input,
    Level,
    Policy,
    Post,
    Progress,
    Reaction,
    ReadBack,
    Refused,
    Settle,
    Unknown,
    Unreadable,
    Wait,
    step,
)
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryState
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.failpoint import failpoint

T = TypeVar("T")
Render = Callable[[Alert, Level, bool], Message]
"""Renders an alert at a level; the flag says that the message may be a duplicate."""

IDLE_SECONDS = 1.0
"""How long an idle sender waits before it looks for alerts that another process decided."""

log = structlog.get_logger("noroshi.deliver")


class Sender:
    """Delivers what the outbox holds, until told to stop."""

    def __init__(
        self, engine: Engine, channels: Mapping[str, Channel], render: Render, policy: Policy, clock: Clock
    ) -> None:
        self._engine, self._channels, self._render = engine, channels, render
        self._policy, self._clock = policy, clock
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
        """Deliver what can be delivered now and return when the outbox is empty (for tests and one-off runs)."""
        while await self._sql(ledger.open_destinations):
            await self._start_tasks()
            await asyncio.gather(*self._tasks.values())

    async def _start_tasks(self) -> None:
        for done in [key for key, task in self._tasks.items() if task.done()]:
            self._tasks.pop(done).result()
        for destination in await self._sql(ledger.open_destinations):
            if destination not in self._tasks:
                self._tasks[destination] = asyncio.create_task(self._work(destination), name=f"deliver {destination}")

    async def _work(self, destination: str) -> None:
        while not self._stopping.is_set():
            entry = await self._sql(lambda connection: ledger.find_head(connection, destination))
            if entry is None:
                return
            await self._deliver(entry)

    async def _deliver(self, entry: Entry) -> None:
        progress = entry.progress
        given: Input = Due()
        await self._keep_pace(entry.alert)
        while True:
            progress, effect = await self._advance(entry.alert, progress, given)
            if isinstance(effect, Settle) or (self._stopping.is_set() and not isinstance(effect, Post)):
                return
            given = await self._carry_out(entry.alert, progress, effect)

    async def _advance(self, alert: Alert, progress: Progress, given: Input) -> tuple[Progress, Effect]:
        now = self._clock.now()
        after, effect = step(progress, given, self._policy, now, alert.alert_id)
        failpoint(f"deliver.before_{after.state.value}")
        saved = await self._sql(lambda connection: ledger.save_progress(connection, alert, after, now, progress))
        failpoint(f"deliver.after_{after.state.value}")
        _note(alert, given, after, now)
        if not saved:
            return after, Settle()
        return after, effect

    async def _carry_out(self, alert: Alert, progress: Progress, effect: Effect) -> Input:
        channel = self._channels.get(alert.destination.channel)
        if channel is None:
            return Refused(Reaction.PAUSE_DESTINATION, f"no_channel_{alert.destination.channel}")
        match effect:
            case Post():
                return await self._post(channel, alert, progress)
            case ReadBack(oldest):
                return await channel.find(alert.destination, alert.alert_id, oldest, progress.thread_ref)
            case Wait(until):
                await self._sleep_until(until)
        return Due()

    async def _post(self, channel: Channel, alert: Alert, progress: Progress) -> Input:
        try:
            message = self._render(alert, progress.level, progress.possible_duplicate)
        except Exception:
            log.exception("render_failed", alert_id=alert.alert_id, level=progress.level.name)
            return Refused(Reaction.DEGRADE, "render_failed")
        self._last_post[alert.destination.key] = self._clock.monotonic()
        failpoint("deliver.before_post")
        outcome = await channel.post(alert.destination, message, progress.thread_ref)
        failpoint("deliver.after_post")
        return outcome

    async def _keep_pace(self, alert: Alert) -> None:
        channel = self._channels.get(alert.destination.channel)
        last = self._last_post.get(alert.destination.key)
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


def _note(alert: Alert, given: Input, progress: Progress, now: datetime) -> None:
    """Say in metrics and log what became of an alert."""
    kind = alert.destination.channel
    outcome = _outcome(given, progress)
    if outcome is None:
        return
    metrics.DELIVERIES.labels(channel_kind=kind, outcome=outcome).inc()
    fields = {"alert_id": alert.alert_id, "measure_id": alert.act.measure_id, "attempts": progress.attempts}
    if progress.state is DeliveryState.SENT:
        _time(alert, now)
        log.info("delivered", **fields, reason=alert.reason.value, channel=kind)
    else:
        log.warning("delivery_" + outcome, **fields, failure=progress.failure, channel=kind)


def _time(alert: Alert, now: datetime) -> None:
    event = alert.act.event
    seen = max(0.0, (now - event.seen_at).total_seconds())
    metrics.SEEN_TO_ALERT.labels(channel_kind=alert.destination.channel).observe(seen)
    if event.published_at is not None:
        since = max(0.0, (now - event.published_at).total_seconds())
        metrics.PUBLICATION_TO_ALERT.labels(tier="1", precision="instant").observe(since)


def _outcome(given: Input, progress: Progress) -> str | None:
    if progress.settled:
        duplicate = progress.state is DeliveryState.SENT and progress.possible_duplicate
        return "possible_duplicate" if duplicate else progress.state.value
    if isinstance(given, Refused):
        return {Reaction.DEGRADE: "degraded", Reaction.RETHREAD: "rethreaded"}.get(given.reaction, "retried")
    if isinstance(given, Unknown):
        return "in_doubt"
    return "retried" if isinstance(given, Unreadable) else None
