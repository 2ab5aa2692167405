"""Polling for real, against a publisher on loopback: a baseline is silent, a new item is an alert."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from services.cli.inboxview import fetch_messages
from services.cli.stack import Ports, Stack, StackOptions

pytestmark = pytest.mark.integration

SOURCE = """\
key: us-test-press
name: Test press
publisher: A publisher on loopback
country: US
language: en
kind: rss2
url: http://127.0.0.1:{port}/feed.xml
zone: America/New_York
schedule:
  every_minutes: 1
expected:
  min_items: 1
  max_items: 50
  longest_gap_days: 3650
"""
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Press</title><link>https://press.example/</link><description>Press</description>
{items}</channel></rss>
"""
ITEM = """<item><title>{title}</title><link>https://press.example/{number}</link>
<guid isPermaLink="false">press-{number}</guid><pubDate>Mon, 05 Jan 2026 09:0{number}:00 -0500</pubDate></item>
"""
OLD = "Commerce adds 12 Chinese chip firms to the Entity List"
NEW = "Commerce issues antidumping duty orders on graphite electrodes from China"


class Publisher:
    """Serves a feed that grows, and counts who asked how."""

    def __init__(self) -> None:
        self.titles = [OLD]
        self.agents: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.agents.append(request.headers.get("User-Agent", ""))
        items = "".join(ITEM.format(title=title, number=number) for number, title in enumerate(self.titles))
        return web.Response(text=FEED.format(items=items), content_type="application/rss+xml")


@pytest.mark.timeout(300)
def test_a_first_look_is_silent_and_a_new_item_becomes_an_alert_within_a_poll(tmp_path: Path) -> None:
    asyncio.run(poll(tmp_path))


async def poll(folder: Path) -> None:
    publisher = Publisher()
    app = web.Application()
    app.router.add_get("/feed.xml", publisher.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    source = folder / "sources" / "us_test_press" / "source.yml"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE.format(port=runner.addresses[0][1]), encoding="utf-8")
    environment = {
        "NOROSHI_INGEST_SOURCES": json.dumps([str(folder / "sources")]),
        "NOROSHI_INGEST_ALLOW_PRIVATE": "true",
        "NOROSHI_INGEST_CONTACT": "ops@noroshi.example",
    }
    options = StackOptions(
        state_dir=folder / "state", sample=False, live=True, ports=Ports.free(), environment=tuple(environment.items())
    )
    try:
        async with Stack(options, lambda _: None) as stack:
            await stack.run_until(expect(stack, publisher))
    finally:
        await runner.cleanup()


async def expect(stack: Stack, publisher: Publisher) -> None:
    async with aiohttp.ClientSession(trust_env=False) as session:
        await until(lambda: len(publisher.agents) >= 1, 90)
        publisher.titles.append(NEW)
        await until(lambda: len(publisher.agents) >= 2, 120)
        texts: list[str] = []
        for _ in range(40):
            texts = [json.dumps(message.blocks) for message in await fetch_messages(stack.slack_url, session)]
            if texts:
                break
            await asyncio.sleep(0.5)
    assert texts, "the new item raised no alert"
    assert all(NEW in text for text in texts), "the baseline alerted"
    assert all("ops@noroshi.example" in agent for agent in publisher.agents)


async def until(holds: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds / 0.2)):
        if holds():
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"did not happen within {seconds} s")
