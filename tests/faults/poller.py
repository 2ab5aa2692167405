"""The live path of ingest without its patience: one source, asked again a moment after the last answer.

Run as: python -m tests.faults.poller SOURCES_FOLDER. A schedule in `source.yml` waits a minute at least, which no
campaign of hundreds of runs can; fetching, reading, publishing and remembering are the shipped `Poller.poll`.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.cli.settings import load
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.polling.poll import Poller
from services.ingest.polling.tools import Tools
from services.ingest.publish import SERVICE
from services.ingest.settings import IngestSettings
from services.ingest.source import load_sources
from services.ingest.wire.fetch import Fetcher
from services.runtime.clock import SystemClock
from services.runtime.log import configure_logging
from services.runtime.producer import EventProducer
from services.runtime.serve import Stopping, new_health, run_service
from services.runtime.store import migrate, open_engine

PAUSE_SECONDS = 0.2


def main(folder: Path) -> int:
    """Poll until told to stop."""
    settings = load(IngestSettings, sources=(folder,), allow_private=True, live=True, contact="ops@noroshi.example")
    configure_logging(SERVICE, settings)
    health, clock = new_health(SERVICE, settings), SystemClock()
    engine = open_engine(settings, SERVICE)
    migrate(engine, SERVICE)
    (source,) = load_sources(settings.sources)

    async def poll(stopping: Stopping) -> None:
        worker = ThreadPoolExecutor(max_workers=1)
        with EventProducer(settings.broker, client_id="noroshi-ingest") as producer:
            async with Fetcher(settings, clock) as fetcher:
                send = Outlet(engine, BrokerTopic(settings.broker, producer), clock).send
                poller = Poller(settings, Tools(fetcher, engine, send, worker, clock, health))
                while not await stopping.wait(PAUSE_SECONDS):
                    await poller.poll(source, stopping)

    return run_service(SERVICE, settings, [poll], health=health)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
