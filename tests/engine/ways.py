"""Processes that move records from topic to topic in one of the ways of `runners`, and what came of the records."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from services.runtime import topics_admin
from services.runtime.adminclient import open_admin
from services.runtime.handling import Message
from services.runtime.producer import EventProducer
from tests.engine.parts import ROOT
from tests.engine.program import end_with_parent
from tests.engine.runners import bench_topic

PARTITIONS = 2
_PATIENCE_SECONDS = 40.0
_WARM = 8


class Way:
    """One way to move records on one broker, with topics of its own; `static` fixes the ids of the members."""

    def __init__(self, kind: str, broker: str, folder: Path, *, static: bool) -> None:
        self.kind, self._broker, self._static = kind, broker, static
        mark = uuid.uuid4().hex[:6]
        self._folder = folder / f"{kind}-{mark}"
        self._folder.mkdir()
        self.topics = [f"noroshi.bench-{kind}-{mark}-{hop}.v1" for hop in range(3)]
        wanted = [bench_topic(name, PARTITIONS) for name in self.topics]
        topics_admin.apply(broker, wanted)
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, hop: int, number: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker of a hop."""
        source, target = self.topics[hop : hop + 2]
        command = [sys.executable, "-W", "ignore", "-m", "tests.engine.runners", self.kind, self._broker]
        command += [source, target, str(self._folder / f"state-{hop}-{number}")]
        command += [f"{source}-{number}"] if self._static else []
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, preexec_fn=partial(end_with_parent, signal.SIGKILL)
            )
        self._running.append(process)
        return process

    def wait_members(self, count: int) -> None:
        """Return once the group of the first hop has so many members and is at rest."""
        prefix = {"guarded": "noroshi"}.get(self.kind, self.kind)
        group = f"{prefix}-{self.topics[0].replace('.', '-')}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with open_admin(self._broker) as admin:
                described = admin.describe_groups([group])[group]
            if described["group_state"] == "Stable" and len(described["members"]) == count:
                return
            assert time.monotonic() < deadline, f"{group} has {len(described['members'])} members, not {count}"
            time.sleep(0.1)

    def send(self, values: Sequence[bytes], per_second: float = 0) -> None:
        """Put values on the first topic, spread over its partitions, all at once or at that pace."""
        started = time.monotonic()
        step = max(1, int(per_second / 50)) if per_second else len(values)
        with EventProducer(self._broker) as producer:
            for first in range(0, len(values), step):
                if per_second:
                    time.sleep(max(0.0, started + first / per_second - time.monotonic()))
                now = time.time()
                stamped = [b"%s %f" % (value, now) for value in values[first : first + step]]
                producer.send_messages([Message(self.topics[0], value, value) for value in stamped])

    def follow(self, hop: int) -> Arrivals:
        """What comes out behind a hop, from the beginning."""
        consumer = KafkaConsumer(bootstrap_servers=self._broker.split(","), auto_offset_reset="earliest")
        consumer.assign([TopicPartition(self.topics[hop + 1], each) for each in range(PARTITIONS)])
        return Arrivals(consumer)

    def stop(self) -> None:
        """End every worker."""
        for process in self._running:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Arrival:
    """One record that came out: its value, when it was sent and when it was seen."""

    value: bytes
    partition: int
    sent: float
    seen: float


class Arrivals:
    """The records behind a hop as they come; warm-up records are left out."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self.found: list[Arrival] = []

    def poll(self, milliseconds: int = 50) -> None:
        """Take up what has come."""
        for records in self._consumer.poll(timeout_ms=milliseconds).values():
            now = time.time()
            for record in records:
                value, _, sent = record.value.rpartition(b" ")
                self.found.append(Arrival(value, record.partition, float(sent), now))

    def wait(self, values: Iterable[bytes], seconds: float = _PATIENCE_SECONDS) -> None:
        """Return once all these came, or when the time is over."""
        missing, deadline = set(values), time.monotonic() + seconds
        while missing and time.monotonic() < deadline:
            before = len(self.found)
            self.poll()
            missing -= {each.value for each in self.found[before:]}

    def lost(self, values: Iterable[bytes]) -> int:
        """How many of these did not come."""
        return len(set(values) - {each.value for each in self.found})

    def doubled(self) -> int:
        """How many came although they had come before."""
        counted = Counter(each.value for each in self.found)
        return counted.total() - len(counted)

    def longest_pause(self, since: float) -> float:
        """The longest time in seconds for which some partition gave nothing, from `since` on."""
        pauses = [0.0]
        for partition in range(PARTITIONS):
            times = [since, *(each.seen for each in self.found if each.partition == partition and each.seen > since)]
            pauses += [later - earlier for earlier, later in pairwise(times)]
        return max(pauses)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


@contextmanager
def moving(way: Way, hops: int, workers: int = 1) -> Iterator[tuple[Arrivals, list[subprocess.Popen[bytes]]]]:
    """What comes out behind the last hop, once all hops move; and the workers of the first."""
    arrivals = way.follow(hops - 1)
    try:
        first = [way.start(0, number) for number in range(1, workers + 1)]
        for hop in range(1, hops):
            way.start(hop)
        warm = [b"warm-%d" % number for number in range(_WARM)]
        way.send(warm)
        arrivals.wait(warm)
        assert not arrivals.lost(warm), f"{way.kind} did not start within {_PATIENCE_SECONDS:g} s"
        if workers > 1:
            way.wait_members(workers)
        arrivals.found.clear()
        yield arrivals, first
    finally:
        arrivals.close()
        way.stop()
