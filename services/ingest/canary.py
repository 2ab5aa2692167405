"""Sends the canary: every few minutes a document of our own that only says that the way to the end is free.

It enters where a decision of ingest leaves: what lies before, the fetching and reading, is judged source by source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from services.contracts import canary
from services.contracts.errors import RetryableError
from services.contracts.events import Event
from services.contracts.vocab import Language
from services.ingest.core import to_event
from services.ingest.pages.page import Document
from services.ingest.publish import Send, encode_events
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.handling import Outgoing
from services.runtime.producer import EventProducer
from services.runtime.serve import BackgroundTask, Stopping

TITLE = "Test of Noroshi itself, no news: China requires export licences for gallium"
"""A sentence that the classifier must understand; `services/alert/canary/watchlist.py` says what is to be found."""

_AGAIN_SECONDS = 30.0
"""How soon a canary that the broker did not take is followed by the next; it is not sent late itself."""

log = structlog.get_logger("noroshi.ingest")


def make_canary(now: datetime) -> Event:
    """The test event that is published now: a document, and so a measure, of its own."""
    document = Document(
        source=canary.KEY,
        source_name="Noroshi's own test event",
        document_id=f"beat-{now.isoformat()}",
        title=TITLE,
        lang=Language.EN,
        published_on=now.date(),
        published_at=now,
    )
    return to_event(document, seen_at=now, backfill=False)


def write_canary(event: Event, now: datetime) -> Sequence[Outgoing]:
    """The test event as a record of the events topic, marked as what it is."""
    return [replace(each, headers=(*each.headers, canary.HEADER)) for each in encode_events([event], now)]


def canary_task(minutes: int, producer: EventProducer, clock: Clock) -> BackgroundTask:
    """A task that sends a canary at once and then every so many minutes; with 0 it sends none."""

    async def run(stopping: Stopping) -> None:
        metrics.CANARY_INTERVAL.set(60 * minutes)
        try:
            while minutes and not stopping.requested:
                is_sent = await asyncio.to_thread(send_canary, producer.send_confirmed, clock)
                await stopping.wait(60.0 * minutes if is_sent else _AGAIN_SECONDS)
        finally:
            producer.close()

    return run


def send_canary(send: Send, clock: Clock) -> bool:
    """Publish a canary as of now; False if the broker did not confirm it, which is no trouble of ingest's."""
    now = clock.now()
    try:
        send(write_canary(make_canary(now), now))
    except RetryableError as error:
        log.warning("canary_not_sent", error=str(error), again_in_seconds=_AGAIN_SECONDS)
        return False
    return True
