"""RSS 1.0, the RDF form (https://web.resource.org/rss/1.0/spec), with dates in Dublin Core."""

from __future__ import annotations

from lxml.etree import _Element as Element

from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.feedxml import child_text, parse_feed
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.pages.strangers import strange_elements
from services.ingest.source import Source

_RSS = "{http://purl.org/rss/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"


def read(source: Source, page: Page) -> Reading:
    """The documents of an RSS 1.0 page; raises UnreadablePageError if it is none."""
    root, problems = parse_feed(source, page, root="RDF", form="an RSS 1.0 feed")
    if root.find(f"{_RSS}channel") is None:
        raise UnreadablePageError("an RSS 1.0 feed has a <channel>, this page has none")
    items = root.findall(f"{_RSS}item")
    return read_entries(source, page, map(_entry, items), (*problems, *strange_elements(source, items)))


def _entry(item: Element) -> Entry:
    subjects = (child_text(item, f"{_DC}subject"), child_text(item, "category"))
    return Entry(
        title=child_text(item, "title"),
        link=child_text(item, "link") or item.get(f"{_RDF}about") or "",
        date=child_text(item, f"{_DC}date"),
        body=child_text(item, "description", f"{_CONTENT}encoded"),
        categories=tuple(each for each in subjects if each),
    )
