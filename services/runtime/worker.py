"""Runs a handler on a topic, at least once, in order, and never past a record that is neither done nor put aside.

The loop for one record: handle, await the broker's confirmation of every output, acknowledge. Nothing is ever
raised out of the Faust agent, because Faust acknowledges a record whose agent raised, and it also commits past
a single unacknowledged one; so a record ends as done, as a dead letter, or with the end of the process.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError
from faust.exceptions import FaustError
from faust.types import TP

from services.contracts.errors import DeadLetterError, DeadReason, RetryableError, StopError
from services.contracts.topics import Topic
from services.runtime.clock import SystemClock
from services.runtime.faustapp import build_app
from services.runtime.guard import Guard
from services.runtime.handling import Consumed, Handler, Message, Outgoing
from services.runtime.health import Health
from services.runtime.lag import group_id
from services.runtime.serve import (
    EXIT_OK,
    EXIT_STALLED,
    EXIT_STOPPED,
    BackgroundTask,
    Stopping,
    new_health,
    run_service,
)
from services.runtime.settings import RuntimeSettings
from services.runtime.watchdog import Watchdog

__all__ = [
    "EXIT_OK",
    "EXIT_STALLED",
    "EXIT_STOPPED",
    "BackgroundTask",
    "Consumed",
    "Handler",
    "Outgoing",
    "Stopping",
    "group_id",
    "run_worker",
]

_ASSIGNED = "partitions"


def run_worker(
    service: str,
    topic: Topic,
    handler: Handler,
    settings: RuntimeSettings,
    *,
    tasks: Sequence[BackgroundTask] = (),
    health: Health | None = None,
) -> int:
    """Feed every record of `topic` to `handler` until told to stop; returns the exit code of the process.

    0 after SIGTERM or SIGINT: the record in hand was finished. Not 0 when a person or a supervisor must act;
    then the record in hand was left unread and comes again. `tasks` run beside the worker on the same loop.
    """
    health = health or new_health(service, settings)
    worker = _Worker(service, topic, handler, settings, health)
    return run_service(service, settings, [worker.run, *tasks], health=health)


class _Worker:
    """One handler on one topic; `run` is a background task like any other."""

    def __init__(self, service: str, topic: Topic, handler: Handler, settings: RuntimeSettings, health: Health) -> None:
        self._service = service
        self._topic = topic
        self._handler = handler
        self._settings = settings
        self._health = health
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._failure: StopError | None = None
        self._log = structlog.get_logger("noroshi.worker")

    async def run(self, stopping: Stopping) -> None:
        """Work until told to stop; raises StopError if going on would do harm."""
        self._stopping = stopping
        self._app = app = build_app(self._service, self._settings, self._topic.partitions)
        self._channels: dict[str, Any] = {}
        self._watchdog = Watchdog(self._service, self._topic, self._settings, self._health)
        self._guard = Guard(
            self._service,
            self._handler,
            self._send,
            self._pause,
            self._health,
            SystemClock(),
            self._settings.limits,
        )
        self._not_assigned()
        app.on_partitions_assigned.connect(self._on_assigned)
        app.on_partitions_revoked.connect(self._on_revoked)
        app.agent(self._channel(self._topic.name), name=f"{self._service}.records", concurrency=1)(self._consume)
        with self._watchdog:
            await self._run_app(app)
        if self._failure is not None:
            raise self._failure

    async def _run_app(self, app: Any) -> None:
        starting = asyncio.ensure_future(app.start())
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
            await app.wait_first(stop)
            await asyncio.wait_for(self._at_rest.wait(), self._settings.stop_seconds)
        finally:
            stop.cancel()
            await self._stop_app(app, starting)
        if app.crashed and self._failure is None:
            raise StopError(f"the Faust app crashed: {app.crash_reason!r}") from app.crash_reason

    async def _stop_app(self, app: Any, starting: asyncio.Future[None]) -> None:
        await app.stop()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)

    async def _consume(self, stream: Any) -> None:
        events: AsyncIterator[Any] = stream.noack().events()
        async for event in events:
            if self._stopping.requested:
                break
            self._at_rest.clear()
            try:
                done = await self._process(event)
            finally:
                self._at_rest.set()
            if not done:
                break
        # The agent must not return (its supervisor would start it again) nor raise (its record would be lost).
        await asyncio.Event().wait()

    async def _process(self, event: Any) -> bool:
        record = _consumed(event.message)
        try:
            done = await self._guard.process(record)
        except StopError as error:
            self._failure = error
            self._stopping.request(EXIT_STOPPED)
            return False
        if done:
            event.ack()
            self._watchdog.note_done(record.partition, record.offset)
        return done

    async def _pause(self, seconds: float) -> bool:
        """Wait between two attempts; waiting on purpose is no stall."""
        for left in range(math.ceil(seconds), 0, -1):
            self._health.note_progress()
            if await self._stopping.wait(min(1.0, seconds - left + 1)):
                return True
        return self._stopping.requested

    async def _send(self, messages: Sequence[Message]) -> None:
        """Queue all, then await the broker's confirmation of each; awaiting the send alone would only queue."""
        try:
            async with asyncio.timeout(self._settings.send_timeout_seconds):
                queued = [await self._queue(message) for message in messages]
                await asyncio.gather(*queued)
        except (MessageSizeTooLargeError, RecordTooLargeError) as error:
            what = f"an output is too large for its topic: {error}"
            raise DeadLetterError(what, reason=DeadReason.TOO_LARGE) from error
        except (KafkaError, FaustError, TimeoutError, OSError) as error:
            raise RetryableError(f"the broker did not confirm the output: {type(error).__name__}: {error}") from error

    async def _queue(self, message: Message) -> Any:
        channel = self._channel(message.topic)
        return await channel.send(key=message.key, value=message.value, headers=list(message.headers))

    def _channel(self, name: str) -> Any:
        if name not in self._channels:
            self._channels[name] = self._app.topic(
                name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
            )
        return self._channels[name]

    async def _on_assigned(self, *args: Any, **_: Any) -> None:
        assigned: set[TP] = args[1]
        partitions = {tp.partition for tp in assigned if tp.topic == self._topic.name}
        self._watchdog.assign(partitions)
        self._health.note_progress()
        if partitions:
            self._health.set_ready(_ASSIGNED, True, f"partitions {sorted(partitions)} of {self._topic.name}")
        else:
            self._not_assigned()

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        self._watchdog.assign(set())
        self._not_assigned()

    def _not_assigned(self) -> None:
        reason = f"no partition of {self._topic.name} yet; does the topic exist (`noroshi topics check`)?"
        self._health.set_ready(_ASSIGNED, False, reason)


def _consumed(message: Any) -> Consumed:
    headers = message.headers or ()
    pairs = headers.items() if hasattr(headers, "items") else headers
    return Consumed(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=tuple((str(name), bytes(value)) for name, value in pairs),
        timestamp=message.timestamp or 0.0,
    )
