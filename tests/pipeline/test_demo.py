"""The whole pipeline as processes on the embedded broker, undisturbed and with every service killed once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from services.cli.demo import DemoResult, run_demo
from services.cli.inboxview import fetch_messages
from services.cli.stack import Stack
from services.contracts.errors import RetryableError
from services.ingest.files import ingest_files
from services.ingest.settings import IngestSettings
from services.runtime.failpoint import FOLDER, POINTS

pytestmark = pytest.mark.pipeline

RESTART_LIMIT = 15.0
"""Seconds a killed service may take until its next effect."""


@pytest.mark.timeout(180)
def test_the_sample_runs_through_and_nothing_is_lost_doubled_or_misplaced(tmp_path: Path) -> None:
    result = asyncio.run(run_demo(tmp_path, 120, lambda _: None))
    check(result)
    assert result.audit.events >= 80
    assert len(result.audit.expected) >= 60
    assert {message.channel for message in result.messages} >= {"C0CRITMIN", "C0MAGNETS", "C0CHIPS"}


@pytest.mark.timeout(240)
def test_every_service_killed_at_its_worst_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The points lie just after an effect and before its record: what a careless pipeline doubles or loses."""
    points = [
        "ingest.after_produce",
        "classify.after_confirm:25",
        "match.before_commit:7",
        "match.after_commit:19",
        "deliver.before_post:9",
        "deliver.after_post:12",
    ]
    marks = tmp_path / "fired"
    marks.mkdir()
    environment = {POINTS: ",".join(points), FOLDER: str(marks)}
    result = asyncio.run(run_demo(tmp_path / "state", 180, lambda _: None, environment=environment))
    check(result)
    assert sorted(path.name for path in marks.iterdir()) == sorted(point.partition(":")[0] for point in points)


@pytest.mark.timeout(240)
def test_a_service_killed_from_outside_works_again_within_fifteen_seconds(tmp_path: Path) -> None:
    gaps: dict[str, float] = {}
    result = asyncio.run(run_demo(tmp_path, 180, lambda _: None, disturb=lambda stack: kill_each(stack, gaps)))
    check(result)
    print("seconds from kill -9 to the alert of a document put in meanwhile:", json.dumps(gaps))
    assert set(gaps) == {"alert", "classify", "ingest"}
    assert max(gaps.values()) <= RESTART_LIMIT


async def kill_each(stack: Stack, gaps: dict[str, float]) -> None:
    """Kill each service while the sample runs through it, then put a document in and time its way to Slack."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        await count_beyond(stack, session, 5)
        for number, service in enumerate(("alert", "classify", "ingest")):
            os.kill(stack.supervisor.pid(service), signal.SIGKILL)
            killed = time.monotonic()
            await asyncio.to_thread(put_in, stack, number)
            await has_arrived(stack, session, f"C0TRADE-{number}")
            gaps[service] = round(time.monotonic() - killed, 2)


def put_in(stack: Stack, number: int) -> None:
    """Take in one document of a measure of its own, as `noroshi ingest --file` does."""
    line = {
        "id": f"test:{number}",
        "source": "us-federal-register",
        "lang": "en",
        "published": "2026-01-05",
        "title": f"C0TRADE-{number}: Commerce imposes antidumping duties on graphite electrodes from China",
        "body": "The Department of Commerce issues an antidumping duty order on graphite electrodes from China.",
    }
    path = stack.options.state_dir / f"extra-{number}.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
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


def check(result: DemoResult) -> None:
    assert result.audit.lost == ()
    assert result.audit.doubled == ()
    assert result.audit.stray == ()
    assert result.balanced
    assert result.audit.delivered == len(result.audit.expected) > 0
