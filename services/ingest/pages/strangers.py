"""What a page has that neither its form nor its source knows: told once a page, so that a new form is noticed. Pure.

A publisher who adds a field or a category has changed something: what we read may have moved there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree
from lxml.etree import _Element as Element

from services.ingest.pages.page import Document, Problem, ProblemKind
from services.ingest.source import Source

_CORE = frozenset(
    {
        *("title", "link", "description", "author", "category", "comments", "enclosure", "guid", "pubDate", "source"),
        *("id", "updated", "published", "summary", "content", "contributor", "rights"),
    }
)
"""The elements of an entry in RSS 2.0, RSS 1.0 and Atom (RSS 2.0 specification; RSS 1.0 §5.5; RFC 4287 §4.1.2)."""

_MODULES = (
    "http://purl.org/dc/",
    "http://purl.org/rss/1.0/modules/",
    "http://www.w3.org/2005/Atom",
    "http://search.yahoo.com/mrss",
    "http://www.georss.org/georss",
    "http://wellformedweb.org/CommentAPI/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
)
"""The modules that feeds carry besides, by how their namespaces begin."""


def strange_elements(source: Source, items: Iterable[Element]) -> Iterator[Problem]:
    """A problem for each kind of element that no dialect of feeds, no common module and not the source knows."""
    known = _CORE | set(source.expected.fields)
    found = {name for item in items for child in item if (name := _strange(child, known))}
    for name in sorted(found):
        message = f"entries have a new element <{name[:80]}>; look what it says, then add it to `expected.fields`"
        yield Problem(ProblemKind.DRIFT, source.key, message)


def strange_values(source: Source, documents: Sequence[Document]) -> Iterator[Problem]:
    """A problem for each category and each type of document that is new to a source which lists those it knows."""
    expected = source.expected
    categories = {part for each in documents for part in each.attributes.get("category", "").split("; ") if part}
    types = {each.document_type for each in documents if each.document_type}
    for word, found, known in (("categories", categories, expected.categories), ("types", types, expected.types)):
        for value in sorted(found - set(known)) if known else ():
            message = (
                f"{value[:80]!r} is new among the {word}; look what it stands for, then add it to `expected.{word}`"
            )
            yield Problem(ProblemKind.DRIFT, source.key, message)


def strange_fields(source: Source, records: Iterable[object], known: Iterable[str]) -> Iterator[Problem]:
    """A problem for each field of the records that is neither known nor expected."""
    expected = {*known, *source.expected.fields}
    for name in sorted({str(name) for each in records if isinstance(each, dict) for name in each} - expected):
        message = f"documents have a new field {name[:80]!r}; look what it says, then add it to `expected.fields`"
        yield Problem(ProblemKind.DRIFT, source.key, message)


def _strange(element: Element, known: Iterable[str]) -> str:
    name = etree.QName(element)
    parent = element.getparent()
    is_own = parent is not None and name.namespace == etree.QName(parent).namespace
    if name.localname in known or (not is_own and (name.namespace or "").startswith(_MODULES)):
        return ""
    return name.localname
