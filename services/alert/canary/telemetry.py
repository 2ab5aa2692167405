"""What the canary says of the way it came, in metrics and log."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
import structlog

from services.alert.canary.arrivals import Arrival, load_newest
from services.runtime import metrics
from services.runtime.store import reading

log = structlog.get_logger("noroshi.canary")


def note_arrivals(arrived: Iterable[Arrival], newest: Arrival | None) -> None:
    """Say that these came through; the age to watch is that of the newest, in whatever order they came."""
    for each in arrived:
        metrics.CANARY_SECONDS.observe(each.seconds)
        log.info("canary_arrived", published_at=each.published_at.isoformat(), seconds=round(each.seconds, 3))
    if newest is not None:
        metrics.CANARY_LAST_SUCCESS.set(newest.published_at.timestamp())


def show_newest(engine: sa.Engine) -> None:
    """Show the newest that came through before this process started, whichever process saw it."""
    with reading(engine) as connection:
        note_arrivals((), load_newest(connection))
