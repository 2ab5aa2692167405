"""The parts as fixtures; a conftest that needs them imports them from here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engine import parts
from tests.engine.kafka import ExistingKafka, KafkaCluster, own_topics
from tests.engine.postgres import ExistingPostgres, Postgres, new_database


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster | ExistingKafka]:
    """One broker for the whole run, or the one that NOROSHI_TEST_KAFKA names."""
    named = os.environ.get(parts.EXISTING_KAFKA)
    if named:
        yield ExistingKafka(named)
        return
    with KafkaCluster(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def kafka3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Three brokers, always our own, since tests kill them."""
    with KafkaCluster(tmp_path_factory.mktemp("kafka3"), brokers=3) as cluster:
        yield cluster


@pytest.fixture
def one_broker(kafka: KafkaCluster | ExistingKafka) -> Iterator[KafkaCluster | ExistingKafka]:
    """The one broker, without topics of Noroshi."""
    with own_topics(kafka.bootstrap):
        yield kafka


@pytest.fixture
def three_brokers(kafka3: KafkaCluster) -> Iterator[KafkaCluster]:
    """All three brokers up, without topics of Noroshi."""
    kafka3.heal()
    with own_topics(kafka3.bootstrap):
        yield kafka3
        kafka3.heal()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | ExistingPostgres]:
    """One server for the whole run, or the one that NOROSHI_TEST_POSTGRES names."""
    named = os.environ.get(parts.EXISTING_POSTGRES)
    if named:
        yield ExistingPostgres(named)
        return
    with Postgres() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres | ExistingPostgres) -> Iterator[str]:
    """The URL of an empty database."""
    with new_database(postgres.url) as url:
        yield url
