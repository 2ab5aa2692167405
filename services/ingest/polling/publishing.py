"""Publishes what was decided, as often as it takes, and remembers it once the broker has confirmed."""

from __future__ import annotations

import asyncio

import structlog

from services.contracts.errors import RetryableError
from services.ingest.core import Decision
from services.ingest.polling.tools import Tools
from services.ingest.publish import SERVICE, Save, count_published, encode_events, publish
from services.ingest.settings import IngestSettings
from services.runtime import metrics
from services.runtime.handling import Outgoing, backoff
from services.runtime.serve import Stopping

log = structlog.get_logger("noroshi.ingest")


class Publishing:
    """The way of every poller to the broker."""

    def __init__(self, settings: IngestSettings, tools: Tools) -> None:
        self._limits, self._tools = settings.limits, tools

    async def publish(self, source: str, decision: Decision, save: Save, stopping: Stopping) -> bool:
        """Publish and remember, as often as it takes; False if the service is to stop before that.

        While the broker is away the page is held here and nothing more is fetched from this source.
        """
        outgoings = list(encode_events(decision.events, self._tools.clock.now()))
        attempt = 0
        while True:
            attempt += 1
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._tools.worker, self._once, outgoings, save, stopping
                )
            except RetryableError as error:
                if await stopping.wait(self._put_off(source, error, attempt)):
                    return False
            else:
                self._tools.health.set_ready("publish", True, "the last publication was confirmed")
                count_published(outgoings, decision.unchanged)
                return True

    def _put_off(self, source: str, error: RetryableError, attempt: int) -> float:
        seconds = backoff(attempt, self._tools.jitter(), self._limits, error.after_seconds)
        self._tools.health.set_ready("publish", False, f"{source} waits to be published: {error}")
        metrics.RETRIES.labels(SERVICE).inc()
        log.warning("publish_failed", source=source, error=str(error), attempt=attempt, in_seconds=seconds)
        return seconds

    def _once(self, outgoings: list[Outgoing], save: Save, stopping: Stopping) -> None:
        if stopping.requested:
            raise RetryableError("the service is stopping; the page is read again at the next start")
        with metrics.STAGE_DURATION.labels(SERVICE, "confirm").time():
            publish(self._tools.engine, self._tools.send, outgoings, save)
