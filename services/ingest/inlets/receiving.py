"""Keeps the ways in open for documents that come unasked, beside the pollers of a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import sqlalchemy as sa
import structlog

from services.contracts.errors import RetryableError
from services.ingest.health.watch import Watch
from services.ingest.inlets.arrivals import note_waiting
from services.ingest.inlets.batches import BatchIntake
from services.ingest.inlets.callers import read_callers
from services.ingest.inlets.drop import DropFolder
from services.ingest.inlets.push import PushServer
from services.ingest.inlets.pushes import PushIntake
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.publish import Send
from services.ingest.settings import IngestSettings
from services.ingest.source import Source
from services.runtime.clock import Clock
from services.runtime.health import Health
from services.runtime.producer import EventProducer
from services.runtime.serve import BackgroundTask, Stopping

log = structlog.get_logger("noroshi.ingest")


class Receiving:
    """The inlets that the settings open: a port for pushes, a folder for files, and the watch over their sources."""

    def __init__(
        self, settings: IngestSettings, sources: Sequence[Source], engine: sa.Engine, health: Health, clock: Clock
    ) -> None:
        self._settings, self._engine, self._health, self._clock = settings, engine, health, clock
        self._pushed: Mapping[str, Source] = {each.key: each for each in sources if each.is_pushed}
        self._polled = frozenset(each.key for each in sources if not each.is_pushed)

    def tasks(self) -> list[BackgroundTask]:
        """What there is to do. Sources are watched also where no inlet is open: then nobody hears of them."""
        return [
            *([self.serve] if self._settings.push_port else []),
            *([self.sweep] if self._settings.drop_folder else []),
            *([self.watch] if self._pushed else []),
        ]

    async def serve(self, stopping: Stopping) -> None:
        """Take pushes over HTTP until the service is to stop; raises UsageError if the settings do not fit."""
        callers = read_callers(self._settings.push_tokens, self._settings.push_sources, self._settings.push_secrets)
        with self._publisher("push") as (worker, send):
            intake = PushIntake(self._engine, send, self._clock, self._pushed)
            server = PushServer(self._settings, callers, intake, worker, self._clock, self._polled)
            await server.start()
            where = f"{self._settings.push_host}:{server.port}"
            self._health.set_ready("push", True, f"pushes are taken at {where}")
            log.info("push_open", at=where, callers=len(callers.by_token), webhooks=len(callers.keys))
            try:
                await stopping.wait()
            finally:
                await server.stop()

    async def sweep(self, stopping: Stopping) -> None:
        """Look into the drop folder until the service is to stop; raises UsageError if it cannot be used."""
        if self._settings.drop_folder is None:
            return
        with self._publisher("drop") as (worker, send):
            intake = BatchIntake(self._engine, send, self._clock, pushed=self._pushed)
            folder = DropFolder(self._settings.drop_folder, intake, self._settings)
            folder.prepare()
            while not stopping.requested:
                await self._look(folder, worker, stopping)
                if await stopping.wait(self._settings.drop_seconds):
                    return

    async def watch(self, stopping: Stopping) -> None:
        """Judge the sources that speak when they like, from now on also those that never did."""
        await asyncio.to_thread(self._begin)
        await Watch(tuple(self._pushed.values()), self._engine, self._clock).run(stopping)

    async def _look(self, folder: DropFolder, worker: ThreadPoolExecutor, stopping: Stopping) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(worker, folder.look, lambda: stopping.requested)
        except RetryableError as error:
            self._health.set_ready("drop", False, f"tried again: {error}")
            log.warning("drop_waits", error=str(error))
        else:
            self._health.set_ready("drop", True, f"files are taken from {self._settings.drop_folder}")

    def _begin(self) -> None:
        with self._engine.begin() as connection:
            note_waiting(connection, self._pushed.values(), self._clock.now())

    @contextmanager
    def _publisher(self, name: str) -> Iterator[tuple[ThreadPoolExecutor, Send]]:
        """A way to the topic and the one thread that uses it, both given up in time for the stop."""
        seconds = min(self._settings.send_timeout_seconds, self._settings.stop_seconds / 2)
        producer = EventProducer(self._settings.broker, client_id=f"noroshi-{name}", timeout_seconds=seconds)
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"ingest-{name}")
        try:
            yield worker, Outlet(self._engine, BrokerTopic(self._settings.broker, producer), self._clock).send
        finally:
            worker.shutdown(wait=False, cancel_futures=True)
            producer.close()
