"""The sample pages beside the sources, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from services.ingest.authoring.folder import load_sample, sample_files
from services.ingest.authoring.golden import page_of
from services.ingest.core import read_page
from services.ingest.pages.page import Reading
from services.ingest.source import Source, load_source
from tests.ingest.material import SOURCE_FOLDERS

FETCHED_AT = datetime(2026, 4, 9, 3, 0, tzinfo=UTC)


SAMPLES = [path for folder in SOURCE_FOLDERS for path in sample_files(folder)]


def source_of(sample: Path) -> Source:
    return load_source(sample.parent.parent / "source.yml")


def read_sample(sample: Path) -> Reading:
    """What the sample says on the day of its newest document, so that no sample grows old."""
    source = source_of(sample)
    return read_page(source, page_of(source, load_sample(sample), FETCHED_AT))
