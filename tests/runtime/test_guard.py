"""A record ends as done, put aside or unread; the guard is driven here without Faust and without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadLetterError, DeadReason, RetryableError, StopError
from services.contracts.topics import DEAD, EVENTS
from services.runtime.clock import SteppedClock
from services.runtime.guard import Guard
from services.runtime.handling import Consumed, Limits, Message, Outgoing
from services.runtime.health import Health
from services.runtime.metrics import REGISTRY

RECORD = Consumed("noroshi.events.v1", 1, 7, b"key", b"\xff value", (("origin", b"1"),), 0.0)
OUT = Outgoing(EVENTS, b"k", b"v", (("h", b"1"),))


class Bench:
    """A guard over a handler that fails as told, a broker that refuses as told and a clock that only steps."""

    def __init__(self, failures: Sequence[Exception | None], refusals: Sequence[Exception | None] = ()) -> None:
        self.failures = list(failures)
        self.refusals = list(refusals)
        self.sent: list[Message] = []
        self.waits: list[float] = []
        self.ready_while_waiting: list[bool] = []
        self.stop_while_waiting = False
        self.clock = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.health = Health("classify", clock=self.clock)
        limits = Limits(poison_run_limit=2)
        self.guard = Guard("classify", self.handle, self.send, self.pause, self.health, self.clock, limits)

    async def handle(self, record: Consumed) -> Sequence[Outgoing]:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return [OUT]

    async def send(self, messages: Sequence[Message]) -> None:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        self.sent.extend(messages)

    async def pause(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.ready_while_waiting.append(self.health.ready)
        return self.stop_while_waiting

    def run(self) -> bool:
        return asyncio.run(self.guard.process(RECORD))


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"noroshi_{name}", {"service": "classify", **labels}) or 0.0


def rise(name: str, **labels: str) -> Callable[[], float]:
    before = counted(name, **labels)
    return lambda: counted(name, **labels) - before


def test_a_good_record_is_done_once_its_outputs_are_confirmed() -> None:
    bench = Bench([None])
    done = rise("records_total", outcome="ok")
    assert bench.run()
    assert bench.sent == [Message("noroshi.events.v1", b"k", b"v", (("h", b"1"),))]
    assert done() == 1


def test_a_retryable_error_is_retried_in_place_and_readiness_says_so_meanwhile() -> None:
    bench = Bench([RetryableError("database is away"), RetryableError("database is away"), None])
    retries = rise("retries_total")
    assert bench.run()
    assert len(bench.waits) == 2
    assert bench.ready_while_waiting == [False, False]
    assert bench.health.ready
    assert retries() == 2


def test_outputs_that_are_not_confirmed_are_made_again() -> None:
    bench = Bench([], refusals=[RetryableError("no answer"), None])
    assert bench.run()
    assert len(bench.sent) == 1


def test_a_stop_during_a_wait_leaves_the_record_unread() -> None:
    bench = Bench([RetryableError("again")])
    bench.stop_while_waiting = True
    assert not bench.run()
    assert bench.sent == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [(DeadLetterError("bad"), DeadReason.INVALID), (ZeroDivisionError("1/0"), DeadReason.CRASHED)],
)
def test_poison_is_done_once_its_dead_letter_is_confirmed(error: Exception, reason: DeadReason) -> None:
    bench = Bench([error])
    letters = rise("dead_letters_total", reason=reason.value)
    assert bench.run()
    (message,) = bench.sent
    letter = DeadLetter.from_record(message.key, message.value, message.headers)
    assert message.topic == DEAD.name
    assert (letter.reason, letter.topic, letter.partition, letter.offset) == (reason, RECORD.topic, 1, 7)
    assert (letter.key, letter.value, letter.headers) == (RECORD.key, RECORD.value, RECORD.headers)
    assert letter.at == bench.clock.now()
    assert letters() == 1


@pytest.mark.parametrize("refusal", [RetryableError("no answer"), DeadLetterError("too large")])
def test_a_dead_letter_that_cannot_be_written_stops_the_worker(refusal: Exception) -> None:
    bench = Bench([DeadLetterError("bad")], refusals=[refusal])
    with pytest.raises(StopError, match=r"noroshi\.events\.v1/1@7: the dead letter could not be written"):
        bench.run()


def test_a_run_of_poison_stops_the_worker_and_a_good_record_ends_the_run() -> None:
    poison = DeadLetterError("bad")
    bench = Bench([poison, poison, None, poison, poison, poison])
    assert [bench.run() for _ in range(5)] == [True] * 5
    with pytest.raises(StopError, match="3 records in a row"):
        bench.run()
    assert len([each for each in bench.sent if each.topic == DEAD.name]) == 4


def test_a_handler_that_demands_a_stop_gets_it_and_nothing_is_written() -> None:
    bench = Bench([StopError("ledger is from a newer version")])
    with pytest.raises(StopError, match="ledger"):
        bench.run()
    assert bench.sent == []
