"""An alert explained: the words that made it, and what became of it, step by step."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from services.alert.delivery import ledger, mutelist, outbox
from services.alert.delivery.breaker import Trouble, destination_scope
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Progress
from services.alert.delivery.troubles import save_changes
from services.alert.explanation import describe, explain, find_words
from services.alert.lifecycle.told import record_versions
from services.alert.restraint.mutes import MuteInForce
from services.cli import main
from services.contracts.alerts import MatchedTerm, Span
from services.contracts.vocab import DeliveryState, DigestCause, Field
from services.contracts.watchlists import MuteScope
from tests.alert.ledgers import START, make_alert, new_ledger, plan, put, watchlists
from tests.contracts.examples import ACT

SENT = Progress(
    state=DeliveryState.SENT, attempts=2, first_attempt_at=START, last_attempt_at=START, message_ref="1767603600.1"
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_a_sent_alert_is_explained_from_the_words_to_the_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, alert = new_ledger(tmp_path), make_alert(1)
    entry = plan(engine, alert)
    with engine.begin() as connection:
        ledger.save_progress(connection, entry, SENT, START)
    assert run("explain", alert.alert_id[:8], "--state-dir", str(tmp_path)) == 0
    said = capsys.readouterr().out
    for words in (
        f"alert      {alert.alert_id}  FIRST",
        "watchlist  ガリウム (gallium, version 1; that version was not kept)",
        "changed    stage: nothing → adopted",
        "matched    minerals: gallium on “镓”",
        "document   商务部、海关总署对镓、锗相关物项实施出口管制  [cn-mofcom, 2023-07-03]",
        "decided    2026-01-05T09:00:00+00:00 for slack:default:C0CRITMIN",
        "alert: sent",
        "attempts   2, the first 2026-01-05T09:00:00+00:00",
        "as 1767603600.1",
        "not yet on noroshi.alerts.v1",
    ):
        assert words in said


def test_the_explanation_as_json_has_the_alert_its_words_and_its_delivery(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, alert = new_ledger(tmp_path), make_alert(1)
    plan(engine, alert)
    assert run("explain", alert.alert_id, "--json", "--state-dir", str(tmp_path)) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["alert"]["alert_id"] == alert.alert_id
    assert said["reasons"] == [{"predicate": "minerals", "term": "gallium", "tags": ["gallium"], "words": ["镓"]}]
    assert said["delivery"]["state"] == "pending"


def test_the_id_of_a_digest_lists_its_alerts_and_each_of_them_names_the_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, decided = new_ledger(tmp_path), [make_alert(number) for number in range(3)]
    entry = plan(engine, *decided, cause=DigestCause.STORM)
    assert run("explain", entry.delivery_id, "--state-dir", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert all(alert.alert_id in said for alert in decided)
    assert run("explain", decided[1].alert_id, "--state-dir", str(tmp_path)) == 0
    assert f"delivery   {entry.delivery_id}  digest of 3 (storm): pending" in capsys.readouterr().out


def test_a_muted_alert_says_by_whom_and_for_how_long(tmp_path: Path) -> None:
    engine, alert = new_ledger(tmp_path), make_alert(1)
    put(engine, alert)
    mute = MuteInForce(
        "m1", "default", MuteScope.MEASURE, alert.act.measure_id, until=START + timedelta(days=1), reason="too loud"
    )
    with engine.begin() as connection:
        mutelist.add_mute(connection, mute, "aya", START)
        outbox.set_aside(connection, [alert.alert_id], Disposition.MUTED, "m1")
        explained = explain(connection, alert.alert_id)
    assert explained is not None
    said = dict(describe(explained))
    assert said["became"] == "muted by m1"
    assert "until 2026-01-06T09:00:00+00:00, by aya: too loud" in said["mute"]


def test_an_alert_that_is_stuck_says_since_when_why_and_what_to_do(tmp_path: Path) -> None:
    engine, alert = new_ledger(tmp_path), make_alert(1)
    put(engine, alert)
    trouble = Trouble(destination_scope(alert.destination), START, "is_archived")
    with engine.begin() as connection:
        save_changes(connection, {trouble.scope: trouble})
        explained = explain(connection, alert.alert_id)
    assert explained is not None
    assert dict(describe(explained))["trouble"].startswith("since 2026-01-05 09:00 UTC: is_archived; unarchive")


def test_the_watchlist_is_shown_as_it_was_when_it_matched(tmp_path: Path) -> None:
    engine, in_force = new_ledger(tmp_path), watchlists()
    alert = make_alert(1).model_copy(update={"watchlist_version": in_force.versions["gallium"]})
    put(engine, alert)
    with engine.begin() as connection:
        record_versions(connection, in_force, START)
        explained = explain(connection, alert.alert_id)
    assert explained is not None
    assert explained.watchlist == in_force.watchlists[0]


def test_the_words_of_a_term_are_those_at_its_spans_and_each_once() -> None:
    here = MatchedTerm(predicate="x", term="y", spans=(Span(field=Field.TITLE, start=9, end=10),))
    elsewhere = MatchedTerm(predicate="x", term="y", spans=(Span(field=Field.BODY, start=9, end=10),))
    doubled = ACT.model_copy(update={"evidence": ACT.evidence * 2})
    assert find_words(doubled, here) == ("镓",)
    assert find_words(ACT, elsewhere) == ()


def test_an_id_nobody_has_says_where_to_find_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_ledger(tmp_path)
    assert run("explain", "%", "--state-dir", str(tmp_path)) == 1
    assert "no alert begins with '%'" in capsys.readouterr().err
