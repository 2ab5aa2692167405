"""Takes in what was pushed as a whole: either all of it is published and remembered, or the sender hears why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadLetterError, RetryableError
from services.contracts.topics import DEAD
from services.ingest.core import Decision
from services.ingest.inlets.arrivals import note_arrivals, note_refusal
from services.ingest.inlets.batches import Report
from services.ingest.memory.intake import decide_against, remember
from services.ingest.memory.receipts import Receipt, find_receipt, save_receipt
from services.ingest.pages.page import Document
from services.ingest.publish import Send, count_published, encode_events, publish
from services.ingest.source import Source
from services.runtime.clock import Clock
from services.runtime.handling import Outgoing
from services.runtime.store import reading


@dataclass(frozen=True)
class Push:
    """What one request brought; `sources` are those that spoke by it, also where it brought nothing of them.

    `message_id` is the sender's own name for a signed message, of which there is one source.
    """

    documents: tuple[Document, ...]
    sources: frozenset[str] = frozenset()
    backfill: bool = False
    message_id: str = ""


class UnacceptableError(Exception):
    """What was pushed can never be taken as it is; the message says why and how to mend it."""


@dataclass(frozen=True)
class PushIntake:
    """Publishes pushes, one at a time: `send` is for one thread."""

    engine: sa.Engine
    send: Send
    clock: Clock
    pushed: Mapping[str, Source] = field(default_factory=dict)

    def take(self, push: Push) -> Report | None:
        """Publish what is new, confirmed and remembered; None if this very message was taken before.

        Such a message does nothing again, since that might undo what came after it.
        Raises UnacceptableError if it can never be taken, with nothing published, and RetryableError if broker or
        database did not take it: the same push may then be sent again, the ids are the same.
        """
        try:
            return self._take(push)
        except sa.exc.OperationalError as error:
            raise RetryableError(f"the ingest database does not answer: {str(error.orig).strip()}") from error
        except DeadLetterError as error:
            raise UnacceptableError(str(error)) from error

    def refuse(self, sources: Collection[str], why: str) -> None:
        """Remember that what was pushed for these sources was refused, so that their state says so."""
        concerned = [self.pushed[key] for key in sorted(sources) if key in self.pushed]
        if concerned:
            with self.engine.begin() as connection:
                note_refusal(connection, concerned, why, self.clock.now())

    def _take(self, push: Push) -> Report | None:
        now = self.clock.now()
        receipt = _receipt(push)
        with reading(self.engine) as connection:
            if receipt and (known := find_receipt(connection, receipt.source, receipt.message_id)):
                _refuse_other(receipt, known)
                return None
            decision = decide_against(connection, push.documents, seen_at=now, backfill=push.backfill)
        outgoings = list(encode_events(decision.events, now))
        _refuse_dead(outgoings, decision)

        def save(connection: sa.Connection) -> None:
            remember(connection, decision)
            note_arrivals(connection, self.pushed, push.documents, decision.events, now, callers=push.sources)
            if receipt:
                save_receipt(connection, receipt, now)

        publish(self.engine, self.send, outgoings, save)
        count_published(outgoings, decision.unchanged)
        return Report(len(push.documents), len(outgoings), decision.unchanged)


def _receipt(push: Push) -> Receipt | None:
    if not push.message_id:
        return None
    (source,) = push.sources
    return Receipt.of(source, push.message_id, push.documents)


def _refuse_other(receipt: Receipt, known: Receipt) -> None:
    if receipt != known:
        raise UnacceptableError(
            "this webhook-id was used for other documents before; give each message an id of its own"
        )


def _refuse_dead(outgoings: list[Outgoing], decision: Decision) -> None:
    for outgoing, event in zip(outgoings, decision.events, strict=True):
        if outgoing.topic is DEAD:
            letter = DeadLetter.from_record(outgoing.key, outgoing.value, outgoing.headers)
            raise UnacceptableError(f"the document {event.document_id[:200]!r} cannot travel: {letter.error}")
