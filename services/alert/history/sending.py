"""Which messages a destination would have got, by the very planner of the live sender. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from services.alert.history.replay import Hit
from services.alert.render.rows import fits_keys
from services.alert.restraint.planning import Limits, Rest, Send, Waiting, carried, plan_next
from services.contracts.vocab import DigestCause

_HOUR = timedelta(hours=1)
_PACE = timedelta(seconds=1)
"""Slack takes about one message a second to one channel."""

_LOOK_AHEAD = 20
"""The planner sees so many digests' worth of what waits; more would not change what it says next."""


@dataclass(frozen=True)
class Message:
    """One message: when it would have been begun, to whom, and the alerts it carries; `cause` if it is a digest."""

    at: datetime
    destination: str
    hits: tuple[Hit, ...]
    cause: DigestCause | None = None


DEFAULT_LIMITS = Limits()


def send_all(hits: Iterable[Hit], limits: Limits = DEFAULT_LIMITS) -> tuple[Message, ...]:
    """The messages that carry these alerts, by time; an alert that is muted is in none, every other in one."""
    by_destination: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.mute_id is None:
            by_destination.setdefault(hit.destination, []).append(hit)
    found = (each for key, given in by_destination.items() for each in _send(key, given, limits))
    return tuple(sorted(found, key=lambda each: (each.at, each.destination)))


def _send(destination: str, hits: list[Hit], limits: Limits) -> Iterator[Message]:
    """Plan message after message on a clock that moves on when nothing can be sent."""
    coming = deque(sorted(hits, key=lambda each: each.release_at))
    waiting: dict[str, Hit] = {}
    begun: deque[datetime] = deque()
    now = coming[0].release_at
    while coming or waiting:
        if not waiting:
            now = max(now, coming[0].release_at)
        while coming and coming[0].release_at <= now:
            hit = coming.popleft()
            waiting[hit.alert_id] = hit
        while begun and now - begun[0] >= _HOUR:
            begun.popleft()
        planned = _plan(waiting.values(), begun, now, limits)
        if planned is None:
            return
        if isinstance(planned, Rest):
            now = planned.until
            continue
        chosen = [waiting[each] for each in planned.alert_ids]
        room = fits_keys((each.watchlist_id, each.measure_id) for each in chosen)
        told = tuple(chosen[: carried(len(chosen), room, planned.cause)])
        for each in told:
            del waiting[each.alert_id]
        yield Message(now, destination, told, planned.cause)
        begun.append(now)
        now += _PACE


def _plan(waiting: Iterable[Hit], begun: Sequence[datetime], now: datetime, limits: Limits) -> Send | Rest | None:
    head = islice(waiting, _LOOK_AHEAD * limits.rows)
    return plan_next([Waiting(each.alert_id, each.watchlist_id, each.mode) for each in head], begun, now, limits)
