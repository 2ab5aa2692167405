"""The way to the topic of events: an end of the process between sending and remembering repeats nothing.

Before a batch is sent, its events are noted as begun; once it is confirmed and remembered, the note goes
(`publish.publish`). Who finds such a note reads on the topic what became of that batch, before sending it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from services.contracts import codec
from services.contracts.errors import RetryableError
from services.contracts.events import Event
from services.contracts.topics import EVENTS
from services.ingest.memory.begun import Named, load_begun, note_begun
from services.runtime.clock import Clock
from services.runtime.handling import Consumed, Outgoing
from services.runtime.producer import EventProducer
from services.runtime.topicscan import scan_topic

log = structlog.get_logger("noroshi.ingest")

_MARGIN = timedelta(minutes=10)
"""How far the broker's clock, where it stamps the records, may be behind ours."""


class Topic(Protocol):
    """What the outlet needs of the broker."""

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        """Return once every record is confirmed."""
        ...

    def read_since(self, moment: datetime) -> Iterable[Consumed]:
        """The records of the events topic from that moment on, oldest first by partition."""
        ...


class BrokerTopic:
    """The events topic of a broker."""

    def __init__(self, broker: str, producer: EventProducer) -> None:
        self._broker, self._producer = broker, producer

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        """As `EventProducer.send_confirmed`."""
        self._producer.send_confirmed(outgoings)

    def read_since(self, moment: datetime) -> Iterable[Consumed]:
        """As `scan_topic`."""
        return scan_topic(self._broker, EVENTS.name, since=moment)


class Outlet:
    """Sends batches of records; of events that a batch begun before has brought to the topic, it sends none again."""

    def __init__(self, engine: sa.Engine, topic: Topic, clock: Clock) -> None:
        self._engine, self._topic, self._clock = engine, topic, clock

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        """Return once every record is on its topic; raises RetryableError if broker or database do not confirm."""
        named = {place: name for place, each in enumerate(outgoings) if (name := name_of(each))}
        begun = self._begin(set(named.values()))
        landed = find_landed(self._topic.read_since(min(begun.values()) - _MARGIN), begun) if begun else frozenset()
        if landed:
            log.info("already_published", events=len(landed))
        rest = [each for place, each in enumerate(outgoings) if named.get(place) not in landed]
        if rest:
            self._topic.send(rest)

    def _begin(self, named: set[Named]) -> dict[Named, datetime]:
        """Note the batch as begun; returns what of it was begun before, and when."""
        try:
            with self._engine.begin() as connection:
                before = load_begun(connection, named)
                note_begun(connection, sorted(named - before.keys()), self._clock.now())
        except sa.exc.OperationalError as error:
            raise RetryableError(f"the state could not be saved: {error.orig}") from error
        return before


def name_of(outgoing: Outgoing) -> Named | None:
    """Which revision of which document a record of the events topic is; None for a record of another topic."""
    if outgoing.topic is not EVENTS:
        return None
    event = codec.decode(Event, outgoing.value)
    return event.event_id, event.revision


def find_landed(records: Iterable[Consumed], begun: Iterable[Named]) -> frozenset[Named]:
    """Those of the revisions begun that stand last on the topic among the revisions of their documents.

    An earlier one does not count: a document may come back to what it said before.
    """
    wanted = frozenset(begun)
    ids = {event_id.encode() for event_id, _ in wanted}
    last: dict[str, str] = {}
    for record in records:
        if record.key in ids:
            event = codec.decode(Event, record.value)
            last[event.event_id] = event.revision
    return wanted & frozenset(last.items())
