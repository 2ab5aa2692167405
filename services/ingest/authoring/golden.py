"""A sample page of a source and what is to be read from it, written down beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from services.ingest.core import read_page
from services.ingest.pages.page import Document, Page, Reading
from services.ingest.source import Source

READ_AT = "read_at"
"""When the sample was read, among its expected results: what a day without a year means depends on it."""


@dataclass(frozen=True)
class Sample:
    """A page as it came, by the name of its file, and its expected results; None where none are written down."""

    name: str
    content: bytes
    expected: Mapping[str, Any] | None = None


def page_of(source: Source, sample: Sample, now: datetime) -> Page:
    """The sample as the page it was: read when it says so, else on the day of its newest document.

    So no sample grows old. Without either it is read `now`.
    """
    page = Page(sample.content, source.url, now)
    if stated := (sample.expected or {}).get(READ_AT):
        return replace(page, fetched_at=datetime.fromisoformat(stated))
    days = [each.published_on for each in read_page(source, page).documents if each.published_on]
    return replace(page, fetched_at=datetime.combine(max(days), time(12), UTC)) if days else page


def results_of(reading: Reading) -> dict[str, Any]:
    """What is written down of a reading: its documents and its problems."""
    return {"documents": list(map(as_plain, reading.documents)), "problems": list(map(str, reading.problems))}


def as_plain(document: Document) -> dict[str, Any]:
    """The document's fields that say something, as JSON has them."""
    plain = {
        "document_id": document.document_id,
        "shared_id": document.shared_id,
        "url": document.url,
        "title": document.title,
        "body": document.body,
        "published_on": document.published_on and document.published_on.isoformat(),
        "published_at": document.published_at and document.published_at.isoformat(),
        "agencies": list(document.agencies),
        "document_type": document.document_type,
        "identifiers": [f"{each.scheme}={each.value}" for each in document.identifiers],
        "attributes": dict(document.attributes),
        "withdrawn": document.withdrawn,
    }
    return {name: value for name, value in plain.items() if value}


def difference(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """The first thing in which results differ from those written down, in words; empty where nothing does."""
    for name in ("documents", "problems"):
        found, written = actual[name], list(expected.get(name, ()))
        for number, (one, two) in enumerate(zip(found, written, strict=False), start=1):
            if one != two:
                return f"{name} {number} is {_shown(one, two)}; expected {_shown(two, one)}"
        if len(found) != len(written):
            return f"{len(found)} {name}, expected {len(written)}"
    return ""


def _shown(value: Any, other: Any) -> str:
    """What a value has that the other has not, its title first."""
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        names = sorted(value, key=lambda name: name != "title")
        apart = {name: value[name] for name in names if other.get(name) != value[name]}
        return ", ".join(f"{name} {each!r}" for name, each in apart.items())[:300] or "without it"
    return repr(value)[:300]
