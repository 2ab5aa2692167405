from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.alert.delivery import ledger
from services.alert.delivery.protocol import Level, Progress
from services.contracts.vocab import DeliveryState
from tests.alert.ledgers import START, make_alert, new_ledger, put

SENT = Progress(state=DeliveryState.SENT, attempts=1, message_ref="7.0")


def test_an_alert_decided_twice_is_in_the_outbox_once(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    assert put(engine, make_alert(1), make_alert(2)) == 2
    assert put(engine, make_alert(2), make_alert(1), make_alert(3)) == 1
    with engine.begin() as connection:
        assert ledger.count_alerts(connection) == 3
        assert ledger.count_states(connection)[DeliveryState.PENDING] == 3


def test_the_head_of_a_destination_is_its_oldest_unsettled_alert(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    first, second, elsewhere = make_alert(1), make_alert(2), make_alert(3, channel="C0OTHER")
    put(engine, first, second, elsewhere)
    with engine.begin() as connection:
        head = ledger.find_head(connection, first.destination.key)
        assert head is not None
        assert head.alert == first
        ledger.save_progress(connection, first, SENT, START)
        head = ledger.find_head(connection, first.destination.key)
        assert head is not None
        assert head.alert == second
        assert ledger.open_destinations(connection) == ("slack:default:C0CRITMIN", "slack:default:C0OTHER")


def test_what_is_sent_can_never_be_taken_back_by_a_late_writer(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    alert = make_alert(1)
    put(engine, alert)
    with engine.begin() as connection:
        assert ledger.save_progress(connection, alert, SENT, START)
        assert not ledger.save_progress(connection, alert, Progress(state=DeliveryState.INTENT), START)
        assert not ledger.save_progress(connection, alert, Progress(state=DeliveryState.DEAD), START)
        entry = ledger.find_entry(connection, alert.alert_id)
        assert entry is not None
        assert entry.progress == SENT


def test_later_news_of_a_measure_replies_to_its_first_message(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    root, reply, other = make_alert(1, measure=1), make_alert(2, measure=1), make_alert(3, measure=2)
    put(engine, root, reply, other)
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
        for alert, thread in ((reply, "7.0"), (other, None)):
            entry = ledger.find_entry(connection, alert.alert_id)
            assert entry is not None
            assert entry.progress.thread_ref == thread


def test_a_reply_that_had_to_stand_alone_becomes_the_new_root(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    root, reply, later = (make_alert(number, measure=1) for number in (1, 2, 3))
    put(engine, root, reply, later)
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
        ledger.save_progress(connection, reply, replace(SENT, message_ref="9.0"), START)
        entry = ledger.find_entry(connection, later.alert_id)
        assert entry is not None
        assert entry.progress.thread_ref == "9.0"


def test_sent_alerts_are_unpublished_until_marked(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    alert, waiting = make_alert(1), make_alert(2)
    put(engine, alert, waiting)
    with engine.begin() as connection:
        ledger.save_progress(connection, alert, SENT, START)
        unpublished = ledger.find_unpublished(connection)
        assert [(entry.alert, entry.settled_at) for entry in unpublished] == [(alert, START)]
        ledger.mark_published(connection, [alert.alert_id])
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
    alert = make_alert(number)
    put(shared_ledger, alert)
    with shared_ledger.begin() as connection:
        saved = ledger.save_progress(connection, alert, progress, START)
        entry = ledger.find_entry(connection, alert.alert_id)
    assert entry is not None
    assert (entry.progress == progress) is saved
