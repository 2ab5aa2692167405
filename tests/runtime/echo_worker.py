"""A worker process for tests: copies records, and fails in the way a record's value asks for.

Run as: python -m tests.runtime.echo_worker NAME BROKER STATE_DIR [SETTING=JSON ...]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from services.contracts.errors import DeadLetterError, RetryableError, StopError
from services.contracts.topics import Topic
from services.runtime.log import configure_logging
from services.runtime.settings import RuntimeSettings
from services.runtime.worker import Consumed, Outgoing, run_worker


def make_topic(name: str, partitions: int = 2) -> Topic:
    """A topic that only tests use."""
    return Topic(name, "any", "any", ("test",), ("test",), partitions, retention_ms=86_400_000, meaning="for tests")


def topics_of(name: str) -> tuple[Topic, Topic]:
    """Where the worker of that name reads and writes."""
    return make_topic(f"noroshi.{name}-in.v1"), make_topic(f"noroshi.{name}-out.v1")


class Echo:
    """Copies each record unless its value begins with a word that asks for a failure."""

    def __init__(self, target: Topic) -> None:
        self._target = target
        self._tries: dict[bytes, int] = {}

    async def handle(self, record: Consumed) -> Sequence[Outgoing]:
        """Copy, or fail as asked."""
        value = record.value or b""
        word = value.split(b" ")[0]
        tries = self._tries[value] = self._tries.get(value, 0) + 1
        if word == b"poison":
            raise DeadLetterError("poison as asked")
        if word == b"crash":
            raise KeyError("crash as asked")
        if word == b"stop":
            raise StopError("stop as asked")
        if word == b"retry" and tries < 3:
            raise RetryableError("again as asked")
        if word == b"block":
            time.sleep(60)  # noqa: ASYNC251  # blocks the event loop on purpose
        if word == b"slow":
            print("slow", flush=True)  # tells the test that the record is in hand
            await asyncio.sleep(0.7)
        return [Outgoing(self._target, record.key or b"", value)]


def main(arguments: Sequence[str]) -> int:
    """Run the worker; returns the exit code."""
    name, broker, state_dir, *rest = arguments
    extra = {field: json.loads(value) for field, _, value in (each.partition("=") for each in rest)}
    settings = RuntimeSettings(broker=broker, state_dir=Path(state_dir), instance_id=f"{name}-1", **extra)
    configure_logging(name, settings)
    source, target = topics_of(name)
    return run_worker(name, source, Echo(target).handle, settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
