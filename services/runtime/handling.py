"""What a handler is given and gives back, and the decision what to do once it has answered or failed.

Pure: no Faust and no Kafka here, so that any runner can drive the same handlers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadLetterError, DeadReason, RetryableError, StopError
from services.contracts.topics import Topic

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Consumed:
    """One record as it came from a topic; `timestamp` is the broker's, in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: float


@dataclass(frozen=True)
class Outgoing:
    """One record to be put on a topic."""

    topic: Topic
    key: bytes
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True)
class Message:
    """One record on its way to a topic; a dead letter may lack key and value as its origin did."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


Handler = Callable[[Consumed], Awaitable[Sequence[Outgoing]]]
"""Turns one record into the records it leads to; raises a typed error of `services.contracts.errors`.

It may be called again with the same record (after a retry, a crash or a rebalance) and must bear that.
"""


@dataclass(frozen=True)
class Retry:
    """Try the same record again, in place, after `seconds`."""

    seconds: float


@dataclass(frozen=True)
class PutAside:
    """Write the record to the dead letters with this reason, then go on."""

    reason: DeadReason


@dataclass(frozen=True)
class Halt:
    """Leave the record unacknowledged and end the process."""

    message: str


Decision = Retry | PutAside | Halt


@dataclass(frozen=True)
class Limits:
    """How long a record is retried and how many may be put aside one after another.

    `retry_limit` 0 means for ever; `poison_run_limit` records put aside in a row are still tolerated,
    the next one stops the worker, since then it is the worker that is broken and not the records.
    """

    retry_first_seconds: float = 0.2
    retry_cap_seconds: float = 30.0
    retry_limit: int = 0
    poison_run_limit: int = 20


def decide(error: Exception, attempt: int, poison_run: int, jitter: float, limits: Limits) -> Decision:
    """Say what to do with a record whose attempt number `attempt` (from 1) ended in `error`.

    `poison_run` counts the records put aside since the last good one; `jitter` in [0, 1) spreads the waits.
    """
    if isinstance(error, StopError):
        return Halt(str(error))
    if isinstance(error, RetryableError) and not 0 < limits.retry_limit <= attempt:
        return Retry(backoff(attempt, jitter, limits, error.after_seconds))
    if poison_run >= limits.poison_run_limit:
        return Halt(
            f"{poison_run + 1} records in a row could not be processed (the last: {describe(error)}); "
            "suspect this version or its configuration, not the records: mend it and start again, nothing is lost"
        )
    return PutAside(_reason(error))


def backoff(attempt: int, jitter: float, limits: Limits, after_seconds: float | None = None) -> float:
    """Seconds to wait after the failed attempt number `attempt`: doubling, capped, spread over its upper half.

    What the other side asked for (`after_seconds`) is never undercut.
    """
    full = min(limits.retry_first_seconds * 2.0 ** min(attempt - 1, 30), limits.retry_cap_seconds)
    return max(full * (0.5 + jitter / 2), after_seconds or 0.0)


def _reason(error: Exception) -> DeadReason:
    if isinstance(error, DeadLetterError):
        return error.reason
    return DeadReason.RETRIES_EXHAUSTED if isinstance(error, RetryableError) else DeadReason.CRASHED


def describe(error: BaseException) -> str:
    """The error in one line, with its class where it is not one of ours."""
    text = " ".join(str(error).split())
    ours = isinstance(error, DeadLetterError | RetryableError | StopError)
    return text if ours and text else f"{type(error).__name__}: {text}".rstrip(": ")


def dead_letter(service: str, record: Consumed, reason: DeadReason, error: BaseException, at: datetime) -> DeadLetter:
    """The dead letter that keeps this record, byte for byte."""
    return DeadLetter(
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        error=describe(error),
        at=at,
        key=record.key,
        value=record.value,
        headers=record.headers,
    )
