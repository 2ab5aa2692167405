"""The alert service as far as its outbox, on a database of its own, and histories to put through it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from services.alert.app import AlertService
from services.alert.lifecycle.told import told_table
from services.alert.settings import DEFAULT_WATCHLISTS, AlertSettings
from services.alert.tables import alerts
from services.classify.core import Classifier
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import MEASURES
from services.ingest.inlets.files import read_events, sample_paths
from services.runtime.handling import Consumed
from services.runtime.health import Health
from services.runtime.store import reading
from services.taxonomy.load import default_taxonomy

CORPUS = Path(__file__).parents[1] / "corpus"
EVERYTHING = "id: {id}\nname: Everything\nmatch: {{stage: '>= unknown'}}\ndestinations: [{{slack: C0{address}}}]\n"


class Outbox:
    """The service's own path from a record of the topic to its outbox; nothing is delivered."""

    def __init__(self, folder: Path, watchlists: Path = DEFAULT_WATCHLISTS) -> None:
        settings = AlertSettings(state_dir=folder, watchlists=watchlists, slack_token="xoxb-none")
        self.service = AlertService(settings, default_taxonomy(), Health("alert"))

    def take(self, acts: Iterable[Act]) -> tuple[Alert, ...]:
        """Put the acts through the service; returns the alerts that this added to the outbox, in order."""
        before = self.last
        asyncio.run(self._take(acts))
        with reading(self.service.engine) as connection:
            rows = connection.execute(sa.select(alerts.c.alert).where(alerts.c.seq > before).order_by(alerts.c.seq))
            return tuple(codec.decode(Alert, text.encode()) for (text,) in rows)

    async def _take(self, acts: Iterable[Act]) -> None:
        for offset, act in enumerate(acts):
            header = codec.schema_header(act)
            await self.service.handle(Consumed(MEASURES.name, 0, offset, b"k", codec.encode(act), (header,), 0.0))

    @property
    def last(self) -> int:
        """The number of the newest alert."""
        with reading(self.service.engine) as connection:
            return int(connection.execute(sa.select(sa.func.max(alerts.c.seq))).scalar_one() or 0)

    @property
    def remembered(self) -> int:
        """How many measures somebody is known to have been told of, or would have been."""
        with reading(self.service.engine) as connection:
            query = sa.select(sa.func.count(sa.distinct(told_table.c.measure_id)))
            return int(connection.execute(query).scalar_one())


@cache
def sample_events() -> tuple[Event, ...]:
    """The bundled sample in the order of publication, each document seen when it came out."""
    return _in_order(sample_paths())


@cache
def corpus_events() -> tuple[Event, ...]:
    """The project's own composed documents, likewise."""
    return _in_order(sorted(CORPUS.glob("own.*.jsonl")))


def _in_order(paths: Sequence[Path]) -> tuple[Event, ...]:
    found = sorted((each for each in read_events(paths) if isinstance(each, Event)), key=_day)
    return tuple(
        event.model_copy(update={"seen_at": _day(event) + timedelta(seconds=number)})
        for number, event in enumerate(found)
    )


def _day(event: Event) -> datetime:
    day = event.published_on or event.seen_at.date()
    return datetime.combine(day, time(9), UTC)


@cache
def _classifier() -> Classifier:
    return Classifier(default_taxonomy())


def read(events: Iterable[Event], classifier: Classifier | None = None) -> Iterator[Act]:
    """The acts of the events, as classified by the shipped vocabulary or by another."""
    reading_ = classifier or _classifier()
    return (act for event in events for act in reading_.classify(event).acts)


@cache
def sample_acts() -> tuple[Act, ...]:
    """The acts of the sample."""
    return tuple(read(sample_events()))
