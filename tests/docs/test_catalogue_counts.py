"""What the README and the guides say of the catalogue is what there is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_sources

ROOT = Path(__file__).parents[2]


def test_the_readme_and_the_guide_count_the_sources_right() -> None:
    by_status = Counter(each.status for each in load_sources([DEFAULT_SOURCES]))
    said = re.search(r"(\d+) sources come with it, (\d+) of them active", (ROOT / "README.md").read_text("utf-8"))
    assert said is not None
    assert tuple(map(int, said.groups())) == (by_status.total(), by_status["active"])
    assert f" {by_status.total()} sources," in (ROOT / "docs/guides/watchlists.md").read_text("utf-8")
