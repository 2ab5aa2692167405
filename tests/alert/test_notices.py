"""Operators hear of a trouble at the fallback destination, with what is stuck and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.alert.delivery.breaker import Trouble, destination_scope
from services.alert.delivery.notices import Notices, count_in_scope
from services.alert.delivery.troubles import load_troubles, save_changes
from services.contracts.watchlists import Destination
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, InProcessSlack, make_alert, new_ledger, plan, put

OPS = Destination(channel="slack", address="C0OPS", workspace="ops")
STUCK = Destination(channel="slack", address="C0GONE")
TROUBLE = Trouble(destination_scope(STUCK), START, "is_archived", 3)


class Bench:
    """A ledger with a trouble and a fallback in a workspace that works."""

    def __init__(self, folder: Path, *faults: Fault, fallback: Destination | None = OPS) -> None:
        self.engine, self.clock = new_ledger(folder), SteppedClock(START)
        self.slack = FakeSlack(Contract(burst=99), faults=list(faults))
        channels = {"slack": InProcessSlack(self.slack, self.clock)}
        self.notices = Notices(self.engine, channels, fallback, self.clock)
        with self.engine.begin() as connection:
            save_changes(connection, {TROUBLE.scope: TROUBLE})

    async def look(self, minutes: float) -> list[str]:
        """What was posted so far, after a look so many minutes after the start."""
        self.clock.step(minutes * 60 - (self.clock.now() - START).total_seconds())
        await self.notices.look()
        return [message.text for message in self.slack.store.messages]

    def told(self) -> int:
        with self.engine.begin() as connection:
            return load_troubles(connection)[TROUBLE.scope].told


@pytest.mark.asyncio
async def test_a_notice_comes_when_it_is_due_and_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan(bench.engine, make_alert(1, "C0GONE"))
    put(bench.engine, make_alert(2, "C0GONE"), make_alert(3, "C0OTHER"))
    assert await bench.look(14) == []
    (first,) = await bench.look(15)
    assert "slack C0GONE" in first
    assert "2 alerts wait" in first
    assert "unarchive the channel" in first
    assert len(await bench.look(16)) == 1
    assert len(await bench.look(360)) == 2
    assert bench.told() == 2
    assert [message.channel for message in bench.slack.store.messages] == ["C0OPS", "C0OPS"]


@pytest.mark.asyncio
async def test_a_notice_the_fallback_does_not_take_is_tried_again_a_minute_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, code="internal_error"))
    assert (await bench.look(15), bench.told()) == ([], 0)
    await bench.look(15.5)
    assert bench.slack.calls["chat.postMessage"] == 1
    assert len(await bench.look(16)) == 1
    assert bench.told() == 1


@pytest.mark.asyncio
async def test_that_a_trouble_is_over_is_said_to_those_who_heard_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.look(15)
    with bench.engine.begin() as connection:
        save_changes(connection, {TROUBLE.scope: None})
    assert (await bench.look(180))[1:] == ["Noroshi delivers to slack C0GONE again, after 3 hours."]
    assert len(await bench.look(181)) == 2


@pytest.mark.asyncio
async def test_a_trouble_that_ends_before_anybody_heard_of_it_is_not_spoken_of(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.look(10)
    with bench.engine.begin() as connection:
        save_changes(connection, {TROUBLE.scope: None})
    assert await bench.look(20) == []


@pytest.mark.asyncio
async def test_without_a_fallback_nothing_is_posted(tmp_path: Path) -> None:
    assert await Bench(tmp_path, fallback=None).look(60) == []


def test_what_waits_is_counted_for_a_destination_and_for_its_whole_workspace() -> None:
    waiting = {"slack:default:C0GONE": 2, "slack:default:C0OTHER": 1, "webhook:default:ops": 4}
    scopes = (TROUBLE.scope, "workspace:slack:default", "destination:webhook:default:ops", "workspace:slack:other")
    assert [count_in_scope(scope, waiting) for scope in scopes] == [2, 3, 4, 0]
