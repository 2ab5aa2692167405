"""Every genuine page collected beside the checkout is read to the very result that was looked at and kept.

The results are kept as counts, days and digests, since the pages themselves are not ours to publish. Where a change
of a source or a kind is right, `python -m tests.ingest.test_wire_golden` writes them anew; look at what differs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from services.ingest.authoring.golden import as_plain
from services.ingest.core import read_page
from services.ingest.pages.detail import html_text
from services.ingest.pages.page import Page, Reading
from tests.ingest.material import example_source, shipped_source
from tests.ingest.test_wire import FETCHED_AT, FRONT, ISSUE, PAGES, WEB_PAGES, mofcom_page

GOLDEN = Path(__file__).parent / "golden" / "wire.json"
LISTS: dict[str, str] = (
    {row[0]: row[1] for row in PAGES}
    | {row[0]: row[1] for row in WEB_PAGES}
    | {
        "html/moj-press-index.html": "jp_moj_press",
        "kanpo/issues-2026-04-13_17.json": "jp_kanpo_index",
    }
)
SELECTED = {
    "html/kanpo-issue_page_gougai.html": ISSUE,
    "html/kanpo-issue_page_honshi.html": ISSUE,
    "html/kanpo-top_page.html": FRONT,
}
TEXTS = {
    "html/ofac-action-20260130.html": ("us_ofac_actions", ".field--name-field-body .field__item"),
    "federal_register/full-text-2026-02297.txt": ("us_federal_register_documents", "pre"),
}
SCRAPED = {"mofcom/zcfb-list-page-text.json": "cn_mofcom_policy"}
FILES = sorted([*LISTS, *SELECTED, *TEXTS, *SCRAPED])


def digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:16]


def summary(found: Reading) -> dict[str, Any]:
    documents = found.documents
    days = sorted(each.published_on.isoformat() for each in documents if each.published_on)
    return {
        "documents": len(documents),
        "days": [days[0], days[-1]] if days else [],
        "dated": len(days),
        "instants": sum(each.published_at is not None for each in documents),
        "texts": sum(each.body is not None for each in documents),
        "problems": dict(sorted(Counter(each.kind.value for each in found.problems).items())),
        "ids": digest(each.document_id for each in documents),
        "titles": digest(each.title for each in documents),
        "everything": digest(json.dumps(as_plain(each), ensure_ascii=False, sort_keys=True) for each in documents),
    }


def read_file(shared: Path, file: str) -> dict[str, Any]:
    content = (shared / "data" / "wire" / file).read_bytes()
    if file in TEXTS:
        folder, select = TEXTS[file]
        source = shipped_source(folder)
        text = html_text(source, Page(content, source.url, FETCHED_AT), select)
        return {"characters": len(text), "text": digest([text])}
    if file in SELECTED:
        source = example_source(kind="html_list", options=SELECTED[file])
    else:
        source = shipped_source((LISTS | SCRAPED)[file])
    if file in SCRAPED:
        content = mofcom_page(content)
    return summary(read_page(source, Page(content, source.url, FETCHED_AT)))


def test_every_genuine_file_is_read_by_one_of_these(shared_data: Path) -> None:
    wire = shared_data / "data" / "wire"
    assert sorted(str(path.relative_to(wire)) for path in wire.rglob("*") if path.is_file()) == FILES
    assert sorted(json.loads(GOLDEN.read_text(encoding="utf-8"))) == FILES


@pytest.mark.parametrize("file", FILES)
def test_a_genuine_file_gives_the_result_that_was_kept(shared_data: Path, file: str) -> None:
    assert read_file(shared_data, file) == json.loads(GOLDEN.read_text(encoding="utf-8"))[file]


if __name__ == "__main__":
    beside = Path(__file__).resolve().parents[3] / "shared"
    GOLDEN.write_text(json.dumps({file: read_file(beside, file) for file in FILES}, indent=1) + "\n", encoding="utf-8")
