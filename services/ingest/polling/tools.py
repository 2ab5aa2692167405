"""The edges a poller works with."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from services.ingest.publish import Send
from services.ingest.wire.fetch import Fetched, Validators
from services.runtime.clock import Clock
from services.runtime.health import Health
from services.runtime.serve import Stopping

T = TypeVar("T")


class Fetches(Protocol):
    """What the poller needs of a fetcher."""

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        """The page, the news that it is unchanged, or the failure."""
        ...


@dataclass(frozen=True)
class Tools:
    """The edges a poller works with. `worker` publishes, one page after the other: `send` is for one thread."""

    fetcher: Fetches
    engine: sa.Engine
    send: Send
    worker: Executor
    clock: Clock
    health: Health
    jitter: Callable[[], float] = random.random


async def unless_stopped(work: Coroutine[Any, Any, T], stopping: Stopping) -> T | None:
    """The outcome of `work`, or None if the service is to stop before there is one."""
    doing, wish = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((doing, wish), return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        doing.cancel()
        wish.cancel()
