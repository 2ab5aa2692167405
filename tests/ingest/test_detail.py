"""The page of one document fills its body, or says why not; it never empties it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from services.ingest.pages.detail import read_detail
from services.ingest.pages.page import Document, Page, UnreadablePageError
from tests.ingest.material import NOW, example_source, shipped_source

LISTED = Document("jp-example", "例", "id", "Export controls (synthetic)", url="https://x.example/1")


def read(content: bytes, **detail: Any) -> str | None:
    source = example_source(detail=detail) if detail else example_source()
    found = read_detail(source, LISTED, Page(content, "https://x.example/1", NOW))
    assert (found.document_id, found.title, found.url) == (LISTED.document_id, LISTED.title, LISTED.url)
    return found.body


def html(body: str) -> bytes:
    return f"<!DOCTYPE html><html><body><nav><p>{'menu ' * 100}</p></nav>{body}</body></html>".encode()


def pdf(text: str, pages: int = 1) -> bytes:
    """A PDF written by hand: one line of text a page, in a font every reader has."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "0 0 100 100 re f"
    kids = " ".join(f"{5 + number} 0 R" for number in range(pages))
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        *([page] * pages),
    ]
    written, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj{each}endobj\n".encode()
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(written)}\n%%EOF"
    return written + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}{end}".encode()


def test_the_selected_part_of_a_web_page_is_the_body() -> None:
    body = read(html("<div id=t><p>Article 1</p><p>Article 2</p></div><p>Other</p>"), form="html", select="#t")
    assert (body or "").split() == ["Article", "1", "Article", "2"]


def test_a_part_that_is_selected_twice_or_within_another_is_read_once() -> None:
    page = html("<main id=t><p>Article 1</p><div class=x><p>Article 2</p></div></main><div class=x><p>Annex</p></div>")
    body = read(page, form="html", select="#t, main, .x")
    assert (body or "").split() == ["Article", "1", "Article", "2", "Annex"]


def test_without_a_selector_the_longest_text_counts_and_menus_do_not() -> None:
    body = read(html(f"<div><p>short</p></div><div><p>{'text ' * 30}</p><ul><li>end</ul></div>"), form="html")
    assert (body or "").split() == [*["text"] * 30, "end"]


def test_the_text_layer_of_a_pdf_is_the_body_page_after_page() -> None:
    body = read(pdf("Gallium needs a licence", pages=2), form="pdf")
    assert (body or "").split("\n") == ["Gallium needs a licence"] * 2


def test_plain_text_is_the_body() -> None:
    assert read("第一条　輸出".encode(), form="text") == "第一条　輸出"


@pytest.mark.parametrize(
    ("content", "detail", "words"),
    [
        (html("<p>x</p>"), {"form": "html", "select": "#t"}, "redesigned"),
        (html("<p>Export controls (synthetic)</p>"), {"form": "html"}, "no text but the title"),
        (html(""), {"form": "html"}, "no paragraphs"),
        (html("<p>x</p>")[:-9], {"form": "html"}, "breaks off"),
        (pdf(""), {"form": "pdf"}, "no text layer"),
        (html("<p>x</p>"), {"form": "pdf"}, "no PDF"),
        (pdf("x")[:60], {"form": "pdf"}, "cannot be read"),
        (html("<p>x</p>"), {"form": "text"}, "plain text is expected"),
        (b"x", {}, "write its `detail`"),
    ],
)
def test_a_page_without_the_text_says_why_and_leaves_the_document_as_it_is(
    content: bytes, detail: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnreadablePageError, match=words):
        read(content, **detail)


def test_the_handwritten_pdf_is_one() -> None:
    assert len(pdfium.PdfDocument(pdf("x", pages=3))) == 3


def test_the_text_of_a_genuine_action_is_read(shared_data: Path) -> None:
    content = (shared_data / "data" / "wire" / "html" / "ofac-action-20260130.html").read_bytes()
    detail = shipped_source("us_ofac_actions").detail
    assert detail is not None
    body = read(content, form=detail.form, select=detail.select) or ""
    assert body.startswith("Specially Designated Nationals List Update")
    assert len(body) > 1000
