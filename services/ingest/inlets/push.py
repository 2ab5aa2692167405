"""The HTTP inlet: `POST /events` by token, `POST /webhooks/SOURCE` by signature (Standard Webhooks).

202 is answered only once the broker has confirmed and the state is saved. A body is taken whole or not at all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from aiohttp import web
from structlog.contextvars import bind_contextvars, clear_contextvars

from services.contracts.errors import RetryableError
from services.ingest.inlets import refusals
from services.ingest.inlets.batches import Report
from services.ingest.inlets.callers import Callers
from services.ingest.inlets.listener import Listener
from services.ingest.inlets.pushes import Push, UnacceptableError
from services.ingest.inlets.refusals import RefusalError
from services.ingest.inlets.requests import is_backfill, read_content, refuse_parameters, stated_form
from services.ingest.pages.bodies import Body, BodyError, BodyTooLongError, Form, read_body
from services.ingest.settings import IngestSettings
from services.runtime.clock import Clock
from services.runtime.metrics import PUSHES
from services.runtime.signatures import Stamp, is_signed, read_stamp

log = structlog.get_logger("noroshi.ingest")

MOST_IN_HAND = 4
"""Requests of one caller, or for one source's webhook, that are served at a time."""

_TELL_SECONDS = 60.0
_Take = Callable[[web.Request], Awaitable[Report | None]]


class Takes(Protocol):
    """What the server needs of a `PushIntake`."""

    def take(self, push: Push) -> Report | None:
        """Publish what is new, whole or not at all."""
        ...

    def refuse(self, sources: Collection[str], why: str) -> None:
        """Remember that a body for these sources was refused."""
        ...


@dataclass(frozen=True)
class Concerned:
    """Which sources a body is for: those it names, as far as they are the caller's, else those the caller is for."""

    named: frozenset[str]
    own: Callable[[str], bool]

    def of(self, body: Body) -> frozenset[str]:
        """The sources of the documents that could be read, or else of the caller."""
        return frozenset(each.source for each in body.documents if self.own(each.source)) or self.named


class PushServer:
    """Serves the inlet; `worker` is the one thread that publishes. `polled` are the sources that we ask ourselves."""

    def __init__(
        self,
        settings: IngestSettings,
        callers: Callers,
        intake: Takes,
        worker: Executor,
        clock: Clock,
        polled: frozenset[str] = frozenset(),
    ) -> None:
        self._settings, self._callers, self._polled = settings, callers, polled
        self._intake, self._worker, self._clock = intake, worker, clock
        self._in_hand: Counter[str] = Counter()
        self._told_at = float("-inf")
        routes = (web.post("/events", self._events), web.post("/webhooks/{source}", self._webhook))
        self._listener = Listener(settings, routes)

    @property
    def port(self) -> int:
        """The port in use, also where a free one was asked for."""
        return self._listener.port

    async def start(self) -> None:
        """Listen; raises UsageError saying what to change if the address cannot be had."""
        await self._listener.start()

    async def stop(self) -> None:
        """Stop listening; requests in hand are answered first, as far as there is time."""
        await self._listener.stop()

    async def _events(self, request: web.Request) -> web.Response:
        return await self._answer("events", self._take_events, request)

    async def _webhook(self, request: web.Request) -> web.Response:
        return await self._answer("webhook", self._take_webhook, request)

    async def _answer(self, inlet: str, take: _Take, request: web.Request) -> web.Response:
        clear_contextvars()  # of the request before on this connection
        try:
            report = await take(request)
        except RefusalError as refusal:
            return await self._refused(inlet, refusal)
        except Exception as error:
            log.error("push_failed", inlet=inlet, error=str(error), exc_info=error)
            return await self._refused(inlet, refusals.failed())
        PUSHES.labels(inlet, "taken" if report else "repeated").inc()
        sums = {"read": report.read, "new": report.new, "unchanged": report.unchanged} if report else {"repeated": True}
        log.info("push_taken", inlet=inlet, **sums)
        return web.json_response(sums, status=202 if report else 200)

    async def _refused(self, inlet: str, refusal: RefusalError) -> web.Response:
        PUSHES.labels(inlet, refusal.outcome).inc()
        if refusal.outcome != "unauthorised":
            log.warning("push_refused", inlet=inlet, outcome=refusal.outcome, error=str(refusal))
        elif self._clock.monotonic() - self._told_at >= _TELL_SECONDS:
            self._told_at = self._clock.monotonic()
            log.warning("push_refused", inlet=inlet, outcome=refusal.outcome, error="no known token or signature")
        if refusal.sources:
            await self._remember(refusal)
        fields: dict[str, Any] = {"error": refusal.error}
        if refusal.problems:
            fields["problems"] = refusal.problems
        return web.json_response(fields, status=refusal.status, headers=refusal.headers)

    async def _remember(self, refusal: RefusalError) -> None:
        try:
            await asyncio.to_thread(self._intake.refuse, refusal.sources, str(refusal))
        except Exception as error:  # the answer matters more than the note of it
            log.warning("push_refusal_not_remembered", error=str(error))

    async def _take_events(self, request: web.Request) -> Report | None:
        caller = self._callers.find(request.headers.get("Authorization", ""))
        if caller is None:
            raise refusals.unauthorised()
        bind_contextvars(caller=caller.name)
        form, backfill = stated_form(request, tuple(Form)), is_backfill(request)
        own = partial(caller.may_write, polled=self._polled)
        async with self._turn(f"caller {caller.name}"):
            content = await read_content(request, self._settings)
            body = await self._parse(content, form, None, Concerned(frozenset(caller.sources), own))
            written = frozenset(each.source for each in body.documents)
            if foreign := {key for key in written if not own(key)}:
                raise refusals.forbidden(caller.name, foreign)
            return await self._publish(Push(body.documents, written or frozenset(caller.sources), backfill))

    async def _take_webhook(self, request: web.Request) -> Report | None:
        key = request.match_info["source"]
        secrets = self._callers.keys.get(key)
        stamp = read_stamp(request.headers, self._clock.now())
        if not secrets or stamp is None:
            raise refusals.unauthorised()
        async with self._turn(f"webhook {key}"):
            content = await self._read_signed(request, secrets, stamp)
            bind_contextvars(caller=key)
            form, named = stated_form(request, (Form.JSON,)), frozenset({key})
            refuse_parameters(request)
            body = await self._parse(content, form, key, Concerned(named, named.__contains__))
            return await self._publish(Push(body.documents, named, message_id=stamp.message_id))

    async def _read_signed(self, request: web.Request, secrets: Sequence[bytes], stamp: Stamp) -> bytes:
        """The body, if its signature is good: until then whatever is wrong with it may be a stranger's doing."""
        try:
            content = await read_content(request, self._settings)
        except RefusalError as refusal:
            refusal.outcome = "unauthorised"
            raise
        if not is_signed(secrets, stamp, content):
            raise refusals.unauthorised()
        return content

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        """A place among the few that one caller has, so that one who sends too much holds up nobody else."""
        if self._in_hand[name] >= MOST_IN_HAND:
            raise refusals.busy(MOST_IN_HAND)
        self._in_hand[name] += 1
        try:
            yield
        finally:
            self._in_hand[name] -= 1

    async def _parse(self, content: bytes, form: Form, source: str | None, concerned: Concerned) -> Body:
        """The documents of the body, all of them; on a thread of its own, since a large one takes its time."""
        try:
            body = await asyncio.to_thread(read_body, content, form, source)
        except BodyTooLongError as error:
            raise refusals.too_many(str(error), concerned.named) from error
        except BodyError as error:
            raise refusals.unreadable(str(error), concerned.named) from error
        if body.problems:
            raise refusals.invalid(body.problems, len(body.documents), concerned.of(body))
        return body

    async def _publish(self, push: Push) -> Report | None:
        work = asyncio.get_running_loop().run_in_executor(self._worker, self._intake.take, push)
        try:
            async with asyncio.timeout(self._settings.push_timeout_seconds):
                return await work
        except (RetryableError, TimeoutError) as error:
            log.warning("push_not_confirmed", error=str(error) or "too slow")
            raise refusals.unavailable() from error
        except UnacceptableError as error:
            raise refusals.unacceptable(str(error), push.sources) from error
