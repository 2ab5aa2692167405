"""A page that is not what the source promises is a problem: never an event, never "no news"."""

from __future__ import annotations

import pytest

from services.ingest.core import read_page
from services.ingest.pages.page import ProblemKind
from tests.ingest.hostile.bodies import SOURCES
from tests.ingest.material import KINDS_OF_FEED, example_page, example_source, feed_of

ENTRIES = [("輸出規制を強化", "https://press.example.go.jp/a", "2026-04-08T09:00:00+09:00")]
GOOD = feed_of("rss2", ENTRIES)
BOMB = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
HTML = "<html><head><title>Error</title></head><body><p>{}</p></body></html>"

BAD: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n\t ",
    "nul bytes": b"\x00" * 100,
    "only a byte order mark": b"\xef\xbb\xbf",
    "only a declaration": b'<?xml version="1.0"?>',
    "broken declaration": b'<?xml version="1.0',
    "unclosed comment": b"<!-- <rss><channel/></rss>",
    "plain text": b"Service Temporarily Unavailable",
    "plain Japanese": "ただいまメンテナンス中です".encode(),
    "maintenance page": HTML.format("ただいまメンテナンス中です").encode(),
    "login wall": HTML.format('<form action="/login"><input name="user"/></form>').encode(),
    "login wall with doctype": b"<!DOCTYPE html>" + HTML.format("Sign in").encode(),
    "html with capital doctype": b'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"><HTML><BODY>x</BODY></HTML>',
    "html that is not XML": b"<html><body><p>Not found<br></body></html>",
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "html before the feed": HTML.format("notice").encode() + GOOD.encode(),
    "text before the feed": b"Warning: mysql_connect() failed\n" + GOOD.encode(),
    "text after the feed": GOOD.encode() + b"<b>Fatal error</b>",
    "two feeds": GOOD.encode() + GOOD.encode(),
    "json error": b'{"error": "rate limited"}',
    "json list": b"[]",
    "json null": b"null",
    "json empty": b"{}",
    "api error": b'{"errors": {"agencies": "is unknown"}}',
    "api without results": b'{"count": 12}',
    "api with wrong results": b'{"count": 1, "results": {"title": "x"}}',
    "api of nothing but junk": b'{"count": 2, "results": [1, {"title": "x"}]}',
    "api without documents": b'{"count": 0, "results": []}',
    "cut json": b'{"count": 1, "results": [{"title": "x"',
    "deep json": b"[" * 100_000,
    "javascript challenge": b"<script>document.cookie='x'</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "soap fault": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    "opml": b'<opml version="2.0"><body><outline text="x"/></body></opml>',
    "sitemap": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>',
    "rss without channel": b'<rss version="2.0"></rss>',
    "rss with two channels": b'<rss version="2.0"><channel/><channel/></rss>',
    "rss without items": b'<rss version="2.0"><channel><title>x</title></channel></rss>',
    "rss with empty items": b'<rss version="2.0"><channel><item/><item/></channel></rss>',
    "atom without entries": b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>',
    "atom of another namespace": b'<feed xmlns="http://example.org/other"><entry><title>x</title></entry></feed>',
    "rdf without channel": b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "mismatched tags": GOOD.replace("</title>", "</titel>", 1).encode(),
    "cut in a tag": GOOD.encode()[:-9],
    "cut in a character": GOOD.encode()[: GOOD.encode().index("輸".encode()) + 2],
    "entity bomb": (BOMB + GOOD.partition("?>")[2]).encode(),
    "external entity": (XXE + GOOD.partition("?>")[2].replace("輸出", "&x;")).encode(),
    "doctype after a comment": ("<!-- x --><?pi y?>" + BOMB + GOOD.partition("?>")[2]).encode(),
    "undefined parameter entity": b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd"><rss/>',
    "deep nesting": b"<rss><channel>" + b"<item>" * 200_000,
    "gzip bytes": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "random bytes": bytes((each * 37 + 11) % 256 for each in range(3000)),
    "utf-16 without content": b"\xff\xfe",
}
ALL_KINDS = tuple(SOURCES)


def test_the_collection_is_large_enough() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("form", BAD, ids=lambda form: form.replace(" ", "-"))
def test_a_bad_page_is_unreadable_says_why_and_brings_no_document(form: str, kind: str) -> None:
    found = read_page(SOURCES[kind], example_page(BAD[form]))
    assert found.documents == ()
    assert not found.readable
    why = [problem for problem in found.problems if problem.kind is ProblemKind.UNREADABLE]
    assert why
    assert len(str(why[0])) > len("jp-example: ")


@pytest.mark.parametrize("kind", KINDS_OF_FEED)
def test_a_page_of_the_promised_form_is_read(kind: str) -> None:
    found = read_page(example_source(kind=kind), example_page(feed_of(kind, ENTRIES)))
    assert found.readable
    assert [document.title for document in found.documents] == ["輸出規制を強化"]


def test_a_doctype_inside_quoted_text_is_only_text() -> None:
    page = feed_of("rss2", ENTRIES).replace("輸出規制を強化", "<![CDATA[On <!DOCTYPE html> & entities]]>")
    documents = read_page(example_source(), example_page(page)).documents
    assert [each.title.split() for each in documents] == [["On", "&", "entities"]]


@pytest.mark.parametrize("fault", ["A & B", "A &nbsp; B", "A \x0b B", "A &B; C"])
def test_a_common_fault_is_mended_and_reported(fault: str) -> None:
    page = feed_of("rss2", ENTRIES).replace("輸出規制を強化", f"{fault} 輸出規制")
    found = read_page(example_source(), example_page(page))
    assert found.readable
    assert len(found.documents) == 1
    assert "輸出規制" in found.documents[0].title
    assert [problem.kind for problem in found.problems] == [ProblemKind.DRIFT]


def test_one_bad_entry_is_reported_and_the_others_are_read() -> None:
    page = feed_of("rss2", [*ENTRIES, ("", "https://press.example.go.jp/b", "2026-04-08")])
    found = read_page(example_source(), example_page(page))
    assert len(found.documents) == 1
    assert [(problem.kind, problem.where) for problem in found.problems] == [
        (ProblemKind.BAD_ITEM, "jp-example entry 2")
    ]


def test_one_bad_api_result_is_reported_and_the_others_are_read() -> None:
    good = b'{"document_number": "2026-1", "title": "t", "publication_date": "2026-04-08", "abstract": null}'
    found = read_page(
        example_source(kind="federal_register"),
        example_page(b'{"count": 2, "results": [{"title": "x"}, ' + good + b"]}"),
    )
    assert [each.document_id for each in found.documents] == ["fr:2026-1"]
    assert [problem.where for problem in found.problems] == ["jp-example result 1"]


def test_a_page_of_lines_is_read_and_a_foreign_or_hopeless_one_is_not() -> None:
    source = example_source(kind="jsonl")
    good = b'{"id": "a", "source": "jp-example", "title": "t", "published": "2026-04-08"}\n'
    found = read_page(source, example_page(good + b'{"id": 1}\n'))
    assert [each.document_id for each in found.documents] == ["a"]
    assert [problem.where for problem in found.problems] == ["jp-example:2"]
    assert not read_page(source, example_page(good.replace(b"jp-example", b"jp-other"))).readable
