"""Lists dead letters and puts their original records back where they came from.

A replay is harmless to repeat: ids are deterministic, so what was done already is recognised downstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadReason, UsageError
from services.contracts.topics import DEAD
from services.runtime.handling import Consumed, Message
from services.runtime.producer import EventProducer
from services.runtime.topicscan import IDLE_SECONDS, scan_topic

_OURS = "noroshi."

REPLAY_HEADER = "noroshi-replayed"
"""Marks a replayed record: the place of its dead letter and when it was replayed."""


@dataclass(frozen=True)
class StoredLetter:
    """A dead letter and its own place on the dead-letter topic."""

    partition: int
    offset: int
    letter: DeadLetter

    @property
    def place(self) -> str:
        """The name by which a person refers to it: partition and offset, e.g. `0:17`."""
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Unreadable:
    """A record on the dead-letter topic that is not one of our dead letters."""

    partition: int
    offset: int
    why: str

    @property
    def place(self) -> str:
        """Partition and offset, e.g. `0:17`."""
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True)
class DeadFilter:
    """Which letters are meant; what is None does not narrow. `offsets` are places on the dead-letter topic."""

    reason: DeadReason | None = None
    service: str | None = None
    topic: str | None = None
    offsets: tuple[int, int] | None = None
    since: datetime | None = None

    def holds(self, stored: StoredLetter) -> bool:
        """Whether the letter is meant; `offsets` includes both ends."""
        letter = stored.letter
        first, last = self.offsets or (stored.offset, stored.offset)
        return (
            self.reason in (None, letter.reason)
            and self.service in (None, letter.service)
            and self.topic in (None, letter.topic)
            and first <= stored.offset <= last
            and (self.since is None or letter.at >= self.since)
        )


EVERYTHING = DeadFilter()


def list_dead(
    broker: str, wanted: DeadFilter = EVERYTHING, *, timeout_seconds: float = IDLE_SECONDS
) -> Iterator[StoredLetter | Unreadable]:
    """The dead letters that `wanted` holds for, oldest first by partition, up to the ends as of the call.

    Records that are no dead letters come as Unreadable, whatever the filter. Raises RetryableError if the
    broker does not answer or stops answering before the end.
    """
    for record in scan_topic(broker, DEAD.name, timeout_seconds=timeout_seconds):
        found = _read(record)
        if isinstance(found, Unreadable) or wanted.holds(found):
            yield found


def replay(stored: Iterable[StoredLetter], producer: EventProducer, now: datetime) -> int:
    """Put the original key, bytes and headers of each letter back on its topic, confirmed; returns how many.

    Each carries REPLAY_HEADER besides. The letters stay where they are: a topic is a record of what happened.
    Raises UsageError, before anything is put back, for a letter that came from no topic of ours, such as a line
    of a file: mend the file and take it in again.
    """
    stored = list(stored)
    for each in stored:
        if not is_replayable(each):
            raise UsageError(
                f"the dead letter at {each.place} came from {each.letter.topic}, which is no topic; "
                "mend what it came from and take it in again"
            )
    messages = [replayed_message(each, now) for each in stored]
    producer.send_messages(messages)
    return len(messages)


def is_replayable(stored: StoredLetter) -> bool:
    """Whether the letter came from a topic of ours; a line of a file, for one, did not."""
    return stored.letter.topic.startswith(_OURS)


def replayed_message(stored: StoredLetter, now: datetime) -> Message:
    """The original record, marked as a replay; a mark of an earlier replay is replaced."""
    letter = stored.letter
    mark = (REPLAY_HEADER, f"{DEAD.name}/{stored.place} {now.isoformat()}".encode())
    kept = tuple(pair for pair in letter.headers if pair[0] != REPLAY_HEADER)
    return Message(letter.topic, letter.key, letter.value, (*kept, mark))


def _read(record: Consumed) -> StoredLetter | Unreadable:
    try:
        letter = DeadLetter.from_record(record.key, record.value, record.headers)
    except ValueError as error:
        return Unreadable(record.partition, record.offset, str(error))
    return StoredLetter(record.partition, record.offset, letter)
