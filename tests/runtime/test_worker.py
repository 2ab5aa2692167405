"""A worker loses nothing and repeats little, whatever its handler, its supervisor or its broker do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psutil
import pytest

from services.contracts.errors import DeadReason
from services.runtime.broker.noida import NoidaBroker
from services.runtime.deadletter import DeadFilter, StoredLetter, list_dead
from services.runtime.worker import EXIT_OK, EXIT_STALLED, EXIT_STOPPED
from tests.runtime.processes import Worker, wait_until

pytestmark = pytest.mark.broker

RECORDS = 2_000


def dead_letters(broker: NoidaBroker, service: str) -> list[StoredLetter]:
    found = list_dead(broker.bootstrap, DeadFilter(service=service))
    return [each for each in found if isinstance(each, StoredLetter)]


def test_poison_is_put_aside_byte_for_byte_and_good_records_pass_in_order(broker: NoidaBroker, tmp_path: Path) -> None:
    worker = Worker("poison", broker, tmp_path)
    worker.send(b"a", b"poison \xff\x00", b"b", b"crash", b"retry", b"c")
    worker.start()
    worker.wait_committed(6)
    listening = [each.laddr for each in psutil.Process(worker.process.pid).net_connections() if each.status == "LISTEN"]
    assert worker.stop() == EXIT_OK
    assert worker.outputs() == [b"a", b"b", b"retry", b"c"]
    letters = [each.letter for each in dead_letters(broker, "poison")]
    assert [(each.offset, each.key, each.value, each.reason) for each in letters] == [
        (1, b"k", b"poison \xff\x00", DeadReason.INVALID),
        (3, b"k", b"crash", DeadReason.CRASHED),
    ]
    assert [each.ip for each in listening] == ["127.0.0.1"]  # its health server, and not Faust's on 0.0.0.0:6066


def test_after_too_many_poison_records_in_a_row_it_stops_and_loses_none(broker: NoidaBroker, tmp_path: Path) -> None:
    worker = Worker("run", broker, tmp_path)
    worker.send(*(b"poison %d" % number for number in range(5)))
    worker.start(poison_run_limit=3)
    assert worker.wait() == EXIT_STOPPED
    assert worker.committed() == 3
    assert len(dead_letters(broker, "run")) == 3
    assert "suspect this version" in worker.log.read_text()


def test_a_record_that_demands_a_stop_stays_unread(broker: NoidaBroker, tmp_path: Path) -> None:
    worker = Worker("halt", broker, tmp_path)
    worker.send(b"a", b"stop", b"b")
    worker.start()
    assert worker.wait() == EXIT_STOPPED
    assert worker.committed() == 1
    assert worker.outputs() == [b"a"]


def test_told_to_stop_it_finishes_the_record_in_hand_and_no_other(broker: NoidaBroker, tmp_path: Path) -> None:
    worker = Worker("sigterm", broker, tmp_path)
    worker.send(b"a", b"slow", b"b")
    worker.start()
    worker.wait_for_slow()
    assert worker.stop() == EXIT_OK
    assert worker.committed() == 2
    assert worker.outputs() == [b"a", b"slow"]


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_ended_in_the_middle_and_started_again_it_has_lost_nothing(
    broker: NoidaBroker, tmp_path: Path, ending: str
) -> None:
    worker = Worker(f"again-{ending}", broker, tmp_path)
    values = [b"%06d" % number for number in range(RECORDS)]
    worker.send_spread(values)
    worker.start(commit_interval_seconds=0.1)
    wait_until(lambda: worker.committed() >= RECORDS // 10, "a tenth committed")
    getattr(worker, ending)()
    assert worker.committed() < RECORDS, "the worker was done before it was ended; raise RECORDS"
    worker.start(commit_interval_seconds=0.1)
    worker.wait_committed(RECORDS)
    worker.stop()
    seen = Counter(worker.outputs())
    assert sorted(seen) == values
    assert sum(seen.values()) - RECORDS <= (0 if ending == "stop" else RECORDS // 2)


def test_standing_still_while_records_wait_it_writes_down_where_and_exits(broker: NoidaBroker, tmp_path: Path) -> None:
    worker = Worker("stall", broker, tmp_path)
    worker.send(b"block")
    worker.start(stall_seconds=1.5)
    assert worker.wait() == EXIT_STALLED
    assert worker.committed() == 0
    assert "time.sleep(60)" in worker.log.read_text()
