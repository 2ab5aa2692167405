from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.alert.channel import Message
from services.alert.delivery import ledger
from services.alert.delivery.ledger import Entry
from services.alert.delivery.protocol import Level, Policy
from services.alert.delivery.sender import Sender
from services.contracts.vocab import DeliveryState
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, InProcessSlack, PlainRenderer, make_alert, new_ledger, planner, put


class Bench:
    """A ledger, a stand-in on a stepped clock and a sender between them."""

    def __init__(self, folder: Path, *faults: Fault, contract: Contract | None = None) -> None:
        self.engine = new_ledger(folder)
        self.clock = SteppedClock(START)
        self.slack = FakeSlack(contract or Contract(key="ignore"), faults=list(faults))
        self.channel = InProcessSlack(self.slack, self.clock)
        self.renderer, self.planner = PlainRenderer(), planner()

    def sender(self) -> Sender:
        return Sender(self.engine, {"slack": self.channel}, self.renderer, self.planner, Policy(), self.clock)

    def texts(self, channel: str = "C0CRITMIN") -> list[str]:
        self.slack.land(self.clock.now().timestamp())
        return [m.text.split()[0] for m in self.slack.store.messages if m.channel == channel]

    def states(self) -> dict[DeliveryState, int]:
        with self.engine.begin() as connection:
            return {state: count for state, count in ledger.count_states(connection).items() if count}


@pytest.mark.asyncio
async def test_every_alert_is_posted_once_in_order_at_slacks_pace(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract=Contract(burst=1))
    alerts = [make_alert(number) for number in range(8)]
    put(bench.engine, *alerts)
    await bench.sender().drain()
    assert bench.texts() == [alert.alert_id for alert in alerts]
    assert bench.states() == {DeliveryState.SENT: 8}
    assert bench.slack.calls["chat.postMessage"] == 8, "no post was refused for its pace"


@pytest.mark.parametrize("kind", [FaultKind.DROP_ANSWER, FaultKind.HTTP_AFTER_STORING, FaultKind.HTML])
@pytest.mark.asyncio
async def test_a_lost_answer_after_storing_gives_one_message(tmp_path: Path, kind: FaultKind) -> None:
    bench = Bench(tmp_path, Fault(kind, times=3))
    alerts = [make_alert(number) for number in range(4)]
    put(bench.engine, *alerts)
    await bench.sender().drain()
    assert bench.texts() == [alert.alert_id for alert in alerts]


@pytest.mark.asyncio
async def test_a_request_that_lands_a_minute_late_gives_one_message(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.LAND_LATE, seconds=60), contract=Contract(key="ignore", history_lag=9))
    put(bench.engine, make_alert(1))
    await bench.sender().drain()
    bench.clock.step(3600)
    assert len(bench.texts()) == 1


@pytest.mark.parametrize("kind", [FaultKind.RESET_BEFORE, FaultKind.HTTP])
@pytest.mark.asyncio
async def test_a_request_that_never_arrived_is_sent_again_after_the_history_was_read(
    tmp_path: Path, kind: FaultKind
) -> None:
    bench = Bench(tmp_path, Fault(kind, status=502))
    put(bench.engine, make_alert(1))
    await bench.sender().drain()
    assert len(bench.texts()) == 1
    assert bench.slack.calls["conversations.history"] == 2


@pytest.mark.asyncio
async def test_a_lost_answer_to_a_reply_is_read_back_from_its_thread(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    put(bench.engine, make_alert(1, measure=1))
    await bench.sender().drain()
    bench.slack.faults.append(Fault(FaultKind.DROP_ANSWER))
    put(bench.engine, make_alert(2, measure=1))
    await bench.sender().drain()
    root, reply = bench.slack.store.messages
    assert reply.thread_ts == root.ts
    assert bench.slack.calls["conversations.replies"] == 1


@pytest.mark.asyncio
async def test_a_sender_killed_between_post_and_record_leaves_its_successor_one_message(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    put(bench.engine, make_alert(1), make_alert(2))

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    async def post_then_die(destination: object, message: Message, thread_ref: str | None) -> object:
        await original(destination, message, thread_ref)  # type: ignore[arg-type]  # the channel's own signature
        die()
        return None

    original = bench.channel.post
    bench.channel.post = post_then_die  # type: ignore[method-assign,assignment]  # the crash this test is about
    with pytest.raises(Killed):
        await bench.sender().drain()
    bench.channel.post = original  # type: ignore[method-assign]  # the successor's channel is whole
    await bench.sender().drain()
    assert bench.texts() == [make_alert(1).alert_id, make_alert(2).alert_id]


@pytest.mark.asyncio
async def test_trouble_in_one_channel_holds_up_no_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract=Contract(archived=frozenset({"C0GONE"})))
    put(bench.engine, make_alert(1, channel="C0GONE"), make_alert(2), make_alert(3))
    sender = bench.sender()
    running = asyncio.create_task(sender.run())
    for _ in range(2000):
        if bench.states() == {DeliveryState.SENT: 2, DeliveryState.INTENT: 1}:
            break
        await asyncio.sleep(0.01)
    sender.stop()
    await running
    assert len(bench.texts()) == 2
    assert bench.texts("C0GONE") == []


@pytest.mark.asyncio
async def test_an_alert_that_cannot_be_rendered_whole_is_sent_smaller_and_never_dropped(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    class Faulty(PlainRenderer):
        def delivery(self, entry: Entry, level: Level, possible_duplicate: bool) -> Message:
            if level is not Level.TEXT:
                raise ValueError("a bug of the renderer")
            return super().delivery(entry, level, possible_duplicate)

    bench.renderer = Faulty()
    put(bench.engine, make_alert(1))
    await bench.sender().drain()
    assert [m.text.split()[1] for m in bench.slack.store.messages] == ["TEXT"]


@pytest.mark.asyncio
async def test_a_ledger_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with bench.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE deliveries"))
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        await bench.sender().run()
