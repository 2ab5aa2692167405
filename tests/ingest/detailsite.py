"""A publisher whose list has only titles: its documents' texts are on pages of their own, some of them in trouble."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.contracts.events import Event
from services.ingest.memory import listed, store
from services.ingest.memory.listed import Listed
from services.ingest.pages.page import Page
from services.ingest.polling.poll import Poller
from services.ingest.polling.tools import Tools
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, PageFetched, Validators
from services.runtime.clock import SteppedClock
from services.runtime.serve import Stopping, new_health
from services.runtime.store import migrate, open_engine
from tests.ingest.material import BASE, NOW, Broker, example_settings, example_source, item, rss2

HOME = BASE.rpartition("/")[0]


class CrashError(BaseException):
    """Ends everything, as a kill would."""


def detail_source(**detail: Any) -> Source:
    """A source whose pages hold their text in an `article`; what is not given of `detail` is as by default."""
    changes = {name: detail.pop(name) for name in ("key", "url", "kind") if name in detail}
    return example_source(detail={"form": "html", "select": "article", **detail}, **changes)


@dataclass
class Site:
    """Answers with a list of `titles` by name, and with `pages` by name; a page that is not given has its own text.

    Each answer of a page has other furniture around its text. `trouble` strikes before any page is given.
    """

    titles: dict[str, str]
    pages: dict[str, Fetched | str] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    answer: Fetched | None = None
    crash_at: int = 0
    lists: list[Validators] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    _visit: itertools.count[int] = field(default_factory=itertools.count)

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        """The list or a page."""
        if url == BASE:
            self.lists.append(validators)
            return self.answer or PageFetched(Page(self.listing(), BASE, NOW), Validators('"1"', None))
        name = url.rpartition("/")[2]
        self.looked.append(name)
        if len(self.looked) == self.crash_at:
            raise CrashError
        page = self.pages.get(name, f"{name}の本文です。")
        return self.article(page, url) if isinstance(page, str) else page

    def listing(self) -> bytes:
        """The list as a feed."""
        entries = (
            item(title, name if "//" in name else f"{HOME}/{name}", day=self.days.get(name, "2026-04-08"))
            for name, title in self.titles.items()
        )
        return rss2(*entries).encode()

    def article(self, text: str, url: str) -> PageFetched:
        """A page with the text in its `article`, and a menu that is never the same."""
        menu = f"<nav><p>{next(self._visit)} visitors</p></nav>"
        page = f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{menu}<article><p>{text}</p></article>'
        return PageFetched(Page(f"{page}</body></html>".encode(), url, NOW), Validators())


def refused(status: int, *, retry_after: float | None = None) -> FetchFailed:
    """What the fetcher says of such an answer."""
    return FetchFailed(f"http_{status // 100}xx", f"HTTP {status}", retry_after, gone=status == 410, status=status)


class DetailBench:
    """The shipped poller with such a site, a broker that keeps records, and a real database."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.settings = example_settings(folder, retry_first_seconds=0.001)
        self.engine = open_engine(self.settings, "ingest")
        migrate(self.engine, "ingest")
        self.site, self.broker, self.clock = site, Broker(), SteppedClock(NOW)
        self.worker = ThreadPoolExecutor(max_workers=1)
        self.source = detail_source()

    def poll(self, *, times: int = 1, minutes: float = 30) -> None:
        """Poll so many times, as if by a process that was started for it."""
        for _ in range(times):
            asyncio.run(Poller(self.settings, self.tools()).poll(self.source, Stopping()))
            self.clock.step(minutes * 60)

    def tools(self) -> Tools:
        """The poller's edges."""
        health = new_health("ingest", self.settings)
        return Tools(self.site, self.engine, self.broker.send, self.worker, self.clock, health, jitter=lambda: 0.5)

    def settle(self) -> None:
        """Make first contact with what the site has, and forget what came of that."""
        self.poll()
        self.broker.records.clear()
        self.site.looked.clear()

    def add(self, titles: dict[str, str]) -> None:
        """Put these at the head of the list."""
        self.site.titles = titles | self.site.titles

    @property
    def events(self) -> list[Event]:
        return self.broker.events

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """The titles and texts of what was published, in order."""
        return [(event.title, event.body) for event in self.events]

    @property
    def open(self) -> tuple[Listed, ...]:
        """The documents whose pages are still to be looked at."""
        with self.engine.connect() as connection:
            return listed.load_open(connection, self.source.key)

    @property
    def cursor(self) -> store.Cursor:
        with self.engine.connect() as connection:
            return store.load_cursor(connection, self.source.key)

    def close(self) -> None:
        """Give everything back."""
        self.worker.shutdown()
        self.engine.dispose()


def statuses(events: Iterable[Event]) -> list[str]:
    """Where the texts of the events are from."""
    return [event.attributes["text_status"] for event in events]
