"""The broker battery and the worker's promises on Apache Kafka, one broker and three."""

from __future__ import annotations

import pytest

from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.runtime.battery import BrokerBattery, topic

__all__ = ["topic"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


class TestOneBroker(BrokerBattery):
    """A broker that keeps one copy."""

    @pytest.fixture
    def bootstrap(self, one_broker: KafkaCluster | ExistingKafka) -> str:
        return one_broker.bootstrap


class TestThreeBrokers(BrokerBattery):
    """Three brokers."""

    @pytest.fixture
    def bootstrap(self, three_brokers: KafkaCluster) -> str:
        return three_brokers.bootstrap
