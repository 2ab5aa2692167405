"""Takes in the bundled sample beside the pollers of a running service."""

from __future__ import annotations

import asyncio

from services.contracts.errors import RetryableError
from services.ingest.inlets.files import ingest_sample
from services.ingest.settings import IngestSettings
from services.runtime.health import Health
from services.runtime.serve import BackgroundTask, Stopping

_AGAIN_SECONDS = 1.0
_CONDITION = "sample"


def sample_task(settings: IngestSettings, health: Health) -> BackgroundTask:
    """A task that publishes the sample and then says so in the health; on a second start nothing of it is new."""
    health.set_ready(_CONDITION, False, "reading the bundled sample")

    async def read(stopping: Stopping) -> None:
        while not stopping.requested:
            try:
                report = await asyncio.to_thread(ingest_sample, settings)
            except RetryableError as error:
                health.set_ready(_CONDITION, False, f"trying again: {error}")
                await stopping.wait(_AGAIN_SECONDS)
                continue
            sums = f"{report.new} new, {report.unchanged} known, {report.dead} put aside"
            health.set_ready(_CONDITION, True, sums)
            return

    return read
