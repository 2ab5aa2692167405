"""Wires a back-fill: fetcher, broker and state of one run of the command."""

from __future__ import annotations

from datetime import date

from services.ingest.backfill.history import BackfillReport, first_url, plan_windows
from services.ingest.backfill.reader import Backfill, BackfillTools, Progress
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.publish import SERVICE
from services.ingest.settings import IngestSettings
from services.ingest.source import Source
from services.ingest.wire.access import accesses_of
from services.ingest.wire.fetch import Fetcher
from services.runtime.clock import SystemClock
from services.runtime.producer import EventProducer
from services.runtime.store import migrate, open_engine


async def run_backfill(
    settings: IngestSettings,
    source: Source,
    since: date,
    until: date,
    *,
    again: bool,
    pause_seconds: float,
    progress: Progress,
) -> BackfillReport:
    """Read the past of a source as `Backfill.run` says, with the settings' broker, state and fetcher."""
    first_url(source, plan_windows(since, until)[0])  # a wrong request is refused before anything is opened
    clock, engine = SystemClock(), open_engine(settings, SERVICE)
    seconds = settings.send_timeout_seconds
    try:
        migrate(engine, SERVICE)
        with EventProducer(settings.broker, client_id="noroshi-backfill", timeout_seconds=seconds) as producer:
            accesses = accesses_of([source], settings.source_keys)
            async with Fetcher(settings, clock, accesses=accesses) as fetcher:
                send = Outlet(engine, BrokerTopic(settings.broker, producer), clock).send
                tools = BackfillTools(fetcher.fetch, engine, send, clock, pause_seconds=pause_seconds)
                return await Backfill(source, tools, progress).run(since, until, again=again)
    finally:
        engine.dispose()
