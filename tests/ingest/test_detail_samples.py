"""Every source whose documents have pages of their own has such a page beside it, and its text is read as expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ingest.pages.detail import detail_text
from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.polling.looks import refusal
from services.ingest.source import Source, load_source
from tests.ingest.material import NOW, SOURCE_FOLDERS

WITH_PAGES = [folder for folder in SOURCE_FOLDERS if load_source(folder / "source.yml").detail]
PAGES = [
    path for folder in WITH_PAGES for path in sorted((folder / "details").glob("*")) if path.suffixes[-1] != ".json"
]


def source_of(page: Path) -> Source:
    return load_source(page.parent.parent / "source.yml")


def read(page: Path, content: bytes) -> str:
    source = source_of(page)
    return detail_text(source, "", Page(content, source.url, NOW))


@pytest.mark.parametrize("folder", WITH_PAGES, ids=lambda folder: folder.name)
def test_a_source_with_detail_has_a_page_that_says_it_is_synthetic(folder: Path) -> None:
    pages = [path for path in PAGES if path.parent.parent == folder]
    assert pages, f"put the page of a document into {folder / 'details'}"
    assert all(b"synthetic" in path.read_bytes() for path in pages)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.parent.parent.name)
def test_the_text_of_a_page_is_as_expected(page: Path) -> None:
    text = read(page, page.read_bytes())
    expected = page.with_suffix(".expected.json")
    if not expected.exists():
        expected.write_text(json.dumps({"text": text}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail(f"{expected} was written; read it, and keep it if it is right")
    assert {"text": text} == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.parent.parent.name)
def test_half_a_page_is_no_text(page: Path) -> None:
    content = page.read_bytes().rstrip()
    for length in range(0, len(content), max(1, len(content) // 40)):
        with pytest.raises(UnreadablePageError):
            read(page, content[:length])


@pytest.mark.parametrize("folder", WITH_PAGES, ids=lambda folder: folder.name)
def test_the_documents_a_sample_lists_have_pages_that_may_be_asked_for(folder: Path) -> None:
    source = load_source(folder / "source.yml")
    for listed in sorted((folder / "samples").glob("*.expected.json")):
        documents = json.loads(listed.read_text(encoding="utf-8"))["documents"]
        assert [refusal(source, each.get("url")) for each in documents] == [None] * len(documents)
