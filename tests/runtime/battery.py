"""What any broker must do for this project: one suite, run on the embedded broker and on Apache Kafka.

A subclass gives the fixture `bootstrap`; set TEST_BROKER=host:port to run it on a broker that is up already.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.contracts.errors import DeadLetterError, DeadReason
from services.contracts.topics import Topic
from services.runtime import topics_admin
from services.runtime.handling import Message
from services.runtime.producer import EventProducer
from services.runtime.topicscan import scan_topic
from tests.runtime.echo_worker import make_topic
from tests.runtime.processes import ROOT, read_topic, wait_until

REJOIN_SECONDS = 12.0
"""A worker that was killed must be at work again within the session timeout and as much again."""

_HOUR_MS = int(time.time() // 3600) * 3_600_000
"""The beginning of this hour, in milliseconds: old records would be gone by the topic's retention."""

_MEMBER = """
import sys
from kafka import KafkaConsumer
broker, topic, group = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=broker, group_id=group, group_instance_id="one",
    auto_offset_reset="earliest", session_timeout_ms=6000, heartbeat_interval_ms=1000, enable_auto_commit=False)
for record in consumer:
    consumer.commit()
    print(record.offset, flush=True)
"""


@pytest.fixture
def topic(bootstrap: str) -> Topic:
    """A fresh topic with two partitions."""
    made = make_topic(f"noroshi.battery-{uuid.uuid4().hex[:8]}.v1")
    topics_admin.apply(bootstrap, [made])
    return made


def send(bootstrap: str, topic: Topic, values: list[bytes], key: bytes | None = b"k") -> None:
    with EventProducer(bootstrap) as producer:
        producer.send_messages([Message(topic.name, key, value) for value in values])


@contextmanager
def member(bootstrap: str, topic: Topic, group: str) -> Iterator[subprocess.Popen[str]]:
    """A consumer process with static membership that prints the offsets it has read and committed."""
    command = [sys.executable, "-W", "ignore", "-c", _MEMBER, bootstrap, topic.name, group]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_offset(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


class BrokerBattery:
    """The behaviours; the names of the tests say them."""

    def test_the_end_of_a_partition_counts_every_record_of_a_batch(self, bootstrap: str, topic: Topic) -> None:
        send(bootstrap, topic, [b"%d" % number for number in range(100)])
        lag = topics_admin.read_lag(bootstrap, [("noroshi-nobody", topic)])
        assert sorted(each.end for each in lag) == [0, 100]
        assert [each.committed for each in lag] == [None, None]

    def test_committed_offsets_are_told_as_they_were_committed(self, bootstrap: str, topic: Topic) -> None:
        send(bootstrap, topic, [b"a", b"b", b"c"])
        group = f"group-{topic.name}"
        with member(bootstrap, topic, group) as process:
            assert [next_offset(process) for _ in range(3)] == [0, 1, 2]
            described = topics_admin.describe_group(bootstrap, group)
        assert (described.state, described.members) == ("Stable", ("one",))
        assert sum(each.records for each in topics_admin.read_lag(bootstrap, [(group, topic)])) == 0

    def test_topics_have_the_configs_and_partitions_they_were_given(self, bootstrap: str, topic: Topic) -> None:
        more = make_topic(topic.name, partitions=3)
        overrides = {"retention.bytes": "3000000"}
        changes = topics_admin.apply(bootstrap, [more], overrides=overrides)
        assert {type(change) for change in changes} >= {topics_admin.AddPartitions, topics_admin.Alter}
        assert topics_admin.check(bootstrap, [more], overrides=overrides) == ()
        assert topics_admin.check(bootstrap, [topic], overrides=overrides) != ()

    def test_records_of_a_key_keep_their_order(self, bootstrap: str, topic: Topic) -> None:
        with EventProducer(bootstrap) as producer:
            producer.send_messages([Message(topic.name, b"%d" % (n % 7), b"%05d" % n) for n in range(2_000)])
        found = read_topic(bootstrap, topic.name)
        assert len(found) == 2_000
        for key in {key for key, _ in found}:
            values = [value for each, value in found if each == key]
            assert values == sorted(values, key=lambda value: value or b"")

    def test_key_value_and_headers_come_back_byte_for_byte(self, bootstrap: str, topic: Topic) -> None:
        sent = [
            Message(topic.name, b"\x00\xff", b"\xfe\x00", (("a", b"\xff"), ("a", b"2"), ("b", b""))),
            Message(topic.name, b"\x00\xff", None),
            Message(topic.name, b"\x00\xff", b""),
        ]
        with EventProducer(bootstrap) as producer:
            producer.send_messages(sent)
        consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=5_000)
        consumer.assign([TopicPartition(topic.name, each) for each in (0, 1)])
        found = [next(consumer) for _ in sent]
        consumer.close()
        assert [(each.key, each.value, tuple(each.headers)) for each in found] == [
            (each.key, each.value, each.headers) for each in sent
        ]

    def test_a_record_over_the_topics_limit_is_refused_for_good(self, bootstrap: str, topic: Topic) -> None:
        with EventProducer(bootstrap) as producer, pytest.raises(DeadLetterError) as refused:
            producer.send_messages([Message(topic.name, b"k", bytes(1_100_000))])
        assert refused.value.reason is DeadReason.TOO_LARGE

    def test_a_scan_may_begin_at_a_moment(self, bootstrap: str, topic: Topic) -> None:
        producer = KafkaProducer(bootstrap_servers=bootstrap)
        for second in (10, 20, 30):
            producer.send(topic.name, str(second).encode(), key=b"k", timestamp_ms=_HOUR_MS + second * 1000).get(10)
        producer.close()
        for since, found in ((0, 3), (20, 2), (31, 0)):
            moment = datetime.fromtimestamp(_HOUR_MS / 1000 + since, UTC)
            assert len(list(scan_topic(bootstrap, topic.name, since=moment))) == found

    def test_a_killed_static_member_is_back_at_work_soon(self, bootstrap: str, topic: Topic) -> None:
        send(bootstrap, topic, [b"a"])
        with member(bootstrap, topic, f"group-{topic.name}") as process:
            assert next_offset(process) == 0
        killed = time.monotonic()
        send(bootstrap, topic, [b"b"])
        with member(bootstrap, topic, f"group-{topic.name}") as process:
            assert next_offset(process) == 1
        assert time.monotonic() - killed < REJOIN_SECONDS


def wait_first_offset(bootstrap: str, topic: Topic, partition: int, at_least: int) -> None:
    """Return once the broker has dropped the records before that offset."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    where = TopicPartition(topic.name, partition)
    try:
        wait_until(lambda: consumer.beginning_offsets([where])[where] >= at_least, "old records dropped")
    finally:
        consumer.close()
