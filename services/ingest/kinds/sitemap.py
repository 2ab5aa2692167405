"""Sitemaps (https://www.sitemaps.org/protocol.html), with the titles and days of Google's news extension.

A sitemap lists addresses. Without `news:title` a document is titled by the last part of its address; a source that
cares for more says how the page itself is read (`detail`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from urllib.parse import unquote, urlsplit

from lxml.etree import _Element as Element
from pydantic import Field, field_validator

from services.ingest.pages.dates import parse_published
from services.ingest.pages.expressions import check_pattern
from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.feedxml import child_text, children, local_name, parse_feed
from services.ingest.pages.links import MAX_QUESTION, absolute_link
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.source import KindOptions, Source

_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class Options(KindOptions):
    """`match` is a regular expression that an address must contain to be a document; `days` leaves out older ones.

    For an index of sitemaps, `follow` is what the address of the sitemap to read must contain; the newest such one
    is the next page. A source whose address is an index has no documents of its own: its `expected: min_items` is 0.
    """

    match: str = ""
    days: Annotated[int, Field(ge=1)] | None = None
    follow: str = ""

    @field_validator("match", "follow")
    @classmethod
    def _sound_pattern(cls, value: str) -> str:
        return check_pattern(value)


def read(source: Source, page: Page) -> Reading:
    """The addresses of a sitemap, or the next page of an index; raises UnreadablePageError if the page is neither."""
    options = Options.model_validate(source.options)
    is_index = b"<sitemapindex" in page.content[:2_000]
    root, problems = parse_feed(source, page, root="sitemapindex" if is_index else "urlset", form="a sitemap")
    if not (root.tag or "").startswith(_SITEMAP):
        raise UnreadablePageError(f"a sitemap is in the namespace {_SITEMAP[1:-1]}, this page is not")
    if local_name(root) == "sitemapindex":
        return Reading(problems=problems, next_url=_newest(root, options, source, page))
    found = read_entries(source, page, _entries(root, options), problems)
    return found if options.days is None else _recent(found, source, page, options.days)


def _entries(root: Element, options: Options) -> Iterator[Entry]:
    for each in children(root, "url"):
        address = child_text(each, "loc").strip()
        news = each.find(f"{_NEWS}news")
        stated = child_text(news, f"{_NEWS}title") if news is not None else ""
        date = child_text(news, f"{_NEWS}publication_date") if news is not None else ""
        if re.search(options.match, address):
            lastmod = child_text(each, "lastmod").strip()
            yield Entry(title=stated or _title(address), link=address, date=date.strip() or lastmod)


def _title(address: str) -> str:
    """The last part of the address as words."""
    last = unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2])
    return re.sub(r"[-_+]+", " ", last.rpartition(".")[0] if re.search(r"\.[a-z]{2,5}$", last) else last)


def _recent(found: Reading, source: Source, page: Page, days: int) -> Reading:
    oldest = page.fetched_at.astimezone(source.tz).date() - timedelta(days=days)
    kept = (each for each in found.documents if each.published_on is None or each.published_on >= oldest)
    return replace(found, documents=tuple(kept))


def _newest(root: Element, options: Options, source: Source, page: Page) -> str:
    """The address of the newest sitemap of an index; of those without a day, the last one listed."""
    maps = children(root, "sitemap")
    listed = [(child_text(each, "loc").strip(), child_text(each, "lastmod").strip()) for each in maps]
    ranked = [
        (published.on.toordinal() if (published := parse_published(lastmod, source)) else 0, place, address)
        for place, (address, lastmod) in enumerate(listed)
        if re.search(options.follow, address)
    ]
    address = absolute_link(max(ranked)[2], page.url, longest=MAX_QUESTION) if ranked else None
    if address is None:
        raise UnreadablePageError(f"none of the {len(listed)} sitemaps of the index is {options.follow!r}")
    return address
