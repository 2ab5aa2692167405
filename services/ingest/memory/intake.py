"""Decides against what is remembered, and remembers: the one path of polled pages, files and history into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.contracts import ids
from services.ingest.core import Decision, candidate_ids, decide
from services.ingest.memory import store
from services.ingest.memory.begun import load_begun
from services.ingest.memory.flood import Sighting, days_since, held_reason, is_gap, is_strange
from services.ingest.memory.revisions import Change, restore, title_digest
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Document

_LATELY = timedelta(days=60)


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a page: publish the decision, or hold it for the reason given.

    `first` says that it is the source's baseline, `released` that a person let a held source go on, and `gap` that
    nothing on the page was known.
    """

    decision: Decision
    held: str | None = None
    first: bool = False
    released: bool = False
    gap: bool = False


def judge_page(connection: sa.Connection, documents: Sequence[Document], cursor: Cursor, now: datetime) -> Verdict:
    """What a page of a polled source brings, and whether that can be believed.

    The first page of a source is its baseline, and so is a page that a person releases: back-fill that pages nobody.
    """
    first = cursor.last_success_at is None
    release = store.load_release(connection, cursor.source) if cursor.held_reason else None
    quiet = first or (release is not None and not release.as_news)
    decision = decide_against(connection, documents, seen_at=now, backfill=quiet)
    if first or release:
        return Verdict(decision, first=first, released=release is not None)
    if not is_strange(len(documents), len(decision.events) - _count_begun(connection, decision)):
        return Verdict(decision)
    sighting = _sight(connection, documents, decision, cursor, now)
    return Verdict(decision, held_reason(sighting), gap=is_gap(sighting))


def _count_begun(connection: sa.Connection, decision: Decision) -> int:
    """How many of the events were believed already, by a process that ended while it published them."""
    return len(load_begun(connection, {(each.event_id, each.revision) for each in decision.events}))


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
    connection: sa.Connection, documents: Sequence[Document], *, seen_at: datetime, backfill: bool
) -> Decision:
    """Which of the documents are news, given all that was published before."""
    bare = {ids.event_id(each.source, each.document_id) for each in documents if each.withdrawn and not each.title}
    told = restore(documents, store.load_events(connection, bare) if bare else {})
    return decide(told, store.load_known(connection, candidate_ids(told)), seen_at=seen_at, backfill=backfill)


def remember(connection: sa.Connection, decision: Decision) -> None:
    """Record what was published and what was seen again; safe to repeat."""
    store.mark_seen(connection, decision.remembered)
