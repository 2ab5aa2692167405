"""What the tests with real processes share: start a worker, wait for an offset, read a topic to its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kafka import KafkaConsumer, TopicPartition

from services.contracts.topics import DEAD
from services.runtime.handling import Message
from services.runtime.producer import EventProducer
from services.runtime.topics_admin import apply, group_id, read_lag
from tests.runtime.echo_worker import topics_of

ROOT = Path(__file__).resolve().parent.parent.parent


class Broker(Protocol):
    """Any broker that runs."""

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        ...


class Worker:
    """An echo worker process with topics and a group of its own."""

    def __init__(self, name: str, broker: Broker, folder: Path) -> None:
        self.name = name
        self.source, self.target = topics_of(name)
        self._broker = broker
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"{name}.log"
        apply(broker.bootstrap, [self.source, self.target, DEAD])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None
        return self._process

    def send(self, *values: bytes) -> None:
        """Put values on the source, all on one partition so that their order is one."""
        with EventProducer(self._broker.bootstrap) as producer:
            producer.send_messages([Message(self.source.name, b"k", value) for value in values])

    def send_spread(self, values: list[bytes]) -> None:
        """Put values on the source, each under its own key."""
        with EventProducer(self._broker.bootstrap) as producer:
            producer.send_messages([Message(self.source.name, value, value) for value in values])

    def start(self, **settings: float) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "tests.runtime.echo_worker", self.name, self._broker.bootstrap]
        command += [str(self._folder / "state"), *(f"{field}={value}" for field, value in settings.items())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)

    def wait_for_slow(self) -> None:
        """Return once a `slow` record is in hand."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"slow\n"

    def stop(self) -> int:
        """Ask it to stop; returns the exit code."""
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.wait()

    def wait(self, timeout: float = 45) -> int:
        """Wait for its end; returns the exit code."""
        code = self.process.wait(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def committed(self) -> int:
        """Records of the source that the group has committed, over all partitions."""
        lag = read_lag(self._broker.bootstrap, [(group_id(self.name), self.source)])
        return sum(each.committed or 0 for each in lag)

    def wait_committed(self, records: int) -> None:
        """Return once so many records are committed."""
        try:
            wait_until(lambda: self.committed() >= records, f"{records} committed")
        except AssertionError as error:
            error.add_note(self.log.read_text()[-3000:])
            raise

    def outputs(self) -> list[bytes]:
        """The values on the target."""
        return [value or b"" for _, value in read_topic(self._broker.bootstrap, self.target.name)]


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 45) -> None:
    """Ask until it holds; fails the test when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def read_topic(bootstrap: str, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    """Key and value of every record, partition by partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    try:
        partitions = [TopicPartition(topic, each) for each in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        left = sum(consumer.end_offsets(partitions).values()) - sum(consumer.beginning_offsets(partitions).values())
        records = [next(consumer) for _ in range(left)]
        return [(each.key, each.value) for each in sorted(records, key=lambda each: (each.partition, each.offset))]
    finally:
        consumer.close()
