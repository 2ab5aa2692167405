"""Events for tests: a text becomes an event of a source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from services.contracts import ids
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Field, Language

SEEN = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event_of(
    title: str,
    body: str | None = None,
    *,
    lang: str | None = None,
    source: str = "press-desk",
    published: str | None = "2026-01-15",
    document_id: str = "test:1",
) -> Event:
    return Event(
        event_id=ids.event_id(source, document_id),
        revision=ids.revision_of(title, body),
        source=source,
        document_id=document_id,
        lang=Language(lang) if lang else None,
        title=title,
        body=body,
        published_on=date.fromisoformat(published) if published else None,
        seen_at=SEEN,
    )


def event_of_line(line: dict[str, Any]) -> Event:
    """The event of a line of a JSONL file of documents."""
    return event_of(
        line["title"],
        line.get("body"),
        lang=line.get("lang"),
        source=line["source"],
        published=line.get("published"),
        document_id=line["id"],
    )


def read_lines(*paths: Path) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def field_text(event: Event, field: Field) -> str:
    return event.title if field is Field.TITLE else event.body or ""


def tags(acts: tuple[Act, ...], facet: str) -> set[str]:
    return {tag for act in acts for tag in getattr(act, facet)}
