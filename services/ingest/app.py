"""Wires the ingest service: sources to pollers, pollers to broker and state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
import structlog

from services.ingest.canary import canary_task
from services.ingest.health.watch import Watch
from services.ingest.inlets.receiving import Receiving
from services.ingest.inlets.sampletask import sample_task
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.polling.poll import Poller
from services.ingest.polling.tools import Tools
from services.ingest.publish import SERVICE
from services.ingest.settings import IngestSettings
from services.ingest.source import Source, load_sources
from services.ingest.wire.access import accesses_of
from services.ingest.wire.fetch import Fetcher
from services.runtime.clock import SystemClock
from services.runtime.health import Health
from services.runtime.producer import EventProducer
from services.runtime.serve import Stopping, new_health, run_service
from services.runtime.store import migrate, open_engine, wait_for_server

log = structlog.get_logger("noroshi.ingest")


class IngestService:
    """One process of the ingest service."""

    def __init__(self, settings: IngestSettings, health: Health) -> None:
        self._settings, self._health, self._clock = settings, health, SystemClock()
        active = [each for each in load_sources(settings.sources) if each.status == "active"]
        self._sources = [each for each in active if not each.is_pushed]
        self._accesses = accesses_of(self._sources, settings.source_keys)
        self._engine: sa.Engine = open_engine(settings, SERVICE)
        wait_for_server(self._engine)
        migrate(self._engine, SERVICE)
        self.receiving = Receiving(settings, active, self._engine, health, self._clock)

    async def poll(self, stopping: Stopping) -> None:
        """Poll every source until the service is to stop; without `live` only wait for that."""
        if not self._settings.live:
            self._health.set_ready("sources", True, "polling is off (live = false); files are taken in on demand")
            log.info("not_polling", sources=len(self._sources), mend="set NOROSHI_INGEST_LIVE=true to poll")
            await stopping.wait()
            return
        producer = _producer(self._settings)
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest-publish")
        try:
            async with Fetcher(self._settings, self._clock, accesses=self._accesses) as fetcher:
                outlet = Outlet(self._engine, BrokerTopic(self._settings.broker, producer), self._clock)
                tools = Tools(fetcher, self._engine, outlet.send, worker, self._clock, self._health)
                self._health.set_ready("sources", True, f"polling {len(self._sources)} sources")
                watch = Watch(self._sources, self._engine, self._clock)
                await _poll_all(Poller(self._settings, tools), self._sources, watch, stopping)
        finally:
            worker.shutdown(wait=False, cancel_futures=True)
            producer.close()


def _producer(settings: IngestSettings) -> EventProducer:
    """A producer that gives up well before a stop is forced; what it gave up is published at the next attempt."""
    seconds = min(settings.send_timeout_seconds, settings.stop_seconds / 2)
    return EventProducer(settings.broker, client_id="noroshi-ingest", timeout_seconds=seconds)


async def _poll_all(poller: Poller, sources: Sequence[Source], watch: Watch, stopping: Stopping) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.run(stopping), name="watch sources")
        for source in sources:
            group.create_task(poller.run(source, stopping), name=f"poll {source.key}")


def run(settings: IngestSettings, *, sample: bool = False) -> int:
    """Run the service until it is told to stop; returns the exit code of the process. `sample` is read first.

    Raises UsageError if a source or the health server's address is wrong.
    """
    health = new_health(SERVICE, settings)
    service = IngestService(settings, health)
    canary = canary_task(settings.canary_minutes, _producer(settings), SystemClock())
    tasks = [service.poll, canary, *service.receiving.tasks()]
    if sample:
        tasks.append(sample_task(settings, health))
    return run_service(SERVICE, settings, tasks, health=health)
