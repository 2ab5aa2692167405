"""The battery on the embedded broker, and what only an embedded broker must do besides."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.contracts.errors import UsageError
from services.runtime import topics_admin
from services.runtime.broker.noida import NoidaBroker, find_program
from tests.runtime.battery import BrokerBattery, member, next_offset, send, topic, wait_first_offset
from tests.runtime.echo_worker import make_topic
from tests.runtime.processes import read_topic

__all__ = ["topic"]

pytestmark = pytest.mark.broker


class TestConfiguredBroker(BrokerBattery):
    """The embedded broker, or the one that TEST_BROKER names."""

    @pytest.fixture
    def bootstrap(self, request: pytest.FixtureRequest) -> str:
        named = os.environ.get("TEST_BROKER")
        if named:
            return named
        running: NoidaBroker = request.getfixturevalue("broker")
        return running.bootstrap


def test_a_stopped_broker_keeps_records_offsets_and_configs(tmp_path: Path) -> None:
    kept = make_topic("noroshi.kept.v1")
    first = NoidaBroker(tmp_path, port=0)
    with first:
        topics_admin.apply(first.bootstrap, [kept])
        send(first.bootstrap, kept, [b"a", b"b"])
        with member(first.bootstrap, kept, "group") as process:
            assert next_offset(process) == 0
    with NoidaBroker(tmp_path, port=int(first.bootstrap.rpartition(":")[2])) as again:
        assert topics_admin.check(again.bootstrap, [kept]) == ()
        assert [value for _, value in read_topic(again.bootstrap, kept.name)] == [b"a", b"b"]
        assert sum(each.committed or 0 for each in topics_admin.read_lag(again.bootstrap, [("group", kept)])) >= 1


def test_old_records_are_dropped_by_age_and_by_size(broker: NoidaBroker) -> None:
    aged = replace(make_topic("noroshi.aged.v1", 1), retention_ms=500)
    full = make_topic("noroshi.full.v1", 1)
    topics_admin.apply(broker.bootstrap, [aged])
    topics_admin.apply(broker.bootstrap, [full], overrides=broker.topic_overrides)
    send(broker.bootstrap, aged, [b"old"])
    send(broker.bootstrap, full, [bytes(10_000)] * 400)
    wait_first_offset(broker.bootstrap, aged, 0, 1)
    wait_first_offset(broker.bootstrap, full, 0, 100)


def test_a_taken_port_is_refused_in_words(broker: NoidaBroker, tmp_path: Path) -> None:
    second = NoidaBroker(tmp_path, port=int(broker.bootstrap.rpartition(":")[2]))
    with pytest.raises(UsageError, match=r"cannot listen on .*--broker-port"):
        second.start()


def test_the_loaders_remark_is_left_out_of_what_the_program_said(broker: NoidaBroker) -> None:
    assert "127.0.0.1" in broker.read_log()
    assert "GLIBC" not in broker.read_log()


def test_the_program_is_found_in_its_wheel() -> None:
    assert find_program().name == "noida-db"


def test_without_the_program_the_error_says_what_to_install() -> None:
    with pytest.raises(UsageError, match=r'pip install "noroshi\[embedded\]"'):
        find_program("noida-db-that-is-absent")


def test_a_version_that_was_not_proved_is_refused() -> None:
    with pytest.raises(UsageError, match=r"was proved with 0\.2\.3"):
        find_program("pytest")
