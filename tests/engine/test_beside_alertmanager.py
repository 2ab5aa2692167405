"""The same trouble with the same Slack for Debian's Alertmanager and for our sender: how many copies are there then?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.runtime.failpoint import FOLDER, arm
from tests.alert.ledgers import make_alert, new_ledger, put
from tests.engine.program import Program
from tests.engine.prometheus import Alertmanager
from tests.engine.standin import StandIn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

QUIET_SECONDS = 4.0
"""Longer than Alertmanager's pause between two of its first tries."""
ROOT = Path(__file__).resolve().parents[2]


def count_when_quiet(slack: StandIn) -> int:
    """How many messages there are once none has come for a while."""
    count, since = 0, time.monotonic()
    while not count or time.monotonic() - since < QUIET_SECONDS:
        time.sleep(0.1)
        if (now := len(slack.messages())) != count:
            count, since = now, time.monotonic()
    return count


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[StandIn]:
    server = StandIn(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sender(tmp_path: Path, slack: StandIn) -> Iterator[Program]:
    """Our sender with one alert in its outbox; start it as often as you like."""
    put(new_ledger(tmp_path), make_alert(1, channel="C0CRITMIN"))
    command = [sys.executable, "-m", "tests.engine.sending", str(tmp_path), slack.url]
    program = Program(
        "sender", command, tmp_path / "sender.log", environment={"PYTHONPATH": str(ROOT), FOLDER: str(tmp_path)}
    )
    yield program
    program.kill()


TROUBLE = [
    pytest.param({"kind": "drop_answer", "times": 3}, 4, id="the answer is lost three times"),
    pytest.param({"kind": "http_after_storing", "times": 3}, 4, id="500 after storing, three times"),
]


@pytest.mark.parametrize(("fault", "copies"), TROUBLE)
def test_alertmanager_posts_a_copy_for_every_answer_it_does_not_get(
    tmp_path: Path, slack: StandIn, fault: dict[str, Any], copies: int
) -> None:
    slack.fail(**fault)
    with Alertmanager(tmp_path, slack=f"{slack.url}/api/chat.postMessage") as manager:
        manager.tell("Gallium")
        assert report("alertmanager", fault, count_when_quiet(slack)) == copies


@pytest.mark.parametrize(("fault", "copies"), TROUBLE)
def test_our_sender_posts_one(slack: StandIn, sender: Program, fault: dict[str, Any], copies: int) -> None:
    del copies
    slack.fail(**fault)
    sender.start()
    sender.wait_for_end()
    assert report("noroshi", fault, count_when_quiet(slack)) == 1


def test_alertmanager_posts_again_after_a_kill_that_followed_a_confirmed_post(tmp_path: Path, slack: StandIn) -> None:
    with Alertmanager(tmp_path, slack=f"{slack.url}/api/chat.postMessage") as manager:
        manager.tell("Gallium")
        assert count_when_quiet(slack) == 1
        manager.program.kill()
        manager.program.start()
        manager.program.wait_until(manager.is_ready)
        manager.tell("Gallium")
        assert report("alertmanager", {"kind": "kill"}, count_when_quiet(slack)) == 2


@pytest.mark.parametrize("point", ["deliver.after_post", "deliver.after_sent"])
def test_our_sender_does_not(tmp_path: Path, slack: StandIn, sender: Program, point: str) -> None:
    arm(tmp_path, point, 1)
    sender.start()
    while sender.alive:
        time.sleep(0.05)
    assert len(slack.messages()) == 1
    (tmp_path / point).unlink(missing_ok=True)
    sender.start()
    sender.wait_for_end()
    assert report("noroshi", {"kind": f"kill at {point}"}, count_when_quiet(slack)) == 1


def report(who: str, fault: dict[str, Any], count: int) -> int:
    print(f"beside: {who:13} {fault['kind']:28} {count} message(s)", file=sys.stderr)
    return count
