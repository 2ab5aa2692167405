"""Tells operators of destinations in trouble, at the fallback destination; `breaker` has what is due and the words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Engine

from services.alert.channel import Channel, Message
from services.alert.delivery import breaker, troubles
from services.alert.delivery.breaker import Trouble
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Posted
from services.alert.tables import alerts, deliveries
from services.contracts.vocab import DeliveryState
from services.contracts.watchlists import Destination

_PAUSE = timedelta(minutes=1)

log = structlog.get_logger("noroshi.deliver")


class Notifier:
    """Posts notices to one fallback destination; without one they are only logged."""

    def __init__(self, engine: Engine, fallback: Destination | None, channel: Channel | None) -> None:
        self._engine, self._fallback, self._channel = engine, fallback, channel
        self._logged: set[str] = set()
        self._not_before: datetime | None = None

    async def tell_due(self, now: datetime) -> None:
        """Post the notices that are due, each at least once; one the fallback does not take is tried a minute later."""
        if self._not_before is not None and now < self._not_before:
            return
        self._not_before = None
        for trouble, waiting in await asyncio.to_thread(self._find_due, now):
            number = breaker.notices_due(trouble, now)
            if number is None:
                continue
            notice, text = breaker.notice_id(trouble, number), breaker.write_notice(trouble, waiting, now)
            if notice not in self._logged:
                self._logged.add(notice)
                log.error("destination_in_trouble", scope=trouble.scope, failure=trouble.failure, waiting=waiting)
            if await self._post(notice, text):
                await asyncio.to_thread(self._mark_told, trouble, number)
            else:
                self._not_before = now + _PAUSE

    async def tell_ended(self, ended: Iterable[Trouble], now: datetime) -> None:
        """Say of troubles that people were told of that they are over; said once or not at all."""
        for trouble in ended:
            log.info("destination_works_again", scope=trouble.scope)
            await self._post(breaker.notice_id(trouble, 0), breaker.write_all_clear(trouble, now))

    async def _post(self, notice: str, text: str) -> bool:
        if self._fallback is None or self._channel is None:
            return False
        outcome = await self._channel.post(self._fallback, Message(notice, text), None)
        if not isinstance(outcome, Posted):
            log.warning("notice_not_posted", destination=self._fallback.key, failure=outcome.code)
        return isinstance(outcome, Posted)

    def _find_due(self, now: datetime) -> list[tuple[Trouble, int]]:
        with self._engine.begin() as connection:
            known = troubles.load_troubles(connection).values()
            due = [each for each in known if breaker.notices_due(each, now) is not None]
            return [(each, count_stuck(connection, each.scope)) for each in due]

    def _mark_told(self, trouble: Trouble, number: int) -> None:
        with self._engine.begin() as connection:
            troubles.mark_told(connection, trouble, number)


def count_stuck(connection: Connection, scope: str) -> int:
    """How many alerts wait for a scope: not planned yet, or in a delivery that is not settled."""
    kind, _, place = scope.partition(":")
    here = alerts.c.destination == place
    if kind == "workspace":
        here = alerts.c.destination.startswith(f"{place}:", autoescape=True)
    is_open = deliveries.c.rank <= DeliveryState.INTENT.rank
    query = (
        sa.select(sa.func.count())
        .select_from(alerts.outerjoin(deliveries, deliveries.c.delivery_id == alerts.c.delivery_id))
        .where(here, sa.or_(alerts.c.disposition == Disposition.WAITING.value, is_open))
    )
    return connection.scalar(query) or 0
