"""Every crash point once on both engines; `python -m tests.faults --runs 20` makes as many runs as one likes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.engine.pipeline import Engine
from tests.faults.campaign import Report, run_campaign
from tests.faults.figures import order, summarise
from tests.faults.points import BY_NAME, POINTS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

SEED = 20
RECOVERY_LIMIT = 20.0
"""Seconds from the kill to the next message, also on a machine that does other things besides."""


def test_no_crash_point_loses_doubles_or_misplaces_a_message_on_the_embedded_engine(tmp_path: Path) -> None:
    check("embedded", Engine(), tmp_path)


def test_no_crash_point_loses_doubles_or_misplaces_a_message_on_kafka_and_postgresql(
    tmp_path: Path, one_broker: KafkaCluster | ExistingKafka, database: str
) -> None:
    check("kafka", Engine(one_broker.bootstrap, one_broker.replication, database), tmp_path)


def check(name: str, engine: Engine, folder: Path) -> None:
    report: Report = asyncio.run(run_campaign(folder / "run", engine, order(POINTS, 1, SEED), SEED, print))
    print(json.dumps(summarise(name, SEED, [report])))
    assert {run.point for run in report.runs} == {point.name for point in POINTS}
    assert report.clean, summarise(name, SEED, [report])
    assert max(run.recovery for run in report.runs if not BY_NAME[run.point].reminds) <= RECOVERY_LIMIT
