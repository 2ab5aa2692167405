"""What is measured of a workspace, and what follows from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.alert.channels.slack import SlackChannel
from services.alert.settings import AlertSettings
from services.alert.slackcheck import DELAYS, QUICK, Measured, advise, guarantee, measure
from services.cli import main
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.fakeslack.app import build_app
from services.fakeslack.core import Contract, FakeSlack
from services.runtime.clock import SteppedClock
from tests.fakeslack.servers import serve_stand_in

HERE = Destination(channel="slack", address="C0TEST")
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def timed_slack(slack: FakeSlack, clock: SteppedClock) -> AsyncIterator[SlackChannel]:
    """The stand-in on the test's own clock."""
    runner = web.AppRunner(build_app(slack, lambda: clock.now().timestamp()), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = SlackChannel("xoxb-1", f"http://127.0.0.1:{runner.addresses[0][1]}/api/", 5.0)
    try:
        yield channel
    finally:
        await channel.close()
        await runner.cleanup()


async def run_check(contract: Contract, delays: tuple[float, ...] = DELAYS) -> tuple[Measured, float, FakeSlack]:
    slack, clock = FakeSlack(contract), SteppedClock(START)
    async with timed_slack(slack, clock) as channel:
        measured = await measure(channel, HERE, clock, delays, lambda _: None)
    return measured, clock.monotonic(), slack


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("contract", "held", "window"),
    [
        (Contract(key_window=3600), [True, True, True], 600.0),
        (Contract(key_window=120), [True, True, False], 60.0),
        (Contract(key_window=30), [True, False, False], 0.0),
        (Contract(key="ignore"), [False, False, False], 0.0),
    ],
)
async def test_for_how_long_a_key_is_honoured_is_measured_with_a_message_for_each_delay(
    contract: Contract, held: list[bool], window: float
) -> None:
    measured, seconds, slack = await run_check(contract)
    assert [each for _, each in measured.honoured] == held
    assert measured.window == window
    assert 600 <= seconds < 660
    assert len(slack.store.messages) == len(DELAYS) + held.count(False)


@pytest.mark.asyncio
@pytest.mark.parametrize(("lag", "advised"), [(0.0, 10.0), (4.0, 10.0), (12.0, 24.0)])
async def test_the_lag_of_the_history_is_measured_and_twice_of_it_is_advised(lag: float, advised: float) -> None:
    measured, _, _ = await run_check(Contract(history_lag=lag), QUICK)
    assert measured.history_lag is not None
    assert lag <= measured.history_lag <= lag + 0.6
    assert advise(measured) == {"key_window_seconds": 0.0, "history_lag_seconds": advised}


@pytest.mark.asyncio
async def test_a_quick_check_takes_seconds_and_proves_no_window() -> None:
    measured, seconds, _ = await run_check(Contract(), QUICK)
    assert (measured.window, seconds < 5) == (0.0, True)


@pytest.mark.asyncio
async def test_a_history_nobody_may_read_is_said_with_slacks_word_and_weakens_the_guarantee() -> None:
    measured, _, _ = await run_check(Contract(scopes=frozenset({"chat:write"})), QUICK)
    assert (measured.history_lag, measured.unreadable) == (None, "missing_scope")
    assert "one more for each answer that was lost" in guarantee(measured, AlertSettings())
    assert "parked for a person" in guarantee(measured, AlertSettings(unreadable="park"))


@pytest.mark.asyncio
async def test_a_channel_that_takes_no_message_ends_the_check_with_its_cure() -> None:
    with pytest.raises(UsageError, match="C0TEST took no message: is_archived; unarchive"):
        await run_check(Contract(archived=frozenset({"C0TEST"})), QUICK)


def test_a_readable_history_promises_one_copy() -> None:
    measured = Measured("C0TEST", "", ((0.0, False),), history_lag=1.0)
    assert guarantee(measured, AlertSettings()).startswith("at most 1 copy")


# ---- the commands ----------------------------------------------------------------------------------------------

WATCHLIST = """
id: gallium
name: Gallium
match: {minerals: [gallium]}
destinations: [%s]
"""


async def run_with(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    async with serve_stand_in(slack) as url:
        monkeypatch.setenv("NOROSHI_ALERT_SLACK_URL", url)
        monkeypatch.setenv("NOROSHI_ALERT_SLACK_TOKEN", "xoxb-of-a-test")
        return await asyncio.to_thread(_main, arguments)


def _main(arguments: tuple[str, ...]) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def doctor_folder(tmp_path: Path, destinations: str) -> str:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "gallium.yml").write_text(WATCHLIST % destinations, encoding="utf-8")
    return str(folder)


@pytest.mark.asyncio
async def test_slack_check_keeps_its_result_and_says_which_settings_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    assert (
        await run_with(FakeSlack(), monkeypatch, "slack", "check", "C0TEST", "--quick", "--state-dir", str(state)) == 0
    )
    said = capsys.readouterr().out
    assert "guarantee: at most 1 copy of an alert" in said
    assert "NOROSHI_ALERT_HISTORY_LAG_SECONDS=10\n" in said
    kept: dict[str, Any] = json.loads((state / "slack-check.json").read_text())
    assert kept["honoured"] == [[0.0, True]]


@pytest.mark.asyncio
async def test_the_doctor_finds_nothing_where_all_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = doctor_folder(tmp_path, "{slack: C0AAA}")
    assert await run_with(FakeSlack(), monkeypatch, "slack", "doctor", "--watchlists", lists) == 0
    said = capsys.readouterr().out
    assert "noroshi in Noroshi stand-in" in said
    assert "1 destinations: in order" in said


@pytest.mark.asyncio
async def test_the_doctor_names_each_problem_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = Contract(
        archived=frozenset({"C0OLD"}),
        unknown_channels=frozenset({"C0GONE"}),
        not_joined=frozenset({"C0OUT"}),
        scopes=frozenset({"chat:write", "channels:history", "metadata.message:read", "channels:read", "groups:read"}),
    )
    lists = doctor_folder(tmp_path, "{slack: C0OLD}, {slack: C0GONE}, {slack: C0OUT}, {slack_webhook: team}")
    slack = FakeSlack(contract)
    assert await run_with(slack, monkeypatch, "slack", "doctor", "--watchlists", lists) == 1
    said = capsys.readouterr().out
    for words in (
        "✗ slack C0OLD: #c0old is archived",
        "✗ slack C0GONE: Slack answers `channel_not_found`",
        "✗ slack C0OUT: the app is not in #c0out\n  → invite the app: type `/invite @noroshi` in #c0out",
        "✗ scopes: `groups:history` is not granted",
        "· scopes: `channels:join` is not granted",
        "✗ slack_webhook team: no incoming webhook is called 'team'",
        "5 problems",
    ):
        assert words in said
    assert slack.store.messages == []


@pytest.mark.asyncio
async def test_the_doctor_says_of_a_revoked_token_how_to_mend_it_as_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = doctor_folder(tmp_path, "{slack: C0AAA}")
    slack = FakeSlack(Contract(token="xoxb-another"))
    assert await run_with(slack, monkeypatch, "slack", "doctor", "--watchlists", lists, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["identity"] is None
    problem = next(each for each in said["findings"] if each["problem"])
    assert (problem["what"], "install the app anew" in problem["cure"]) == (
        "Slack answers `invalid_auth` to auth.test",
        True,
    )


@pytest.mark.asyncio
async def test_a_public_channel_the_app_may_join_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = doctor_folder(tmp_path, "{slack: C0OUT}")
    slack = FakeSlack(Contract(not_joined=frozenset({"C0OUT"})))
    assert await run_with(slack, monkeypatch, "slack", "doctor", "--watchlists", lists) == 0
    assert "will join it with the first alert" in capsys.readouterr().out
