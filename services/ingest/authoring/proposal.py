"""What a saved page proposes: which kind reads it, with which options. A guess, tried on the page before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element
from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser

from services.contracts.errors import UsageError
from services.contracts.vocab import Language
from services.ingest.authoring.fields import record_options
from services.ingest.authoring.selectors import list_options
from services.ingest.authoring.tables import table_options
from services.ingest.authoring.variants import find_records
from services.ingest.core import read_page
from services.ingest.pages.charset import decode_page
from services.ingest.pages.feedxml import local_name
from services.ingest.pages.htmlpage import parse_page
from services.ingest.pages.jsontext import parse_json
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.source import Source, options_model
from services.runtime.yamlmessages import message

Candidate = tuple[str, dict[str, Any]]

_ROOTS = {"rss": "rss2", "RDF": "rss1", "feed": "atom", "urlset": "sitemap", "sitemapindex": "sitemap"}
_GUESSED = ("html_list", "json_list", "csv")
"""Kinds that read whatever they are told to; the others know their form, and one that reads the page is right."""

_DRAFT = "xx-draft"
_FORMS = "RSS 2.0 or 1.0, Atom, a sitemap, JSON, a table (CSV), or a list on a web page"


@dataclass(frozen=True)
class Proposal:
    """A kind and its options, and what they read from the page."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)


def propose(page: Page, language: Language, zone: str, *, key: str = _DRAFT, kind: str | None = None) -> Proposal:
    """The kind and options that read most of the page of the source `key`; `kind` leaves no choice of it.

    Raises UsageError if the page is of no form that a kind reads, or nothing in it looks like a list of documents.
    """
    tried: list[str] = []
    best: Proposal | None = None
    for name, options in _candidates(page, language, kind):
        found = _try(page, draft_source(page.url, language, zone, name, options, key))
        if found is None:
            continue
        if not found.reading.documents:
            tried.append(f"{name}: {next((each.message for each in found.reading.problems), 'no document')}")
        elif best is None or _worth(found) > _worth(best):
            best = found
        if best is not None and best.kind not in _GUESSED:
            break
    if best is None:
        why = f" ({'; '.join(dict.fromkeys(tried))})" if tried else ""
        raise UsageError(f"no list of documents is found on the page{why}; save a page of {_FORMS}")
    return best


def _try(page: Page, draft: Source) -> Proposal | None:
    """What the draft reads; None if its options are none."""
    try:
        options_model(draft.kind).model_validate(draft.options)
    except ValidationError:
        return None
    return Proposal(draft.kind, draft.options, read_page(draft, page))


def draft_source(
    url: str, language: Language, zone: str, kind: str, options: dict[str, Any], key: str = _DRAFT
) -> Source:
    """A source about which nothing is known but how its page is read; raises UsageError if address or zone is none."""
    stated = {
        "key": key,
        "name": "draft",
        "publisher": "draft",
        "country": "XX",
        "language": language,
        "kind": kind,
        "url": url,
        "zone": zone,
        "schedule": {"every_minutes": 60},
        "expected": {"max_items": 1_000_000, "longest_gap_days": 36_500},
        "options": options,
    }
    try:
        return Source.model_validate(stated)
    except ValidationError as error:
        raise UsageError("; ".join(message(Source, each) for each in error.errors(include_url=False))) from error


def _worth(found: Proposal) -> float:
    """How much of a list it is: titles of their own that say something, nearly all dated, little that is unreadable."""
    documents = found.reading.documents
    titles = {each.title for each in documents if len(each.title) > 3}
    dated = sum(each.published_on is not None for each in documents) / len(documents)
    words = sum(min(len(each), 60) for each in titles) / max(1, len(titles))
    return len(titles) * (0.2 + 0.8 * dated**2) * (0.5 + words / 120) - 0.01 * len(found.reading.problems)


def _candidates(page: Page, language: Language, kind: str | None) -> Iterator[Candidate]:
    """Every kind and options worth trying, for the form that the page has."""
    wanted = (each for each in _by_form(page, language) if kind is None or each[0] == kind)
    found = False
    for each in wanted:
        found = True
        yield each
    if kind is not None and not found:
        yield kind, {}


def _by_form(page: Page, language: Language) -> Iterator[Candidate]:
    start = page.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000]
    if not start:
        raise UsageError("the page is empty; save it again")
    if start.startswith(b"%PDF"):
        raise UsageError(f"the page is a PDF, one document and no list; save the page that links to it: {_FORMS}")
    if start[:1] in (b"{", b"["):
        yield from _of_json(page)
    elif (root := _root(page.content)) in _ROOTS:
        yield _ROOTS[root], {}
    elif b"<html" in start.lower() or b"<html" in page.content[:20_000].lower():
        yield from (("html_list", each) for each in list_options(_tree(page, language)))
    elif start[:1] == b"<":
        raise UsageError(f"the page is XML of another form, its root is <{root or '?'}>; save a page of {_FORMS}")
    else:
        yield from (("csv", each) for each in table_options(_decoded(page, language)))


def _decoded(page: Page, language: Language) -> str:
    try:
        return decode_page(page.content, (page.charset,), language)
    except UnreadablePageError as error:
        raise UsageError(str(error)) from error


def _tree(page: Page, language: Language) -> LexborHTMLParser:
    try:
        return parse_page(draft_source(page.url, language, "UTC", "rss2", {}), page)
    except UnreadablePageError as error:
        raise UsageError(f"{error}; save the page again, whole") from error


def _root(content: bytes) -> str:
    """The name of the root element of XML; empty for anything else. The rest of the page may be broken."""
    parser = etree.XMLPullParser(("start",), resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        parser.feed(content.lstrip()[:20_000])
        for _, element in parser.read_events():
            return local_name(element) if isinstance(element, Element) else ""
    except etree.XMLSyntaxError:
        return ""
    return ""


def _of_json(page: Page) -> Iterator[Candidate]:
    try:
        answer = parse_json(page)
    except UnreadablePageError as error:
        if b"\n{" not in page.content:
            raise UsageError(f"{error}; save the answer as it came") from error
        yield "jsonl", {}
        return
    yield from _known_forms(answer)
    found = find_records(answer)
    if found:
        yield from (("json_list", each) for each in record_options(*found))


def _known_forms(answer: Any) -> Iterable[Candidate]:
    """The APIs that have a kind of their own."""
    if not isinstance(answer, dict):
        return
    if {"count", "results"} <= set(answer):
        yield "federal_register", {}
    if {"version", "issues"} <= set(answer):
        yield "kanpo", {}
    if isinstance(answer.get("head"), dict) and isinstance(answer.get("results"), dict):
        named = answer["head"].get("vars") or ()
        yield "eurlex_sparql", {name: name if name in named else "" for name in ("title", "date", "type", "author")}
    if {"id", "source", "title"} <= set(answer):
        yield "jsonl", {}
