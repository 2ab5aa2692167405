"""What separates the topics on a broker from those in `contracts/topics.py`; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.contracts.topics import TOPICS, Topic

OURS = "noroshi."
"""The prefix of our topics; others are nobody's business here."""


@dataclass(frozen=True)
class LiveTopic:
    """A topic as the broker has it; `configs` holds what differs from the broker's defaults."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Create:
    """Make a topic that is missing."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]

    def __str__(self) -> str:
        configs = ", ".join(f"{key}={value}" for key, value in self.configs.items())
        return f"create {self.name}: {self.partitions} partitions, {self.replication} copies, {configs}"


@dataclass(frozen=True)
class AddPartitions:
    """Give a topic more partitions."""

    name: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.name}: partitions {self.before} -> {self.after} (keys move; order across the change is lost)"


@dataclass(frozen=True)
class Alter:
    """Set configs of a topic; each with its value before, empty for the broker's default."""

    name: str
    configs: Mapping[str, tuple[str, str]]

    def __str__(self) -> str:
        changes = ", ".join(f"{key} {before or 'default'} -> {after}" for key, (before, after) in self.configs.items())
        return f"{self.name}: {changes}"


@dataclass(frozen=True)
class Refused:
    """A difference that cannot be removed without losing records, and what to do instead."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True)
class Unknown:
    """A topic with our prefix that the code does not know; it is left alone."""

    name: str

    def __str__(self) -> str:
        return f"{self.name}: not a topic of this version; left as it is (delete it by hand if nothing reads it)"


Change = Create | AddPartitions | Alter | Refused | Unknown


def plan(
    live: Iterable[LiveTopic],
    wanted: Iterable[Topic] = TOPICS,
    *,
    replication: int = 1,
    overrides: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """What separates the broker from the code, in the order of the code; empty when nothing does.

    `overrides` are configs that hold for every topic on this broker, such as a smaller retention on an
    embedded one. Topics without our prefix are nobody's business here.
    """
    present = {topic.name: topic for topic in live}
    known = {topic.name for topic in wanted}
    changes: list[Change] = []
    for topic in wanted:
        configs = {**topic.configs(), **(overrides or {})}
        found = present.get(topic.name)
        if found is None:
            changes.append(Create(topic.name, topic.partitions, replication, configs))
        else:
            changes.extend(_differences(topic, found, replication, configs))
    changes.extend(Unknown(name) for name in sorted(present) if name.startswith(OURS) and name not in known)
    return tuple(changes)


def _differences(topic: Topic, live: LiveTopic, replication: int, configs: Mapping[str, str]) -> Iterator[Change]:
    if live.partitions < topic.partitions:
        yield AddPartitions(topic.name, live.partitions, topic.partitions)
    elif live.partitions > topic.partitions:
        why = f"{live.partitions} partitions instead of {topic.partitions}; they cannot be removed: make a new version"
        yield Refused(topic.name, why)
    if live.replication != replication:
        why = f"{live.replication} copies instead of {replication}; move them with kafka-reassign-partitions"
        yield Refused(topic.name, why)
    altered = {key: (live.configs.get(key, ""), value) for key, value in configs.items()}
    altered = {key: (before, after) for key, (before, after) in altered.items() if before != after}
    if altered:
        yield Alter(topic.name, altered)
