"""Every document of the evaluation material through the running pipeline, with sums that add up."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from services.alert.settings import AlertSettings
from services.cli.account import Account
from services.cli.demo import audit_stack
from services.cli.inboxview import fetch_messages
from services.cli.stack import Ports, Stack, StackOptions
from services.cli.status import read_account
from services.ingest.inlets.files import ingest_files
from services.ingest.settings import IngestSettings

pytestmark = pytest.mark.integration


@pytest.mark.timeout(900)
def test_every_event_is_classified_put_aside_or_alerted_on_and_nothing_crashes(
    tmp_path: Path, shared_data: Path
) -> None:
    events = shared_data / "data" / "events-dev.jsonl"
    lines = events.read_text(encoding="utf-8").count("\n")
    account = asyncio.run(run(tmp_path, events))
    print(json.dumps({"lines": lines, "records": account.records, "acts": account.acts, "alerts": account.alerts}))
    assert account.records == lines
    assert account.balanced
    assert account.at_rest
    assert account.dead == 0
    assert account.with_acts >= 200
    assert account.alerts > 50


async def run(folder: Path, events: Path) -> Account:
    options = StackOptions(state_dir=folder, sample=False, ports=Ports.free(), per_second=50.0)
    async with Stack(options, lambda _: None) as stack:
        settings = IngestSettings(broker=stack.bootstrap, state_dir=folder)
        report = await asyncio.to_thread(ingest_files, [events], settings)
        assert (report.new, report.dead) == (report.read, 0)
        account = await settle(AlertSettings(broker=stack.bootstrap, state_dir=folder))
        assert stack.supervisor.restarts() == 0
        await hold_against_the_cores(stack, folder)
        again = await asyncio.to_thread(ingest_files, [events], settings)
        assert (again.new, again.unchanged) == (0, report.read)
    return account


async def settle(settings: AlertSettings) -> Account:
    """The account once nothing waits."""
    while True:
        account = await asyncio.to_thread(read_account, settings)
        if account.records and account.at_rest:
            return account
        await asyncio.sleep(1)


async def hold_against_the_cores(stack: Stack, folder: Path) -> None:
    async with aiohttp.ClientSession(trust_env=False) as session:
        messages = await fetch_messages(stack.slack_url, session)
    settings = AlertSettings(broker=stack.bootstrap, state_dir=folder)
    audit = replace(await asyncio.to_thread(audit_stack, settings, messages), lost_events=())
    assert (audit.lost, audit.doubled, audit.stray) == ((), (), ())
