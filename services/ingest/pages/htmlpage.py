"""A web page's bytes to a tree, strictly: a page that was cut off, or is none, is an error and never a shorter list."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from services.ingest.pages.charset import decode_page
from services.ingest.pages.nesting import MAX_DEPTH, growth
from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.source import Source

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)
_TRAILING = re.compile(r"(?:\s|<!--(?:(?!-->).)*-->)+\Z", re.S)


def parse_page(source: Source, page: Page, *, end: str = "</html>") -> LexborHTMLParser:
    """The page as a tree; raises UnreadablePageError if it is no web page or does not close with `end`."""
    text = page_text(source, page)
    if not (stripped := text.strip()):
        raise UnreadablePageError("the page is empty")
    if "<html" not in stripped[:20_000].lower():
        raise UnreadablePageError(f"no web page: it begins with {stripped[:40]!r}")
    closing = _TRAILING.sub("", stripped[-4_000:])
    if end and not closing.lower().endswith(end.lower()):
        raise UnreadablePageError(f"the page breaks off: it does not close with {end}")
    return parse_fragment(text)


def parse_fragment(text: str) -> LexborHTMLParser:
    """A whole piece of a web page as a tree; raises UnreadablePageError if its elements nest too deep or stay open."""
    if growth(text).is_too_much:
        raise UnreadablePageError(f"elements are nested deeper than {MAX_DEPTH}, or left open; no list is")
    return LexborHTMLParser(text)


def page_text(source: Source, page: Page) -> str:
    """The page's text; the charset of the HTTP header is stronger than the one the page names."""
    named = _META.search(page.content[:4_000])
    label = named.group(1).decode() if named else None
    return decode_page(page.content, (page.charset, label), source.language)


def base_of(tree: LexborHTMLParser, page: Page) -> str:
    """The address that the page's links are relative to."""
    base = tree.css_first("base[href]")
    return urljoin(page.url, (base.attributes.get("href") or "").strip()) if base is not None else page.url
