"""Puts events on the topic and only then remembers them: an end in between loses none, and `outlet` repeats none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.contracts import codec
from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadLetterError, DeadReason, RetryableError
from services.contracts.events import Event
from services.contracts.topics import DEAD, EVENTS
from services.ingest.memory.begun import forget_begun
from services.ingest.outlet import name_of
from services.ingest.pages.page import Problem
from services.runtime.failpoint import failpoint
from services.runtime.handling import Outgoing
from services.runtime.metrics import DEAD_LETTERS, RECORDS

SERVICE = "ingest"

Send = Callable[[Sequence[Outgoing]], None]
"""Returns once the broker has confirmed every record; raises RetryableError if it has not."""

Save = Callable[[sa.Connection], None]


def publish(engine: sa.Engine, send: Send, outgoings: Sequence[Outgoing], save: Save) -> None:
    """Have every record confirmed by the broker, then run `save` in one transaction.

    Raises RetryableError if either fails; the same records may then be published again, their ids are the same.
    With the `send` of an `Outlet`, those that reached the topic are not.
    """
    if outgoings:
        failpoint("ingest.before_produce")
        send(outgoings)
        failpoint("ingest.after_produce")
    try:
        with engine.begin() as connection:
            save(connection)
            forget_begun(connection, filter(None, map(name_of, outgoings)))
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the state could not be saved: {error.orig}") from error
    if outgoings:
        failpoint("ingest.after_save")


def encode_events(events: Iterable[Event], now: datetime) -> Iterator[Outgoing]:
    """The events as records of the events topic; one that is too large to travel becomes a dead letter."""
    for event in events:
        key = event.event_id.encode()
        try:
            yield Outgoing(EVENTS, key, codec.encode(event), (codec.schema_header(event),))
        except DeadLetterError as error:
            value = event.model_copy(update={"body": None}).model_dump_json().encode("utf-8", "replace")
            yield _dead(EVENTS.name, 0, key, value, error.reason, f"{error}; kept without its body", now)


def encode_problem(problem: Problem, number: int, now: datetime) -> Outgoing:
    """A line that cannot be read, as a dead letter: its original bytes, its file and line, and what is wrong."""
    key = problem.where.encode("utf-8", "replace")[:200]
    return _dead(f"file:{problem.where}", number, key, problem.value or b"", DeadReason.INVALID, str(problem), now)


def _dead(topic: str, offset: int, key: bytes, value: bytes, reason: DeadReason, error: str, now: datetime) -> Outgoing:
    if len(value) > codec.MAX_BYTES:
        value, error = value[: codec.MAX_BYTES], f"{error} (only the first {codec.MAX_BYTES} bytes are kept)"
    letter = DeadLetter(SERVICE, topic, 0, offset, reason, error, now, key, value)
    return Outgoing(DEAD, key, value, letter.to_headers())


def count_published(outgoings: Sequence[Outgoing], unchanged: int) -> None:
    """Count what became of the records: published, put aside, or known already."""
    dead = [each for each in outgoings if each.topic is DEAD]
    for each in dead:
        reason = dict(each.headers)["noroshi-dead-reason"].decode()
        DEAD_LETTERS.labels(SERVICE, reason).inc()
    RECORDS.labels(SERVICE, "ok").inc(len(outgoings) - len(dead))
    RECORDS.labels(SERVICE, "dead").inc(len(dead))
    RECORDS.labels(SERVICE, "duplicate").inc(unchanged)
