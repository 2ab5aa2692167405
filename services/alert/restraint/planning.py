"""What a destination hears next: one alert, several as one digest, or nothing for now. Pure.

Once the hour's budget is spent, what waits comes as one digest and then the destination has peace until the hour is
over. Before that the oldest alert decides: one that asks for a digest takes its group along; a single one leaves alone
while few wait, and in a digest with the others when more than `storm` do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alert.restraint.cadence import Mode
from services.contracts.vocab import DigestCause

_HOUR = timedelta(hours=1)
_CAUSES = {
    Mode.DIGEST: DigestCause.CADENCE,
    Mode.RELEASED: DigestCause.RELEASED,
    Mode.REREAD: DigestCause.REREAD,
    Mode.BROAD: DigestCause.BROAD,
}


@dataclass(frozen=True)
class Limits:
    """How much a destination bears: alerts that may wait singly, messages in an hour, alerts in one digest."""

    storm: int = 10
    per_hour: int = 30
    rows: int = 100


@dataclass(frozen=True)
class Waiting:
    """An alert whose time has come, as far as planning needs it."""

    alert_id: str
    watchlist_id: str
    mode: Mode = Mode.SINGLE


@dataclass(frozen=True)
class Send:
    """The next message: these alerts, in this order; `cause` says why several come together."""

    alert_ids: tuple[str, ...]
    cause: DigestCause | None = None


@dataclass(frozen=True)
class Rest:
    """Nothing may be sent before `until`."""

    until: datetime


def plan_next(
    waiting: Sequence[Waiting], sent: Sequence[datetime], now: datetime, limits: Limits
) -> Send | Rest | None:
    """The next message of a destination; None if nothing waits.

    `waiting` are oldest first; `sent` says when the destination's messages of the last hour were begun, oldest first.
    """
    if not waiting:
        return None
    recent = [at for at in sent if now - at < _HOUR]
    if len(recent) > limits.per_hour:
        return Rest(recent[-limits.per_hour - 1] + _HOUR)
    if len(recent) == limits.per_hour:
        return _digest(waiting, limits, DigestCause.BUDGET)
    head = waiting[0]
    if head.mode is Mode.SINGLE:
        singles = [each for each in waiting if each.mode is Mode.SINGLE]
        if len(singles) <= limits.storm:
            return Send((head.alert_id,))
        return _digest(singles, limits, DigestCause.STORM)
    group = [each for each in waiting if (each.watchlist_id, each.mode) == (head.watchlist_id, head.mode)]
    return _digest(group, limits, _CAUSES[head.mode])


def carried(count: int, room: int, cause: DigestCause | None) -> int:
    """How many of the chosen alerts their message takes if it has room for so many.

    A storm too large for one digest is shared out evenly, so that no few are left that would come singly after it.
    """
    return math.ceil(count / math.ceil(count / room)) if cause is DigestCause.STORM else min(count, room)


def _digest(waiting: Sequence[Waiting], limits: Limits, cause: DigestCause) -> Send:
    """One message of the oldest; a digest of one alert is that alert's own message."""
    chosen = tuple(each.alert_id for each in waiting[: carried(len(waiting), limits.rows, cause)])
    return Send(chosen, cause if len(chosen) > 1 else None)
