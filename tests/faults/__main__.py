"""The whole campaign: python -m tests.faults [--runs 20] [--engine embedded|kafka] [--seed N] [--point NAME …].

Every crash point so many times on one engine, in an order that the seed shuffles; about eight seconds a run, on a
new pipeline after every 40. Exit code 0 only if nothing was lost, doubled, made up or overtaken. `--json` prints the
figures as one object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from tests.engine import parts
from tests.engine.kafka import KafkaCluster
from tests.engine.pipeline import Engine
from tests.engine.postgres import Postgres, new_database
from tests.faults.campaign import Report, run_campaign
from tests.faults.figures import order, summarise
from tests.faults.points import BY_NAME, POINTS, Point

ENGINES = ("embedded", "kafka")
_RUNS_A_PIPELINE = 40
"""What a pipeline has told so far is looked through after each run, so its runs take longer and longer."""


@contextmanager
def open_engine(name: str, folder: Path) -> Iterator[Engine]:
    """The embedded broker with SQLite, or Apache Kafka with PostgreSQL."""
    if name == "embedded":
        yield Engine()
        return
    (folder / "kafka").mkdir()
    with ExitStack() as stack:
        kafka = stack.enter_context(KafkaCluster(folder / "kafka"))
        database = stack.enter_context(new_database(stack.enter_context(Postgres()).url))
        yield Engine(kafka.bootstrap, kafka.replication, database)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="runs of each point (20)")
    parser.add_argument("--engine", choices=ENGINES, default="embedded", help="embedded broker and SQLite, or Kafka")
    parser.add_argument("--seed", type=int, default=1, help="what batches, passes and order are drawn from (1)")
    parser.add_argument("--point", action="append", choices=sorted(BY_NAME), help="only this point; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    points = order([BY_NAME[name] for name in given.point] if given.point else POINTS, given.runs, given.seed)
    started = time.monotonic()
    reports = [
        _run_part(given.engine, points[begin : begin + _RUNS_A_PIPELINE], given.seed + 1000 * part)
        for part, begin in enumerate(range(0, len(points), _RUNS_A_PIPELINE))
    ]
    figures = summarise(given.engine, given.seed, reports) | {"seconds": round(time.monotonic() - started)}
    ran_on = "; ".join(f"{part} {version}" for part, version in parts.used.items())
    print(json.dumps(figures) if given.json else "\n".join([ran_on, *(f"{k:22}{v}" for k, v in figures.items())]))
    return 0 if all(report.clean for report in reports) else 1


def _run_part(name: str, points: Sequence[Point], seed: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="noroshi-faults-") as made, open_engine(name, Path(made)) as engine:
        return asyncio.run(run_campaign(Path(made) / "run", engine, points, seed, _say))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
