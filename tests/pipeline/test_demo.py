"""The whole pipeline as processes on the embedded broker, undisturbed and with every service killed once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
import psutil
import pytest

from services.cli.demo import DemoResult, run_demo
from services.cli.inboxview import fetch_messages
from services.cli.stack import Stack
from services.contracts.errors import RetryableError
from services.ingest.inlets.files import ingest_files
from services.ingest.settings import IngestSettings
from services.runtime.failpoint import FOLDER, arm, read_fired
from tests.engine.pipeline import WATCHED, document

pytestmark = pytest.mark.pipeline

RESTART_LIMIT = 15.0
"""Seconds a killed service may take until its next effect."""


@pytest.mark.timeout(240)
def test_the_sample_runs_through_once_and_a_second_start_repeats_nothing(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first.audit.events >= 80
    assert len(first.audit.expected) >= 60
    assert {message.channel for message in first.messages} >= {"C0CRITMIN", "C0MAGNETS", "C0CHIPS"}
    assert demo(tmp_path).messages == first.messages
    commands = [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if str(tmp_path) in command] == [], "a process was left behind"


@pytest.mark.timeout(240)
def test_every_service_killed_at_its_worst_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The points lie between an effect and its record: what a careless pipeline doubles or loses."""
    points = {
        "ingest.after_produce": 1,
        "classify.before_confirm": 25,
        "classify.after_confirm": 40,
        "match.before_commit": 7,
        "match.after_commit": 19,
        "deliver.before_post": 9,
        "deliver.after_post": 12,
    }
    folder = tmp_path / "points"
    folder.mkdir()
    for point, passes in points.items():
        arm(folder, point, passes)
    demo(tmp_path / "state", environment={FOLDER: str(folder)})
    assert set(read_fired(folder)) == set(points)


@pytest.mark.timeout(240)
def test_a_service_killed_from_outside_works_again_within_fifteen_seconds(tmp_path: Path) -> None:
    gaps: dict[str, float] = {}
    demo(tmp_path, disturb=lambda stack: kill_each(stack, gaps))
    print("seconds from kill -9 to the next message:", json.dumps(gaps))
    assert set(gaps) == {"alert", "classify", "ingest"}
    assert max(gaps.values()) <= RESTART_LIMIT


def demo(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    disturb: Callable[[Stack], Awaitable[None]] | None = None,
) -> DemoResult:
    """Run the sample with a quick stand-in and check that nothing is lost, doubled or misplaced."""
    result = asyncio.run(
        run_demo(folder, 180, lambda _: None, per_second=15.0, environment=environment, disturb=disturb)
    )
    assert (result.audit.lost, result.audit.doubled, result.audit.stray) == ((), (), ())
    assert result.balanced
    assert result.published == frozenset(result.audit.expected), "the alerts topic holds just what was delivered"
    assert result.audit.delivered == len(result.audit.expected) > 0
    return result


async def kill_each(stack: Stack, gaps: dict[str, float]) -> None:
    """Kill alert amid the replay; then kill the others, each time putting in a document whose alert is awaited."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        await count_beyond(stack, session, 5)
        sent = len(await fetch_messages(stack.slack_url, session))
        gaps["alert"] = await kill(stack, "alert", lambda: count_beyond(stack, session, sent + 3))
        for number, service in enumerate(("classify", "ingest")):
            await quiet(stack, session)
            words = f"C0TRADE-{number}"

            async def effect(number: int = number, words: str = words) -> None:
                await asyncio.to_thread(put_in, stack, number)
                await has_arrived(stack, session, words)

            gaps[service] = await kill(stack, service, effect)


async def kill(stack: Stack, service: str, effect: Callable[[], Awaitable[None]]) -> float:
    """Kill a service and return the seconds until the effect has shown."""
    os.kill(stack.supervisor.pid(service), signal.SIGKILL)
    killed = time.monotonic()
    await effect()
    return round(time.monotonic() - killed, 2)


async def quiet(stack: Stack, session: aiohttp.ClientSession) -> None:
    """Return once the stand-in's busiest channel has had time for what was waiting."""
    before = -1
    for _ in range(60):
        now = len(await fetch_messages(stack.slack_url, session))
        if now == before:
            return
        before = now
        await asyncio.sleep(2)
    pytest.fail("messages never ceased")


def put_in(stack: Stack, number: int) -> None:
    """Take in one document of a measure of its own, as `noroshi ingest --file` does."""
    path = stack.options.state_dir / f"extra-{number}.jsonl"
    path.write_text(document(number, f"C0TRADE-{number}: {WATCHED}") + "\n", encoding="utf-8")
    settings = IngestSettings(broker=stack.bootstrap, state_dir=stack.options.state_dir)
    assert ingest_files([path], settings).new == 1


async def has_arrived(stack: Stack, session: aiohttp.ClientSession, words: str) -> None:
    while True:
        with contextlib.suppress(RetryableError):
            messages = await fetch_messages(stack.slack_url, session)
            if any(words in json.dumps(message.blocks) for message in messages):
                return
        await asyncio.sleep(0.05)


async def count_beyond(stack: Stack, session: aiohttp.ClientSession, least: int) -> None:
    while True:
        with contextlib.suppress(RetryableError):
            if len(await fetch_messages(stack.slack_url, session)) >= least:
                return
        await asyncio.sleep(0.05)
