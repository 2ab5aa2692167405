"""Slack is away for six hours, and 500 alerts come in ten seconds: the shipped sender on a clock that is stepped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.alert.channel import Message
from services.alert.delivery import ledger, outbox
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Policy, PostOutcome, Reaction, Refused
from services.alert.delivery.sender import Sender
from services.alert.restraint.cadence import Mode, Release
from services.alert.restraint.guard import Guard
from services.alert.restraint.planning import Limits
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryState
from services.contracts.watchlists import Destination
from services.fakeslack.core import Answer, Contract, FakeSlack
from services.runtime.clock import SteppedClock
from services.runtime.settings import RuntimeSettings
from services.runtime.store import migrate, open_engine
from tests.alert.ledgers import START, InProcessSlack, PlainRenderer, make_alert, new_ledger, planner, put
from tests.engine.pipeline import secret

AWAY = timedelta(hours=6)
CALM = Guard(floor=100_000)
MOST_ON_RETURN = 11
"""Messages that a channel may get when Slack is back: the one in hand, and then ten singly or digests."""


class AwaySlack(InProcessSlack):
    """Slack out of reach until `back`: nothing listens, or it stores the first request and answers nothing."""

    def __init__(self, slack: FakeSlack, clock: SteppedClock, back: datetime, silent: bool) -> None:
        super().__init__(slack, clock)
        self._back, self._silent = back, silent

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        if self.clock.now() < self._back and not self._silent:
            return Refused(Reaction.RETRY, "connect:ConnectionRefusedError")
        return await super().post(destination, message, thread_ref)

    def _call(self, method: str, arguments: dict[str, Any]) -> Answer:
        if self.clock.now() >= self._back:
            return super()._call(method, arguments)
        if not self.slack.store.messages:
            super()._call(method, arguments)
        return Answer(None, lost=True)


class Bench:
    """A ledger, a stepped clock, the stand-in and the shipped sender between them."""

    def __init__(self, engine: sa.Engine, channel: InProcessSlack, limits: Limits) -> None:
        self.engine, self.channel, self.clock = engine, channel, channel.clock
        plan = planner(limits=limits, guard=CALM)
        self.sender = Sender(engine, {"slack": channel}, PlainRenderer(), plan, Policy(), self.clock)

    async def deliver(self, alerts: Sequence[Alert], times: Callable[[int], timedelta]) -> None:
        """Have each alert wait from its time on, and deliver until nothing waits any more."""
        for number, alert in enumerate(alerts):
            put(self.engine, alert, release=Release(Mode.SINGLE, START + times(number)))
        while self.waiting():
            await self.sender.drain()
            self.clock.step(1)

    def waiting(self) -> int:
        with self.engine.begin() as connection:
            return outbox.count_dispositions(connection)[Disposition.WAITING]

    def told(self, channel: str) -> list[str]:
        """The ids of the alerts that the channel's messages carry, in their order."""
        messages = [message for message in self.channel.slack.store.messages if message.channel == channel]
        return [told for message in messages for told in _carried(message.text)]

    def count(self, channel: str, since: datetime) -> int:
        stored = self.channel.slack.store.messages
        return sum(message.channel == channel and message.stored_at >= since.timestamp() for message in stored)

    def all_sent(self, count: int) -> bool:
        with self.engine.begin() as connection:
            return ledger.count_states(connection)[DeliveryState.SENT] == count


def _carried(text: str) -> list[str]:
    first, _, *rest = text.split()
    return rest or [first]


def check_return(engine: sa.Engine, decided: int, silent: bool) -> None:
    """Let alerts be decided while Slack is away, and see what each of two channels gets when it is back."""
    clock, back, channels = SteppedClock(START), START + AWAY, ("C0CRITMIN", "C0OTHER")
    slack = FakeSlack(Contract(key="ignore", history_lag=10))
    bench = Bench(engine, AwaySlack(slack, clock, back, silent), Limits())
    alerts = [make_alert(number, channel) for number in range(decided) for channel in channels]
    asyncio.run(bench.deliver(alerts, lambda number: AWAY * 0.99 * (number / len(alerts))))
    for channel in channels:
        assert bench.told(channel) == [alert.alert_id for alert in alerts if alert.destination.address == channel]
        assert bench.count(channel, back) <= MOST_ON_RETURN
    assert bench.all_sent(len(alerts))
    print(f"away 6 h, {decided} alerts a channel: {[bench.count(channel, back) for channel in channels]} messages")


@pytest.mark.parametrize("decided", [11, 12, 61, 120])
def test_when_slack_is_back_after_six_hours_all_is_told_once_in_few_messages(tmp_path: Path, decided: int) -> None:
    check_return(new_ledger(tmp_path), decided, silent=False)


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_also_if_it_stored_a_message_and_did_not_answer_anything_for_six_hours(tmp_path: Path) -> None:
    check_return(new_ledger(tmp_path), 40, silent=True)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize("silent", [False, True])
def test_also_on_postgresql(tmp_path: Path, database: str, silent: bool) -> None:
    engine = open_engine(RuntimeSettings(state_dir=tmp_path, database_url=secret(database)), "alert")
    migrate(engine, "alert")
    check_return(engine, 40, silent)
    engine.dispose()


def check_burst(engine: sa.Engine, limits: Limits, count: int) -> tuple[int, float]:
    """Have 500 alerts come in ten seconds; returns how many messages that made, and the seconds it took."""
    clock = SteppedClock(START)
    bench = Bench(engine, InProcessSlack(FakeSlack(Contract(burst=1, key="ignore")), clock), limits)
    alerts = [make_alert(number) for number in range(count)]
    asyncio.run(bench.deliver(alerts, lambda number: timedelta(seconds=10 * number / count)))
    assert bench.told("C0CRITMIN") == [alert.alert_id for alert in alerts]
    assert bench.all_sent(count)
    posts = bench.channel.slack.calls["chat.postMessage"]
    assert posts == bench.count("C0CRITMIN", START), "no post was refused for its pace"
    return posts, clock.monotonic()


def test_five_hundred_alerts_in_ten_seconds_are_folded_and_all_told_in_order(tmp_path: Path) -> None:
    messages, seconds = check_burst(new_ledger(tmp_path), Limits(), 500)
    print(f"500 alerts in 10 s, folded: {messages} messages in {seconds:.0f} s")
    assert messages <= 31


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_five_hundred_alerts_in_ten_seconds_unfolded_take_as_long_as_slack_asks(tmp_path: Path) -> None:
    messages, seconds = check_burst(new_ledger(tmp_path), Limits(storm=1000, per_hour=1000), 500)
    print(f"500 alerts in 10 s, unfolded: {messages} messages in {seconds:.0f} s")
    assert messages == 500
    assert 499 <= seconds <= 520
