"""The genuine pages collected beside the checkout are read right, by the sources that ship."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.ingest.core import decide, read_page
from services.ingest.pages.lines import read_line, read_lines
from services.ingest.pages.page import Document, Page, Reading
from tests.ingest.material import example_source, shipped_source

FETCHED_AT = datetime(2026, 8, 20, tzinfo=UTC)
PAGES = [
    # file, source folder, documents, newest day, documents with an instant, of them with text
    ("atom/meti-release.xml", "jp_meti_press", 25, date(2026, 6, 19), 25, 25),
    ("rss1-rdf/cao.xml", "jp_cao_news", 10, date(2026, 8, 19), 10, 0),
    ("rss1-rdf/soumu.xml", "jp_soumu_news", 20, date(2026, 8, 19), 0, 0),
    ("rss1-rdf/mlit.xml", "jp_mlit_press", 18, date(2026, 8, 19), 0, 0),
    ("rss1-rdf/mext.xml", "jp_cao_news", 21, date(2026, 8, 19), 21, 0),
    ("rss1-rdf/mhlw.xml", "jp_cao_news", 67, date(2026, 8, 19), 67, 0),
    ("rss2/kantei.xml", "jp_kantei_news", 25, date(2026, 8, 20), 22, 0),
    ("rss2/mof.xml", "jp_mof_news", 100, date(2026, 8, 19), 100, 0),
    ("rss2/fsa.xml", "jp_fsa_news", 15, date(2026, 8, 19), 15, 1),
    ("rss2/digital.xml", "jp_digital_news", 21, date(2026, 8, 19), 21, 0),
    ("rss2/mod.xml", "jp_mod_news", 126, date(2026, 8, 19), 126, 0),
    ("federal_register/documents-page.json", "us_federal_register_documents", 20, date(2021, 10, 14), 0, 20),
]


def read(shared: Path, file: str, folder: str) -> Reading:
    source = shipped_source(folder)
    return read_page(source, Page((shared / "data" / "wire" / file).read_bytes(), source.url, FETCHED_AT))


@pytest.mark.parametrize(
    ("file", "folder", "count", "newest", "instants", "texts"), PAGES, ids=[row[0] for row in PAGES]
)
def test_a_genuine_page_is_read_whole(
    shared_data: Path, file: str, folder: str, count: int, newest: date, instants: int, texts: int
) -> None:
    found = read(shared_data, file, folder)
    documents = found.documents
    assert found.readable
    assert len(documents) == count
    assert max(each.published_on for each in documents if each.published_on) == newest
    assert all(each.published_on for each in documents)
    assert sum(each.published_at is not None for each in documents) == instants
    assert sum(each.body is not None for each in documents) == texts
    assert len({event.event_id for event in decide(documents, {}, seen_at=FETCHED_AT).events}) == count


@pytest.mark.parametrize("row", PAGES[:-1], ids=[row[0] for row in PAGES[:-1]])
def test_japanese_titles_are_japanese(shared_data: Path, row: tuple[str, str, int, date, int, int]) -> None:
    titles = [each.title for each in read(shared_data, row[0], row[1]).documents]
    kana = sum("ぁ" <= character <= "ヺ" for title in titles for character in title)
    odd = [
        title for title in titles if any("｡" <= each <= "ﾟ" or each == "�" or "\x80" <= each < "\xa0" for each in title)
    ]
    assert kana > 3 * len(titles)
    assert odd == []


def test_no_genuine_document_is_named_by_its_place_and_every_address_is_absolute(shared_data: Path) -> None:
    for file, folder, *_ in PAGES:
        for each in read(shared_data, file, folder).documents:
            assert "item_" not in each.document_id
            assert each.url is None or each.url.startswith(("https://", "http://"))


def test_a_genuine_entry_without_a_link_is_kept(shared_data: Path) -> None:
    linkless = [each for each in read(shared_data, "rss2/kantei.xml", "jp_kantei_news").documents if each.url is None]
    assert [each.published_on for each in linkless] == [date(2026, 8, 12)]
    assert linkless[0].document_id.startswith("title:")


def test_documents_that_share_a_link_stay_apart(shared_data: Path) -> None:
    for file, folder in (("rss2/digital.xml", "jp_digital_news"), ("rss2/mod.xml", "jp_mod_news")):
        documents = read(shared_data, file, folder).documents
        events = decide(documents, {}, seen_at=FETCHED_AT).events
        assert len({each.document_id for each in documents}) == len(documents) - 1
        assert len({each.event_id for each in events}) == len(documents)


def test_the_federal_register_page_gives_numbers_agencies_and_types(shared_data: Path) -> None:
    found = read(shared_data, "federal_register/documents-page.json", "us_federal_register_documents")
    by_id = {each.document_id: each for each in found.documents}
    first = by_id["fr:2021-22282"]
    assert first.title.startswith("Representative Payees Under the Civil Service Retirement System")
    assert first.agencies == ("Personnel Management Office",)
    assert [(each.scheme, each.value) for each in first.identifiers] == [("fr_document", "2021-22282")]
    assert {each.document_type for each in found.documents} == {"Rule", "Proposed Rule", "Notice"}


@pytest.mark.parametrize("file", ["kanpo-top_page.html", "meti-press-index.html", "ofac-recent-actions.html"])
def test_a_genuine_web_page_is_no_feed(shared_data: Path, file: str) -> None:
    for folder in ("jp_meti_press", "jp_mof_news", "jp_soumu_news", "us_federal_register_documents"):
        found = read(shared_data, f"html/{file}", folder)
        assert not found.readable
        assert found.documents == ()


def test_every_genuine_line_is_read_without_loss(shared_data: Path) -> None:
    with (shared_data / "data" / "events-dev.jsonl").open("rb") as stream:
        found = [read_line(line) for line in read_lines(stream, "events-dev.jsonl")]
    documents = [each for each in found if isinstance(each, Document)]
    assert len(documents) == len(found) == 644
    assert all(each.published_on and each.lang for each in documents)


WEB_PAGES = [
    # file, source folder, documents, oldest and newest day, how the ids of the oldest and the newest end
    ("html/meti-press-index.html", "jp_meti_list", 20, "2026-07-31", "2026-08-17", "31001.html", "17001.html"),
    ("html/mofa-press-index.html", "jp_mofa_press", 121, "2026-07-19", "2026-08-19", "_03969.html", "_04063.html"),
    ("html/ofac-recent-actions.html", "us_ofac_actions", 10, "2026-01-14", "2026-02-02", "/20260114", "/20260202"),
    ("gta/interventions.json", "ch_gta_interventions", 11, "2021-08-11", "2026-02-11", "gta:90120", "gta:152737"),
]  # fmt: skip


@pytest.mark.parametrize("row", WEB_PAGES, ids=[row[0] for row in WEB_PAGES])
def test_a_genuine_list_is_read_whole(shared_data: Path, row: tuple[str, str, int, str, str, str, str]) -> None:
    file, folder, count, oldest, newest, first, last = row
    found = read(shared_data, file, folder)
    days = [each.published_on for each in found.documents if each.published_on]
    assert found.readable
    assert len(found.documents) == len(days) == count
    assert (min(days), max(days)) == (date.fromisoformat(oldest), date.fromisoformat(newest))
    assert found.documents[0].document_id.endswith(first)
    assert found.documents[-1].document_id.endswith(last)
    assert len({event.event_id for event in decide(found.documents, {}, seen_at=FETCHED_AT).events}) == count


def test_a_genuine_menu_without_days_is_read(shared_data: Path) -> None:
    found = read(shared_data, "html/moj-press-index.html", "jp_moj_press")
    assert [len(found.documents), len(found.problems)] == [13, 0]
    assert found.documents[-1].document_id.endswith("/press_r8.html")


def test_two_actions_of_one_genuine_day_are_two_documents(shared_data: Path) -> None:
    found = read(shared_data, "html/ofac-recent-actions.html", "us_ofac_actions")
    of_day = [each.document_id[-12:] for each in found.documents if each.published_on == date(2026, 1, 21)]
    assert sorted(of_day) == ["ons/20260121", "/20260121_33"][::-1]
    assert {each.document_type for each in found.documents} == {
        "Sanctions List Updates", "General Licenses", "Miscellaneous"
    }  # fmt: skip


ISSUE: dict[str, Any] = {
    "item": "ul.iconList > li, h4:has(a)",
    "title": {"select": ".text"},
    "date": {"select": "p.date", "place": "page"},
    "type": {"select": "h2.title .text", "place": "above"},
}
FRONT: dict[str, Any] = {
    "item": "li.articleBox",
    "title": {"select": "a.articleTop"},
    "link": {"select": "a.articleTop", "attribute": "href"},
    "date": {"select": "dt:has(a)", "place": "above"},
}


@pytest.mark.parametrize(
    ("file", "options", "count", "oldest", "newest"),
    [
        ("kanpo-issue_page_gougai.html", ISSUE, 7, date(2026, 3, 3), date(2026, 3, 3)),
        ("kanpo-issue_page_honshi.html", ISSUE, 19, date(2026, 3, 3), date(2026, 3, 3)),
        ("kanpo-top_page.html", FRONT, 190, date(2025, 12, 4), date(2026, 3, 3)),
    ],
)
def test_a_genuine_page_of_the_gazette_is_read_by_selectors(
    shared_data: Path, file: str, options: dict[str, Any], count: int, oldest: date, newest: date
) -> None:
    content = (shared_data / "data" / "wire" / "html" / file).read_bytes()
    found = read_page(
        example_source(kind="html_list", options=options), Page(content, "https://x.example/", FETCHED_AT)
    )
    days = [each.published_on for each in found.documents if each.published_on]
    assert (len(days), min(days), max(days), found.problems) == (count, oldest, newest, ())


def test_the_genuine_index_of_the_gazette_names_every_issuer(shared_data: Path) -> None:
    content = (shared_data / "data" / "wire" / "kanpo" / "issues-2026-04-13_17.json").read_bytes()
    found = read_page(example_source(kind="kanpo"), Page(content, "https://x.example/", FETCHED_AT))
    issuers = Counter(name for each in found.documents for name in each.agencies)
    assert (len(found.documents), found.problems) == (233, ())
    assert sum(bool(each.identifiers) for each in found.documents) == 114
    assert (issuers["外務"], issuers["経済産業"], issuers["同"]) == (12, 7, 0)
    by_id = {each.document_id: each for each in found.documents}
    assert by_id["kanpo:20260417h01689:0005:0"].agencies == ("外務",)
    assert by_id["kanpo:20260417g00091:0009:0"].attributes["numbers"] == "40-67"


def test_the_genuine_updates_of_an_intervention_are_its_text(shared_data: Path) -> None:
    stated = json.loads((shared_data / "data" / "wire" / "gta" / "interventions.json").read_bytes())
    found = read(shared_data, "gta/interventions.json", "ch_gta_interventions")
    assert all(each.body and "<p>" not in each.body for each in found.documents)
    assert {each.document_type for each in found.documents} == {each["intervention_type"] for each in stated}
    assert not [each for each in found.problems if "is new" in each.message and "_total" not in each.message]


def mofcom_page(content: bytes) -> bytes:
    """The titles and days that were scraped, in the form of the ministry's page, which was not."""
    text = json.loads(content)["text"]
    lines = [each.rpartition(" ") for each in text.partition("【")[2].partition(" 政策法规 ")[0].split(" 【")]
    item = "<li><em>【{0}</em><a href='/{1}/{2}'>{0}</a><span>{1}</span></li>"
    rows = "".join(item.format(line, day, number) for number, (line, _, day) in enumerate(lines))
    return f"<html><body><ul class='txtList_01'>{rows}</ul></body></html>".encode()


def test_the_genuine_titles_and_days_of_a_ministry_are_read_in_its_sources_form(shared_data: Path) -> None:
    content = mofcom_page((shared_data / "data" / "wire" / "mofcom" / "zcfb-list-page-text.json").read_bytes())
    source = shipped_source("cn_mofcom_policy")
    found = read_page(source, Page(content, source.url, FETCHED_AT))
    days = [each.published_on for each in found.documents if each.published_on]
    assert (len(days), min(days), max(days)) == (8, date(2026, 3, 27), date(2026, 4, 24))
