"""A dead letter: the original bytes of a record nobody could process, with its error and origin as headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.contracts.errors import DeadReason

Headers = tuple[tuple[str, bytes], ...]

_PREFIX = "noroshi-dead-"
_MAX_ERROR = 2000


@dataclass(frozen=True)
class DeadLetter:
    """One record put aside: where it came from, what was wrong, and everything needed to replay it."""

    service: str
    topic: str
    partition: int
    offset: int
    reason: DeadReason
    error: str
    at: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    def to_headers(self) -> Headers:
        """The record headers: ours first, then those of the origin, untouched."""
        ours = {
            "service": self.service,
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "reason": self.reason.value,
            "error": self.error[:_MAX_ERROR],
            "at": self.at.astimezone(UTC).isoformat(),
            "tombstone": "" if self.value is not None else "1",
        }
        return tuple((_PREFIX + name, text.encode("utf-8", "replace")) for name, text in ours.items()) + self.headers

    @classmethod
    def from_record(cls, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> DeadLetter:
        """Read a record of the dead-letter topic back; raises ValueError if a header is missing or malformed."""
        pairs = tuple(headers)
        ours = {k.removeprefix(_PREFIX): v.decode("utf-8", "replace") for k, v in pairs if k.startswith(_PREFIX)}
        _require(ours, ("service", "topic", "partition", "offset", "reason", "error", "at"))
        return cls(
            service=ours["service"],
            topic=ours["topic"],
            partition=int(ours["partition"]),
            offset=int(ours["offset"]),
            reason=DeadReason(ours["reason"]),
            error=ours["error"],
            at=datetime.fromisoformat(ours["at"]),
            key=key,
            value=None if ours.get("tombstone") else value,
            headers=tuple(pair for pair in pairs if not pair[0].startswith(_PREFIX)),
        )


def _require(found: Mapping[str, str], names: Iterable[str]) -> None:
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"not a dead letter of ours: header {_PREFIX}{missing[0]} is missing")
