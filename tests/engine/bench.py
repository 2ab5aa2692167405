"""Our worker beside stock Faust and a bare aiokafka loop, on the embedded broker and on Apache Kafka.

Run as: python -m tests.engine.bench [ways] [pipeline]; without a name both tables are made. The one compares ways to
move records (throughput and latency of two hops, what is lost and doubled and how long it stands still when a worker
is ended in the middle), the other times the whole pipeline (event to POST). Every figure is measured here and now:
compare within a table, the machine may be busy. It ends after twenty minutes at the latest, with the rows it has.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, fields
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from services.runtime.broker.noida import NoidaBroker
from tests.engine import parts
from tests.engine.kafka import KafkaCluster
from tests.engine.load import make_events, number_of, percentile, produce
from tests.engine.pipeline import Engine, Pipeline, run
from tests.engine.postgres import Postgres, new_database
from tests.engine.runners import KINDS
from tests.engine.ways import Arrivals, Way, moving

TIMED, TIMED_PER_SECOND = 200, 50.0
BACKLOG = 3_000
ENDED, ENDED_PER_SECOND, ENDED_AFTER = 2_400, 400.0, 2.0
LIMIT_SECONDS = 1200
ENDINGS = (signal.SIGTERM, signal.SIGKILL)
PIPELINE_TIMED, PIPELINE_PER_SECOND, PIPELINE_BACKLOG = 200, 20.0, 1_000


@dataclass(frozen=True)
class Row:
    """One line of the first table; the names of the fields are the heads of its columns."""

    broker: str
    worker: str
    two_hops_a_second: str
    p50_ms: str
    p99_ms: str
    sigterm_lost_doubled_pause: str
    sigkill_lost_doubled_pause: str


def measure(name: str, kind: str, broker: str, folder: Path, *, static: bool) -> Row:
    """Every figure of one way to move records on one broker."""
    rate, p50, p99 = time_two_hops(Way(kind, broker, folder, static=static))
    ended = [str(end_one(Way(kind, broker, folder, static=static), number, static)) for number in ENDINGS]
    return Row(name, kind, f"{rate:.0f}", f"{p50:.0f}", f"{p99:.0f}", *ended)


def time_two_hops(way: Way) -> tuple[float, float, float]:
    """Records a second of a backlog, then the median and the 99th percentile in ms at a gentle pace, over two hops."""
    backlog = [b"backlog-%d" % number for number in range(BACKLOG)]
    timed = [b"timed-%d" % number for number in range(TIMED)]
    with moving(way, hops=2) as (arrivals, _):
        way.send(backlog)
        arrivals.wait(backlog)
        rate = len(arrivals.found) / (arrivals.found[-1].seen - arrivals.found[0].sent)
        arrivals.found.clear()
        with _sending(way, timed, TIMED_PER_SECOND):
            arrivals.wait(timed)
        took = [1000 * (each.seen - each.sent) for each in arrivals.found]
    return rate, percentile(took, 0.5), percentile(took, 0.99)


@dataclass(frozen=True)
class Ended:
    """What the end of a worker cost: records lost and doubled, and the longest pause of a partition in seconds."""

    lost: int
    doubled: int
    pause: float

    def __str__(self) -> str:
        return f"{self.lost} / {self.doubled} / {self.pause:.1f} s"


def end_one(way: Way, number: signal.Signals, static: bool) -> Ended:
    """End a worker under a steady load.

    With static members the same one is started again, else a second one is there already and takes over.
    """
    values = [b"ended-%d" % each for each in range(ENDED)]
    with (
        moving(way, hops=1, workers=1 if static else 2) as (arrivals, workers),
        _sending(way, values, ENDED_PER_SECOND),
    ):
        _poll_for(arrivals, ENDED_AFTER)
        ended = time.time()
        _end(workers[0], number)
        if static:
            way.start(0)
        arrivals.wait(values)
        _poll_for(arrivals, 1.0)  # what comes a second time comes soon
        return Ended(arrivals.lost(values), arrivals.doubled(), arrivals.longest_pause(ended))


@contextmanager
def _sending(way: Way, values: Sequence[bytes], per_second: float) -> Iterator[None]:
    """Send at that pace in the background."""
    sender = threading.Thread(target=way.send, args=(values, per_second))
    sender.start()
    try:
        yield
    finally:
        sender.join()


def _poll_for(arrivals: Arrivals, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        arrivals.poll()


def _end(worker: subprocess.Popen[bytes], number: signal.Signals) -> None:
    worker.send_signal(number)
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


@dataclass(frozen=True)
class PipelineRow:
    """One line of the second table."""

    engine: str
    event_to_post_p50_ms: str
    event_to_post_p99_ms: str
    timed: str
    events_a_second: str


def measure_pipeline(name: str, engine: Engine, folder: Path) -> PipelineRow:
    """From the moment an event is seen until Slack has stored its alert; then how fast a backlog is worked off."""
    timed = make_events(folder, PIPELINE_TIMED, watched_every=4)
    backlog = make_events(folder, PIPELINE_TIMED + PIPELINE_BACKLOG, watched_every=100)[PIPELINE_TIMED:]
    took: list[float] = []
    rate: list[float] = []

    async def work(pipeline: Pipeline) -> int:
        load = await asyncio.to_thread(produce, pipeline.stack.bootstrap, timed, PIPELINE_PER_SECOND)
        await pipeline.settle(len(timed))
        for message in await pipeline.messages():
            number = number_of(message)
            if number is not None:
                took.append(1000 * (float(message.ts) - load.seen[number]))
        started = time.monotonic()
        await asyncio.to_thread(produce, pipeline.stack.bootstrap, backlog, 10_000)
        await pipeline.settle(len(timed) + len(backlog))
        rate.append(len(backlog) / (time.monotonic() - started))
        return len(timed) + len(backlog)

    outcome = asyncio.run(run(folder, engine, work, per_second=200.0))
    outcome.check()
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    return PipelineRow(name, f"{p50:.0f}", f"{p99:.0f}", str(len(took)), f"{rate[0]:.0f}")


def show(kind: type[Row] | type[PipelineRow], rows: Iterable[Row | PipelineRow]) -> None:
    """Print each row as soon as it is measured, with the names of the fields as heads."""
    heads = [field.name.replace("_", " ") for field in fields(kind)]
    for line in chain([heads], map(astuple, rows)):
        cells = (cell.ljust(max(len(head), 17)) for cell, head in zip(line, heads, strict=True))
        print("  ".join(cells).rstrip(), flush=True)
    print(flush=True)


def _versions() -> str:
    names = ("faust-streaming", "aiokafka", "kafka-python", "noida-db")
    return ", ".join([*(f"{name} {version(name)}" for name in names), *(f"{k} {v}" for k, v in parts.used.items())])


def _end_in_time(*_: object) -> None:
    raise TimeoutError(f"the bench did not end within {LIMIT_SECONDS} s; run it on a machine that does less besides")


def main(tables: Sequence[str]) -> None:
    """Measure and print; `tables` names the wanted ones."""
    signal.signal(signal.SIGALRM, _end_in_time)
    signal.alarm(LIMIT_SECONDS)
    with tempfile.TemporaryDirectory(prefix="noroshi-bench-") as made, ExitStack() as stack:
        folder = Path(made)
        embedded = stack.enter_context(NoidaBroker(folder / "noida", port=0))
        (folder / "kafka").mkdir()
        kafka = stack.enter_context(KafkaCluster(folder / "kafka"))
        postgres = stack.enter_context(Postgres())
        database = stack.enter_context(new_database(postgres.url))
        print(_versions(), f"; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n", flush=True)
        brokers = (("noida-db", embedded.bootstrap, True), ("Kafka", kafka.bootstrap, False))
        measured = (
            measure(name, kind, broker, folder, static=static) for name, broker, static in brokers for kind in KINDS
        )
        if "ways" in tables:
            show(Row, measured)
        engines = {
            "noida-db, SQLite": Engine(),
            "Kafka, PostgreSQL": Engine(kafka.bootstrap, kafka.replication, database),
        }
        if "pipeline" in tables:
            show(PipelineRow, (measure_pipeline(name, engine, _new(folder, name)) for name, engine in engines.items()))


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    main(sys.argv[1:] or ("ways", "pipeline"))
