"""The whole pipeline on Apache Kafka and PostgreSQL: undisturbed, and with everything killed in turn."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from services.ingest.inlets.files import sample_event_ids
from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.engine.parts import EXISTING_POSTGRES
from tests.engine.pipeline import Engine, Pipeline, run
from tests.engine.postgres import ExistingPostgres, Postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

AWAY_SECONDS = 45.0
RECOVERY_LIMIT = 40.0
"""Seconds from a fault until a document put in after it has reached Slack."""


def test_the_sample_runs_through_one_broker(
    tmp_path: Path, one_broker: KafkaCluster | ExistingKafka, database: str
) -> None:
    engine = Engine(one_broker.bootstrap, one_broker.replication, database)
    outcome = asyncio.run(run(tmp_path, engine, read_sample, sample=True))
    print("sample, one broker:", outcome.describe())
    outcome.check()


def test_the_sample_runs_through_three_brokers(tmp_path: Path, three_brokers: KafkaCluster, database: str) -> None:
    engine = Engine(three_brokers.bootstrap, three_brokers.replication, database)
    outcome = asyncio.run(run(tmp_path, engine, read_sample, sample=True))
    print("sample, three brokers:", outcome.describe())
    outcome.check()


def test_every_event_of_the_evaluation_material_is_accounted_for(
    tmp_path: Path, three_brokers: KafkaCluster, database: str, shared_data: Path
) -> None:
    events = shared_data / "data" / "events-dev.jsonl"
    lines = events.read_text(encoding="utf-8").count("\n")

    async def take_in(pipeline: Pipeline) -> int:
        report = await pipeline.take_in(events)
        assert (report.new, report.dead) == (lines, 0)
        return lines

    engine = Engine(three_brokers.bootstrap, three_brokers.replication, database)
    outcome = asyncio.run(run(tmp_path, engine, take_in))
    print("evaluation material, three brokers:", outcome.describe())
    outcome.check()
    assert outcome.account.records == lines


def test_whatever_is_killed_nothing_is_lost_or_doubled_and_it_works_again_soon(
    tmp_path: Path, three_brokers: KafkaCluster, database: str, postgres: Postgres | ExistingPostgres
) -> None:
    if isinstance(postgres, ExistingPostgres):
        pytest.skip(f"the PostgreSQL that {EXISTING_POSTGRES} names is not ours to restart")
    server = postgres
    gaps: dict[str, float] = {}

    async def disturb(pipeline: Pipeline) -> int:
        await pipeline.has_delivered(5)
        faults = [*service_faults(pipeline), *broker_faults(three_brokers), Fault("restart postgres", server.restart)]
        for number, fault in enumerate(faults):
            gaps[fault.name] = await time_recovery(pipeline, number, fault)
            fault.mend()
            await asyncio.to_thread(three_brokers.wait_ready)
        return len(sample_event_ids()) + len(faults)

    engine = Engine(three_brokers.bootstrap, three_brokers.replication, database)
    outcome = asyncio.run(run(tmp_path, engine, disturb, sample=True, per_second=5.0, seconds=380))
    print("everything killed in turn:", outcome.describe())
    print("seconds from the fault to the alert of a document put in after it:", json.dumps(gaps))
    outcome.check()
    assert max(gaps.values()) <= RECOVERY_LIMIT


def test_a_database_that_is_away_for_long_is_waited_for(
    tmp_path: Path, one_broker: KafkaCluster | ExistingKafka, database: str, postgres: Postgres | ExistingPostgres
) -> None:
    if isinstance(postgres, ExistingPostgres):
        pytest.skip(f"the PostgreSQL that {EXISTING_POSTGRES} names is not ours to stop")
    server = postgres
    recovered: list[float] = []

    async def disturb(pipeline: Pipeline) -> int:
        await pipeline.has_delivered(5)
        server.program.stop()
        await asyncio.sleep(AWAY_SECONDS)  # more than a supervisor's patience with a service that ends at each start
        server.start()
        back = time.monotonic()
        await pipeline.has_arrived(await pipeline.put_in(0))
        recovered.append(round(time.monotonic() - back, 1))
        return len(sample_event_ids()) + 1

    engine = Engine(one_broker.bootstrap, one_broker.replication, database)
    outcome = asyncio.run(run(tmp_path, engine, disturb, sample=True, per_second=5.0, seconds=300))
    print(f"PostgreSQL away for {AWAY_SECONDS:g} s:", outcome.describe(), "seconds to recover:", recovered)
    outcome.check()
    assert max(recovered) <= RECOVERY_LIMIT


async def read_sample(pipeline: Pipeline) -> int:
    return len(sample_event_ids())


@dataclass(frozen=True)
class Fault:
    """What breaks, and what must be done besides so that all is whole again."""

    name: str
    strike: Callable[[], None]
    mend: Callable[[], None] = lambda: None


def service_faults(pipeline: Pipeline) -> Iterator[Fault]:
    for service in ("classify", "alert", "ingest"):
        yield Fault(f"kill -9 {service}", partial(kill, pipeline, service))


def broker_faults(cluster: KafkaCluster) -> Iterator[Fault]:
    """Each broker once, so that the leader of every partition, of every group and of the cluster is hit."""
    for broker in cluster.brokers:
        yield Fault(f"kill -9 {broker.name}", broker.kill, broker.start)


def kill(pipeline: Pipeline, service: str) -> None:
    os.kill(pipeline.stack.supervisor.pid(service), signal.SIGKILL)


async def time_recovery(pipeline: Pipeline, number: int, fault: Fault) -> float:
    """Seconds from the fault until a document that was put in after it is in Slack."""
    fault.strike()
    struck = time.monotonic()
    await pipeline.has_arrived(await pipeline.put_in(number))
    return round(time.monotonic() - struck, 2)
