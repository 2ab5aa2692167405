"""A web page's bytes to a tree, strictly: a page that was cut off, or is none, is an error and never a shorter list."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from services.ingest.pages.charset import decode_page
from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.source import Source

MAX_DEPTH = 1000
"""How deep elements may be nested: parsing time grows with the square of it, and no real page comes near."""

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TRAILING = re.compile(r"(?:\s|<!--(?:(?!-->).)*-->)+\Z", re.S)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_EMPTY = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
_ENDED = ("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "rt", "rp")
_SHALLOW = frozenset((*_EMPTY, *_ENDED, "html", "head", "body"))
"""Elements that are never open twice in a row: they have no content, or the next of their kind ends them."""


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
    """A whole piece of a web page as a tree; raises UnreadablePageError if it is nested deeper than MAX_DEPTH."""
    if _depth(text) > MAX_DEPTH:
        raise UnreadablePageError(f"elements are nested deeper than {MAX_DEPTH}; no list of documents is")
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


def _depth(text: str) -> int:
    """How many elements are open at once, at most."""
    depth = deepest = 0
    for closes, name in _TAG.findall(_COMMENT.sub("", text)):
        if name.lower() in _SHALLOW:
            continue
        depth = max(0, depth - 1) if closes else depth + 1
        deepest = max(deepest, depth)
    return deepest
