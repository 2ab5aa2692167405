"""A publisher on loopback: one page of JSON Lines that a campaign replaces, and what the source's file says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.faults.world import SOURCE

_SOURCE = """\
key: {key}
name: Test press
publisher: A publisher on loopback
country: US
language: en
kind: jsonl
url: http://127.0.0.1:{port}/documents.jsonl
zone: UTC
schedule:
  every_minutes: 1
expected:
  min_items: 1
  max_items: 1000
  longest_gap_days: 3650
"""
_STANDING = tuple(
    f'{{"id": "world:standing-{number}", "source": "{SOURCE}", "title": "Sunshine Act notice {number}", "lang": "en"}}'
    for number in range(10)
)
"""What every page begins with and no watchlist asks for: a page of which all is new at once would rightly be held."""


class Press:
    """What the publisher shows, and how often it was asked."""

    def __init__(self) -> None:
        self.lines = _STANDING
        self.asked = 0

    def show(self, lines: Iterable[str]) -> None:
        """Replace the page, but for the documents that always stand on it."""
        self.lines = (*_STANDING, *lines)

    async def answer(self, request: web.Request) -> web.Response:
        """The page."""
        del request
        self.asked += 1
        return web.Response(text="\n".join(self.lines) + "\n", content_type="application/x-ndjson")


@asynccontextmanager
async def open_press(folder: Path) -> AsyncIterator[Press]:
    """A publisher, with its `source.yml` below `folder`."""
    press, app = Press(), web.Application()
    app.router.add_get("/documents.jsonl", press.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (folder / "us_test_press").mkdir(parents=True)
    source = _SOURCE.format(key=SOURCE, port=runner.addresses[0][1])
    (folder / "us_test_press" / "source.yml").write_text(source, encoding="utf-8")
    try:
        yield press
    finally:
        await runner.cleanup()
