"""Documents that their source names anew: under which id each of them goes on, as functions on a connection.

A list that was renumbered names documents it had before by other addresses or numbers. Where a person lets it go on,
each goes on under the id it had, so that what follows joins the same thread. The caller owns the transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

import sqlalchemy as sa

from services.contracts import ids
from services.ingest.core import candidate_ids
from services.ingest.memory.revisions import title_digest
from services.ingest.memory.store import latest_of_titles
from services.ingest.memory.tables import document_aliases
from services.ingest.pages.page import Document
from services.runtime.store import portable_insert

_LOOK_UP = 500

Aliases = Mapping[str, str]
"""From the event id that a new name would give to the `document_id` that the document had before."""

_Likeness = tuple[str, date | None]


def rename(documents: Iterable[Document], aliases: Aliases) -> list[Document]:
    """The documents, those named anew under the ids they had."""
    return [_rename(each, aliases) for each in documents]


def _rename(document: Document, aliases: Aliases) -> Document:
    before = aliases.get(_new_id(document))
    return document if before is None else replace(document, document_id=before, shared_id=None)


def _new_id(document: Document) -> str:
    """The id that names this document alone: a link may come to be shared by others."""
    return ids.event_id(document.source, document.shared_id or document.document_id)


def find_aliases(
    connection: sa.Connection, source: str, documents: Sequence[Document], known: Collection[str]
) -> Aliases:
    """Which of the documents are surely known under another id: by title and day, of which there is one on either side.

    `known` are those of the ids on the page that were seen before; what still goes by its own id has no other.
    """
    strangers = [each for each in documents if not candidate_ids([each]) & set(known)]
    before = _known_by_likeness(connection, source, strangers, known)
    on_page = Counter(map(_likeness, documents))
    return {
        _new_id(each): before[_likeness(each)][0]
        for each in strangers
        if on_page[_likeness(each)] == 1 and len(before[_likeness(each)]) == 1
    }


def _known_by_likeness(
    connection: sa.Connection, source: str, documents: Sequence[Document], known: Collection[str]
) -> Mapping[_Likeness, list[str]]:
    found: defaultdict[_Likeness, list[str]] = defaultdict(list)
    for event in latest_of_titles(connection, source, {title_digest(each.title) for each in documents}):
        if event.event_id not in known:
            found[title_digest(event.title), event.published_on].append(event.document_id)
    return found


def _likeness(document: Document) -> _Likeness:
    return title_digest(document.title), document.published_on


def load_aliases(connection: sa.Connection, event_ids: Collection[str]) -> Aliases:
    """Those of these event ids that are new names of documents, with the ids that those had before."""
    table, found = document_aliases, dict[str, str]()
    for chunk in _chunks(event_ids):
        query = sa.select(table.c.event_id, table.c.document_id).where(table.c.event_id.in_(chunk))
        found.update({row.event_id: row.document_id for row in connection.execute(query)})
    return found


def load_origins(connection: sa.Connection, event_ids: Collection[str]) -> Mapping[str, str]:
    """Those of these event ids that are new names of documents, with the event ids that those go on under."""
    table, found = document_aliases, dict[str, str]()
    for chunk in _chunks(event_ids):
        rows = connection.execute(sa.select(table).where(table.c.event_id.in_(chunk)))
        found.update({row.event_id: ids.event_id(row.source, row.document_id) for row in rows})
    return found


def _chunks(event_ids: Collection[str]) -> Iterator[list[str]]:
    waiting = iter(sorted(event_ids))
    while chunk := list(islice(waiting, _LOOK_UP)):
        yield chunk


def save_aliases(connection: sa.Connection, source: str, aliases: Aliases) -> None:
    """Record under which ids these documents go on; safe to repeat."""
    rows = [{"event_id": new, "source": source, "document_id": before} for new, before in aliases.items()]
    insert = portable_insert(connection, document_aliases)
    changed = {"document_id": insert.excluded.document_id}
    if rows:
        connection.execute(insert.on_conflict_do_update(index_elements=["event_id"], set_=changed), rows)
