"""RSS 2.0 (https://www.rssboard.org/rss-specification), with `content:encoded` where the description is empty."""

from __future__ import annotations

from typing import Literal

from lxml.etree import _Element as Element

from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.feedxml import child_text, children, parse_feed, text_of
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.pages.strangers import strange_elements
from services.ingest.source import KindOptions, Source

_ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DC_DATE = "{http://purl.org/dc/elements/1.1/}date"


class Options(KindOptions):
    """`dates: none` says that the feed has no dates, so that none is missed: a document's day is then unknown, and
    what counts is when it was first seen.
    """

    dates: Literal["stated", "none"] = "stated"


def read(source: Source, page: Page) -> Reading:
    """The documents of an RSS 2.0 page; raises UnreadablePageError if it is none."""
    undated = Options.model_validate(source.options).dates == "none"
    root, problems = parse_feed(source, page, root="rss", form="an RSS 2.0 feed")
    channels = children(root, "channel")
    if len(channels) != 1:
        raise UnreadablePageError(f"an RSS feed has one <channel>, this page has {len(channels)}")
    items = children(channels[0], "item")
    strange = strange_elements(source, items)
    return read_entries(source, page, [_entry(each, undated=undated) for each in items], (*problems, *strange))


def _entry(item: Element, *, undated: bool) -> Entry:
    return Entry(
        title=child_text(item, "title"),
        link=child_text(item, "link"),
        guid=child_text(item, "guid"),
        date=child_text(item, "pubDate", _DC_DATE),
        body=child_text(item, "description", _ENCODED),
        categories=tuple(text_of(each) for each in children(item, "category")),
        undated=undated,
    )
