"""From waiting alerts to messages, on a real ledger: mutes, holds, cancellation, folding, and roots kept current."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.alert.delivery import ledger, mutelist, outbox
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.planner import Planner
from services.alert.delivery.protocol import Policy
from services.alert.delivery.sender import Sender
from services.alert.lifecycle import told
from services.alert.restraint.cadence import Mode, Release
from services.alert.restraint.guard import Guard
from services.alert.restraint.mutes import MuteInForce
from services.alert.restraint.planning import Limits
from services.alert.watchlists.inforce import take_up
from services.contracts.alerts import Alert
from services.contracts.vocab import Reason
from services.contracts.watchlists import Mute, MuteScope, Watchlist
from services.fakeslack.core import Contract, FakeSlack
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, InProcessSlack, PlainRenderer, make_alert, new_ledger, planner, put, watchlists
from tests.contracts.examples import ALERT

MEASURE = make_alert(1, measure=1).act.measure_id


class Desk:
    """A ledger, a stand-in and a sender on one stepped clock."""

    def __init__(self, folder: Path, plans: Planner | None = None) -> None:
        self.engine = new_ledger(folder)
        self.clock = SteppedClock(START)
        self.slack = FakeSlack(Contract(key="ignore"))
        self.take_up(plans or planner())

    def take_up(self, plans: Planner) -> None:
        """From now on plan with these."""
        channel = InProcessSlack(self.slack, self.clock)
        self.plans = plans
        self.sender = Sender(self.engine, {"slack": channel}, PlainRenderer(), plans, Policy(), self.clock)

    def plan(self, connection: sa.Connection) -> object:
        return self.plans.plan(connection, make_alert(1).destination.key, self.clock.now())

    async def send(self, *alerts: Alert, release: Release | None = None) -> list[str]:
        """Put the alerts in, let everything go that can, and return all texts Slack holds, first words only."""
        put(self.engine, *alerts, release=release)
        await self.sender.drain()
        return [" ".join(message.text.split()[:1]) for message in self.slack.store.messages]

    def mute(self, scope: MuteScope, value: str = "", **given: object) -> str:
        mute = MuteInForce("", "default", scope, value, reason="quiet please")
        mute = replace(mute, **given)  # type: ignore[arg-type]  # what a test gives
        with self.engine.begin() as connection:
            return mutelist.add_mute(connection, mute, "test", self.clock.now()).mute.mute_id

    def dispositions(self) -> dict[Disposition, int]:
        with self.engine.begin() as connection:
            return {each: n for each, n in outbox.count_dispositions(connection).items() if n}

    def run_sql(self, text: str) -> list[sa.Row[tuple[object, ...]]]:
        with self.engine.begin() as connection:
            return list(connection.execute(sa.text(text)).fetchall())


def changed(number: int, reason: Reason = Reason.STAGE_CHANGED) -> Alert:
    return make_alert(number, measure=1).model_copy(update={"reason": reason})


@pytest.mark.asyncio
async def test_an_alert_waits_for_its_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    later = Release(Mode.SINGLE, START + timedelta(hours=3))
    assert await desk.send(make_alert(1), release=later) == []
    desk.clock.step(3 * 3600)
    assert await desk.send() == [make_alert(1).alert_id]


@pytest.mark.asyncio
async def test_a_muted_measure_is_silent_and_every_silenced_alert_is_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.mute(MuteScope.MEASURE, MEASURE, until=START + timedelta(days=7))
    assert await desk.send(changed(1), make_alert(2)) == [make_alert(2).alert_id]
    with desk.engine.begin() as connection:
        (record,) = mutelist.list_mutes(connection)
    assert record.hits == 1
    assert desk.dispositions() == {Disposition.MUTED: 1, Disposition.PLANNED: 1}
    desk.clock.step(7 * 86_400)
    assert changed(3).alert_id in await desk.send(changed(3)), "it ended by itself"


@pytest.mark.asyncio
async def test_a_mute_until_the_next_stage_lets_that_stage_through_and_is_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.mute(MuteScope.MEASURE, MEASURE, until_next_stage=True)
    told = await desk.send(changed(1, Reason.DATE_CHANGED), changed(2), changed(3, Reason.DATE_CHANGED))
    assert told == [changed(2).alert_id, changed(3).alert_id]


@pytest.mark.asyncio
async def test_a_mute_until_the_next_stage_in_a_watchlists_file_is_over_for_good_once_that_stage_came(
    tmp_path: Path,
) -> None:
    mute = Mute(scope=MuteScope.MEASURE, value=MEASURE, until_next_stage=True, reason="known")
    desk = Desk(tmp_path, planner(example(mutes=(mute,))))
    assert await desk.send(changed(1, Reason.DATE_CHANGED)) == []
    told = await desk.send(changed(2), changed(3, Reason.DATE_CHANGED))
    assert told == [changed(2).alert_id, changed(3).alert_id]
    assert await desk.send(changed(4, Reason.DATE_CHANGED)) == [*told, changed(4).alert_id], "the file still has it"
    with desk.engine.begin() as connection:
        (record,) = mutelist.list_mutes(connection)
    assert (record.hits, record.mute.reason, record.created_by) == (1, "known", mutelist.FROM_FILE)
    anew = planner(example(mutes=(mute.model_copy(update={"reason": "again"}),)))
    desk.take_up(anew)
    assert len(await desk.send(changed(5, Reason.DATE_CHANGED))) == 3, "written anew it is another mute"


@pytest.mark.asyncio
async def test_a_mute_that_left_the_file_silences_nothing_any_more(tmp_path: Path) -> None:
    mute = Mute(scope=MuteScope.MEASURE, value=MEASURE, until=START.date())
    desk = Desk(tmp_path, planner(example(mutes=(mute,))))
    assert await desk.send(changed(1)) == []
    desk.take_up(planner(example()))
    assert await desk.send(changed(2)) == [changed(2).alert_id]


@pytest.mark.asyncio
async def test_a_mute_of_one_item_silences_only_alerts_on_nothing_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    gallium = make_alert(1)
    assert {"gallium", "germanium"} >= {tag for term in gallium.matched for tag in term.tags}
    desk.mute(MuteScope.ITEM, "germanium", until=START + timedelta(days=7))
    assert await desk.send(gallium) == [gallium.alert_id]
    desk.mute(MuteScope.ITEM, "gallium", until=START + timedelta(days=7))
    assert await desk.send(make_alert(2)) == [gallium.alert_id]


@pytest.mark.asyncio
async def test_a_mute_holds_only_where_it_was_set(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.mute(
        MuteScope.SOURCE, ALERT.act.event.source, destination="slack:default:C0OTHER", until=START + timedelta(days=1)
    )
    desk.mute(MuteScope.WATCHLIST, watchlist_id="another", until=START + timedelta(days=1))
    desk.mute(MuteScope.WATCHLIST, tenant="another", until=START + timedelta(days=1))
    here, there = make_alert(1), make_alert(2, channel="C0OTHER")
    assert await desk.send(here, there) == [here.alert_id]


@pytest.mark.asyncio
async def test_a_mute_in_the_watchlists_file_is_honoured_until_its_last_day_is_over(tmp_path: Path) -> None:
    mute = Mute(scope=MuteScope.MEASURE, value=MEASURE, until=START.date())
    desk = Desk(tmp_path, planner(example(mutes=(mute,))))
    assert await desk.send(changed(1)) == []
    desk.clock.step(86_400)
    assert await desk.send(changed(2)) == [changed(2).alert_id]


def example(**given: object) -> Watchlist:
    found = watchlists().get(ALERT.watchlist_id)
    assert found is not None
    return found.model_copy(update=given)


@pytest.mark.parametrize(
    "given", [{"until": None}, {"value": ""}, {"scope": "watchlist"}, {"until_next_stage": True, "scope": "item"}]
)
def test_a_mute_without_an_end_or_of_nothing_cannot_be_written(given: dict[str, object]) -> None:
    whole: dict[str, object] = {"scope": "measure", "value": "m", "until": date(2026, 1, 1)}
    with pytest.raises(ValueError, match="mute"):
        Mute.model_validate(whole | given)


@pytest.mark.asyncio
async def test_alerts_of_a_watchlist_that_is_gone_are_cancelled(tmp_path: Path) -> None:
    in_force = [watchlists()]
    desk = Desk(tmp_path, Planner(lambda: in_force[0], Limits(), Guard()))
    in_force[0] = watchlists(channels=("C0OTHER",))
    kept = make_alert(2, channel="C0OTHER")
    assert await desk.send(make_alert(1), kept) == [kept.alert_id]
    assert desk.dispositions() == {Disposition.CANCELLED: 1, Disposition.PLANNED: 1}


@pytest.mark.asyncio
async def test_an_alert_of_a_watchlist_only_another_process_has_taken_up_waits(
    tmp_path: Path,
) -> None:
    in_force = [watchlists(channels=("C0OTHER",))]
    desk = Desk(tmp_path, Planner(lambda: in_force[0], Limits(), Guard()))
    newer = watchlists()
    with desk.engine.begin() as connection:
        take_up(connection, newer.watchlists, "test", START)
        told.record_versions(connection, newer, START)
    put(desk.engine, make_alert(1))
    with desk.engine.begin() as connection:
        assert desk.plan(connection) is None
    assert desk.dispositions() == {Disposition.WAITING: 1}
    in_force[0] = newer
    assert await desk.send() == [make_alert(1).alert_id]


@pytest.mark.asyncio
async def test_many_at_once_come_as_one_digest_and_none_is_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path, planner(limits=Limits()))
    alerts = [make_alert(number) for number in range(11)]
    (digest,) = await desk.send(*alerts)
    with desk.engine.begin() as connection:
        entry = ledger.find_entry(connection, digest)
    assert entry is not None
    assert [each.alert_id for each in entry.alerts] == [each.alert_id for each in alerts]


@pytest.mark.asyncio
async def test_a_bad_deploy_gives_a_channel_at_most_thirty_one_messages_in_an_hour(tmp_path: Path) -> None:
    desk = Desk(tmp_path, planner(limits=Limits()))
    for number in range(0, 300, 3):
        await desk.send(*(make_alert(each) for each in range(number, number + 3)))
        if desk.clock.now() - START > timedelta(minutes=59):
            break
    first_hour = [m for m in desk.slack.store.messages if m.stored_at < START.timestamp() + 3600]
    assert len(first_hour) <= 31


@pytest.mark.asyncio
async def test_a_watchlist_that_suddenly_matches_far_more_is_held_until_a_person_decides(tmp_path: Path) -> None:
    desk = Desk(tmp_path, planner(guard=Guard(floor=30)))
    flood = [make_alert(number) for number in range(31)]
    assert await desk.send(*flood) == []
    with desk.engine.begin() as connection:
        (hold,) = mutelist.list_holds(connection)
        assert "31 alerts in 24 hours" in hold.reason
        assert mutelist.end_hold(connection, hold.watchlist_id, "released", desk.clock.now())
        assert outbox.release_held(connection, hold.watchlist_id, desk.clock.now()) == 31
    (digest,) = await desk.send()
    assert len(desk.run_sql(f"SELECT 1 FROM alerts WHERE delivery_id = '{digest}'")) == 31  # noqa: S608  # our own id
    assert len(await desk.send(make_alert(99))) == 2, "a decision stands for a day"


@pytest.mark.asyncio
async def test_the_root_is_edited_once_for_the_news_below_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.send(make_alert(1, measure=1))
    await desk.send(changed(2), changed(3))
    root, *replies = desk.slack.store.messages
    assert root.text.endswith("+2")
    assert [reply.thread_ts for reply in replies] == [root.ts, root.ts]
    assert desk.slack.calls["chat.update"] == 1


@pytest.mark.asyncio
async def test_a_root_that_is_gone_is_let_be(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.send(make_alert(1, measure=1))
    desk.slack.store.messages.clear()
    await desk.send(changed(2))
    assert desk.slack.calls["chat.update"] == 1


@pytest.mark.asyncio
async def test_a_watchlist_that_has_proven_over_broad_speaks_once_a_day_in_a_digest(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for day in range(10):
        told = [make_alert(100 * day + n).model_copy(update={"decided_at": desk.clock.now()}) for n in range(8)]
        await desk.send(*told, release=Release(Mode.SINGLE, desk.clock.now()))
        desk.clock.step(86_400)
    before = len(desk.slack.store.messages)
    assert before < 80, "the first days singly, then in digests"
    fresh = [make_alert(9_000 + n).model_copy(update={"decided_at": desk.clock.now()}) for n in range(3)]
    await desk.send(*fresh, release=Release(Mode.SINGLE, desk.clock.now()))
    assert desk.run_sql("SELECT DISTINCT mode FROM alerts WHERE disposition = 'waiting'") == [("broad",)]
    desk.clock.step(86_400)
    await desk.send()
    assert desk.run_sql("SELECT cause FROM deliveries ORDER BY seq DESC LIMIT 1") == [("broad",)]
