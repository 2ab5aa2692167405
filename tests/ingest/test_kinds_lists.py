"""JSON lists, tables, sitemaps, gazette indexes and query results: read strictly, with where they go on."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.ingest.core import read_page
from services.ingest.kinds.json_list import Options
from services.ingest.pages.gazette import read_notices
from services.ingest.pages.page import Page, ProblemKind, Reading
from tests.ingest.material import NOW, example_page, example_source
from tests.ingest.test_badpages import BAD

MAPPED: dict[str, Any] = {"title": "title", "id": "no", "url": "link", "date": ["day"]}
JSON: dict[str, Any] = {**MAPPED, "results": "data.items"}
TABLE: dict[str, Any] = MAPPED
OPTIONS: dict[str, dict[str, Any]] = {"json_list": JSON, "csv": TABLE, "kanpo": {}, "sitemap": {}, "eurlex_sparql": {}}
COUNTED = {"parameter": "page", "size": 2, "total": "n"}
OFFSET = {"parameter": "start", "counts": "records", "total": "n"}
RECORD = {"no": 12, "title": "t", "link": "/n/12", "day": "2026-04-08"}


def read(kind: str, content: str, at: str = "https://press.example.go.jp/list", **options: Any) -> Reading:
    source = example_source(kind=kind, options={**OPTIONS[kind], **options})
    return read_page(source, Page(content.encode(), at, NOW))


def read_json(*records: Any, at: str = "https://press.example.go.jp/list", page: Any = None, **options: Any) -> Reading:
    return read("json_list", json.dumps({"data": {"items": records}, **(page or {})}), at, **options)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("form", BAD, ids=lambda form: form.replace(" ", "-"))
def test_a_bad_page_is_unreadable_and_brings_no_document(form: str, kind: str) -> None:
    found = read_page(example_source(kind=kind, options=OPTIONS[kind]), example_page(BAD[form]))
    assert found.documents == ()
    assert not found.readable


def test_a_record_is_mapped_by_paths_through_objects_and_lists() -> None:
    record = {
        **RECORD,
        "by": [{"name": "A"}, {"name": "B"}],
        "texts": [{"t": "<p>one</p>"}, {"t": "two"}],
        "k": {"s": "N 1"},
    }
    found = read_json(record, agencies="by.name", body=["texts.t"], identifiers={"symbol": "k.s"}, id_prefix="x:")
    document = found.documents[0]
    assert (document.document_id, document.url) == ("x:12", "https://press.example.go.jp/n/12")
    assert document.agencies == ("A", "B")
    assert [line for line in (document.body or "").split("\n") if line] == ["one", "two"]
    assert [(each.scheme, each.value) for each in document.identifiers] == [("symbol", "N 1")]
    assert found.problems == ()


def test_an_address_is_made_from_the_id_where_the_record_has_none() -> None:
    found = read_json({**RECORD, "link": None}, url_template="https://x.example/n/{id}")
    assert [each.url for each in found.documents] == ["https://x.example/n/12"]


@pytest.mark.parametrize(
    ("record", "words"),
    [({**RECORD, "no": None}, "no:"), ({**RECORD, "title": {"en": "t"}}, "title: an object"), ("t", "a record"),
     ({**RECORD, "title": " "}, "no title")],
)  # fmt: skip
def test_a_record_of_another_shape_is_reported_and_the_others_are_read(record: Any, words: str) -> None:
    found = read_json(RECORD, record)
    assert [each.document_id for each in found.documents] == ["12"]
    assert [each.kind for each in found.problems] == [ProblemKind.BAD_ITEM]
    assert words in str(found.problems[0])


def test_a_new_field_is_reported_once_and_only_where_the_known_ones_are_declared() -> None:
    records = [{**RECORD, "no": number, "colour": "red", "size": 1} for number in (1, 2, 3)]
    assert read_json(*records).problems == ()
    problems = read_json(*records, known_fields=["size"]).problems
    assert [(each.kind, each.where) for each in problems] == [(ProblemKind.DRIFT, "jp-example record 1")]
    assert "'colour' is new" in str(problems[0])
    assert "'note'" in str(read_json(RECORD, page={"note": 1}, known_page_fields=["x"]).problems[0])


@pytest.mark.parametrize("answer", ['{"data": []}', '{"error": "key"}', '{"data": {"items": {"no": 1}}}', "[]"])
def test_an_answer_without_the_list_is_unreadable_and_says_what_is_there(answer: str) -> None:
    found = read("json_list", answer)
    assert not found.readable
    assert len(str(found.problems[0])) > 30


@pytest.mark.parametrize(
    ("url", "paging", "page", "following"),
    [
        ("https://e.example/l", {"next": "links.next"}, {"links": {"next": "/l?c=9"}}, "https://e.example/l?c=9"),
        ("https://e.example/l", {"next": "links.next"}, {"links": {"next": None}}, None),
        ("https://e.example/l?q=a", COUNTED, {"n": 5}, "https://e.example/l?q=a&page=2"),
        ("https://e.example/l?page=3", COUNTED, {"n": 5}, None),
        ("https://e.example/l?page=2", {"parameter": "page", "size": 3}, {}, None),
        ("https://e.example/l?start=2", OFFSET, {"n": 5}, "https://e.example/l?start=4"),
        ("https://e.example/l?start=3", OFFSET, {"n": 5}, None),
    ],
)  # fmt: skip
def test_the_list_goes_on_where_the_api_says(url: str, paging: Any, page: Any, following: str | None) -> None:
    found = read_json(RECORD, {**RECORD, "no": 13}, at=url, page=page, paging=paging)
    assert found.next_url == following


def test_a_mapping_that_names_no_document_is_refused() -> None:
    with pytest.raises(ValidationError, match="which field names a document"):
        Options.model_validate({"title": "t"})


def test_a_search_answer_of_a_government_site_and_a_list_of_notifications_are_read() -> None:
    govuk = {"title": "Notice to exporters (synthetic)", "link": "/guidance/x", "_id": "/guidance/x",
             "public_timestamp": "2026-04-08T09:00:00Z", "organisations": [{"title": "ECJU"}]}  # fmt: skip
    found = read(
        "json_list", json.dumps({"results": [govuk], "total": 1, "start": 0}), "https://www.gov.example/api/search.json",
        results="results", id="", url="link", date=["public_timestamp"], agencies="organisations.title",
    )  # fmt: skip
    assert [(each.document_id, each.agencies) for each in found.documents] == [
        ("https://www.gov.example/guidance/x", ("ECJU",))
    ]
    eping = {
        "id": 7,
        "symbol": "G/TBT/N/XXX/1",
        "title": "Batteries (synthetic)",
        "distributionDate": "2026-04-08T00:00:00",
    }
    found = read(
        "json_list", json.dumps({"items": [eping], "totalCount": 1}), results="items", id="symbol", url="",
        date=["distributionDate"], identifiers={"wto_symbol": "symbol"},
    )  # fmt: skip
    assert [each.document_id for each in found.documents] == ["G/TBT/N/XXX/1"]


def test_a_table_is_read_by_its_header_with_quotes_and_line_breaks_in_cells() -> None:
    found = read(
        "csv", '\ufeffday,no,title,link\r\n2026-04-08,1,"a, ""b""\nc",/1\r\n\r\n08.04.2026,2,d,/2\r\n', day_order="dmy"
    )
    assert [(each.document_id, each.title, each.published_on) for each in found.documents] == [
        ("1", 'a, "b" c', date(2026, 4, 8)),
        ("2", "d", date(2026, 4, 8)),
    ]


@pytest.mark.parametrize(
    "table",
    ["no,title,day\n1,a,2026-04-08\n", "no,title,link,day\n1,a,/1,2026-04-08\n2,b", 'no,title,link,day\n1,"a,/1,x\n',
     "no,no,title,link,day\n1,1,a,/1,x\n", "no,title,link,day\n", ""],
    ids=["column missing", "cut in a row", "cut in a quote", "column twice", "header only", "empty"],
)  # fmt: skip
def test_a_table_of_another_form_is_unreadable(table: str) -> None:
    assert not read("csv", table).readable


def test_a_row_of_another_length_is_reported() -> None:
    found = read("csv", "no,title,link,day\n1,a,/1,2026-04-08,x\n2,b,/2,2026-04-08\n")
    assert [each.document_id for each in found.documents] == ["2"]
    assert [str(each) for each in found.problems] == ["jp-example row 1: the row has 5 cells, the header 4"]


SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'


def address(loc: str, lastmod: str, news: str = "") -> str:
    title = f"<n:news><n:publication_date>2026-04-07</n:publication_date><n:title>{news}</n:title></n:news>"
    return f"<url><loc>{loc}</loc><lastmod>{lastmod}</lastmod>{title if news else ''}</url>"


def test_a_sitemap_gives_the_addresses_that_match_and_are_recent() -> None:
    body = (
        address("https://e.example/news/export-controls-on-x.html", "2026-04-08")
        + address("https://e.example/news/2", "2026-04-01", "Tariff on Y")
        + address("https://e.example/news/old", "2025-04-08")
        + address("https://e.example/about", "2026-04-08")
    )
    found = read("sitemap", f"<urlset {SITEMAP}>{body}</urlset>", match="/news/", days=30)
    assert [(each.title, each.published_on) for each in found.documents] == [
        ("Tariff on Y", date(2026, 4, 7)),
        ("export controls on x", date(2026, 4, 8)),
    ]


def test_an_index_of_sitemaps_goes_on_at_the_newest_and_is_unreadable_without_one() -> None:
    maps = "".join(
        f"<sitemap><loc>https://e.example/{name}.xml</loc><lastmod>{day}</lastmod></sitemap>"
        for name, day in (("news-1", "2026-03-01"), ("news-2", "2026-04-01"), ("img", "2026-04-08"))
    )
    index = f"<sitemapindex {SITEMAP}>{maps}</sitemapindex>"
    assert read("sitemap", index, follow="news").next_url == "https://e.example/news-2.xml"
    assert not read("sitemap", index, follow="press").readable
    assert not read("sitemap", index, follow="news").readable, "an index as the list itself has no documents"


def test_the_issuer_of_the_line_above_is_named_in_full() -> None:
    closings = ("外務一四七", "同一四八、一四九", "一四一", "同", "内閣府・法務・財務二",
                "法務省告示配七〇", "同七一～七三", "第二回")  # fmt: skip
    titles = [f"ある件（{closing}）" for closing in closings]
    found = list(read_notices(titles))
    assert [(each.issuers, each.numbers, each.written) for each in found] == [
        (("外務",), "147", "外務一四七"),
        (("外務",), "148, 149", "外務一四八、一四九"),
        ((), "141", ""),
        (("外務",), "", ""),
        (("内閣府", "法務", "財務"), "2", "内閣府・法務・財務二"),
        (("法務省",), "70", "法務省告示配七〇"),
        (("法務省",), "71-73", "法務省告示配七一～七三"),
        ((), "", ""),
    ]
    assert [each.lost for each in read_notices(["甲の件（同一四八）"])] == [True]


def test_an_index_of_the_gazette_of_another_version_is_unreadable() -> None:
    assert not read("kanpo", '{"version": 2, "last_updated": "x", "issues": []}').readable


def results(*rows: dict[str, str], names: tuple[str, ...] = ("celex", "title", "date", "type")) -> str:
    bindings = [{name: {"type": "literal", "value": value} for name, value in row.items()} for row in rows]
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}})


def test_query_results_give_a_document_a_celex_number_and_a_corrigendum_shares_its_thread() -> None:
    regulation = {
        "celex": "32026R0001",
        "title": "Regulation (synthetic)",
        "date": "2026-04-08",
        "type": "http://x/REG",
    }
    corrigendum = {**regulation, "celex": "32026R0001R(01)", "title": "Corrigendum (synthetic)"}
    found = read("eurlex_sparql", results(regulation, regulation, corrigendum, {**regulation, "celex": "x"}))
    assert [each.document_id for each in found.documents] == ["celex:32026R0001", "celex:32026R0001R(01)"]
    assert found.documents[1].attributes == {"correction_of": "32026R0001"}
    assert found.documents[0].identifiers[0] == found.documents[1].identifiers[0]
    assert found.documents[0].document_type == "REG"
    assert [each.kind for each in found.problems] == [ProblemKind.BAD_ITEM]
    assert not read("eurlex_sparql", results(regulation, names=("celex", "title"))).readable


@pytest.mark.parametrize("celex", ["32026R0001", "52023XC00160", "52021XC0416(03)", "E2026C0001", "32026R0001R(01)"])
def test_a_celex_number_of_any_sector_is_read_also_one_of_the_c_series_since_2023(celex: str) -> None:
    found = read("eurlex_sparql", results({"celex": celex, "title": "t", "date": "2026-04-08", "type": "x/Y"}))
    assert ([each.document_id for each in found.documents], found.problems) == ([f"celex:{celex}"], ())


@pytest.mark.parametrize("celex", ["", "52023XC001600", "32026R001", "X2026R0001", "32026R0001R(1)"])
def test_what_is_no_celex_number_is_reported(celex: str) -> None:
    found = read("eurlex_sparql", results({"celex": celex, "title": "t", "date": "2026-04-08", "type": "x/Y"}))
    assert (found.documents, found.problems[0].kind) == ((), ProblemKind.BAD_ITEM)
