"""Lists on web pages: what the selectors find is read whole, and a page that changed is never an empty list."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.ingest.core import decide, read_page
from services.ingest.kinds.html_list import Options
from services.ingest.pages.page import Page, ProblemKind, Reading
from services.ingest.pages.writtendays import read_number, written_day
from services.ingest.source import Source
from tests.ingest.material import NOW, example_page, example_source
from tests.ingest.test_badpages import BAD

ROW: dict[str, Any] = {"item": "li.row", "title": {"select": "a"}, "date": {"select": "time"}}
TODAY = date(2026, 4, 10)


def source_of(**options: Any) -> Source:
    return example_source(kind="html_list", options={**ROW, **options})


def web_page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def row(title: str, link: str, day: str = "2026-04-08", more: str = "") -> str:
    return f'<li class="row"><a href="{link}">{title}</a><time>{day}</time>{more}</li>'


def read(body: str, head: str = "", **options: Any) -> Reading:
    return read_page(source_of(**options), example_page(web_page(body, head)))


def test_a_list_gives_a_document_an_item_with_its_absolute_link_as_its_id() -> None:
    found = read(row("輸出", "/a?utm_source=x", "令和８年４月８日") + row("輸入", "b.html", "令和 8年4月7日"))
    assert [(each.document_id, each.published_on) for each in found.documents] == [
        ("https://press.example.go.jp/b.html", date(2026, 4, 7)),
        ("https://press.example.go.jp/a", date(2026, 4, 8)),
    ]
    assert found.problems == ()


def test_links_are_relative_to_the_base_that_the_page_names() -> None:
    found = read(row("x", "a.html"), head='<base href="/press/2026/">')
    assert [each.url for each in found.documents] == ["https://press.example.go.jp/press/2026/a.html"]


def test_an_item_may_be_the_link_itself() -> None:
    body = '<a class="n" href="/1">輸出規制</a><a class="n" href="/2">関税</a>'
    found = read(body, item="a.n", title={}, date=None)
    assert [(each.title, each.url) for each in found.documents] == [
        ("輸出規制", "https://press.example.go.jp/1"),
        ("関税", "https://press.example.go.jp/2"),
    ]


def test_a_day_above_the_items_counts_for_those_below_it() -> None:
    body = f"<h3>4月8日付</h3>{row('a', '/a', '')}{row('b', '/b', '')}<h3>4月7日付</h3>{row('c', '/c', '')}"
    found = read(body, date={"select": "h3", "place": "above"})
    days = {each.title: each.published_on for each in found.documents}
    assert days == {"a": date(2026, 4, 8), "b": date(2026, 4, 8), "c": date(2026, 4, 7)}


def test_type_agency_numbers_and_the_next_page_are_read() -> None:
    more = "<em>告示</em><b>財務省</b><b>経済産業省</b><i>第12号</i>"
    found = read(
        row("a", "/a", more=more) + '<a class="next" href="?page=2">次</a>',
        type={"select": "em"},
        agency={"select": "b"},
        identifiers={"notice": {"select": "i", "pattern": "第(.+)号"}},
        next={"select": "a.next"},
    )
    document = found.documents[0]
    assert (document.document_type, document.agencies) == ("告示", ("財務省", "経済産業省"))
    assert [(each.scheme, each.value) for each in document.identifiers] == [("notice", "12")]
    assert found.next_url == "https://press.example.go.jp/feed.xml?page=2"


def test_two_documents_that_share_a_link_are_two_events() -> None:
    documents = read(row("a", "/x") + row("b", "/x")).documents
    assert len({each.event_id for each in decide(documents, {}, seen_at=NOW).events}) == 2


ROWS = row("輸出", "/a.html") + row("輸入", "b.html", "2026-04-07")


def answer(html: object) -> str:
    return json.dumps({"success": True, "data": {"html": html}})


def test_a_list_inside_a_json_answer_is_read_as_on_a_page() -> None:
    found = read_page(source_of(within="data.html"), example_page(answer(f"<ul>{ROWS}</ul>")))
    assert [(each.title, each.url, each.published_on) for each in found.documents] == [
        ("輸入", "https://press.example.go.jp/b.html", date(2026, 4, 7)),
        ("輸出", "https://press.example.go.jp/a.html", date(2026, 4, 8)),
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (web_page(ROWS), "not JSON"),
        (answer(ROWS)[:-9], "not JSON"),
        ('{"success": false, "message": "busy"}', "has no text at 'data.html'"),
        ('{"data": "html"}', "has no text at 'data.html'"),
        ("[]", "has no text at 'data.html'"),
        (answer(None), "has no text at 'data.html'"),
        (answer([ROWS]), "has no text at 'data.html'"),
        (answer(""), "nothing on the page is 'li.row'"),
        (answer("<p>系统繁忙</p>"), "nothing on the page is 'li.row'"),
        (answer("<div>" * 2000 + ROWS), "nested deeper"),
    ],
    ids=["page", "cut", "refusal", "text", "list", "null", "rows", "empty", "other", "deep"],
)
def test_an_answer_without_the_list_is_unreadable_and_not_empty(body: str, words: str) -> None:
    found = read_page(source_of(within="data.html"), example_page(body))
    assert (found.readable, found.documents) == (False, ())
    assert words in str(found.problems[0])


def test_what_no_text_may_hold_inside_json_does_not_end_the_reading() -> None:
    found = read_page(source_of(within="data.html"), example_page(answer(ROWS.replace("輸出", "輸\ud800\x00出"))))
    assert "輸出" in {each.title for each in found.documents}


def test_titles_whose_characters_a_publisher_lost_are_no_news() -> None:
    found = read(row("?????????2025??61?", "/a") + row("????????", "/b") + row("WTO", "/c"))
    assert (found.readable, found.documents) == (False, ())
    assert "2 of 3 titles are question marks" in str(found.problems[0])


def test_titles_that_ask_are_read() -> None:
    assert len(read(row("Which exports????", "/a") + row("なぜ?", "/b") + row("Who, and why???", "/c")).documents) == 3


def test_a_link_that_calls_a_script_becomes_an_address_by_the_number_in_it() -> None:
    found = read(
        row("a", "javascript:article.view('172070');") + row("b", "/board/172069/view?page=1") + row("c", "#"),
        link={"select": "a", "attribute": "href", "pattern": r"(\d{5,})"},
        link_template="https://press.example.go.jp/board/{link}/view",
    )
    assert {each.title: each.url for each in found.documents} == {
        "a": "https://press.example.go.jp/board/172070/view",
        "b": "https://press.example.go.jp/board/172069/view",
        "c": None,
    }
    assert ["neither link nor guid" in str(each) for each in found.problems] == [True]


def test_a_link_template_without_a_place_for_the_link_is_refused() -> None:
    with pytest.raises(ValidationError, match="link_template"):
        Options(item="li", link_template="https://press.example.go.jp/board/")


@pytest.mark.parametrize(
    "body",
    [
        "<p>No results</p>",
        '<div class="row"><a href="/a">x</a></div>',
        '<form action="/login"><input ></form>',
    ],
    ids=["nothing", "redesigned", "login wall"],
)
def test_a_page_without_the_items_is_unreadable_and_not_empty(body: str) -> None:
    found = read(body)
    assert not found.readable
    assert "'li.row'" in str(found.problems[0])


def test_a_page_that_does_not_close_is_cut_off_unless_the_source_says_that_it_never_closes() -> None:
    whole = web_page(row("a", "/a") + row("b", "/b"))
    cut = example_page(whole[: whole.index("</body>")])
    assert "breaks off" in str(read_page(source_of(), cut).problems[0])
    assert len(read_page(source_of(end=""), cut).documents) == 2
    assert len(read_page(source_of(), example_page(whole + "\n<!-- served in 3 ms -->\n")).documents) == 2


def test_a_field_that_no_item_has_is_reported() -> None:
    found = read(row("a", "/a"), type={"select": "em"})
    assert found.readable
    assert [(each.kind, each.message) for each in found.problems] == [
        (ProblemKind.DRIFT, "`type` is found on none of the 1 items; its selector no longer fits the page")
    ]


def test_an_item_without_title_or_with_an_odd_date_is_reported_and_the_others_are_read() -> None:
    found = read(row("", "/a") + row("b", "/b", "next week") + row("c", "/c"))
    assert [each.title for each in found.documents] == ["b", "c"]
    assert [(each.kind, each.where) for each in found.problems] == [
        (ProblemKind.BAD_ITEM, "jp-example entry 1"),
        (ProblemKind.DRIFT, "jp-example entry 2"),
    ]


def test_the_http_header_names_the_encoding_before_the_page_does() -> None:
    text = web_page(row("輸出貿易管理令の改正について", "/a"), head='<meta charset="utf-8">')
    page = Page(text.encode("cp932"), "https://press.example.go.jp/", NOW, "Shift_JIS")
    assert [each.title for each in read_page(source_of(), page).documents] == ["輸出貿易管理令の改正について"]


@pytest.mark.parametrize("form", BAD, ids=lambda form: form.replace(" ", "-"))
def test_a_bad_page_is_unreadable_and_brings_no_document(form: str) -> None:
    found = read_page(source_of(), example_page(BAD[form]))
    assert found.documents == ()
    assert not found.readable


def test_a_page_nested_without_bottom_is_refused_at_once() -> None:
    started = time.process_time()
    found = read("<div>" * 200_000 + row("a", "/a"))
    assert time.process_time() - started < 2.0
    assert not found.readable


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"item": "li["}, "no CSS selector"),
        ({"item": ""}, "which elements"),
        ({"title": {"select": ":foo("}}, "no CSS selector"),
        ({"date": {"pattern": "("}}, "no regular expression"),
        ({"date": {"place": "above"}}, "needs a `select`"),
        ({"identifiers": {"No": {"select": "b"}}}, "scheme"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_options_are_refused_with_what_is_wrong(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options.model_validate({**ROW, **changes})


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和８年３月３日", "2026-03-03"),
        ("令和 8年3月3日（号外　第43号）", "2026-03-03"),
        ("令和元年五月一日", "2019-05-01"),
        ("平成三十一年四月三十日", "2019-04-30"),
        ("㋿8年3月3日", "2026-03-03"),
        ("R6.12.2", "2024-12-02"),
        ("民國115年4月8日", "2026-04-08"),
        ("2026年8月17日", "2026-08-17"),
        ("二〇二六年四月二十四日", "2026-04-24"),
        ("2026년 4월 8일", "2026-04-08"),
        ("[2026-04-24]", "2026-04-24"),
        ("2026.4.24.", "2026-04-24"),
        ("January 30, 2026 - Sanctions List Updates", "2026-01-30"),
        ("posted on 3rd Sept. 2025 at noon", "2025-09-03"),
        ("4月8日付", "2026-04-08"),
        ("12月28日", "2025-12-28"),
        ("4月15日", "2026-04-15"),
        ("2月29日", "2024-02-29"),
    ],
)
def test_a_written_day_is_found_in_what_stands_around_it(text: str, day: str) -> None:
    assert written_day(text, today=TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["", "令和八年", "2026年13月1日", "2月30日", "03/04/2026", "A1.2.3", "近日", "1.2.3.4"]
)
def test_what_names_no_day_is_no_day(text: str) -> None:
    assert written_day(text, today=TODAY) is None


def test_a_short_date_means_what_the_source_says_it_means() -> None:
    assert written_day("03/04/2026", today=TODAY, order="dmy") == date(2026, 4, 3)
    assert written_day("03/04/2026", today=TODAY, order="mdy") == date(2026, 3, 4)


@given(st.integers(1, 9999))
def test_a_number_reads_the_same_in_digits_and_in_both_kanji_notations(number: int) -> None:
    numerals = "〇一二三四五六七八九"
    positional = "".join(numerals[int(digit)] for digit in str(number))
    units = zip(str(number).rjust(4, "0"), ("千", "百", "十", ""), strict=True)
    spoken = "".join(
        ("" if digit == "1" and unit else numerals[int(digit)]) + unit for digit, unit in units if digit != "0"
    )
    assert read_number(str(number)) == read_number(positional) == read_number(spoken) == number


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_day_is_read_in_every_notation(day: date) -> None:
    asian = f"{day.year}年{day.month}月{day.day}日"
    stated = [asian, day.isoformat(), day.strftime("%B %d, %Y"), day.strftime("%d %b %Y")]
    assert {written_day(text, today=TODAY) for text in stated} == {day}


def test_time_is_the_pages_and_not_the_clocks() -> None:
    page = Page(web_page(row("a", "/a", "12月28日")).encode(), "https://e.example/", datetime(2024, 12, 31, tzinfo=UTC))
    assert read_page(source_of(), page).documents[0].published_on == date(2024, 12, 28)
