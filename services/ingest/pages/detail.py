"""The page of one document, where the list has only its title: HTML by a selector, the text layer of a PDF, or text."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection
from dataclasses import replace

import pypdfium2 as pdfium
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.contracts.ids import fold_text
from services.ingest.pages.charset import decode_page
from services.ingest.pages.htmlpage import parse_page
from services.ingest.pages.page import Document, Page, UnreadablePageError
from services.ingest.pages.plaintext import MAX_BODY, clean_block, from_markup
from services.ingest.source import Detail, Source

MAX_PAGES = 500
_AROUND = "nav,header,footer,aside,form,script,style,noscript,template,iframe,button"
_TEXT = "p,h1,h2,h3,h4,h5,h6,ul,ol,dl,table,pre,blockquote"
_ONE_AT_A_TIME = threading.Lock()
"""PDFium is not safe for threads, and pages of several sources are read in several."""

_HYPHEN = re.compile("\ufffe\\s*")


def read_detail(source: Source, document: Document, page: Page) -> Document:
    """The document with the text of its page as its body; the rest of it stays as the list has it.

    Raises UnreadablePageError where `detail_text` does.
    """
    return replace(document, body=detail_text(source, document.title, page))


def detail_text(source: Source, title: str, page: Page) -> str:
    """The text of the page of the document with that title, cleaned and cut at MAX_BODY.

    Raises UnreadablePageError, and so never gives an empty text, if the page is not of the form that the source's
    `detail` says, the selector finds nothing, a PDF has no text layer, or there is no text but the title.
    """
    detail = source.detail
    if detail is None:
        raise UnreadablePageError(f"the source {source.key!r} says nothing of pages of documents; write its `detail`")
    body = clean_block(_text(source, detail, page))
    if not body or fold_text(body) == fold_text(title):
        raise UnreadablePageError("the page has no text but the title")
    return body


def _text(source: Source, detail: Detail, page: Page) -> str:
    if detail.form == "pdf":
        return pdf_text(page.content)
    if detail.form == "html":
        return html_text(source, page, detail.select)
    if page.content.lstrip()[:1] in (b"", b"<", b"%"):
        raise UnreadablePageError("plain text is expected, this page is empty, markup or a PDF")
    return decode_page(page.content, (page.charset,), source.language)


def html_text(source: Source, page: Page, select: str = "") -> str:
    """The text of the elements that `select` finds, or else of the element with the longest text of its own.

    Raises UnreadablePageError if the page is no whole web page, or has no such element.
    """
    tree = parse_page(source, page)
    if select:
        found = _outermost(tree.css(select))
        if not found:
            raise UnreadablePageError(f"nothing on the page is {select!r}; it was redesigned, or is another page")
        return "\n".join(from_markup(node.html or "") for node in found)
    tree.strip_tags(_AROUND.split(","), recursive=True)
    longest = max(_blocks(tree), key=lambda pair: pair[0], default=None)
    if longest is None:
        raise UnreadablePageError("the page has no paragraphs; say with `select` where its text is")
    return from_markup(longest[1].html or "")


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Each element once, and none that is part of another: a list of selectors may find one twice."""
    found = {node.mem_id: node for node in nodes}
    return [node for node in found.values() if not _is_within(node, found.keys())]


def _is_within(node: LexborNode, outer: Collection[int]) -> bool:
    around = node.parent
    while around is not None:
        if around.mem_id in outer:
            return True
        around = around.parent
    return False


def _blocks(tree: LexborHTMLParser) -> list[tuple[int, LexborNode]]:
    """Every element that has text of its own, with how much: that of the paragraphs and lists directly in it."""
    own: dict[int, tuple[int, LexborNode]] = {}
    for part in tree.css(_TEXT):
        if (around := part.parent) is not None:
            size, _ = own.get(around.mem_id, (0, around))
            own[around.mem_id] = (size + len(part.text(deep=True).strip()), around)
    return [pair for pair in own.values() if pair[0]]


def pdf_text(content: bytes) -> str:
    """The text layer of a PDF, page after page.

    Raises UnreadablePageError if it is no PDF, is locked, has more than MAX_PAGES pages or no text layer (a scan).
    """
    if b"%PDF-" not in content[:1024]:
        raise UnreadablePageError(f"no PDF: the page begins with {content[:20]!r}")
    try:
        with _ONE_AT_A_TIME, pdfium.PdfDocument(content) as document:
            if len(document) > MAX_PAGES:
                raise UnreadablePageError(f"the PDF has {len(document)} pages, more than {MAX_PAGES}")
            text = "\n".join(_pages(document))
            pages = len(document)
    except pdfium.PdfiumError as error:
        raise UnreadablePageError(f"the PDF cannot be read: {error}") from error
    if not text.strip():
        raise UnreadablePageError(f"the PDF has no text layer: its {pages} pages are pictures, and are not read")
    return _HYPHEN.sub("", text)


def _pages(document: pdfium.PdfDocument) -> list[str]:
    texts: list[str] = []
    for page in document:
        layer = page.get_textpage()
        texts.append(str(layer.get_text_bounded()))
        layer.close()
        page.close()
        if sum(map(len, texts)) > MAX_BODY:
            break
    return texts
