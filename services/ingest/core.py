"""The decisions of ingest, pure: what a page says, which documents it names, which of them are news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from services.contracts import ids
from services.contracts.events import Event
from services.ingest.memory.revisions import UPDATED_AT, Change, Known, compare, is_later, known_of, revision_of
from services.ingest.pages.page import Document, Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.pages.strangers import strange_values
from services.ingest.source import KINDS, Source
from services.ingest.workdays import whole_workdays
from services.runtime.registry import load_plugin


def read_page(source: Source, page: Page) -> Reading:
    """What the page says: its documents, the oldest first, and every reason to doubt that these are all.

    Never raises for anything the page may hold. A page that is not what the source promises (an error page, a
    login form, half a feed, nothing) gives an UNREADABLE problem and no document.
    """
    reading = _read(source, page)
    if not reading.readable:
        return reading
    return replace(reading, problems=(*reading.problems, *_doubts(source, page, reading.documents)))


def read_history(source: Source, page: Page) -> Reading:
    """What a page of the source's past says, of which nothing is expected but its form: it may well be empty."""
    reading = _read(source, page)
    return replace(reading, problems=tuple(each for each in reading.problems if each.kind is not ProblemKind.DRIFT))


def _read(source: Source, page: Page) -> Reading:
    read = load_plugin(KINDS, source.kind, "read")
    try:
        reading: Reading = read(source, page)
    except UnreadablePageError as error:
        return Reading(problems=(Problem(ProblemKind.UNREADABLE, source.key, str(error)),))
    return replace(reading, documents=_in_order(reading.documents))


def join_readings(pages: Sequence[Reading]) -> Reading:
    """One reading of the pages of one list, the oldest document first; it goes on where the last page does."""
    if len(pages) == 1:
        return pages[0]
    documents = _in_order([document for page in pages for document in page.documents])
    return Reading(documents, tuple(each for page in pages for each in page.problems), pages[-1].next_url)


def _doubts(source: Source, page: Page, documents: Sequence[Document]) -> Iterable[Problem]:
    """Where the page is not as the source's `expected` says."""
    expected, found = source.expected, len(documents)
    if found < expected.min_items:
        kind = ProblemKind.DRIFT if found else ProblemKind.UNREADABLE
        yield Problem(kind, source.key, f"{found} documents, at least {expected.min_items} are expected")
    if found > expected.max_items:
        yield Problem(ProblemKind.DRIFT, source.key, f"{found} documents, at most {expected.max_items} are expected")
    yield from strange_values(source, documents)
    newest = max((each.published_on for each in documents if each.published_on), default=None)
    days = whole_workdays(source, newest, page.fetched_at) if newest else 0
    if days >= expected.longest_gap_days:
        message = f"nothing newer than {newest}, {days} working days; {expected.longest_gap_days} is the longest gap"
        yield Problem(ProblemKind.QUIET, source.key, message)


def to_event(document: Document, *, seen_at: datetime, backfill: bool) -> Event:
    """The document as an event; its ids depend on nothing but the document itself."""
    updated = {UPDATED_AT: document.updated_at.isoformat()} if document.updated_at else {}
    return Event(
        event_id=ids.event_id(document.source, document.document_id),
        revision=revision_of(document),
        source=document.source,
        source_name=document.source_name,
        document_id=document.document_id,
        url=document.url,
        lang=document.lang,
        title=document.title,
        body=document.body,
        published_on=document.published_on,
        published_at=document.published_at,
        seen_at=seen_at,
        agencies=document.agencies,
        document_type=document.document_type,
        identifiers=document.identifiers,
        backfill=backfill,
        withdrawn=document.withdrawn,
        attributes={**document.attributes, **updated},
    )


@dataclass(frozen=True)
class Decision:
    """What a page or batch brings: the events to publish, in order, and how many documents are no news.

    `remembered` are the events and, in their place, documents seen the same as before but from a later time. `older`
    are states from before the one that is known; they are not published. `changes` are the events by kind. `met` is
    every document as an event, news or not.
    """

    events: tuple[Event, ...]
    unchanged: int
    remembered: tuple[Event, ...] = ()
    older: tuple[Event, ...] = ()
    changes: Mapping[Change, tuple[Event, ...]] = field(default_factory=dict)
    met: tuple[Event, ...] = field(default=(), compare=False, repr=False)


def candidate_ids(documents: Iterable[Document]) -> frozenset[str]:
    """Every event id the documents may turn out to have; what `decide` must be told of."""
    return frozenset(
        ids.event_id(each.source, name)
        for each in documents
        for name in (each.document_id, each.shared_id)
        if name is not None
    )


def decide(
    documents: Sequence[Document], seen: Mapping[str, Known], *, seen_at: datetime, backfill: bool = False
) -> Decision:
    """Which documents are news, given how each event id `seen` stands.

    A known revision is nothing new; neither is an edit that only moves white space, changes widths or moves the page.
    Another text, day of publication or official number is a new revision of the same event, and so are a withdrawal
    and its end. A state from before the known one is never news, so that the order of arrival does not matter; where
    the source states no times, what comes later is the later. Of documents that only their link names, the latest
    stands for its id.
    """
    found = [
        to_event(each, seen_at=seen_at, backfill=backfill and not each.forthcoming) for each in _settle(documents, seen)
    ]
    decision = decide_events(found, seen)
    return replace(decision, unchanged=len(documents) - len(decision.events))


def decide_events(events: Sequence[Event], seen: Mapping[str, Known]) -> Decision:
    """Which of the events are news, in their order; `decide` for documents whose ids are settled."""
    known = dict(seen)
    found: list[tuple[Change, Event]] = []
    remembered: list[Event] = []
    for event in events:
        before = known.get(event.event_id)
        change = compare(event, before)
        found.append((change, event))
        if change in _NEWS or (change is Change.SAME and before is not None and is_later(event, before)):
            known[event.event_id] = known_of(event)
            remembered.append(event)
    news = tuple(event for change, event in found if change in _NEWS)
    older = tuple(event for change, event in found if change is Change.OLDER)
    changes = {name: tuple(event for change, event in found if change is name) for name in _NEWS} if news else {}
    return Decision(news, len(events) - len(news), tuple(remembered), older, changes, tuple(events))


_NEWS = frozenset({Change.NEW, Change.CHANGED, Change.FACTS})


def _settle(documents: Sequence[Document], seen: Mapping[str, Known]) -> Iterable[Document]:
    """Give each document its final id; of those whose link made their ids, one remains per id."""
    links = Counter(link for link, _ in {_link_and_title(each) for each in documents if each.shared_id})
    kept: dict[object, Document] = {}
    for place, document in enumerate(documents):
        if document.shared_id is None:
            kept[place] = document
            continue
        settled = _settle_one(document, seen, is_shared=links[_link_and_title(document)[0]] > 1)
        key = (settled.source, settled.document_id)
        kept[key] = max(kept.get(key, settled), settled, key=_rank)
    return kept.values()


def _link_and_title(document: Document) -> tuple[tuple[str, str], str]:
    return (document.source, document.document_id), document.shared_id or ""


def _settle_one(document: Document, seen: Mapping[str, Known], *, is_shared: bool) -> Document:
    """A document keeps the id it was first seen under, whoever shares its link today.

    The one that had the link to itself keeps the plain link; those that came to share it go by link and title
    (or guid), also after the others have left the page.
    """
    apart = replace(document, document_id=document.shared_id or document.document_id)
    if ids.event_id(document.source, apart.document_id) in seen:
        return apart
    plain = ids.event_id(document.source, document.document_id)
    before = seen.get(plain)
    text = ids.revision_of(document.title, document.body)
    is_the_first = before is not None and text in (before.text, before.revision)
    return apart if is_shared and not is_the_first else document


def _in_order(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The oldest first whatever the order on the page, and one for each id the source itself gives."""
    ordered = sorted(documents, key=_rank)
    latest = {(each.source, each.document_id): each for each in sorted(ordered, key=_version) if not each.shared_id}
    return tuple(each for each in ordered if each.shared_id or latest[each.source, each.document_id] is each)


def _rank(document: Document) -> tuple[datetime, str, str]:
    """The order of publication, then something that is the same every time."""
    day = document.published_on or date.min
    moment = document.published_at or datetime(day.year, day.month, day.day, tzinfo=UTC)
    return moment, document.document_id, revision_of(document)


def _version(document: Document) -> datetime:
    return document.updated_at or _rank(document)[0]
