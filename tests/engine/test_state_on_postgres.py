"""The state of the services on PostgreSQL: migrations, outbox, ledger, what was told and the right to send."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from services.alert.canary import arrivals
from services.alert.canary.arrivals import Arrival
from services.alert.delivery import ledger, outbox
from services.alert.delivery.lease import SenderLease
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.protocol import Progress
from services.alert.restraint.cadence import Mode, Release
from services.contracts.canary import DESTINATION
from services.contracts.vocab import DeliveryState
from services.runtime.settings import RuntimeSettings
from services.runtime.store import is_present, migrate, open_engine, reading
from tests.alert.canaries import count_rows, newest, planned
from tests.alert.ledgers import START, make_alert, plan, put
from tests.engine.parts import ROOT
from tests.engine.postgres import end_connections

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

T = TypeVar("T")
SENT = Progress(state=DeliveryState.SENT, attempts=1, message_ref="7.0")

_MIGRATE = """
import sys
from pydantic import SecretStr
from services.runtime.settings import RuntimeSettings
from services.runtime.store import migrate, open_engine
url, service = sys.argv[1:]
migrate(open_engine(RuntimeSettings(database_url=SecretStr(url)), service), service)
"""


def open_database(url: str) -> sa.Engine:
    return open_engine(RuntimeSettings(database_url=SecretStr(url)), "alert")


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    engine = open_database(database)
    migrate(engine, "alert")
    yield engine
    engine.dispose()


def at_once(*works: Callable[[], T]) -> list[T]:
    """What the works return, each run in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


@pytest.mark.parametrize("service", ["alert", "ingest"])
def test_processes_that_migrate_at_once_leave_one_set_of_tables(database: str, service: str) -> None:
    command = [sys.executable, "-c", _MIGRATE, database, service]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate(timeout=50)[1], process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0], ended
    engine = open_database(database)
    migrate(engine, service)
    with engine.connect() as connection:
        versions = connection.execute(sa.text(f"SELECT version_num FROM {service}_migrations")).all()  # noqa: S608
    assert len(versions) == 1
    assert is_present(engine, "deliveries" if service == "alert" else "seen_revisions")
    engine.dispose()


def test_services_may_share_a_database(engine: sa.Engine) -> None:
    migrate(engine, "ingest")
    assert is_present(engine, "alerts")
    assert is_present(engine, "seen_revisions")


def test_an_alert_decided_by_two_processes_at_once_is_in_the_outbox_once(engine: sa.Engine) -> None:
    alerts = [make_alert(number) for number in range(40)]
    new = at_once(lambda: put(engine, *alerts), lambda: put(engine, *alerts))
    assert sum(new) == len(alerts)
    with engine.connect() as connection:
        assert outbox.count_alerts(connection) == len(alerts)
        assert outbox.count_dispositions(connection)[Disposition.WAITING] == len(alerts)


def test_a_decision_that_was_rolled_back_left_nothing(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert outbox.enqueue(connection, [(make_alert(1), Release(Mode.SINGLE, START))]) == 1
        connection.rollback()
    with engine.connect() as connection:
        assert outbox.count_alerts(connection) == 0


def test_the_head_of_a_destination_is_its_oldest_unsettled_alert(engine: sa.Engine) -> None:
    first, second = plan(engine, make_alert(1)), plan(engine, make_alert(2))
    with engine.begin() as connection:
        ledger.save_progress(connection, first, SENT, START)
        head = ledger.find_head(connection, first.destination.key)
    assert head == second


def test_of_writers_at_once_none_takes_back_what_was_sent(engine: sa.Engine) -> None:
    planned = plan(engine, make_alert(1))

    def save(state: DeliveryState) -> bool:
        with engine.begin() as connection:
            return ledger.save_progress(connection, planned, Progress(state=state, attempts=1), START)

    late = [DeliveryState.PENDING, DeliveryState.INTENT] * 4
    at_once(*(lambda state=state: save(state) for state in [*late, DeliveryState.SENT]))
    with engine.connect() as connection:
        entry = ledger.find_entry(connection, planned.delivery_id)
    assert entry is not None
    assert entry.progress.state is DeliveryState.SENT


def test_later_news_of_a_measure_replies_to_its_first_message(engine: sa.Engine) -> None:
    root = plan(engine, make_alert(1, measure=1))
    with engine.begin() as connection:
        ledger.save_progress(connection, root, SENT, START)
    entry = plan(engine, make_alert(2, measure=1))
    with engine.begin() as connection:
        unpublished = ledger.find_unpublished(connection)
        ledger.mark_published(connection, [root.delivery_id])
        assert ledger.find_unpublished(connection) == ()
    assert entry.progress.thread_ref == "7.0"
    assert [each.delivery_id for each in unpublished] == [root.delivery_id]


def test_every_field_of_the_progress_is_durable(engine: sa.Engine) -> None:
    planned = plan(engine, make_alert(1))
    progress = Progress(
        state=DeliveryState.INTENT,
        attempts=3,
        doubt=True,
        older_doubt=True,
        looks=2,
        first_attempt_at=START,
        last_attempt_at=START,
        not_before=START,
        thread_ref="1.5",
        failure="時間切れ",
        possible_duplicate=True,
    )
    with engine.begin() as connection:
        assert ledger.save_progress(connection, planned, progress, START)
    with engine.connect() as connection:
        entry = ledger.find_entry(connection, planned.delivery_id)
    assert entry is not None
    assert entry.progress == progress


def test_one_process_at_a_time_has_the_right_to_send(engine: sa.Engine, database: str, tmp_path: Path) -> None:
    other = open_database(database)
    mine, theirs = SenderLease(engine, tmp_path), SenderLease(other, tmp_path)
    assert mine.acquire()
    assert not theirs.acquire()
    assert mine.is_held()
    assert not theirs.is_held()
    mine.release()
    assert not mine.is_held()
    assert theirs.acquire(), "a released lease is free at once, not when the process ends"
    assert not mine.acquire()
    theirs.release()
    other.dispose()


def test_whose_connection_is_ended_loses_the_right_to_send_and_knows_it(
    engine: sa.Engine, database: str, tmp_path: Path
) -> None:
    other = open_database(database)
    mine, theirs = SenderLease(engine, tmp_path), SenderLease(other, tmp_path)
    assert mine.acquire()
    assert end_connections(database) > 0
    assert not mine.is_held()
    assert not mine.is_held(), "and it knows it when asked again"
    assert theirs.acquire()
    mine.release()
    assert not mine.acquire()
    assert theirs.is_held()
    theirs.release()
    other.dispose()


def test_a_killed_holder_is_followed_at_once(engine: sa.Engine, database: str, tmp_path: Path) -> None:
    holder = (
        "import sys, time\nfrom pathlib import Path\nfrom pydantic import SecretStr\n"
        "from services.alert.delivery.lease import SenderLease\nfrom services.runtime.settings import RuntimeSettings\n"
        "from services.runtime.store import open_engine\n"
        "engine = open_engine(RuntimeSettings(database_url=SecretStr(sys.argv[1])), 'alert')\n"
        "print(SenderLease(engine, Path(sys.argv[2])).acquire(), flush=True)\ntime.sleep(60)\n"
    )
    command = [sys.executable, "-c", holder, database, str(tmp_path)]
    lease = SenderLease(engine, tmp_path)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert not lease.acquire()
        process.kill()
    taken = threading.Event()
    for _ in range(100):
        if lease.acquire():
            taken.set()
            break
        threading.Event().wait(0.05)
    assert taken.is_set(), "the server did not free the lease within 5 s of its holder's death"
    lease.release()


def test_the_newest_canary_stands_and_nothing_else_of_any_is_kept(engine: sa.Engine) -> None:
    late, early = (planned(engine, START + timedelta(minutes=minutes)) for minutes in (5, 0))
    for entry in (late, early):
        with engine.begin() as connection:
            arrivals.settle(connection, [entry], START + timedelta(minutes=9))
    assert newest(engine) == Arrival(START + timedelta(minutes=5), START + timedelta(minutes=9))
    planned(engine, START)
    with engine.begin() as connection:
        arrivals.forget_lost(connection, START + timedelta(days=1))
    assert count_rows(engine) == [0, 0, 0, 0, 0]


def test_processes_that_settle_the_same_canaries_at_once_come_through_whole(engine: sa.Engine) -> None:
    count = 40
    for minutes in range(count):
        entry = planned(engine, START + timedelta(minutes=minutes))
        with engine.begin() as connection:
            assert ledger.save_progress(connection, entry, SENT, START)

    def settle() -> int:
        found = 0
        while any(count_rows(engine)):
            with reading(engine) as connection:
                entries = ledger.find_unpublished(connection, limit=3)
            with engine.begin() as connection:
                ledger.mark_published(connection, (entry.delivery_id for entry in entries))
                found += len(arrivals.settle(connection, entries, START + timedelta(days=1)))
        return found

    def look() -> int:
        while any(count_rows(engine)):
            with engine.begin() as connection:
                ledger.lock_destination(connection, DESTINATION.key)
                assert ledger.find_head(connection, DESTINATION.key) is None
        return 0

    settled = at_once(settle, settle, look)
    assert count <= sum(settled) <= 2 * count
    assert newest(engine) == Arrival(START + timedelta(minutes=count - 1), START + timedelta(days=1))
