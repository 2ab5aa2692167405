"""Every topic: its name, key, value, writer, readers and how long it is kept. One line to add a topic."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """A topic as it must be on the broker; `noroshi topics plan|apply|check` compares and creates it."""

    name: str
    key: str
    value: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    partitions: int
    retention_ms: int
    meaning: str
    cleanup: str = "delete"
    max_message_bytes: int = 1_000_000

    def configs(self) -> dict[str, str]:
        """The topic-level settings, as the broker names them."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }


EVENTS = Topic(
    name="noroshi.events.v1",
    key="event id",
    value="Event",
    written_by=("ingest",),
    read_by=("classify",),
    partitions=4,
    retention_ms=30 * DAY_MS,
    meaning="one revision of one source document",
)
MEASURES = Topic(
    name="noroshi.measures.v1",
    key="measure id",
    value="Act",
    written_by=("classify",),
    read_by=("alert",),
    partitions=4,
    retention_ms=1825 * DAY_MS,
    meaning="one act: what one event says of one measure; the history that back-tests and rebuilds read",
)
ALERTS = Topic(
    name="noroshi.alerts.v1",
    key="measure id",
    value="Alert",
    written_by=("alert",),
    read_by=(),
    partitions=4,
    retention_ms=90 * DAY_MS,
    meaning="one delivered alert, for other systems",
)
DEAD = Topic(
    name="noroshi.dead.v1",
    key="key of the origin record",
    value="bytes of the origin record",
    written_by=("ingest", "classify", "alert"),
    read_by=(),
    partitions=1,
    retention_ms=60 * DAY_MS,
    meaning="a record nobody could process, with its error and origin in the headers",
    max_message_bytes=1_500_000,
)

TOPICS: tuple[Topic, ...] = (EVENTS, MEASURES, ALERTS, DEAD)
