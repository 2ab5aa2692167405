"""Topics as code: brings the broker to what `contracts/topics.py` says, and tells what it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from services.contracts.errors import UsageError
from services.contracts.topics import TOPICS, Topic
from services.runtime.adminclient import open_admin
from services.runtime.lag import GroupState, Lag, LagReader, describe_group, group_id, groups_of, read_lag
from services.runtime.topicplan import (
    OURS,
    AddPartitions,
    Alter,
    Change,
    Create,
    LiveTopic,
    Refused,
    Unknown,
    plan,
)

__all__ = [
    "AddPartitions",
    "Alter",
    "Change",
    "Create",
    "GroupState",
    "Lag",
    "LagReader",
    "LiveTopic",
    "Refused",
    "Unknown",
    "apply",
    "check",
    "describe_group",
    "group_id",
    "groups_of",
    "open_admin",
    "plan",
    "read_lag",
    "read_topics",
]


def read_topics(broker: str) -> tuple[LiveTopic, ...]:
    """Every topic with our prefix as the broker has it."""
    with open_admin(broker) as admin:
        return _read_topics(admin)


def _read_topics(admin: Any) -> tuple[LiveTopic, ...]:
    names = sorted(name for name in admin.list_topics() if name.startswith(OURS))
    if not names:
        return ()
    configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return tuple(_live(described, configs["topic"]) for described in admin.describe_topics(names))


def _live(described: Mapping[str, Any], configs: Mapping[str, Any]) -> LiveTopic:
    partitions = described["partitions"]
    own = configs.get(described["name"], {})
    return LiveTopic(
        name=described["name"],
        partitions=len(partitions),
        replication=len(partitions[0]["replica_nodes"]) if partitions else 0,
        configs={key: str(config["value"]) for key, config in own.items()},
    )


def apply(
    broker: str,
    wanted: Sequence[Topic] = TOPICS,
    *,
    replication: int = 1,
    overrides: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Bring the broker to what the code says and return what was changed; doing it twice changes nothing.

    Raises UsageError before the first change if something would have to shrink.
    """
    with open_admin(broker) as admin:
        changes = plan(_read_topics(admin), wanted, replication=replication, overrides=overrides)
        refused = [change for change in changes if isinstance(change, Refused)]
        if refused:
            raise UsageError("topics: " + "; ".join(map(str, refused)))
        for change in changes:
            _apply(admin, change)
        return changes


def _apply(admin: Any, change: Change) -> None:
    if isinstance(change, Create):
        options = {
            "num_partitions": change.partitions,
            "replication_factor": change.replication,
            "configs": dict(change.configs),
        }
        admin.create_topics({change.name: options}, wait_for_metadata=True)
    elif isinstance(change, AddPartitions):
        admin.create_partitions({change.name: change.after})
    elif isinstance(change, Alter):
        configs = {key: after for key, (_, after) in change.configs.items()}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, change.name, configs=configs)])


def check(
    broker: str,
    wanted: Sequence[Topic] = TOPICS,
    *,
    replication: int = 1,
    overrides: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """What is wrong with the topics, one sentence each; unknown topics are no fault."""
    changes = plan(read_topics(broker), wanted, replication=replication, overrides=overrides)
    return tuple(str(change) for change in changes if not isinstance(change, Unknown))
