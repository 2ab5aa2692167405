"""A sender is stopped in the middle of a delivery and wakes up again: whoever had its right meanwhile, nothing doubles.

The stand-in recognises no repeated message.

On SQLite the right to send is a lock on a file, which a stopped process keeps: nobody takes over, and delivery goes
on where it stood. On PostgreSQL it lasts as long as the connection; a stopped process keeps that, too, until the
network or the server drops it. Then another process takes over, and the first one wakes up as a zombie.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from services.alert.delivery import ledger
from services.contracts.vocab import DeliveryState
from services.runtime.failpoint import FOLDER, arm, read_fired
from services.runtime.settings import RuntimeSettings
from services.runtime.store import migrate, open_engine, reading
from tests.alert.ledgers import make_alert, put
from tests.engine.pipeline import secret
from tests.engine.program import Program, free_ports
from tests.engine.standin import StandIn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
ALERTS = 3
STALL_SECONDS = 4.0
STOPPED_SECONDS = 12.0
"""Longer than a sender may take from intent to request, and than a successor waits before it reads the history."""

_WATCHLIST = """
id: gallium
name: Gallium
language: en
match: {minerals: [gallium]}
destinations: [{slack: C0CRITMIN}]
"""


class Site:
    """A stand-in for Slack, a ledger with alerts, and two processes that deliver from it."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        self.folder, self.points = folder, folder / "points"
        for each in (self.points, folder / "watchlists"):
            each.mkdir()
        (folder / "watchlists" / "gallium.yml").write_text(_WATCHLIST, encoding="utf-8")
        self.slack = StandIn(folder)
        self.engine = open_engine(RuntimeSettings(state_dir=folder, database_url=secret(database_url or "")), "alert")
        migrate(self.engine, "alert")
        self.alerts = [make_alert(number) for number in range(ALERTS)]
        put(self.engine, *self.alerts)
        self.url = database_url
        self.first, self.second = self._process("first"), self._process("second")

    def _process(self, name: str) -> tuple[Program, int]:
        port = free_ports(1)[0]
        environment = {
            "PYTHONPATH": str(ROOT),
            "NOROSHI_STATE_DIR": str(self.folder),
            "NOROSHI_ALERT_HEALTH_PORT": str(port),
            "NOROSHI_ALERT_WATCHLISTS": str(self.folder / "watchlists"),
            "NOROSHI_ALERT_SLACK_URL": f"{self.slack.url}/api/",
            "NOROSHI_ALERT_SLACK_TOKEN": "xoxb-stand-in",
            "NOROSHI_ALERT_SLACK_PER_SECOND": "100",
            "NOROSHI_ALERT_LATE_LANDING_SECONDS": "2",
            "NOROSHI_ALERT_HISTORY_LAG_SECONDS": "0.5",
            FOLDER: str(self.points) if name == "first" else "",
        }
        environment |= {"NOROSHI_DATABASE_URL": self.url} if self.url else {}
        command = [sys.executable, "-m", "tests.faults.deliverer"]
        return Program(name, command, self.folder / f"{name}.log", environment=environment), port

    def start(self, process: tuple[Program, int]) -> None:
        """Start it and wait until it delivers or stands by."""
        program, port = process
        program.start()
        program.wait_until(lambda: ask(port)[0] == 200)

    def is_standing_by(self, process: tuple[Program, int]) -> bool:
        return "standing by" in ask(process[1])[1]

    def all_sent(self) -> bool:
        with reading(self.engine) as connection:
            return ledger.count_states(connection)[DeliveryState.SENT] == ALERTS

    def copies(self) -> Counter[str]:
        """How often each alert is in the channel; in the order they came."""
        return Counter(str(message["client_msg_id"]) for message in self.slack.messages())

    def check(self) -> None:
        """Every alert is there once, in order."""
        assert list(self.copies().items()) == [(alert.alert_id, 1) for alert in self.alerts]

    def close(self) -> None:
        for program, _ in (self.first, self.second):
            program.kill()
        self.engine.dispose()


def ask(port: int) -> tuple[int, str]:
    """What the health page of a process says; 0 if it does not."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
    except OSError:
        return 0, ""


def wait_for(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def freeze(site: Site, moment: str) -> None:
    """Stop the first process with its request on the way, or just before it leaves."""
    if moment == "request on the way":
        site.slack.fail(kind="stall", seconds=STALL_SECONDS)
        site.start(site.first)
        wait_for(lambda: len(site.slack.messages()) == 1)
        os.kill(site.first[0].pid, signal.SIGSTOP)
    else:
        arm(site.points, "deliver.before_post", 2, signal.SIGSTOP)
        site.first[0].start()
        wait_for(lambda: "deliver.before_post" in read_fired(site.points))


def end_lease(url: str) -> None:
    """Drop the connection that holds the right to send, as a network or a server does with a silent peer."""
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND"
            " database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert connection.execute(query).rowcount == 1


MOMENTS = pytest.mark.parametrize("moment", ["request on the way", "before the request"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[[str | None], Site]]:
    made: list[Site] = []

    def make(url: str | None) -> Site:
        made.append(Site(tmp_path, url))
        made[-1].slack.start()
        return made[-1]

    yield make
    for each in made:
        each.close()
        each.slack.stop()


@MOMENTS
def test_on_sqlite_a_stopped_sender_keeps_its_right_and_goes_on(
    site: Callable[[str | None], Site], moment: str
) -> None:
    here = site(None)
    freeze(here, moment)
    here.start(here.second)
    time.sleep(STOPPED_SECONDS)
    assert here.is_standing_by(here.second)
    assert not here.all_sent()
    os.kill(here.first[0].pid, signal.SIGCONT)
    wait_for(here.all_sent)
    here.check()
    assert here.is_standing_by(here.second)


@MOMENTS
def test_on_postgresql_a_stopped_sender_keeps_its_right_while_its_connection_lasts(
    site: Callable[[str | None], Site], database: str, moment: str
) -> None:
    here = site(database)
    freeze(here, moment)
    here.start(here.second)
    time.sleep(STOPPED_SECONDS)
    assert here.is_standing_by(here.second)
    os.kill(here.first[0].pid, signal.SIGCONT)
    wait_for(here.all_sent)
    here.check()


@MOMENTS
def test_on_postgresql_a_zombie_whose_right_another_took_doubles_nothing(
    site: Callable[[str | None], Site], database: str, moment: str
) -> None:
    here = site(database)
    freeze(here, moment)
    end_lease(database)
    here.start(here.second)
    wait_for(here.all_sent)
    time.sleep(max(0.0, STOPPED_SECONDS - 6))
    os.kill(here.first[0].pid, signal.SIGCONT)
    wait_for(lambda: not here.first[0].alive)
    here.check()
    assert "the right to send was lost" in here.first[0].tail()
    print(json.dumps({"zombie": moment, "copies": sorted(here.copies().values())}))
