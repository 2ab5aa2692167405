"""Canaries through the real processes: they come through, again and again, and nobody hears, sees or counts one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from services.alert.delivery.audit import read_rows
from services.alert.settings import AlertSettings
from services.cli.database import reading_alerts
from services.cli.inboxview import fetch_messages
from services.cli.settings import load
from services.cli.stack import Ports, Stack, StackOptions
from services.cli.status import read_account, read_canary
from services.contracts.canary import is_canary_record
from services.contracts.topics import ALERTS, EVENTS, MEASURES
from services.runtime.handling import Consumed
from services.runtime.topicscan import scan_topic

pytestmark = pytest.mark.integration

LIST = """\
id: everything
name: Everything there is
match: {urgency: ">= digest"}
destinations: [{slack: C0CRITMIN}]
"""


@pytest.mark.timeout(240)
def test_a_canary_comes_through_every_minute_and_a_list_of_everything_hears_of_none(tmp_path: Path) -> None:
    asyncio.run(run(tmp_path))


async def run(folder: Path) -> None:
    lists = folder / "lists"
    lists.mkdir()
    (lists / "everything.yml").write_text(LIST, encoding="utf-8")
    options = StackOptions(
        state_dir=folder / "state",
        watchlists=lists,
        sample=False,
        canary=True,
        ports=Ports.free(),
        environment=(("NOROSHI_INGEST_CANARY_MINUTES", "1"),),
    )
    async with Stack(options, lambda _: None) as stack:
        await stack.run_until(expect(stack))


async def expect(stack: Stack) -> None:
    settings = load(AlertSettings, broker=stack.bootstrap, state_dir=stack.options.state_dir)
    shown = await until_two_came_through(stack)
    arrival = await asyncio.to_thread(read_canary, settings)
    assert arrival is not None
    assert arrival.published_at.timestamp() == pytest.approx(shown, abs=0.001)
    assert arrival.seconds < 60
    for topic in (EVENTS, MEASURES, ALERTS):
        records = await asyncio.to_thread(read_topic, stack.bootstrap, topic.name)
        assert len(records) >= 2
        assert all(is_canary_record(each.headers) for each in records)
    account = await asyncio.to_thread(read_account, settings)
    assert (account.records, account.acts, account.alerts, account.balanced) == (0, 0, 0, True)
    with reading_alerts(settings) as connection:
        assert read_rows(connection).alerts == ()
    async with aiohttp.ClientSession(trust_env=False) as session:
        assert await fetch_messages(stack.slack_url, session) == []


def read_topic(broker: str, name: str) -> list[Consumed]:
    return list(scan_topic(broker, name))


async def until_two_came_through(stack: Stack) -> float:
    """When the newest canary was published, once the alert service shows that two came through."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        for _ in range(600):
            metrics = await read_metrics(stack, session)
            if metrics.get("noroshi_canary_seconds_count", 0.0) >= 2:
                return metrics["noroshi_canary_last_success_timestamp_seconds"]
            await asyncio.sleep(0.3)
    pytest.fail("no second canary came through within three minutes")


async def read_metrics(stack: Stack, session: aiohttp.ClientSession) -> dict[str, float]:
    """The alert service's metrics of the canary."""
    async with session.get(f"http://127.0.0.1:{stack.options.ports.alert}/metrics") as response:
        lines = (await response.text()).splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("noroshi_canary_"))
    return {name: float(value) for name, value in pairs}
