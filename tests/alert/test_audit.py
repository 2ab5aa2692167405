"""The audit finds every gap and double, and nothing where all adds up."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.alert.delivery import desk, ledger, outbox
from services.alert.delivery.audit import (
    AlertRow,
    DeliveryRow,
    Flaw,
    Rows,
    audit,
    compare_history,
    read_rows,
)
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Policy
from services.alert.delivery.sender import Sender
from services.alert.lifecycle.told import told_table
from services.alert.tables import alerts as alerts_table
from services.alert.tables import deliveries as deliveries_table
from services.cli import main
from services.contracts.alerts import Alert
from services.contracts.vocab import DeliveryState
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, InProcessSlack, PlainRenderer, make_alert, new_ledger, planner, put
from tests.fakeslack.servers import serve_stand_in

HERE = "slack:default:C0HERE"
NOW = START + timedelta(hours=1)


def an_alert(number: int, **fields: object) -> AlertRow:
    given: dict[str, object] = {
        "alert_id": str(number),
        "seq": number,
        "destination": HERE,
        "mode": "single",
        "disposition": "planned",
        "decided_at": START,
        "release_at": START,
        "delivery_id": str(number),
    }
    return AlertRow(**(given | fields))  # type: ignore[arg-type]  # the fields of the row, by name


def a_delivery(number: int, **fields: object) -> DeliveryRow:
    at = START + timedelta(seconds=number)
    given: dict[str, object] = {
        "delivery_id": str(number),
        "kind": "alert",
        "seq": number,
        "destination": HERE,
        "state": "sent",
        "first_attempt_at": at,
        "last_attempt_at": at,
        "message_ref": f"{number}.0",
    }
    return DeliveryRow(**(given | fields))  # type: ignore[arg-type]  # the fields of the row, by name


FINE = Rows(tuple(map(an_alert, range(4))), tuple(map(a_delivery, range(4))))


def kinds(rows: Rows, now: datetime = NOW) -> list[str]:
    return [flaw.kind for flaw in audit(rows, now).flaws]


def with_delivery(**fields: object) -> Rows:
    """A ledger that is fine but for its second delivery."""
    first, second, *rest = FINE.deliveries
    return replace(FINE, deliveries=(first, replace(second, **fields), *rest))  # type: ignore[arg-type]


def with_alert(**fields: object) -> Rows:
    """A ledger that is fine but for one alert more."""
    return replace(FINE, alerts=(*FINE.alerts, an_alert(9, **fields)))


def test_a_ledger_where_all_adds_up_has_no_flaw_and_accounts_for_every_alert() -> None:
    more = (an_alert(7, disposition="muted", delivery_id=None, mute_id="m"), an_alert(8, disposition="held"))
    report = audit(replace(FINE, alerts=(*FINE.alerts, *more)), NOW)
    assert report.flaws == ()
    assert report.accounts == {"held": 1, "muted": 1, "sent": 4}
    assert sum(report.accounts.values()) == report.alerts


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (replace(FINE, alerts=FINE.alerts[1:]), "no_alert"),
        (replace(FINE, deliveries=FINE.deliveries[1:]), "no_delivery"),
        (with_alert(told=False, disposition="held"), "not_told"),
        (with_alert(disposition="muted", mute_id=None), "muted_by_nobody"),
        (with_alert(delivery_id="3"), "miscounted"),
        (with_delivery(message_ref=None), "no_reference"),
        (with_delivery(destination="slack:default:C0ELSE"), "misdirected"),
        (with_delivery(message_ref="2.0"), "same_message"),
        (with_delivery(first_attempt_at=START + timedelta(minutes=9)), "out_of_order"),
        (with_delivery(state="intent", last_attempt_at=NOW - timedelta(hours=3)), "stands_still"),
        (with_delivery(state="intent", last_attempt_at=None), "stands_still"),
        (with_alert(disposition="waiting", delivery_id=None, release_at=NOW - timedelta(hours=3)), "overdue"),
    ],
)
def test_each_gap_and_double_has_its_name(rows: Rows, kind: str) -> None:
    found = kinds(rows)
    assert kind in found
    assert set(found) == {kind}


def test_what_waits_for_a_reason_is_no_flaw() -> None:
    waiting = with_alert(disposition="waiting", delivery_id=None, release_at=NOW - timedelta(hours=3))
    assert kinds(replace(waiting, troubled=frozenset({f"destination:{HERE}"}))) == []
    assert kinds(replace(waiting, troubled=frozenset({"workspace:slack:default"}))) == []
    patient = with_delivery(state="intent", last_attempt_at=START, not_before=NOW + timedelta(hours=1))
    assert kinds(patient) == []


def test_a_digest_and_what_quiet_hours_delayed_may_come_in_another_order() -> None:
    late = a_delivery(1, first_attempt_at=START + timedelta(minutes=30))
    delayed = an_alert(1, release_at=START + timedelta(minutes=30))
    rows = replace(
        FINE,
        alerts=(FINE.alerts[0], delayed, *FINE.alerts[2:]),
        deliveries=(FINE.deliveries[0], late, *FINE.deliveries[2:]),
    )
    assert kinds(rows) == []


def test_slacks_history_shows_what_was_lost_doubled_moved_and_nobodys() -> None:
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))) for number in range(5)]
    sent = [a_delivery(number, delivery_id=ids[number]) for number in range(4)]
    shown = [
        (ids[0], "0.0"),
        (ids[1], "1.0"),
        (ids[1], "1.5"),
        (ids[2], "7.0"),
        (ids[4], "9.0"),
        (str(uuid.uuid4()), "8"),
    ]
    found = {(flaw.kind, flaw.subject) for flaw in compare_history(sent, shown)}
    assert found == {
        ("doubled", f"delivery {ids[1]}"),
        ("elsewhere", f"delivery {ids[2]}"),
        ("not_there", f"delivery {ids[3]}"),
        ("stray", "message 9.0"),
    }


# ---- over a ledger that a sender wrote -------------------------------------------------------------------------


class Bench:
    """A ledger, a stand-in and a sender between them."""

    def __init__(self, folder: Path, *faults: Fault, policy: Policy | None = None) -> None:
        self.folder = folder
        self.engine = new_ledger(folder)
        self.clock = SteppedClock(START)
        self.slack = FakeSlack(Contract(key="ignore"), faults=list(faults))
        self.policy = policy or Policy()

    async def deliver(self, *decided: Alert) -> None:
        put(self.engine, *decided)
        with self.engine.begin() as connection:
            for alert in decided:
                key = {"tenant": alert.tenant, "watchlist_id": alert.watchlist_id}
                key |= {"destination": alert.destination.key, "measure_id": alert.act.measure_id}
                connection.execute(sa.insert(told_table).values(**key, snapshot="{}", updated_at="now"))
        await self.drain()

    async def drain(self) -> None:
        channel = InProcessSlack(self.slack, self.clock)
        await Sender(self.engine, {"slack": channel}, PlainRenderer(), planner(), self.policy, self.clock).drain()

    def flaws(self) -> list[str]:
        with self.engine.begin() as connection:
            return kinds(read_rows(connection), self.clock.now())

    def state(self, alert: Alert) -> DeliveryState:
        with self.engine.begin() as connection:
            entry = ledger.find_entry(connection, alert.alert_id)
        assert entry is not None
        return entry.progress.state

    def change(self, statement: sa.Update | sa.Delete) -> None:
        with self.engine.begin() as connection:
            connection.execute(statement)


@pytest.mark.asyncio
async def test_what_a_sender_leaves_behind_adds_up_whatever_went_wrong_on_the_way(tmp_path: Path) -> None:
    faults = (Fault(FaultKind.DROP_ANSWER, 2), Fault(FaultKind.ERROR, code="team_not_found"), Fault(FaultKind.HTML))
    bench = Bench(tmp_path, *faults)
    decided = [make_alert(number) for number in range(6)]
    await bench.deliver(*decided)
    with bench.engine.begin() as connection:
        report = audit(read_rows(connection), bench.clock.now())
    assert report.flaws == ()
    assert report.accounts == {"dead": 1, "sent": 5}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda: sa.update(deliveries_table).values(message_ref=None), "no_reference"),
        (lambda: sa.delete(deliveries_table), "no_delivery"),
        (lambda: sa.delete(told_table), "not_told"),
        (lambda: sa.update(alerts_table).values(disposition="waiting", delivery_id=None), "no_alert"),
    ],
)
async def test_damage_to_the_database_is_found(
    tmp_path: Path, damage: Callable[[], sa.Update | sa.Delete], kind: str
) -> None:
    bench = Bench(tmp_path)
    await bench.deliver(make_alert(1))
    assert bench.flaws() == []
    bench.change(damage())
    assert kind in bench.flaws()


@pytest.mark.asyncio
async def test_a_dead_delivery_is_sent_again_when_a_person_says_so_and_still_adds_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, code="team_not_found"))
    dead, other = make_alert(1), make_alert(2)
    await bench.deliver(dead, other)
    assert bench.state(dead) is DeliveryState.DEAD
    with bench.engine.begin() as connection:
        assert [each.delivery_id for each in desk.list_deliveries(connection, [DeliveryState.DEAD])] == [dead.alert_id]
        assert desk.resend(connection, dead.alert_id)
        assert not desk.resend(connection, other.alert_id)
    bench.clock.step(3600)
    await bench.drain()
    assert bench.state(dead) is DeliveryState.SENT
    assert bench.flaws() == []
    assert [m.text.split()[0] for m in bench.slack.store.messages] == [other.alert_id, dead.alert_id]
    assert "duplicate" not in bench.slack.store.messages[-1].text


@pytest.mark.asyncio
async def test_a_parked_delivery_that_is_sent_again_says_that_it_may_be_a_duplicate(tmp_path: Path) -> None:
    lost = Fault(FaultKind.DROP_ANSWER)
    unreadable = Fault(FaultKind.HTTP, 99, "conversations.history", status=503)
    bench = Bench(tmp_path, lost, unreadable, policy=Policy(give_up=300))
    alert = make_alert(1)
    await bench.deliver(alert)
    assert bench.state(alert) is DeliveryState.DEAD
    with bench.engine.begin() as connection:
        desk.resend(connection, alert.alert_id)
    bench.slack.faults.clear()
    await bench.drain()
    assert "possible duplicate" in bench.slack.store.messages[-1].text


@pytest.mark.asyncio
async def test_a_delivery_that_is_given_up_lets_those_behind_it_go(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    stuck, next_one = make_alert(1), make_alert(2)
    put(bench.engine, stuck)
    with bench.engine.begin() as connection:
        waiting = outbox.find_waiting(connection, stuck.destination.key, START)
        ledger.plan(connection, waiting, None)
        assert desk.give_up(connection, stuck.alert_id, START)
        assert not desk.give_up(connection, stuck.alert_id, START)
    await bench.deliver(next_one)
    assert (bench.state(stuck), bench.state(next_one)) == (DeliveryState.DEAD, DeliveryState.SENT)


# ---- the commands ----------------------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.mark.asyncio
async def test_ledger_audit_reads_the_ledger_and_slack_and_exits_with_one_on_a_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(tmp_path)
    await bench.deliver(make_alert(1, measure=1), make_alert(2), make_alert(3))
    await bench.deliver(*[make_alert(5, measure=5)])
    arguments = ("ledger", "audit", "--slack", "--days", "3650", "--state-dir", str(tmp_path))
    async with serve_stand_in(bench.slack) as url:
        monkeypatch.setenv("NOROSHI_ALERT_SLACK_URL", url)
        monkeypatch.setenv("NOROSHI_ALERT_SLACK_TOKEN", "xoxb-of-a-test")
        assert await asyncio.to_thread(run, *arguments) == 0
        assert "4 sent" in (said := capsys.readouterr().out)
        assert "clean: every alert is accounted for once (ledger and Slack)" in said
        first = bench.slack.store.messages[0]
        bench.slack.store.add(replace(first, ts=bench.slack.store.next_ts(float(first.ts) + 500)))
        assert await asyncio.to_thread(run, *arguments, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert [flaw["kind"] for flaw in report["flaws"]] == ["doubled"]
    assert report["accounts"] == {"sent": 4}


@pytest.mark.asyncio
async def test_ledger_list_and_resend_take_the_first_letters_of_an_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(tmp_path, Fault(FaultKind.ERROR, code="team_not_found"))
    dead = make_alert(1)
    await bench.deliver(dead, make_alert(2))
    where = ("--state-dir", str(tmp_path))
    assert run("ledger", "list", *where) == 0
    assert "dead    slack:default:C0CRITMIN  1 alerts  1 attempts" in (said := capsys.readouterr().out)
    assert "team_not_found" in said
    assert run("ledger", "resend", dead.alert_id[:9], *where) == 0
    assert run("ledger", "resend", dead.alert_id[:9], *where) == 1
    assert "is neither parked nor dead" in capsys.readouterr().err
    assert run("ledger", "give-up", dead.alert_id, *where) == 0
    assert run("ledger", "give-up", "zz", *where) == 1
    assert "0 deliveries begin with 'zz'" in capsys.readouterr().err


def test_without_a_database_the_commands_say_where_they_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (("ledger", "audit"), ("ledger", "list"), ("explain", "abc")):
        assert run(*arguments, "--state-dir", str(tmp_path)) == 1
        assert f"no alert database in {tmp_path}" in capsys.readouterr().err


def test_every_disposition_is_accounted_for_under_its_own_word() -> None:
    rows = tuple(an_alert(number, disposition=each.value, mute_id="m") for number, each in enumerate(Disposition))
    accounts = audit(Rows(rows, (a_delivery(1),)), START).accounts
    assert set(accounts) == set(Disposition) - {Disposition.PLANNED} | {"sent"}


def test_a_flaw_is_a_word_a_subject_and_a_sentence() -> None:
    (flaw,) = audit(replace(FINE, deliveries=FINE.deliveries[1:]), NOW).flaws
    assert flaw == Flaw("no_delivery", "alert 0", "is planned into 0, which does not exist")
