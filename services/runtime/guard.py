"""Takes one record through a handler so that it ends in exactly one way: done, put aside, or the process stops.

No Faust here: what sends and what waits is given, so that the promise can be tested without a broker.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from services.contracts.errors import StopError
from services.contracts.topics import DEAD
from services.runtime.clock import Clock
from services.runtime.failpoint import failpoint
from services.runtime.handling import (
    Consumed,
    Decision,
    Halt,
    Handler,
    Limits,
    Message,
    PutAside,
    Retry,
    dead_letter,
    decide,
    describe,
)
from services.runtime.health import Health
from services.runtime.metrics import DEAD_LETTERS, RECORDS, RETRIES, STAGE_DURATION

Send = Callable[[Sequence[Message]], Awaitable[None]]
"""Returns once the broker has confirmed every message; raises RetryableError or DeadLetterError otherwise."""

Pause = Callable[[float], Awaitable[bool]]
"""Waits that many seconds; returns True as soon as the service is to stop."""

_HANDLER = "handler"


class Guard:
    """The loop around a handler: confirm outputs, retry in place, put poison aside, stop when that is safer."""

    def __init__(
        self, service: str, handler: Handler, send: Send, pause: Pause, health: Health, clock: Clock, limits: Limits
    ) -> None:
        self._service = service
        self._handler = handler
        self._send = send
        self._pause = pause
        self._health = health
        self._clock = clock
        self._limits = limits
        self._poison_run = 0
        self._log = structlog.get_logger("noroshi.worker")
        health.set_ready(_HANDLER, True, "no error so far")

    async def process(self, record: Consumed) -> bool:
        """Work on one record until it may be acknowledged; False if the service is to stop before that.

        Raises StopError when going on would do harm: the handler said so, too many records in a row were
        poison, or the dead letter could not be written. The record must then stay unacknowledged.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._attempt(record)
            except Exception as error:
                decision = decide(error, attempt, self._poison_run, random.random(), self._limits)  # noqa: S311
                if await self._act(record, decision, error, attempt):
                    return True
                if not isinstance(decision, Retry) or await self._pause(decision.seconds):
                    return False
            else:
                self._good(attempt)
                return True

    async def _attempt(self, record: Consumed) -> None:
        with self._timed("handle"):
            outgoings = await self._handler(record)
        if outgoings:
            failpoint(f"{self._service}.before_confirm")
            with self._timed("confirm"):
                await self._send([Message(each.topic.name, each.key, each.value, each.headers) for each in outgoings])
            failpoint(f"{self._service}.after_confirm")

    async def _act(self, record: Consumed, decision: Decision, error: Exception, attempt: int) -> bool:
        """Carry the decision out; True if the record is done with."""
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        if isinstance(decision, Retry):
            self._retrying(error, attempt, decision.seconds, where)
            return False
        if isinstance(decision, Halt):
            self._log.error("stopping; the record stays unread", error=decision.message, **where, exc_info=error)
            raise StopError(decision.message) from error
        await self._put_aside(record, decision, error)
        self._log.error(
            "record put aside", reason=decision.reason.value, error=describe(error), **where, exc_info=error
        )
        return True

    def _retrying(self, error: Exception, attempt: int, seconds: float, where: dict[str, object]) -> None:
        self._health.set_ready(_HANDLER, False, f"retrying a record, attempt {attempt}: {describe(error)}")
        self._health.note_progress()
        RETRIES.labels(self._service).inc()
        RECORDS.labels(self._service, "retried").inc()
        self._log.warning("retry", attempt=attempt, in_seconds=round(seconds, 2), error=describe(error), **where)

    async def _put_aside(self, record: Consumed, decision: PutAside, error: Exception) -> None:
        letter = dead_letter(self._service, record, decision.reason, error, self._clock.now())
        try:
            await self._send([Message(DEAD.name, letter.key, letter.value, letter.to_headers())])
        except Exception as failure:
            message = (
                f"{record.topic}/{record.partition}@{record.offset}: the dead letter could not be written "
                f"({describe(failure)}); the record stays unread"
            )
            raise StopError(message) from failure
        self._poison_run += 1
        DEAD_LETTERS.labels(self._service, decision.reason.value).inc()
        RECORDS.labels(self._service, "dead").inc()
        self._health.set_ready(_HANDLER, True, f"the last record was put aside: {decision.reason.value}")
        self._health.note_progress()

    def _good(self, attempt: int) -> None:
        self._poison_run = 0
        RECORDS.labels(self._service, "ok").inc()
        self._health.note_progress()
        if attempt > 1:
            self._health.set_ready(_HANDLER, True, f"worked again after {attempt} attempts")

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = self._clock.monotonic()
        try:
            yield
        finally:
            STAGE_DURATION.labels(self._service, step).observe(self._clock.monotonic() - started)
