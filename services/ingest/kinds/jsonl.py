"""JSON Lines as `services.ingest.pages.lines` describes them, published at an address."""

from __future__ import annotations

import io

from services.ingest.pages.lines import read_line, read_lines
from services.ingest.pages.page import Document, Page, Reading, UnreadablePageError
from services.ingest.source import Source


def read(source: Source, page: Page) -> Reading:
    """The documents of the page's lines; raises UnreadablePageError if none can be read or one is of another source."""
    if page.content.lstrip()[:1] != b"{":
        raise UnreadablePageError("JSON Lines begin with `{`, this page does not")
    if not _is_utf8(page.content):
        raise UnreadablePageError("JSON Lines are in UTF-8 (RFC 8259 §8.1), this page is not")
    found = [read_line(line) for line in read_lines(io.BytesIO(page.content), source.key)]
    documents = tuple(each for each in found if isinstance(each, Document))
    if not documents:
        raise UnreadablePageError(f"none of the {len(found)} lines can be read; the first: {found[0]}")
    foreign = {each.source for each in documents} - {source.key}
    if foreign:
        raise UnreadablePageError(f"the lines are of the source {min(foreign)!r} and not of {source.key!r}")
    return Reading(documents, tuple(each for each in found if not isinstance(each, Document)))


def _is_utf8(content: bytes) -> bool:
    """Of the whole page: in a page of another encoding a single line may pass for UTF-8, as nonsense."""
    try:
        content.decode()
    except UnicodeError:
        return False
    return True
