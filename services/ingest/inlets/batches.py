"""Takes in batches of what came unasked: the same path as a polled page (read, decide, publish, remember)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from services.contracts.topics import DEAD
from services.ingest.inlets.arrivals import note_arrivals
from services.ingest.memory.intake import decide_against, remember
from services.ingest.pages.page import Document, Problem
from services.ingest.publish import Send, count_published, encode_events, encode_problem, publish
from services.ingest.source import Source
from services.runtime.clock import Clock
from services.runtime.store import reading

MAX_PROBLEMS = 100

Found = Document | Problem


@dataclass(frozen=True)
class Report:
    """What became of the documents: read = new + unchanged + dead. `problems` are the first hundred, with places."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    dead: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(
            self.read + other.read,
            self.new + other.new,
            self.unchanged + other.unchanged,
            self.dead + other.dead,
            (*self.problems, *other.problems)[:MAX_PROBLEMS],
        )


@dataclass(frozen=True)
class BatchIntake:
    """Publishes batches of what was read; of the sources in `pushed` it remembers that they spoke."""

    engine: sa.Engine
    send: Send
    clock: Clock
    backfill: bool = False
    pushed: Mapping[str, Source] = field(default_factory=dict)

    def take(self, batch: Sequence[Found]) -> Report:
        """Publish one batch, confirmed and remembered, problems as dead letters; returns what became of it.

        Raises RetryableError if the broker or the database does not take it: take the same batch again, the ids are
        the same.
        """
        now = self.clock.now()
        documents = [each for each in batch if isinstance(each, Document)]
        problems = [each for each in batch if isinstance(each, Problem)]
        with reading(self.engine) as connection:
            decision = decide_against(connection, documents, seen_at=now, backfill=self.backfill)
        dead = [encode_problem(each, _line_number(each), now) for each in problems]
        outgoings = [*encode_events(decision.events, now), *dead]

        def save(connection: sa.Connection) -> None:
            remember(connection, decision)
            note_arrivals(connection, self.pushed, documents, decision.events, now)

        if outgoings or decision.remembered or any(each.source in self.pushed for each in documents):
            publish(self.engine, self.send, outgoings, save)
        count_published(outgoings, decision.unchanged)
        put_aside = sum(each.topic is DEAD for each in outgoings)
        new = len(outgoings) - put_aside
        return Report(len(batch), new, decision.unchanged, put_aside, tuple(map(str, problems)))


def _line_number(problem: Problem) -> int:
    return int(problem.where.rpartition(":")[2])
