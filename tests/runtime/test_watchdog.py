"""When a worker counts as stalled."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from services.contracts.topics import EVENTS
from services.runtime.health import Health
from services.runtime.metrics import CONSUMER_LAG, REGISTRY
from services.runtime.settings import RuntimeSettings
from services.runtime.watchdog import Watchdog, is_stalled, stacks, waiting_records

OFFSETS = st.dictionaries(st.integers(0, 3), st.integers(0, 1000))


def test_only_waiting_records_make_a_standstill_a_stall() -> None:
    assert is_stalled(30.0, 1, 30.0)
    assert not is_stalled(3600.0, 0, 30.0)
    assert not is_stalled(29.9, 1, 30.0)


def test_a_broker_that_cannot_be_asked_is_not_the_workers_fault() -> None:
    assert not is_stalled(3600.0, None, 30.0)


def test_what_is_done_but_not_yet_committed_does_not_wait() -> None:
    assert waiting_records({0: 10, 1: 5}, {0: 4}, {0: 9}) == {0: 1, 1: 5}


@given(OFFSETS, OFFSETS, OFFSETS)
def test_no_partition_ever_has_less_than_nothing_waiting(
    ends: dict[int, int], committed: dict[int, int], done: dict[int, int]
) -> None:
    waiting = waiting_records(ends, committed, done)
    assert set(waiting) == set(ends)
    assert all(0 <= waiting[each] <= ends[each] for each in ends)


def test_the_stacks_name_every_thread_and_where_it_stands() -> None:
    held = threading.Event()
    thread = threading.Thread(target=held.wait, name="held-thread")
    thread.start()
    try:
        assert "held-thread" in stacks()
        assert "test_the_stacks_name_every_thread" in stacks()
    finally:
        held.set()
        thread.join()


def test_a_broker_that_does_not_answer_is_said_in_the_readiness_and_leaves_no_old_lag() -> None:
    settings = RuntimeSettings(broker="127.0.0.1:1", stall_seconds=1.0)
    health = Health("classify")
    watchdog = Watchdog("classify", EVENTS, settings, health)
    watchdog.assign({0})
    CONSUMER_LAG.labels("noroshi-classify", EVENTS.name, "0").set(7)
    assert watchdog.count_waiting() is None
    assert not health.conditions["broker"].ok
    assert "the broker does not answer: " in health.conditions["broker"].reason
    assert EVENTS.name.encode() not in generate_latest(REGISTRY)
