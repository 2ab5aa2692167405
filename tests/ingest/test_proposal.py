"""From a saved page to a working source: what is guessed, and how often the guess is right."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from services.contracts.errors import UsageError
from services.contracts.vocab import Language
from services.ingest.authoring.behaviour import examine
from services.ingest.authoring.facts import Facts, country_of, language_of, title_of
from services.ingest.authoring.fields import day_order
from services.ingest.authoring.folder import load_sample, load_samples, make_folder
from services.ingest.authoring.golden import page_of
from services.ingest.authoring.proposal import Proposal, propose
from services.ingest.authoring.sourcefile import left_to_fill, source_text
from services.ingest.core import read_page
from services.ingest.pages.page import Document, Page
from services.ingest.source import load_sources
from tests.ingest.hostile.bodies import OF_LINES, SOUND, SOURCES, bad_bodies
from tests.ingest.material import NOW, example_page
from tests.ingest.samples import FETCHED_AT, SAMPLES, source_of

GUESSED = {"html_list", "json_list", "csv"}


def proposed(page: str | bytes, language: Language = Language.JA, **changes: Any) -> Proposal:
    return propose(example_page(page), language, "Asia/Tokyo", **changes)


def facts(**changes: Any) -> Facts:
    stated: dict[str, Any] = {
        "key": "jp-example-news",
        "url": "https://press.example.go.jp/feed.xml",
        "name": "例: 「お知らせ」 #1",
        "publisher": "例",
        "country": "JP",
        "language": Language.JA,
        "zone": "Asia/Tokyo",
        "reached": True,
        "holidays": "JP",
    }
    return Facts(**{**stated, **changes})


def seen(documents: tuple[Document, ...]) -> set[tuple[object, ...]]:
    return {(each.title, each.url, each.published_on) for each in documents}


def test_of_the_packaged_samples_most_get_the_right_kind_and_are_read_as_their_sources_read_them() -> None:
    kinds = reads = 0
    for sample in SAMPLES:
        source = source_of(sample)
        page = page_of(source, load_sample(sample), FETCHED_AT)
        with suppress(UsageError):  # a list of HTML inside JSON is not found
            found = propose(page, source.language, source.zone)
            wanted = seen(read_page(source, page).documents)
            kinds += found.kind == source.kind
            reads += len(wanted & seen(found.reading.documents)) >= 0.8 * len(wanted)
    print(f"{len(SAMPLES)} samples: {kinds} of the right kind, {reads} read")
    assert kinds >= 0.95 * len(SAMPLES)
    assert reads >= 0.8 * len(SAMPLES)


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_page_of_every_kind_is_recognised_and_read(kind: str) -> None:
    found = proposed(SOUND[kind], key="jp-example")
    assert (found.kind, seen(found.reading.documents)) == (
        kind,
        seen(read_page(SOURCES[kind], example_page(SOUND[kind])).documents),
    )


@pytest.mark.parametrize("kind", SOUND)
def test_the_folder_made_of_a_page_loads_and_behaves_at_once(tmp_path: Path, kind: str) -> None:
    key = "jp-example" if kind == "jsonl" else "jp-example-news"
    found = proposed(SOUND[kind], key=key)
    folder = tmp_path / "sources" / "jp_example_news"
    made = make_folder(folder, source_text(facts(key=key), found), "list.page", example_page(SOUND[kind]))
    assert load_sources([tmp_path / "sources"]) == (made,)
    assert examine(made, load_samples(folder), NOW) == ()
    assert sorted(each.name for each in (folder / "samples").iterdir()) == ["list.expected.json", "list.page"]
    assert (made.name, made.kind, made.status, made.publishes.holidays) == (facts().name, kind, "active", "JP")


def test_every_field_of_the_file_has_a_comment_above_it_or_stands_in_a_part_that_has() -> None:
    lines = source_text(facts(reached=False), proposed(SOUND["html_list"])).splitlines()
    fields = [n for n, line in enumerate(lines) if line and not line.startswith((" ", "#"))]
    commented = [n for n in fields if lines[n - 1].startswith("#") or lines[n + 1].lstrip().startswith("#")]
    assert len(commented) >= len(fields) - 2  # `publisher` and `url` stand under the comment of the line before


def test_nothing_is_overwritten_and_a_file_that_is_not_sound_leaves_no_trace(tmp_path: Path) -> None:
    folder, page, found = tmp_path / "jp_example_news", example_page(SOUND["rss2"]), proposed(SOUND["rss2"])
    with pytest.raises(UsageError, match="zone"):
        make_folder(folder, source_text(facts(zone="Mars/Olympus"), found), "list.xml", page)
    assert list(tmp_path.iterdir()) == []
    make_folder(folder, source_text(facts(), found), "list.xml", page)
    before = (folder / "source.yml").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        make_folder(folder, source_text(facts(name="other"), found), "list.xml", page)
    assert (folder / "source.yml").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("", "the page is empty"),
        ("%PDF-1.7", "a PDF, one document and no list"),
        ("<soap/>", "its root is <soap>"),
        ("hello", "no list of documents"),
        ('{"error": "no"}', "no list of documents"),
        ("{", "not JSON"),
        ("<html><body><a href='/a'>Home</a>", "breaks off"),
        ("<html><body><form>Sign in</form></body></html>", "no list of documents"),
        (SOUND["rss2"].replace(b"item>", b"entry>"), "rss2: 0 documents"),
        (SOUND["rss2"][:-20], "rss2: not well-formed"),
    ],
)
def test_a_page_that_is_no_list_says_what_it_is_and_what_to_save(page: str | bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        proposed(page)


def test_whatever_comes_instead_of_a_page_is_refused_in_words_or_proposes_what_it_reads() -> None:
    refused: dict[str, str] = {}
    for name, body in bad_bodies().items():
        try:
            found = proposed(body)
        except UsageError as error:
            refused[name] = str(error)
            continue
        assert found.reading.documents, name
        assert found.kind in GUESSED | {*OF_LINES}, name
    assert len(refused) > 0.9 * len(bad_bodies())
    assert all(len(words) > 20 for words in refused.values())


def test_the_kind_that_is_asked_for_is_the_one_that_is_tried() -> None:
    assert proposed(SOUND["federal_register"], kind="json_list").kind == "json_list"
    with pytest.raises(UsageError, match=r"atom: an RSS 2[.]0 feed came"):
        proposed(SOUND["rss2"], kind="atom")


def notices(*fields: dict[str, object]) -> str:
    return json.dumps({"total": 2, "data": {"items": fields}})


def test_fields_of_an_api_are_told_by_what_they_hold_and_are_called() -> None:
    one = {
        "id": 7,
        "heading": "Licence for gallium",
        "type": "Notice",
        "link": "https://x.org/n/7",
        "home": "https://x.org",
    }
    two = {**one, "id": 8, "heading": "Ban of antimony", "link": "https://x.org/n/8"}
    dated = ({**each, "issued": "08/04/2026", "effective": "20/05/2026", "summary": "Words."} for each in (one, two))
    options = proposed(notices(*dated), Language.EN).options
    assert {name: options[name] for name in ("results", "title", "id", "url", "body", "type")} == {
        "results": "data.items",
        "title": "heading",
        "id": "id",
        "url": "link",
        "body": ["summary"],
        "type": "type",
    }
    assert set(options["known_fields"]) == {"home", "effective"}


@pytest.mark.parametrize(
    ("dates", "order"),
    [(["13/04/2026", "01/02/2026"], "dmy"), (["04/13/2026"], "mdy"), (["01/02/2026"], None), (["2026-04-13"], None)],
)
def test_the_order_of_day_and_month_is_told_by_the_dates_or_not_at_all(dates: list[str], order: str | None) -> None:
    assert day_order(dates) == order


def test_a_table_is_read_by_the_delimiter_header_and_dates_it_has() -> None:
    table = "Ministry of Trade\nNo;Subject;Link;Date\n1;Licence for gallium;/1;13/04/2026\n2;Ban;/2;14/04/2026"
    found = proposed(table, Language.EN)
    assert (found.kind, [str(each.published_on) for each in found.reading.documents]) == (
        "csv",
        ["2026-04-13", "2026-04-14"],
    )
    wanted = {"delimiter": ";", "skip_lines": 1, "ended": False, "day_order": "dmy"}
    assert {name: found.options[name] for name in wanted} == wanted


PAGE = '<!DOCTYPE html><html lang="en"><head><title>News</title></head><body>{}</body></html>'
ROWS = [
    ("Licence for gallium", "/a", "8 April 2026"),
    ("Ban of antimony", "/b", "7 April 2026"),
    ("Quota", "/c", "1 May 2026"),
]


@pytest.mark.parametrize(
    "item",
    [
        '<li><span>{2}</span> <a href="{1}">{0}</a></li>',
        '<div class="row odd"><a href="{1}"><img></a><h3><a href="{1}">{0}</a></h3><p>{2}</p></div>',
        '<tr><td>{2}</td><td><a href="{1}">{0}</a></td></tr>',
        '<dt>{2}</dt><dd><a href="{1}">{0}</a></dd>',
        '<article><h2>{0}</h2><time datetime="{2}">x</time><p>Words. <a href="{1}">Read more</a></p></article>',
        '<a href="{1}"><h3>{0}</h3><em>{2}</em></a>',
        '<p>{2}: <a href="{1}">{0}</a></p>',
    ],
)
def test_lists_on_web_pages_of_every_usual_shape_are_found_beside_a_menu(item: str) -> None:
    rows = "".join(item.format(*row) for row in ROWS)
    name = {"<tr": "table", "<dt": "dl", "<li": "ul"}.get(item[:3], "section")
    menu = '<ul class="menu"><li><a href="/">Home page of the ministry</a></li><li><a href="/x">About us</a></li></ul>'
    found = proposed(PAGE.format(f'{menu}<{name} class="news">{rows}</{name}>'), Language.EN)
    documents = sorted(found.reading.documents, key=lambda each: each.url or "")
    assert [(each.title, (each.url or "")[-2:]) for each in documents] == [(row[0], row[1]) for row in ROWS]
    assert [str(each.published_on) for each in documents] == ["2026-04-08", "2026-04-07", "2026-05-01"]


@pytest.mark.parametrize(
    ("url", "country"),
    [
        ("https://www.meti.go.jp/x", "JP"),
        ("https://www.bis.gov/x", "US"),
        ("https://gov.uk/x", "GB"),
        ("https://trade.ec.europa.eu/x", "EU"),
        ("https://example.org/x", "XX"),
        ("https://example.io/x", "XX"),
        ("https://192.0.2.1/x", "XX"),
    ],
)
def test_the_country_is_what_the_address_ends_with(url: str, country: str) -> None:
    assert country_of(url) == country


@pytest.mark.parametrize(
    ("content", "country", "language"),
    [
        (SOUND["rss2"], "XX", Language.JA),
        (b'<html lang="zh-TW">', "TW", Language.ZH_HANT),
        (b"<rss><channel><language>zh-cn</language>", "XX", Language.ZH_HANS),
        (b'<html lang="ko">', "KR", Language.OTHER),
        (b"{}", "CN", Language.ZH_HANS),
        (b"\x83\x4b", "JP", Language.JA),
        (b"{}", "XX", Language.EN),
    ],
)
def test_the_language_is_that_of_the_letters_or_as_declared_or_usual(
    content: bytes, country: str, language: Language
) -> None:
    assert language_of(content, country) == language


def test_a_page_is_named_by_its_title_in_any_encoding_else_by_its_host() -> None:
    text = "<html><head><title> 経済産業省\n新着情報の一覧 &amp; 報道 </title>"
    page = Page(text.encode("cp932"), "https://a.go.jp/", NOW)
    assert title_of(page, Language.JA) == "経済産業省 新着情報の一覧 & 報道"
    assert title_of(Page(b"{}", "https://a.go.jp/", NOW), Language.JA) == "a.go.jp"


def test_a_folder_is_named_by_country_and_key_and_what_is_left_is_told() -> None:
    assert facts().folder == "jp_example_news"
    assert facts(key="uk-gov-trade", country="GB").folder == "gb_uk_gov_trade"
    assert facts(key="jp").folder == "jp_jp"
    found = proposed(SOUND["html_list"].replace(b"2026-04-08", b"soon"))
    told = "\n".join(left_to_fill(facts(reached=False, country="XX", publisher=facts().name), found))
    for words in ("country:", "publisher", "address: verified", "3 of 3 documents have no day", "terms"):
        assert words in told
