"""What is proved of the worker on the embedded broker, on Apache Kafka."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.kafka import ExistingKafka, KafkaCluster, own_topics
from tests.runtime.test_worker import *  # noqa: F403  # every test of that module, on another engine

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def broker(kafka: KafkaCluster | ExistingKafka) -> Iterator[KafkaCluster | ExistingKafka]:
    """What the tests know as their broker: Kafka, of which they use no more than its address."""
    with own_topics(kafka.bootstrap):
        yield kafka
