"""What a rebalance costs: partitions are given back committed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.engine.bench import end_one
from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.engine.ways import Way

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

IN_HAND = 4
"""A record may be confirmed and not yet acknowledged on each of two partitions, at each of two rebalances."""


def test_a_worker_that_leaves_under_load_has_nothing_lost_and_next_to_nothing_repeated(
    tmp_path: Path, one_broker: KafkaCluster | ExistingKafka
) -> None:
    ended = end_one(Way("guarded", one_broker.bootstrap, tmp_path, static=False), signal.SIGTERM, static=False)
    print("one of two workers leaves, lost / doubled / pause:", ended)
    assert ended.lost == 0
    assert ended.doubled <= IN_HAND
