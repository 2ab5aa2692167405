"""The right to send is lost with its connection while its holder delivers, and another process takes it up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psycopg
import pytest

from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.engine.load import make_events, produce
from tests.engine.pipeline import Engine, Pipeline, run
from tests.engine.program import free_ports

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def end_lease(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND"
            " database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return connection.execute(query).rowcount


def test_a_lost_lease_doubles_nothing(tmp_path: Path, one_broker: KafkaCluster | ExistingKafka, database: str) -> None:
    events = make_events(tmp_path, 600, watched_every=2)
    ended: list[int] = []

    async def work(pipeline: Pipeline) -> int:
        await pipeline.stack.start_another("alert", "alert-2", free_ports(1)[0])
        await asyncio.to_thread(produce, pipeline.stack.bootstrap, events, 1000)
        for least in (30, 300, 600):
            await pipeline.has_delivered(least)
            ended.append(end_lease(database))
        return len(events)

    engine = Engine(one_broker.bootstrap, one_broker.replication, database)
    outcome = asyncio.run(run(tmp_path / "state", engine, work, per_second=100.0))
    print("lost lease:", outcome.describe(), json.dumps(ended))
    outcome.check()
