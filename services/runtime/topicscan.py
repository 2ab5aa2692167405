"""Reads a topic from its beginning, or from a moment on, to its end as of now; no consumer group, nothing is moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.contracts.errors import RetryableError
from services.runtime.handling import Consumed

IDLE_SECONDS = 10.0
"""How long the broker may say nothing before the scan gives up."""


def scan_topic(
    broker: str, topic: str, *, since: datetime | None = None, timeout_seconds: float = IDLE_SECONDS
) -> Iterator[Consumed]:
    """Every record of the topic up to its ends as of the call, oldest first by partition; or those from `since` on.

    A topic that does not exist has no records. Raises RetryableError if the broker does not answer or stops
    answering before the end.
    """
    consumer: Any = None
    try:
        consumer = _open(broker, timeout_seconds)
        partitions = [TopicPartition(topic, each) for each in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        starts = _find_starts(consumer, partitions, since) if partitions else {}
        for partition in partitions:
            if starts.get(partition, ends[partition]) < ends[partition]:
                consumer.assign([partition])
                consumer.seek(partition, starts[partition])
                yield from _scan_partition(consumer, partition, ends[partition])
    except (KafkaError, OSError) as error:
        raise RetryableError(f"broker {broker}: {topic}: {type(error).__name__}: {error}") from error
    finally:
        if consumer is not None:
            consumer.close()


def _find_starts(consumer: Any, partitions: list[TopicPartition], since: datetime | None) -> dict[TopicPartition, int]:
    """Where to begin; a partition without a record as late as `since` is left out."""
    if since is None:
        return dict(consumer.beginning_offsets(partitions))
    moment = int(since.timestamp() * 1000)
    found = consumer.offsets_for_times(dict.fromkeys(partitions, moment))
    return {partition: place.offset for partition, place in found.items() if place is not None}


def _scan_partition(consumer: Any, partition: TopicPartition, end: int) -> Iterator[Consumed]:
    for record in consumer:
        if record.offset < end:
            yield Consumed(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=record.key,
                value=record.value,
                headers=tuple(record.headers or ()),
                timestamp=(record.timestamp or 0) / 1000,
            )
        if consumer.position(partition) >= end:
            return
    raise RetryableError(f"{partition.topic}/{partition.partition}: the broker fell silent before offset {end}")


def _open(broker: str, timeout_seconds: float) -> Any:
    milliseconds = int(timeout_seconds * 1000)
    return KafkaConsumer(
        bootstrap_servers=[server.strip() for server in broker.split(",")],
        client_id="noroshi-scan",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        consumer_timeout_ms=milliseconds,
        bootstrap_timeout_ms=milliseconds,
    )
