"""Decides against what is remembered, and remembers: the one path of polled pages, files and history into the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.contracts import ids
from services.contracts.events import Event
from services.ingest.core import Decision, candidate_ids, decide, decide_events
from services.ingest.memory import listed, store
from services.ingest.memory.aliases import Aliases, find_aliases, load_aliases, load_origins, rename
from services.ingest.memory.begun import load_begun
from services.ingest.memory.flood import Sighting, days_since, held_reason, is_gap, is_strange
from services.ingest.memory.revisions import Change, Known, restore, title_digest
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Document

_LATELY = timedelta(days=60)


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a page: publish the decision, or hold it for the reason given.

    `first` says that it is the source's baseline, `released` that a person let a held source go on, and `gap` that
    nothing on the page was known. `aliases` are documents that go on under the ids they had before the release.
    """

    decision: Decision
    held: str | None = None
    first: bool = False
    released: bool = False
    gap: bool = False
    aliases: Aliases = field(default_factory=dict)


def judge_page(
    connection: sa.Connection, documents: Sequence[Document], cursor: Cursor, now: datetime, *, as_listed: bool = False
) -> Verdict:
    """What a page of a polled source brings, and whether that can be believed.

    The first page of a source is its baseline, and so is a page that a person releases: back-fill that pages nobody.
    `as_listed` says that the documents are the entries of a list, and their texts elsewhere.
    """
    first = cursor.last_success_at is None
    release = store.load_release(connection, cursor.source) if cursor.held_reason else None
    quiet = first or (release is not None and not release.as_news)
    aliases = _find_aliases(connection, documents, cursor) if release and quiet else {}
    documents = rename(documents, aliases)
    decision = decide_against(connection, documents, seen_at=now, backfill=quiet, as_listed=as_listed)
    if first or release:
        return Verdict(decision, first=first, released=release is not None, aliases=aliases)
    if not is_strange(len(documents), len(decision.events) - _count_begun(connection, decision)):
        return Verdict(decision)
    sighting = _sight(connection, documents, decision, cursor, now)
    are_to_come = all(each.forthcoming for each in documents)  # a list of those is new each day, and misses none
    return Verdict(decision, held_reason(sighting), gap=is_gap(sighting) and not are_to_come)


def _count_begun(connection: sa.Connection, decision: Decision) -> int:
    """How many of the events were believed already, by a process that ended while it published them."""
    return len(load_begun(connection, {(each.event_id, each.revision) for each in decision.events}))


def _find_aliases(connection: sa.Connection, documents: Sequence[Document], cursor: Cursor) -> Aliases:
    known = load_standing(connection, candidate_ids(documents))
    return find_aliases(connection, cursor.source, documents, known)


def _sight(
    connection: sa.Connection, documents: Sequence[Document], decision: Decision, cursor: Cursor, now: datetime
) -> Sighting:
    new = decision.changes.get(Change.NEW, ())
    titles = [title_digest(each.title) for each in new]
    known = store.known_titles(connection, cursor.source, titles)
    since = ((cursor.last_success_at or now) - _LATELY).date()
    return Sighting(
        documents=len(documents),
        new=len(new),
        retitled=sum(each in known for each in titles),
        refacted=len(decision.changes.get(Change.FACTS, ())),
        rewritten=len(decision.changes.get(Change.CHANGED, ())),
        busiest=store.busiest_day(connection, cursor.source, since),
        days=days_since(cursor.last_success_at, now),
    )


def decide_against(
    connection: sa.Connection,
    documents: Sequence[Document],
    *,
    seen_at: datetime,
    backfill: bool,
    as_listed: bool = False,
) -> Decision:
    """Which of the documents are news, given all that was published before, or else all that lists have said."""
    documents = rename(documents, load_aliases(connection, candidate_ids(documents)))
    bare = {ids.event_id(each.source, each.document_id) for each in documents if each.withdrawn and not each.title}
    told = restore(documents, _load_last(connection, bare) if bare else {})
    load = load_standing if as_listed else store.load_known
    return decide(told, load(connection, candidate_ids(told)), seen_at=seen_at, backfill=backfill)


def _load_last(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Event]:
    return {**listed.load_entries(connection, event_ids), **store.load_events(connection, event_ids)}


def load_standing(connection: sa.Connection, event_ids: Collection[str]) -> dict[str, Known]:
    """How these documents stand on their lists.

    A document published from its list entry alone stands as it was published, one that its source named anew as
    under the id it had.
    """
    before = load_origins(connection, event_ids)
    wanted = {*event_ids, *before.values()}
    found = {**store.load_known(connection, wanted), **listed.load_listed(connection, wanted)}
    renamed = {new: found[old] for new, old in before.items() if old in found}
    return {each: known for each, known in {**found, **renamed}.items() if each in event_ids}


def leave_listed(connection: sa.Connection, documents: Sequence[Document]) -> list[Document]:
    """Those of the documents that no list with pages of their own has named: the text of the others is found there."""
    documents = rename(documents, load_aliases(connection, candidate_ids(documents)))
    known = listed.load_listed(connection, candidate_ids(documents))
    return [each for each in documents if not known.keys() & candidate_ids([each])]


def remember(connection: sa.Connection, decision: Decision) -> None:
    """Record what was published and what was seen again; safe to repeat."""
    store.mark_seen(connection, decision.remembered)


def take_listed(connection: sa.Connection, decision: Decision) -> Decision:
    """What of a list's news can be published at once: what its publisher took back, which needs no text."""
    gone = [each for each in decision.events if each.withdrawn]
    taken = decide_events(gone, store.load_known(connection, [each.event_id for each in gone]))
    return replace(taken, unchanged=decision.unchanged)


def remember_listed(connection: sa.Connection, decision: Decision, now: datetime) -> None:
    """Record what the list says, and that the texts of its news are to be looked for; safe to repeat."""
    listed.mark_listed(connection, decision.remembered, now)
    listed.drop_texts(connection, [each.event_id for each in decision.remembered if each.withdrawn])
    listed.expect_texts(connection, [each for each in decision.events if not each.withdrawn], now)
    listed.move_pages(connection, decision.met, now)
