"""When a publisher's host may be asked: one request at a time and seconds apart, each host on its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.runtime.clock import Clock

LONGEST_REST = 60.0
"""Seconds for which one source's "too many requests" holds back the other sources of that host, at most."""

_SPREAD = 0.5


@dataclass
class Turn:
    """One host's state: who is asking, and from when on (monotonic seconds) the next may."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready_at: float = float("-inf")
    users: int = 0
    rest_seconds: float = 0.0

    def rest(self, seconds: float) -> None:
        """Let the host rest after this turn as it asked, for at most a minute: longer is the source's own matter."""
        self.rest_seconds = min(seconds, LONGEST_REST)


class HostPacing:
    """Hands out turns at hosts, first come first served; nothing is shared between hosts, so none waits for another.

    From the end of one turn to the beginning of the next at the same host at least `seconds` pass, up to half as
    much again by `jitter` in [0, 1).
    """

    def __init__(self, clock: Clock, seconds: float, jitter: Callable[[], float] = random.random) -> None:
        self._clock, self._seconds, self._jitter = clock, seconds, jitter
        self._hosts: dict[str, Turn] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[Turn]:
        """Wait for a turn at the host and keep it until the block ends; giving up while waiting costs nobody."""
        turn = self._hosts.setdefault(host, Turn())
        turn.users += 1
        try:
            async with turn.lock:
                if (wait := turn.ready_at - self._clock.monotonic()) > 0:
                    await self._clock.sleep(wait)
                try:
                    yield turn
                finally:
                    self._end(turn)
        finally:
            turn.users -= 1
            self._forget()

    def _end(self, turn: Turn) -> None:
        pause = self._seconds * (1 + _SPREAD * self._jitter())
        turn.ready_at = self._clock.monotonic() + max(pause, turn.rest_seconds)
        turn.rest_seconds = 0.0

    def _forget(self) -> None:
        """Drop hosts that nobody waits for any more: a hostile page may name very many."""
        now = self._clock.monotonic()
        self._hosts = {host: turn for host, turn in self._hosts.items() if turn.users or turn.ready_at > now}
