from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.alert.delivery import ledger, outbox, threads
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Level, Progress
from services.contracts.vocab import DeliveryKind, DeliveryState, DigestCause
from tests.alert.ledgers import START, make_alert, new_ledger, plan, put

SENT = Progress(state=DeliveryState.SENT, attempts=1, message_ref="7.0")


def test_an_alert_decided_twice_is_in_the_outbox_once(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    assert put(engine, make_alert(1), make_alert(2)) == 2
    assert put(engine, make_alert(2), make_alert(1), make_alert(3)) == 1
    with engine.begin() as connection:
        assert outbox.count_alerts(connection) == 3
        assert outbox.count_dispositions(connection)[Disposition.WAITING] == 3


def test_the_head_of_a_destination_is_its_oldest_unsettled_delivery(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    first, second, _ = (plan(engine, each) for each in (make_alert(1), make_alert(2), make_alert(3, channel="C0OTHER")))
    with engine.begin() as connection:
        assert ledger.find_head(connection, first.destination.key) == first
        ledger.save_progress(connection, first, SENT, START)
        assert ledger.find_head(connection, first.destination.key) == second
        assert ledger.open_destinations(connection) == {"slack:default:C0CRITMIN", "slack:default:C0OTHER"}


def test_what_is_sent_can_never_be_taken_back_by_a_late_writer(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    entry = plan(engine, make_alert(1))
    with engine.begin() as connection:
        assert ledger.save_progress(connection, entry, SENT, START)
        assert not ledger.save_progress(connection, entry, Progress(state=DeliveryState.INTENT), START)
        assert not ledger.save_progress(connection, entry, Progress(state=DeliveryState.DEAD), START)
        found = ledger.find_entry(connection, entry.delivery_id)
        assert found is not None
        assert found.progress == SENT


def test_later_news_of_a_measure_replies_to_its_first_message(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    root = plan(engine, make_alert(1, measure=1))
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
    assert plan(engine, make_alert(2, measure=1)).progress.thread_ref == "7.0"
    assert plan(engine, make_alert(3, measure=2)).progress.thread_ref is None


def test_a_reply_that_had_to_stand_alone_becomes_the_new_root(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    root = plan(engine, make_alert(1, measure=1))
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
    reply = plan(engine, make_alert(2, measure=1))
    with engine.begin() as connection:
        ledger.save_progress(connection, reply, replace(SENT, message_ref="9.0"), START)
    assert plan(engine, make_alert(3, measure=1)).progress.thread_ref == "9.0"


def test_a_digest_is_one_delivery_of_all_its_alerts_and_never_a_reply(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    root = plan(engine, make_alert(1, measure=1))
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
    told = (make_alert(2, measure=1), make_alert(3, measure=2))
    digest = plan(engine, *told, cause=DigestCause.STORM)
    assert (digest.kind, digest.alerts, digest.progress.thread_ref) == (DeliveryKind.DIGEST, told, None)
    with engine.begin() as connection:
        ledger.save_progress(connection, digest, replace(SENT, message_ref="8.0"), START)
        assert ledger.count_states(connection)[DeliveryState.SENT] == 3
        stale = threads.find_stale_root(connection, digest.destination.key, START)
    assert stale is not None
    assert (stale.root_ref, stale.updates, stale.latest) == ("7.0", 1, told[0])
    assert plan(engine, make_alert(4, measure=2)).progress.thread_ref is None, "a digest is no root"


def test_a_root_is_stale_until_it_was_edited_to_show_the_latest_news(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    for number, thread in ((1, None), (2, "7.0")):
        entry = plan(engine, make_alert(number, measure=1))
        with engine.begin() as connection:
            ledger.save_progress(connection, entry, replace(SENT, thread_ref=thread), START)
    with engine.begin() as connection:
        assert threads.stale_destinations(connection, START) == {"slack:default:C0CRITMIN"}
        root = threads.find_stale_root(connection, "slack:default:C0CRITMIN", START)
        assert root is not None
        threads.note_edit_failure(connection, root, START, None)
        assert threads.find_stale_root(connection, "slack:default:C0CRITMIN", START) is None
        threads.mark_shown(connection, root)
        assert threads.stale_destinations(connection, START + timedelta(days=1)) == frozenset()


def test_sent_deliveries_are_unpublished_until_marked(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    sent, _ = plan(engine, make_alert(1)), plan(engine, make_alert(2))
    with engine.begin() as connection:
        ledger.save_progress(connection, sent, SENT, START)
        unpublished = ledger.find_unpublished(connection)
        assert [(entry.alerts, entry.settled_at) for entry in unpublished] == [(sent.alerts, START)]
        ledger.mark_published(connection, [sent.delivery_id])
        assert ledger.find_unpublished(connection) == ()
        assert ledger.oldest_open(connection) == START.isoformat()


PROGRESS = st.builds(
    Progress,
    state=st.sampled_from([DeliveryState.PENDING, DeliveryState.INTENT]),
    attempts=st.integers(1, 10_000),
    doubt=st.booleans(),
    older_doubt=st.booleans(),
    looks=st.integers(0, 3),
    level=st.sampled_from(Level),
    first_attempt_at=st.none() | st.just(START),
    not_before=st.none() | st.just(START),
    thread_ref=st.none() | st.just("1.5"),
    failure=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    possible_duplicate=st.booleans(),
)


@pytest.fixture(scope="module")
def shared_ledger(tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    return new_ledger(tmp_path_factory.mktemp("ledger"))


@given(progress=PROGRESS, number=st.integers(0, 10**9))
def test_every_field_of_the_progress_is_durable(shared_ledger: sa.Engine, progress: Progress, number: int) -> None:
    with shared_ledger.begin() as connection:
        known = ledger.find_entry(connection, make_alert(number).alert_id)
    planned = known or plan(shared_ledger, make_alert(number))
    with shared_ledger.begin() as connection:
        saved = ledger.save_progress(connection, planned, progress, START)
        entry = ledger.find_entry(connection, planned.delivery_id)
    assert entry is not None
    assert (entry.progress == progress) is saved
