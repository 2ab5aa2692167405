"""Looks after the state of every source: shows it as metrics, and says so when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from services.ingest.health import paststore
from services.ingest.health.state import SourceHealth, SourceState, expected_gap, judge
from services.ingest.memory import store
from services.ingest.source import Source
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.serve import Stopping
from services.runtime.store import reading

log = structlog.get_logger("noroshi.ingest")

_EVERY_SECONDS = 60.0


class Watch:
    """Judges all sources once a minute from the database, whatever their pollers are doing."""

    def __init__(self, sources: Sequence[Source], engine: sa.Engine, clock: Clock) -> None:
        self._sources, self._engine, self._clock = sources, engine, clock

    async def run(self, stopping: Stopping) -> None:
        """Look at every source until the service is to stop."""
        while True:
            await asyncio.to_thread(self.look)
            if await stopping.wait(_EVERY_SECONDS):
                return

    def look(self) -> None:
        """Judge every source once; an error of ours in one leaves the others, and the next look tries it again."""
        for source in self._sources:
            try:
                self._look_at(source)
            except sa.exc.OperationalError as error:
                log.warning("sources_not_judged", error=str(error.orig).strip())
                return
            except Exception as error:
                log.error("source_not_judged", source=source.key, error=str(error), exc_info=error)

    def _look_at(self, source: Source) -> None:
        now = self._clock.now()
        with reading(self._engine) as connection:
            past = paststore.load_past(connection, source.key)
            health = judge(source, store.load_cursor(connection, source.key), past, now)
            known = paststore.load_state(connection, source.key)
        metrics.SOURCE_EXPECTED_GAP.labels(source.key).set(expected_gap(source, past).workdays)
        for state in SourceState:
            metrics.SOURCE_STATE.labels(source.key, state.value).set(state is health.state)
        if known is None or known[0] is not health.state:
            with self._engine.begin() as connection:
                paststore.save_state(connection, source.key, health.state, now)
            _say(source, health, known[0] if known else None)


def _say(source: Source, health: SourceHealth, before: SourceState | None) -> None:
    is_well = health.state in (SourceState.OK, SourceState.WAITING)
    say = log.info if is_well else log.warning
    say(
        "source_state",
        source=source.key,
        state=health.state.value,
        was=before.value if before else None,
        reason=health.reason,
    )
