"""A workspace or a destination in trouble, through the sender: who tries, how often, and that all of it arrives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from services.alert.channel import Message
from services.alert.delivery.breaker import FAILURES_TO_OPEN
from services.alert.delivery.protocol import Policy, Posted, PostOutcome
from services.alert.delivery.sender import Sender
from services.alert.delivery.troubles import load_troubles
from services.contracts.watchlists import Destination
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import CHANNELS, START, InProcessSlack, PlainRenderer, make_alert, new_ledger, planner, put


class Bench:
    """A ledger with alerts for three channels of one workspace, and the times at which something was posted."""

    def __init__(self, folder: Path, *faults: Fault) -> None:
        self.engine, self.clock = new_ledger(folder), SteppedClock(START)
        self.slack = FakeSlack(Contract(key="ignore", burst=99), faults=list(faults))
        self.channel = InProcessSlack(self.slack, self.clock)
        self.times: list[float] = []
        self.channel.before_post = lambda: self.times.append(self.clock.monotonic())

    async def drain(self) -> None:
        sender = Sender(self.engine, {"slack": self.channel}, PlainRenderer(), planner(), Policy(), self.clock)
        await sender.drain()

    def scopes(self) -> list[str]:
        with self.engine.begin() as connection:
            return list(load_troubles(connection))


@pytest.mark.asyncio
async def test_a_revoked_token_is_probed_once_a_minute_for_all_channels_and_then_everything_arrives(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, 10, code="token_revoked"))
    decided = [make_alert(number, channel) for number, channel in enumerate(CHANNELS * 3)]
    put(bench.engine, *decided)
    await bench.drain()
    assert sorted(m.text.split()[0] for m in bench.slack.store.messages) == sorted(each.alert_id for each in decided)
    refused = bench.times[len(CHANNELS) : 10]  # each channel may have been under way when the first refusal came
    assert min(later - earlier for earlier, later in pairwise(refused)) >= 60
    assert bench.scopes() == []


@pytest.mark.asyncio
async def test_a_slack_that_does_not_answer_opens_the_circuit_and_doubles_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.HTTP_AFTER_STORING, FAILURES_TO_OPEN + 2))
    decided = [make_alert(number, channel) for number, channel in enumerate(CHANNELS * 4)]
    put(bench.engine, *decided)
    await bench.drain()
    assert sorted(m.text.split()[0] for m in bench.slack.store.messages) == sorted(each.alert_id for each in decided)
    assert bench.scopes() == []


@pytest.mark.asyncio
async def test_an_archived_channel_stays_in_trouble_while_the_others_are_served(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, 3, channel="C0GONE", code="is_archived"))
    put(bench.engine, *[make_alert(number, channel) for number, channel in enumerate(CHANNELS)])
    await bench.drain()
    stored = {m.channel: float(m.ts) - START.timestamp() for m in bench.slack.store.messages}
    assert set(stored) == set(CHANNELS)
    assert stored["C0GONE"] >= 3 * Policy().destination_probe
    assert bench.scopes() == []


@pytest.mark.asyncio
async def test_a_channel_is_handed_the_alerts_a_message_tells_of(tmp_path: Path) -> None:
    seen: list[Message] = []

    class Hook(InProcessSlack):
        async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
            seen.append(message)
            return Posted(message.delivery_id)

    bench = Bench(tmp_path)
    bench.channel = Hook(bench.slack, bench.clock)
    put(bench.engine, make_alert(1))
    await bench.drain()
    assert [each.alerts for each in seen] == [(make_alert(1),)]
