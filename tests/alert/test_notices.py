"""Operators hear of a trouble at the fallback destination, with what is stuck and how to mend it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.alert.delivery.breaker import Trouble, destination_scope, workspace_scope
from services.alert.delivery.notices import Notifier, count_stuck
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

    def __init__(self, folder: Path, *faults: Fault) -> None:
        self.engine = new_ledger(folder)
        self.slack = FakeSlack(Contract(burst=99), faults=list(faults))
        self.notifier = Notifier(self.engine, OPS, InProcessSlack(self.slack, SteppedClock(START)))
        with self.engine.begin() as connection:
            save_changes(connection, {TROUBLE.scope: TROUBLE})

    async def tell(self, minutes: float) -> list[str]:
        await self.notifier.tell_due(START + timedelta(minutes=minutes))
        return [message.text for message in self.slack.store.messages]

    def told(self) -> int:
        with self.engine.begin() as connection:
            return load_troubles(connection)[TROUBLE.scope].told


@pytest.mark.asyncio
async def test_a_notice_comes_when_it_is_due_and_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    put(bench.engine, make_alert(1, "C0GONE"), make_alert(2, "C0GONE"), make_alert(3, "C0OTHER"))
    assert await bench.tell(14) == []
    (first,) = await bench.tell(15)
    assert "slack C0GONE" in first
    assert "2 alerts wait" in first
    assert "unarchive the channel" in first
    assert len(await bench.tell(16)) == 1
    assert len(await bench.tell(360)) == 2
    assert bench.told() == 2
    assert [message.channel for message in bench.slack.store.messages] == ["C0OPS", "C0OPS"]


@pytest.mark.asyncio
async def test_a_notice_the_fallback_does_not_take_is_told_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, code="internal_error"))
    assert (await bench.tell(15), bench.told()) == ([], 0)
    assert await bench.tell(15.5) == []
    assert len(await bench.tell(16)) == 1
    assert bench.told() == 1


@pytest.mark.asyncio
async def test_that_a_trouble_is_over_is_said_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.notifier.tell_ended([TROUBLE], START + timedelta(hours=3))
    assert [message.text for message in bench.slack.store.messages] == [
        "Noroshi delivers to slack C0GONE again, after 3 hours."
    ]


@pytest.mark.asyncio
async def test_without_a_fallback_nothing_is_posted_and_nobody_counts_as_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await Notifier(bench.engine, None, None).tell_due(START + timedelta(hours=1))
    assert bench.told() == 0


def test_stuck_is_what_waits_or_is_open_for_the_destination_or_its_whole_workspace(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    plan(engine, make_alert(1, "C0GONE"))
    put(engine, make_alert(2, "C0GONE"), make_alert(3, "C0OTHER"))
    with engine.begin() as connection:
        assert count_stuck(connection, destination_scope(STUCK)) == 2
        assert count_stuck(connection, workspace_scope(STUCK)) == 3
        assert count_stuck(connection, "workspace:slack:other") == 0
