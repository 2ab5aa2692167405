"""The sample pages beside the sources, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

from services.ingest.core import read_page
from services.ingest.pages.page import Page, Reading
from services.ingest.source import Source, load_source
from tests.ingest.material import SOURCE_FOLDERS

FETCHED_AT = datetime(2026, 4, 9, 3, 0, tzinfo=UTC)


def samples_of(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "samples").glob("*")) if not path.name.endswith(".expected.json")]


SAMPLES = [path for folder in SOURCE_FOLDERS for path in samples_of(folder)]


def source_of(sample: Path) -> Source:
    return load_source(sample.parent.parent / "source.yml")


def read_sample(sample: Path) -> Reading:
    """What the sample says on the day of its newest document, so that no sample grows old."""
    source = source_of(sample)
    page = Page(sample.read_bytes(), source.url, FETCHED_AT)
    days = [document.published_on for document in read_page(source, page).documents if document.published_on]
    fetched_at = datetime.combine(max(days), time(12), UTC) if days else FETCHED_AT
    return read_page(source, replace(page, fetched_at=fetched_at))
