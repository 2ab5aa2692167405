"""Two workers of classify and two of alert: one of each is restarted, then the other, while events keep coming."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.engine.kafka import KafkaCluster
from tests.engine.load import make_events, produce
from tests.engine.pipeline import Engine, Outcome, Pipeline, run, until
from tests.engine.program import free_ports

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

PER_SECOND = 200
SECONDS = 30
WATCHED_EVERY = 40


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_restarted_one_after_the_other_under_load_lose_and_double_nothing(
    tmp_path: Path, three_brokers: KafkaCluster, database: str, number: signal.Signals
) -> None:
    engine = Engine(three_brokers.bootstrap, three_brokers.replication, database)
    outcome, figures = asyncio.run(roll(tmp_path, engine, number))
    print(f"rolling restart by {number.name}:", outcome.describe(), json.dumps(figures))
    outcome.check()
    assert outcome.account.events == PER_SECOND * SECONDS
    assert outcome.audit.delivered >= PER_SECOND * SECONDS // WATCHED_EVERY


async def roll(folder: Path, engine: Engine, number: signal.Signals) -> tuple[Outcome, dict[str, float]]:
    events = make_events(folder, PER_SECOND * SECONDS, WATCHED_EVERY)
    figures: dict[str, float] = {}

    async def work(pipeline: Pipeline) -> int:
        ports = await start_seconds(pipeline)
        load = asyncio.create_task(asyncio.to_thread(produce, engine.bootstrap, events, PER_SECOND))
        for workers in (("classify", "alert"), ("classify-2", "alert-2")):
            await asyncio.sleep(2)  # so that the workers are in the middle of it
            back = await asyncio.gather(*(restart(pipeline, each, ports[each], number) for each in workers))
            figures.update({f"{each} back after, s": seconds for each, seconds in zip(workers, back, strict=True)})
        figures["events a second"] = round((await load).per_second)
        return len(events)

    outcome = await run(folder / "state", engine, work, per_second=100.0, seconds=300)
    return outcome, figures


async def start_seconds(pipeline: Pipeline) -> dict[str, int]:
    """Start a second worker of each; returns the health ports of all four."""
    first = pipeline.stack.options.ports
    classify, alert = free_ports(2)
    await pipeline.stack.start_another("classify", "classify-2", classify)
    await pipeline.stack.start_another("alert", "alert-2", alert)
    return {"classify": first.classify, "alert": first.alert, "classify-2": classify, "alert-2": alert}


async def restart(pipeline: Pipeline, name: str, port: int, number: signal.Signals) -> float:
    """End one worker; seconds until its successor, which the supervisor starts, has partitions."""
    supervisor, started = pipeline.stack.supervisor, time.monotonic()
    before = supervisor.pid(name)
    os.kill(before, number)

    async def is_back() -> bool:
        return supervisor.pid(name) != before and await pipeline.stack.answers(f"http://127.0.0.1:{port}/readyz")

    await until(is_back)
    return round(time.monotonic() - started, 1)
