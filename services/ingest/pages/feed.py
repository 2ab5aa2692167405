"""Entries of any feed to documents: one rule for identity, text and dates, whatever the feed's dialect."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.contracts.events import Identifier
from services.contracts.ids import fold_text
from services.ingest.pages.dates import Published, parse_published
from services.ingest.pages.links import absolute_link, is_positional, link_identity
from services.ingest.pages.page import Document, Page, Problem, ProblemKind, Reading
from services.ingest.pages.plaintext import clean_block, clean_line, from_markup
from services.ingest.source import Source

_EDITION = re.compile(r"#\d{4}-\d{2}-\d{2}T\d{2}:\d{2}\S*")


@dataclass(frozen=True)
class Entry:
    """One entry as the feed states it, raw; what the feed does not state is empty.

    `guid` is the feed's own name for the entry; `canonical` says that the dialect makes it the identity (Atom). `id`
    is the identity itself, where a form states one. `day` is a date that the form itself has read, `undated` says
    that the list has no dates to miss.
    `updated` is when the entry was last changed, where the dialect states that besides `date`.
    """

    title: str
    link: str = ""
    guid: str = ""
    date: str = ""
    updated: str = ""
    body: str = ""
    categories: tuple[str, ...] = ()
    canonical: bool = False
    id: str = ""
    day: datetime.date | None = None
    undated: bool = False
    agencies: tuple[str, ...] = ()
    document_type: str = ""
    identifiers: tuple[Identifier, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_entries(source: Source, page: Page, entries: Iterable[Entry], problems: Iterable[Problem] = ()) -> Reading:
    """The documents of the entries in the order of the page; an entry that names nothing is a problem."""
    documents: list[Document] = []
    found = list(problems)
    for number, entry in enumerate(entries, start=1):
        where = f"{source.key} entry {number}"
        document, notes = _read_entry(source, page, entry, where)
        found.extend(notes)
        if document is not None:
            documents.append(document)
    return Reading(tuple(documents), tuple(found))


def read_deleted(source: Source, page: Page, guid: str, when: str) -> Document | None:
    """The withdrawal of the entry that has this guid; None where the guid names nothing."""
    name = _usable_guid(Entry("", guid=guid), page.url)
    at = parse_published(when, source)
    if not name:
        return None
    return Document(source.key, source.name, _named(name), "", updated_at=at.at if at else None, withdrawn=True)


def _read_entry(source: Source, page: Page, entry: Entry, where: str) -> tuple[Document | None, list[Problem]]:
    title = clean_line(from_markup(entry.title))
    if not title:
        return None, [Problem(ProblemKind.BAD_ITEM, where, "the entry has no title")]
    published = Published(entry.day) if entry.day else parse_published(entry.date, source)
    url = absolute_link(entry.link, page.url)
    guid = _usable_guid(entry, page.url)
    document_id, shared_id = _identity(entry, url, guid, title, published)
    document = Document(
        source=source.key,
        source_name=source.name,
        document_id=document_id,
        shared_id=shared_id,
        title=title,
        url=url or (guid if guid.startswith("http") else None),
        lang=source.language,
        body=_body(entry.body, title),
        published_on=published.on if published else None,
        published_at=published.at if published else None,
        updated_at=_updated(entry, published, source),
        agencies=tuple(name for each in entry.agencies if (name := clean_line(each, 300))),
        document_type=clean_line(entry.document_type, 300) or None,
        identifiers=tuple(dict.fromkeys(entry.identifiers)),
        attributes={**_attributes(entry), **entry.attributes},
    )
    return document, list(_doubts(entry, published, entry.id or url or guid, where))


def _updated(entry: Entry, published: Published | None, source: Source) -> datetime.datetime | None:
    """When the entry was changed after its publication; None where nothing says so."""
    updated = parse_published(entry.updated, source) if entry.updated.strip() else None
    return updated.at if updated and updated != published else None


def _usable_guid(entry: Entry, base: str) -> str:
    """The guid as an identity: an absolute address where it is a link, empty where it only counts places.

    The entry's own link followed by the time of an edit (`page#2026-04-08T10:15:00+01:00`, as GOV.UK writes it) names
    an edition; the page is the document.
    """
    guid = clean_line(entry.guid, 500)
    if not guid or is_positional(guid):
        return ""
    if not guid.startswith(("http://", "https://", "/")):
        return guid
    address = absolute_link(guid, base) or ""
    page, edition = address.partition("#")[::2]
    return page if _EDITION.fullmatch(f"#{edition}") and page == absolute_link(entry.link, base) else address


def _identity(
    entry: Entry, url: str | None, guid: str, title: str, published: Published | None
) -> tuple[str, str | None]:
    """The ids of a document: the canonical id, else its link, else its guid, else its title and day.

    The second is for entries that turn out to share their link: guid or title keep them apart.
    """
    if entry.id:
        return clean_line(entry.id, 1000), None
    if guid and (entry.canonical or url is None):
        return _named(guid), None
    if url is None:
        day = published.on.isoformat() if published else ""
        return f"title:{_digest(fold_text(title), day)}", None
    link = link_identity(url)
    apart = guid if guid and _named(guid) != link else fold_text(title)
    return link, f"{link}#{_digest(apart)}"


def _named(guid: str) -> str:
    return link_identity(guid) if guid.startswith("http") else f"guid:{guid}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _body(text: str, title: str) -> str | None:
    """The entry's text; None where there is none or where it only repeats the title."""
    body = clean_block(from_markup(text))
    return body if body and fold_text(body) != fold_text(title) else None


def _attributes(entry: Entry) -> dict[str, str]:
    categories = [clean_line(each, 200) for each in entry.categories]
    named = "; ".join(each for each in categories if each)
    return {"category": named} if named else {}


def _doubts(entry: Entry, published: Published | None, identity: str, where: str) -> Iterable[Problem]:
    if published is None and not entry.undated:
        message = f"the date {clean_line(entry.date, 80)!r} cannot be read; add it to `lookups: date:`"
        yield Problem(ProblemKind.DRIFT, where, message if entry.date.strip() else "the entry has no date")
    if not identity:
        yield Problem(ProblemKind.DRIFT, where, "the entry has neither link nor guid; its title and day name it")
