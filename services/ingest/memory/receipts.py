"""Which signed messages were taken, as functions on a connection: the caller owns the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.contracts import ids
from services.ingest.memory.revisions import revision_of
from services.ingest.memory.tables import push_receipts
from services.ingest.pages.page import Document
from services.runtime.store import portable_insert

KEPT = timedelta(days=30)
"""How long a sender may go on repeating a message that it got no answer to."""


@dataclass(frozen=True)
class Receipt:
    """One message of one sender: its id, and a digest of the documents it brought."""

    source: str
    message_id: str
    content: str

    @classmethod
    def of(cls, source: str, message_id: str, documents: Iterable[Document]) -> Receipt:
        """The receipt of a message; the same for the same documents, however they were written."""
        stated = (f"{ids.event_id(each.source, each.document_id)} {revision_of(each)}" for each in documents)
        return cls(source, message_id, _digest("\n".join(stated)))


def find_receipt(connection: sa.Connection, source: str, message_id: str) -> Receipt | None:
    """The receipt of that message, if it was taken before."""
    query = sa.select(push_receipts.c.content).where(
        push_receipts.c.source == source, push_receipts.c.message == _digest(message_id)
    )
    content = connection.execute(query).scalar_one_or_none()
    return Receipt(source, message_id, content) if content is not None else None


def save_receipt(connection: sa.Connection, receipt: Receipt, now: datetime) -> None:
    """Record that the message was taken, and forget those of long ago; safe to repeat."""
    connection.execute(sa.delete(push_receipts).where(push_receipts.c.taken_at < (now - KEPT).isoformat()))
    row = {
        "source": receipt.source,
        "message": _digest(receipt.message_id),
        "content": receipt.content,
        "taken_at": now.isoformat(),
    }
    connection.execute(portable_insert(connection, push_receipts).values(row).on_conflict_do_nothing())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
