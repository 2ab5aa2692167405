"""Tells operators of lasting trouble by another way: after 15 minutes, 6 hours and 3 days, and when it is over.

A notice is posted at least once; what could not be posted is tried again a minute later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from services.alert.channel import Channel, Message
from services.alert.delivery import ledger
from services.alert.delivery.breaker import Trouble, notice_id, notices_due, scopes, write_all_clear, write_notice
from services.alert.delivery.protocol import Posted
from services.alert.delivery.troubles import load_troubles, mark_told
from services.contracts.watchlists import Destination
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.store import reading

_PAUSE = timedelta(minutes=1)

log = structlog.get_logger("noroshi.notice")


class Notices:
    """Watches the troubles of one ledger; without a fallback destination it only logs."""

    def __init__(
        self, engine: Engine, channels: Mapping[str, Channel], fallback: Destination | None, clock: Clock
    ) -> None:
        self._engine, self._channels, self._fallback, self._clock = engine, channels, fallback, clock
        self._told: dict[str, Trouble] = {}
        self._not_before: datetime | None = None

    async def look(self) -> None:
        """Post what is due now, and that a trouble which people were told of has ended."""
        now = self._clock.now()
        known, undelivered = await asyncio.to_thread(self._read)
        for kind in ("destination", "workspace"):
            count = sum(scope.startswith(kind) for scope in known)
            metrics.DELIVERY_TROUBLES.labels(scope=kind).set(count)
        for scope, trouble in self._told.items():
            if scope not in known:
                await self._post(notice_id(trouble, 0), write_all_clear(trouble, now))
        for trouble in known.values():
            number = notices_due(trouble, now)
            if number is not None and (self._not_before is None or now >= self._not_before):
                text = write_notice(trouble, count_in_scope(trouble.scope, undelivered), now)
                await self._tell(trouble, number, text)
        known, _ = await asyncio.to_thread(self._read)
        self._told = {scope: each for scope, each in known.items() if each.told}

    def _read(self) -> tuple[Mapping[str, Trouble], Mapping[str, int]]:
        with reading(self._engine) as connection:
            known = load_troubles(connection)
            return known, ledger.count_undelivered(connection) if known else {}

    def _mark(self, trouble: Trouble, number: int) -> None:
        with self._engine.begin() as connection:
            mark_told(connection, trouble, number)

    async def _tell(self, trouble: Trouble, number: int, text: str) -> None:
        if not await self._post(notice_id(trouble, number), text):
            self._not_before = self._clock.now() + _PAUSE
        else:
            await asyncio.to_thread(self._mark, trouble, number)

    async def _post(self, message_id: str, text: str) -> bool:
        log.error("delivery_trouble", notice=text)
        channel = self._channels.get(self._fallback.channel) if self._fallback else None
        if channel is None or self._fallback is None:
            return True
        return isinstance(await channel.post(self._fallback, Message(message_id, text), None), Posted)


def count_in_scope(scope: str, undelivered: Mapping[str, int]) -> int:
    """How many alerts wait for a destination, or for all destinations of a workspace."""
    return sum(count for key, count in undelivered.items() if scope in scopes(_destination(key)))


def _destination(key: str) -> Destination:
    channel, workspace, address = key.split(":", 2)
    return Destination(channel=channel, workspace=workspace, address=address)
