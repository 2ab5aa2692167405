"""Ends a worker that stands still while records wait, after writing down where every thread stands.

It runs in a thread of its own and asks the broker through a client of its own, so that neither a blocked event
loop nor a consumer that has gone silent can blind it.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType

import structlog

from services.contracts.topics import Topic
from services.runtime.health import Health
from services.runtime.lag import LagReader, group_id
from services.runtime.metrics import CONSUMER_LAG
from services.runtime.serve import EXIT_STALLED
from services.runtime.settings import RuntimeSettings

_BROKER = "broker"
_CHECKS_PER_STALL = 6
_MAX_CHECK_SECONDS = 5.0


def is_stalled(idle_seconds: float, waiting: int | None, stall_seconds: float) -> bool:
    """Whether to give up: records wait and nothing was finished, retried or found idle for that long.

    `waiting` is None when the broker could not be asked; then standing still is not the worker's fault.
    """
    return waiting is not None and waiting > 0 and idle_seconds >= stall_seconds


def waiting_records(ends: Mapping[int, int], committed: Mapping[int, int], done: Mapping[int, int]) -> dict[int, int]:
    """Records not yet worked on per partition: the end less the furthest of what was committed and what is done."""
    return {each: max(0, end - max(committed.get(each, 0), done.get(each, 0))) for each, end in ends.items()}


class Watchdog:
    """A thread that compares the ends of the assigned partitions with how far the worker has got."""

    def __init__(self, service: str, topic: Topic, settings: RuntimeSettings, health: Health) -> None:
        self._group = group_id(service)
        self._topic = topic
        self._stall_seconds = settings.stall_seconds
        self._health = health
        self._reader = LagReader(settings.broker, timeout_seconds=min(settings.stall_seconds, 10.0))
        self._assigned: frozenset[int] = frozenset()
        self._done: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._give_up: Callable[[], None] = _give_up
        self._log = structlog.get_logger("noroshi.watchdog")

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()

    def assign(self, partitions: set[int]) -> None:
        """Watch these partitions; with none there is nothing to wait for."""
        self._forget_lag(self._assigned - partitions)
        self._done = {}
        self._assigned = frozenset(partitions)

    def _forget_lag(self, partitions: frozenset[int] | set[int]) -> None:
        """Drop the series: an old number would pass for the truth."""
        for partition in partitions:
            with suppress(KeyError):
                CONSUMER_LAG.remove(self._group, self._topic.name, str(partition))

    def note_done(self, partition: int, offset: int) -> None:
        """Say that the record at this offset is acknowledged."""
        self._done[partition] = offset + 1

    def _watch(self) -> None:
        while not self._stop.wait(min(self._stall_seconds / _CHECKS_PER_STALL, _MAX_CHECK_SECONDS)):
            waiting = self.count_waiting()
            if waiting is not None:
                self._health.set_pending(waiting)
            if is_stalled(self._health.idle_seconds, waiting, self._stall_seconds) and not self._stop.is_set():
                self._log.critical("stalled", waiting=waiting, idle_seconds=self._health.idle_seconds, stacks=stacks())
                self._give_up()
        self._reader.close()

    def count_waiting(self) -> int | None:
        """Records that wait on the assigned partitions, as gauge and sum; None if the broker does not answer."""
        assigned = self._assigned
        if not assigned:
            return 0
        try:
            ends, committed = self._reader.read(self._group, self._topic.name, assigned)
        except Exception as error:  # whatever the client raises: unknown is an answer here, and the thread must live
            self._log.warning("lag unknown", error=str(error))
            self._health.set_ready(_BROKER, False, f"the broker does not answer: {error}")
            self._forget_lag(assigned)
            return None
        self._health.set_ready(_BROKER, True, "answers")
        waiting = waiting_records(ends, committed, self._done)
        for partition, records in waiting.items():
            if partition in self._assigned:
                CONSUMER_LAG.labels(self._group, self._topic.name, str(partition)).set(records)
        return sum(waiting.values())


def stacks() -> str:
    """Where every thread of this process stands."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames()  # noqa: SLF001  # documented; the underscore marks it as special, not private
    return "\n".join(
        f"--- {names.get(ident, ident)}\n" + "".join(traceback.format_stack(frame)) for ident, frame in frames.items()
    )


def _give_up() -> None:
    os._exit(EXIT_STALLED)
