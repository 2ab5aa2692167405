"""Which of two states of a document is the later one, and whether they differ: pure, whatever order they arrive in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.contracts import ids
from services.contracts.events import Event
from services.ingest.pages.page import Document

UPDATED_AT = "updated_at"
"""The attribute of an event that says when its publisher last changed the document, where it says so."""

_WITHDRAWN = ids.revision_of("", None, withdrawn=True)


@dataclass(frozen=True)
class Moment:
    """When a state of a document is from: the day, and the instant where one is known."""

    day: date | None = None
    at: datetime | None = None

    def is_before(self, other: Moment) -> bool:
        """Whether this is surely the earlier: by instants where both have one, else by days."""
        if self.at and other.at:
            return self.at < other.at
        return bool(self.day and other.day and self.day < other.day)


@dataclass(frozen=True)
class Known:
    """How a document stands with us: its revision, a digest of its text alone, and when that state is from.

    `text` is None for a document that was published before revisions took in day and numbers; its `revision` is then
    that of the text alone.
    """

    revision: str
    text: str | None = None
    moment: Moment = Moment()

    @property
    def withdrawn(self) -> bool:
        """Whether it was withdrawn last."""
        return self.revision == _WITHDRAWN


class Change(StrEnum):
    """What a document is, compared with how it stands."""

    NEW = "new"
    CHANGED = "changed"
    FACTS = "facts"
    """The text is the same, its day of publication or its official numbers are others."""

    SAME = "same"
    OLDER = "older"
    """It is from before the state that is known, and another."""


def revision_of(document: Document | Event) -> str:
    """The revision of a document: its text, its day and its official numbers; one for all withdrawals.

    The address does not count: publishers move pages. Nor do categories and other attributes.
    """
    if document.withdrawn:
        return _WITHDRAWN
    stated = sorted(f"{each.scheme}={each.value}" for each in document.identifiers)
    day = [document.published_on.isoformat()] if document.published_on else []
    return ids.revision_of(document.title, document.body, facts=(*day, *stated))


def revise(event: Event, body: str | None, attributes: Mapping[str, str], *, seen_at: datetime) -> Event:
    """The event with another body, attributes besides its own, and the revision that follows from that."""
    changed = {"body": body, "seen_at": seen_at, "attributes": {**event.attributes, **attributes}}
    revised = event.model_copy(update=changed)
    return revised.model_copy(update={"revision": revision_of(revised)})


def withdraw(event: Event, *, seen_at: datetime) -> Event:
    """The event that takes the document back, with the text last published of it."""
    changed = {"withdrawn": True, "backfill": False, "revision": _WITHDRAWN, "seen_at": seen_at}
    return event.model_copy(update=changed)


def known_of(event: Event) -> Known:
    """How a document stands once this event of it is published, or was seen again the same."""
    return Known(event.revision, _text_of(event), _moment_of(event))


def compare(event: Event, known: Known | None) -> Change:
    """What the event is to one who knows the document as `known`."""
    if known is None:
        return Change.NEW
    if event.revision == known.revision or (known.text is None and _text_of(event) == known.revision):
        return Change.SAME
    if _moment_of(event).is_before(known.moment):
        return Change.OLDER
    return Change.FACTS if known.text == _text_of(event) else Change.CHANGED


def is_later(event: Event, known: Known) -> bool:
    """Whether a document seen again the same should be remembered anew: it is from later, or known by the old rule."""
    return known.text is None or known.moment.is_before(_moment_of(event))


def restore(documents: Iterable[Document], last: Mapping[str, Event]) -> tuple[Document, ...]:
    """The documents, those withdrawn without a text of their own with the text last published of them."""
    return tuple(_restore(each, last) if each.withdrawn and not each.title else each for each in documents)


def _restore(document: Document, last: Mapping[str, Event]) -> Document:
    event = last.get(ids.event_id(document.source, document.document_id))
    if event is None:
        return replace(document, title=document.document_id)
    return replace(
        document,
        title=event.title,
        body=event.body,
        url=document.url or event.url,
        lang=event.lang,
        published_on=event.published_on,
        published_at=event.published_at,
        agencies=event.agencies,
        document_type=event.document_type,
        identifiers=event.identifiers,
        attributes=event.attributes,
    )


def title_digest(title: str) -> str:
    """What a title is remembered by; white space and width do not count."""
    return hashlib.sha256(ids.fold_text(title).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text_of(event: Event) -> str:
    return _WITHDRAWN if event.withdrawn else ids.revision_of(event.title, event.body)


def _moment_of(event: Event) -> Moment:
    """When the state is from; a time ahead of us weighs no more than now, so that a wrong date holds up nothing."""
    stated = event.attributes.get(UPDATED_AT)
    updated = datetime.fromisoformat(stated) if stated else None
    instant = updated or event.published_at
    days = [each for each in (event.published_on, updated.date() if updated else None) if each]
    latest = event.seen_at.date() + timedelta(days=1)  # a day further on than UTC
    return Moment(min(max(days), latest) if days else None, min(instant, event.seen_at) if instant else None)
