"""History to look back on: acts from the topic, or from event files that are classified now."""

from __future__ import annotations

import itertools
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path

from services.alert.settings import AlertSettings
from services.classify.core import Classifier
from services.cli.account import without_canaries
from services.contracts import codec
from services.contracts.errors import DeadLetterError, RetryableError, UsageError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import MEASURES
from services.ingest.inlets.files import read_events, sample_paths
from services.ingest.pages.page import Problem
from services.runtime.handling import Consumed
from services.runtime.topicscan import scan_topic
from services.taxonomy.load import default_taxonomy

_PROBE_SECONDS = 3.0
"""How long a broker may take to accept a connection; its client would ask for much longer."""

_MAX_PROBLEMS = 20
_OFFICE_HOUR = time(9, tzinfo=UTC)


@dataclass
class History:
    """Acts in order, one at a time; `name` says where they are from.

    While the acts are read, `read` counts records or documents of `total` (None if nobody knows), `not_read` those
    that could not be read, and `problems` names the first of them.
    """

    name: str
    acts: Iterator[Act] = field(default_factory=lambda: iter(()))
    total: int | None = None
    read: int = 0
    not_read: int = 0
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """Count what could not be read."""
        self.not_read += 1
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(problem)


def open_history(
    settings: AlertSettings, files: Sequence[Path] = (), *, topic: bool = False, sample: bool = False
) -> History:
    """The history that was asked for; of none, the topic if a broker answers and has acts, else the bundled sample.

    Raises UsageError for a file that cannot be read and for more than one history, RetryableError if the topic was
    asked for and the broker does not answer.
    """
    if topic + sample + bool(files) > 1:
        raise UsageError("name one history: --topic, --sample or --file")
    if files:
        return _from_files(files)
    if topic:
        return _from_topic(settings.broker)
    if sample:
        return _from_sample("")
    try:
        found = _from_topic(settings.broker)
        first = next(found.acts, None)
    except RetryableError:
        return _from_sample(f", for no broker answers at {settings.broker}")
    if first is None:
        return _from_sample(f", for {MEASURES.name} is empty")
    found.acts = itertools.chain([first], found.acts)
    return found


def _listens(broker: str) -> bool:
    """Whether anybody takes a connection at one of the servers."""
    for server in broker.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_SECONDS).close()
        except (OSError, ValueError):
            continue
        return True
    return False


def _from_topic(broker: str) -> History:
    if not _listens(broker):
        raise RetryableError(f"broker {broker}: nobody takes a connection; start it, or name a --file")
    found = History(f"the topic {MEASURES.name} at {broker}")
    found.acts = _decode(without_canaries(scan_topic(broker, MEASURES.name)), found)
    return found


def _decode(records: Iterator[Consumed], history: History) -> Iterator[Act]:
    for record in records:
        history.read += 1
        header = next((value for name, value in record.headers if name == codec.SCHEMA_HEADER), None)
        try:
            yield codec.decode(Act, record.value, header)
        except DeadLetterError as error:
            history.note(f"{record.topic}/{record.partition} offset {record.offset}: {error}")


def _from_sample(why: str) -> History:
    return History(f"the bundled sample{why}", iter(_sample_acts()))


@cache
def _sample_acts() -> tuple[Act, ...]:
    return tuple(_from_files(sample_paths()).acts)


def _from_files(paths: Sequence[Path]) -> History:
    """Documents by their publication, kept on disk while they are sorted, so that memory does not grow with them."""
    found = History(", ".join(map(str, paths)))
    shelf = sqlite3.connect("")  # a private file that goes away with the connection
    shelf.execute("CREATE TABLE events (at TEXT, seq INTEGER, event TEXT)")
    for number, each in enumerate(read_events(paths)):
        if isinstance(each, Problem):
            found.note(str(each))
        else:
            at = published_at(each) + timedelta(microseconds=number)
            event = each.model_copy(update={"seen_at": at})
            shelf.execute("INSERT INTO events VALUES (?, ?, ?)", (at.isoformat(), number, event.model_dump_json()))
    (found.total,) = shelf.execute("SELECT count(*) FROM events").fetchone()
    found.acts = _classify(shelf, Classifier(default_taxonomy()), found)
    return found


def _classify(shelf: sqlite3.Connection, classifier: Classifier, history: History) -> Iterator[Act]:
    with closing(shelf):
        for (text,) in shelf.execute("SELECT event FROM events ORDER BY at, seq"):
            history.read += 1
            yield from classifier.classify(Event.model_validate_json(text)).acts


def published_at(event: Event) -> datetime:
    """When the document came out: its day counts from nine in the morning, and without one it is new now."""
    if event.published_at is not None:
        return event.published_at.astimezone(UTC)
    return datetime.combine(event.published_on, _OFFICE_HOUR) if event.published_on else event.seen_at
