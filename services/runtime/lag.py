"""How far consumer groups have read, asked of the broker and not of the workers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from services.contracts.errors import RetryableError
from services.contracts.topics import TOPICS, Topic
from services.runtime.adminclient import FAILURES, TIMEOUT_SECONDS, connect, no_answer, open_admin

_NOT_YET = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError)


def group_id(service: str) -> str:
    """The consumer group of a service."""
    return f"noroshi-{service}"


@dataclass(frozen=True)
class Lag:
    """How far one group is on one partition; `committed` is None where it has never committed."""

    group: str
    topic: str
    partition: int
    committed: int | None
    end: int

    @property
    def records(self) -> int:
        """Records between the committed offset and the end."""
        return max(0, self.end - (self.committed or 0))


def groups_of(topics: Iterable[Topic] = TOPICS) -> tuple[tuple[str, Topic], ...]:
    """Each consumer group with the topic it reads."""
    return tuple((group_id(reader), topic) for topic in topics for reader in topic.read_by)


def read_lag(broker: str, groups: Iterable[tuple[str, Topic]] | None = None) -> tuple[Lag, ...]:
    """The lag of every group on every partition it reads, asked of the broker and of nobody else."""
    with open_admin(broker) as admin:
        found: list[Lag] = []
        for group, topic in groups if groups is not None else groups_of():
            described = admin.describe_topics([topic.name])
            partitions = range(len(described[0]["partitions"])) if described else ()
            ends, committed = _offsets(admin, group, topic.name, partitions)
            found += [Lag(group, topic.name, each, committed.get(each), ends[each]) for each in sorted(ends)]
        return tuple(found)


def _offsets(admin: Any, group: str, topic: str, partitions: Iterable[int]) -> tuple[dict[int, int], dict[int, int]]:
    wanted = {TopicPartition(topic, each): OffsetSpec.LATEST for each in partitions}
    ends = admin.list_partition_offsets(wanted) if wanted else {}
    committed = _committed(admin, group)
    return (
        {tp.partition: found.offset for tp, found in ends.items()},
        {tp.partition: found.offset for tp, found in committed.items() if tp.topic == topic and found.offset >= 0},
    )


def _committed(admin: Any, group: str) -> Any:
    """What the group has committed; a Kafka that was never asked for a group first makes the topic of offsets."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return admin.list_group_offsets(group).get(group, {})
        except _NOT_YET:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class LagReader:
    """Reads ends and committed offsets again and again over one connection, which is renewed after an error."""

    def __init__(self, broker: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._broker = broker
        self._timeout_seconds = timeout_seconds
        self._admin: Any = None

    def read(self, group: str, topic: str, partitions: Iterable[int]) -> tuple[dict[int, int], dict[int, int]]:
        """The end and the committed offset by partition; raises RetryableError if the broker does not answer."""
        try:
            if self._admin is None:
                self._admin = connect(self._broker, self._timeout_seconds)
            return _offsets(self._admin, group, topic, partitions)
        except FAILURES as error:
            self.close()
            raise RetryableError(no_answer(self._broker, error)) from error

    def close(self) -> None:
        """Drop the connection."""
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(*FAILURES):
                admin.close()


@dataclass(frozen=True)
class GroupState:
    """A consumer group as the broker describes it: its state and the client ids of its members."""

    group: str
    state: str
    members: tuple[str, ...]


def describe_group(broker: str, group: str) -> GroupState:
    """The state of a group, as far as the broker can tell; some embedded brokers cannot, and say `unknown`."""
    with open_admin(broker) as admin:
        try:
            described = admin.describe_groups([group])[group]
        except (ValueError, KeyError):
            return GroupState(group, "unknown", ())
        members = tuple(member["group_instance_id"] or member["client_id"] for member in described["members"])
        return GroupState(group, str(described["group_state"]), members)
