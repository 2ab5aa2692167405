"""What is done with a record once its handler has failed."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.errors import DeadLetterError, DeadReason, RetryableError, StopError
from services.runtime.handling import Consumed, Halt, Limits, PutAside, Retry, backoff, dead_letter, decide, describe

LIMITS = Limits(retry_first_seconds=0.2, retry_cap_seconds=30.0, retry_limit=0, poison_run_limit=20)


def test_a_stop_halts_whatever_the_counts() -> None:
    assert decide(StopError("disk full"), 1, 0, 0.0, LIMITS) == Halt("disk full")


def test_a_retryable_error_is_retried_for_ever_by_default() -> None:
    assert isinstance(decide(RetryableError("no answer"), 10_000, 0, 0.0, LIMITS), Retry)


def test_with_a_limit_the_last_attempt_puts_the_record_aside() -> None:
    limited = Limits(retry_limit=3)
    decisions = [decide(RetryableError("no answer"), attempt, 0, 0.0, limited) for attempt in (1, 2, 3)]
    assert [type(each) for each in decisions] == [Retry, Retry, PutAside]
    assert decisions[2] == PutAside(DeadReason.RETRIES_EXHAUSTED)


def test_a_dead_letter_keeps_its_reason_and_any_other_error_counts_as_a_crash() -> None:
    too_large = DeadLetterError("900 kB", reason=DeadReason.TOO_LARGE)
    assert decide(too_large, 1, 0, 0.0, LIMITS) == PutAside(DeadReason.TOO_LARGE)
    assert decide(KeyError("gallium"), 1, 0, 0.0, LIMITS) == PutAside(DeadReason.CRASHED)


def test_the_record_after_the_longest_tolerated_run_of_poison_halts() -> None:
    assert isinstance(decide(KeyError("x"), 1, 19, 0.0, LIMITS), PutAside)
    halt = decide(KeyError("x"), 1, 20, 0.0, LIMITS)
    assert isinstance(halt, Halt)
    assert "21 records in a row" in halt.message


@given(attempt=st.integers(1, 10**6), jitter=st.floats(0, 1, exclude_max=True))
def test_a_wait_never_exceeds_the_cap_and_never_falls_under_half_of_the_first(attempt: int, jitter: float) -> None:
    assert LIMITS.retry_first_seconds / 2 <= backoff(attempt, jitter, LIMITS) <= LIMITS.retry_cap_seconds


@given(attempt=st.integers(1, 40), jitter=st.floats(0, 1, exclude_max=True), after=st.floats(0, 3600))
def test_what_the_other_side_asked_for_is_never_undercut(attempt: int, jitter: float, after: float) -> None:
    assert backoff(attempt, jitter, LIMITS, after) >= after


def test_waits_double_from_attempt_to_attempt() -> None:
    assert [backoff(attempt, 0.999999, LIMITS) for attempt in (1, 2, 3)] == [
        (each - each * 0.0000005) for each in (0.2, 0.4, 0.8)
    ]


def test_an_error_is_described_in_one_line_with_its_class_unless_it_is_ours() -> None:
    assert describe(DeadLetterError("event.title:\n missing")) == "event.title: missing"
    assert describe(KeyError("a")) == "KeyError: 'a'"
    assert describe(ValueError()) == "ValueError"


@given(key=st.none() | st.binary(), value=st.none() | st.binary())
def test_a_dead_letter_reads_back_as_the_record_it_was(key: bytes | None, value: bytes | None) -> None:
    record = Consumed("noroshi.events.v1", 3, 17, key, value, (("noroshi-schema", b"event/1"),), 1.5)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    letter = dead_letter("classify", record, DeadReason.CRASHED, KeyError("x"), at)
    assert type(letter).from_record(letter.key, letter.value, letter.to_headers()) == letter
    assert (letter.key, letter.value, letter.headers) == (record.key, record.value, record.headers)
