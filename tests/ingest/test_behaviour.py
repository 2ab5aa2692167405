"""The suite that every source passes: each of its behaviours is missed by a source that is wrong in just that way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.authoring.behaviour import BEHAVIOURS, Finding, examine
from services.ingest.authoring.golden import READ_AT, Sample, difference, page_of, results_of
from services.ingest.authoring.variants import doubled, emptied, find_records, rearrange, reversed_order
from services.ingest.core import read_page
from services.ingest.pages.page import Document, Page, Reading
from services.ingest.source import Source
from tests.ingest.hostile.bodies import ENTRIES, SOUND, SOURCES
from tests.ingest.material import NOW, example_page, example_source, item, rss2

WHOLE = "a page that was cut off is unreadable"
WRITTEN = "its sample gives the results written down"
TWICE = "the same page twice brings nothing new"
ERRORS = "an error page or a login form is no document"
LIST = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><ul class="news">
<li><b>2026-04-08</b> <a href="/a">輸出規制を強化</a></li>
<li><b>2026-04-07</b> <a href="/b">重要鉱物の備蓄</a></li>
<li><b>2026-04-06</b> <a href="/c">意見募集の結果</a></li></ul></body></html>"""


def written(source: Source, content: bytes | str, read_at: datetime = NOW) -> Sample:
    page = Page(content.encode() if isinstance(content, str) else content, source.url, read_at)
    stated = {READ_AT: read_at.isoformat(), **results_of(read_page(source, page))}
    return Sample("list.xml", page.content, stated)


def missed(source: Source, sample: Sample, now: datetime = NOW) -> set[str]:
    return {each.behaviour for each in examine(source, [sample], now)}


def html_source(**options: Any) -> Source:
    sound: dict[str, Any] = {"item": ".news > li", "title": {"select": "a"}, "date": {"select": "b"}}
    return example_source(kind="html_list", options={**sound, **options})


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_page_of_every_kind_behaves(kind: str) -> None:
    assert examine(SOURCES[kind], [written(SOURCES[kind], SOUND[kind])], NOW) == ()


@pytest.mark.parametrize("kind", SOUND)
def test_every_kind_has_a_page_in_another_order_doubled_and_emptied(kind: str) -> None:
    source, page = SOURCES[kind], example_page(SOUND[kind])
    found = {change: rearrange(source, page, change) for change in (reversed_order, doubled, emptied)}
    readings = {change: read_page(source, example_page(body or b"")) for change, body in found.items()}
    assert {each.title for each in readings[reversed_order].documents} == {title for title, *_ in ENTRIES}
    assert len(readings[doubled].documents) in (len(ENTRIES), 2 * len(ENTRIES))
    assert not readings[emptied].readable
    assert len({page.content, *found.values()}) == 4 or kind == "kanpo"  # one issue is the same the other way round


def test_without_a_sample_or_with_one_that_is_not_read_it_says_so() -> None:
    assert [each.behaviour for each in examine(example_source(), [], NOW)] == ["it has a sample"]
    (found,) = examine(example_source(), [Sample("list.xml", b"<html></html>")], NOW)
    assert (found.behaviour, "an HTML page came" in found.what) == ("its sample is read", True)


def test_results_that_are_not_written_down_or_differ_are_named_with_the_field() -> None:
    source, page = example_source(), rss2(item("a", "/a"), item("b", "/b"))
    assert missed(source, Sample("list.xml", page.encode())) == {WRITTEN}
    sample = written(source, page)
    (found,) = examine(source, [replace(sample, content=page.replace(">b<", ">c<").encode())], NOW)
    assert str(found).startswith(f"list.xml: {WRITTEN}: documents 2 is title 'c', ")
    assert "; expected title 'b', " in found.what
    assert "1 documents, expected 2" in difference({"documents": [1], "problems": []}, {"documents": [1, 2]})


@pytest.mark.parametrize(
    ("options", "behaviour"),
    [
        ({"item": "li"}, ERRORS),
        ({"title": {"select": "b", "pattern": "(2026)-"}}, "its documents have titles of their own"),
        ({"link": {"select": "ul.news", "attribute": "class", "place": "page"}}, TWICE),
        ({"end": ""}, WHOLE),
    ],
)
def test_a_loose_selector_is_found_out(options: dict[str, Any], behaviour: str) -> None:
    source = html_source(**options)
    found = missed(source, written(source, LIST.replace("重要鉱物の備蓄", "輸出規制を強化")))
    assert behaviour in found
    assert missed(html_source(), written(html_source(), LIST)) == set()


@pytest.mark.parametrize("day", ["1926-04-08", "2062-04-08"])
def test_a_date_out_of_sense_is_named(day: str) -> None:
    source = example_source()
    (found,) = examine(source, [written(source, rss2(item("a", "/a"), item("b", "/b", day=day)))], NOW)
    assert (found.behaviour, day in found.what) == ("its dates are within sense", True)


def test_a_day_without_a_year_that_turns_with_the_calendar_is_found_out() -> None:
    source = html_source()
    at = datetime(2026, 12, 28, 3, tzinfo=UTC)
    sample = written(source, LIST.replace("2026-04-08", "1月5日"), at)
    assert missed(source, sample, at) == {"the page a day later has the same ids"}


def broken_reader(kind: str) -> Any:
    """A reader that is wrong in one way."""

    def read(source: Source, page: Page) -> Reading:
        found = read_page(source, page)
        match kind:
            case "numbers":
                return replace(found, documents=tuple(_named(enumerate(found.documents))))
            case "places":
                places = ((page.content.find(each.title.encode()), each) for each in found.documents)
                return replace(found, documents=tuple(_named(places)))
            case "silence":
                return Reading() if not found.readable else found
            case "guess":
                guessed = Document(source.key, source.name, "x", "Welcome")
                return found if found.readable else Reading((guessed,))
        return found

    return read


def _named(places: Iterable[tuple[int, Document]]) -> Iterator[Document]:
    return (replace(document, document_id=f"{place}", shared_id=None) for place, document in places)


@pytest.mark.parametrize(
    ("kind", "behaviours"),
    [
        ("sound", set()),
        ("numbers", {"a document listed twice is one"}),
        ("places", {"the page in another order has the same ids", "a document listed twice is one"}),
        ("silence", {"an emptied page is not taken for no news", WHOLE, ERRORS}),
        ("guess", {"an emptied page is not taken for no news", WHOLE, ERRORS}),
    ],
)
def test_a_reader_that_takes_errors_for_pages_is_found_out(kind: str, behaviours: set[str]) -> None:
    source = example_source()
    sample = written(source, rss2(item("aa", "/a", day="2026-04-08"), item("bb", "/b", day="2026-04-07")))
    found = examine(source, [sample], NOW, broken_reader(kind))
    assert {each.behaviour for each in found} - {WRITTEN} == behaviours
    assert behaviours <= set(BEHAVIOURS)


def test_a_list_under_headings_keeps_its_order() -> None:
    source = html_source(date={"select": "h2", "place": "above"})
    page = example_page(LIST.replace("<li>", "<h2>2026-04-08</h2><li>", 1))
    assert rearrange(source, page, reversed_order) is None
    assert rearrange(source, page, emptied) is not None


def test_a_sample_is_read_when_it_says_else_on_the_day_of_its_newest_document() -> None:
    source, content = example_source(), rss2(item("a", "/a", day="2026-04-02")).encode()
    assert page_of(source, Sample("x", content), NOW).fetched_at == datetime(2026, 4, 2, 12, tzinfo=UTC)
    stated = Sample("x", content, {READ_AT: "2026-04-05T00:00:00+00:00"})
    assert page_of(source, stated, NOW).fetched_at == datetime(2026, 4, 5, tzinfo=UTC)
    assert page_of(source, Sample("x", b"<html>"), NOW).fetched_at == NOW


@given(st.lists(st.integers(), min_size=1, max_size=4), st.integers(0, 3))
def test_the_records_of_an_api_are_the_list_of_objects_nearest_to_the_top(values: list[int], depth: int) -> None:
    records = [{"value": value, "below": [{"deeper": value}]} for value in values]
    answer: Any = records
    for _ in range(depth):
        answer = {"count": 1, "names": ["a"], "list": answer}
    assert find_records(answer) == (".".join(["list"] * depth), records)


@pytest.mark.parametrize("answer", [{}, [], {"a": ["b"]}, 1, None, {"a": {"b": []}}])
def test_an_answer_without_objects_has_no_records(answer: Any) -> None:
    assert find_records(answer) is None


def test_a_finding_says_sample_behaviour_and_what() -> None:
    assert str(Finding("list.xml", "it is whole", "it is not")) == "list.xml: it is whole: it is not"
