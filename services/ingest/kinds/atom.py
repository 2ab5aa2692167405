"""Atom 1.0 (RFC 4287); an entry without `id`, as METI writes them, is named by its link.

An entry that the feed says was deleted (`at:deleted-entry`, RFC 6721) is a withdrawal.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree
from lxml.etree import _Element as Element

from services.ingest.pages.feed import Entry, read_deleted, read_entries
from services.ingest.pages.feedxml import child_text, children, parse_feed, text_of
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.pages.strangers import strange_elements
from services.ingest.source import Source

_ATOM = "http://www.w3.org/2005/Atom"
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def read(source: Source, page: Page) -> Reading:
    """The documents of an Atom page; raises UnreadablePageError if it is none."""
    root, problems = parse_feed(source, page, root="feed", form="an Atom feed")
    if etree.QName(root).namespace != _ATOM:
        raise UnreadablePageError(f"an Atom feed is in the namespace {_ATOM}, this page is not")
    entries = children(root, "entry")
    reading = read_entries(source, page, map(_entry, entries), (*problems, *strange_elements(source, entries)))
    stated = ((each.get("ref") or "", each.get("when") or "") for each in root.findall(_DELETED))
    deleted = (read_deleted(source, page, ref, when) for ref, when in stated)
    return replace(reading, documents=(*reading.documents, *filter(None, deleted)))


def _entry(item: Element) -> Entry:
    labels = (each.get("label") or each.get("term") or text_of(each) for each in children(item, "category"))
    return Entry(
        title=child_text(item, "title"),
        link=_link(item),
        guid=child_text(item, "id"),
        date=child_text(item, "published", "updated"),
        updated=child_text(item, "updated"),
        body=child_text(item, "summary", "content"),
        categories=tuple(labels),
        canonical=True,
    )


def _link(item: Element) -> str:
    """The entry's page: the first link that is `alternate`, which is what a link without `rel` means."""
    links = [each for each in children(item, "link") if each.get("rel", "alternate") == "alternate"]
    return (links[0].get("href") or "") if links else ""
