"""Sources, pages and feeds for the tests, built rather than stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.contracts import codec
from services.contracts.events import Event
from services.contracts.topics import EVENTS
from services.ingest.pages.page import Page
from services.ingest.settings import DEFAULT_SOURCES, IngestSettings
from services.ingest.source import Source, load_source
from services.runtime.handling import Outgoing

NOW = datetime(2026, 4, 10, 3, 0, tzinfo=UTC)
BASE = "https://press.example.go.jp/feed.xml"
SOURCE_FOLDERS = tuple(sorted(path.parent for path in DEFAULT_SOURCES.glob("*/source.yml")))
KINDS_OF_FEED = ("rss2", "rss1", "atom")


def shipped_source(folder: str) -> Source:
    return load_source(DEFAULT_SOURCES / folder / "source.yml")


def example_source(**changes: Any) -> Source:
    fields: dict[str, Any] = {
        "key": "jp-example",
        "name": "例",
        "publisher": "例",
        "country": "JP",
        "language": "ja",
        "kind": "rss2",
        "url": BASE,
        "zone": "Asia/Tokyo",
        "schedule": {"every_minutes": 30},
        "expected": {"longest_gap_days": 3650},
    }
    return Source.model_validate({**fields, **changes})


def pushed_source(key: str, **changes: Any) -> Source:
    fields = example_source().model_dump(exclude={"url", "schedule"})
    return Source.model_validate({**fields, "key": key, "kind": "push", "expected": {"longest_gap_days": 5}, **changes})


def example_page(content: bytes | str, *, charset: str | None = None) -> Page:
    return Page(content.encode() if isinstance(content, str) else content, BASE, NOW, charset)


def example_settings(folder: Path, **changes: Any) -> IngestSettings:
    return IngestSettings(state_dir=folder, **changes)


def rss2(*items: str) -> str:
    joined = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title>{joined}</channel></rss>'


def item(title: str, link: str = "", *, guid: str = "", day: str = "2026-04-08", body: str = "") -> str:
    parts = {"title": title, "link": link, "guid": guid, "pubDate": day, "description": body}
    return "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value)


def feed_of(kind: str, entries: Sequence[tuple[str, str, str]]) -> str:
    """A sound feed of any dialect from (title, link, ISO instant)."""
    if kind == "rss2":
        return rss2(*(item(title, link, day=day) for title, link, day in entries))
    if kind == "atom":
        joined = "".join(
            f'<entry><title>{title}</title><link href="{link}"/><updated>{day}</updated></entry>'
            for title, link, day in entries
        )
        return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{joined}</feed>'
    joined = "".join(
        f'<item rdf:about="{link}"><title>{title}</title><link>{link}</link><dc:date>{day}</dc:date></item>'
        for title, link, day in entries
    )
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="x"><title>x</title></channel>{joined}</rdf:RDF>'
    )


@dataclass
class Broker:
    """A broker that keeps what it confirmed; it fails as often as `failures` says, before keeping anything."""

    failures: list[Exception] = field(default_factory=list)
    records: list[Outgoing] = field(default_factory=list)

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.records.extend(outgoings)

    @property
    def events(self) -> list[Event]:
        return [codec.decode(Event, each.value) for each in self.records if each.topic is EVENTS]


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)
