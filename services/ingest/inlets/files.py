"""Takes in JSON Lines: the same path as a polled page (read, decide, publish, remember), in batches.

Reading the same file again publishes nothing: what is new is decided against what was published before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from services.contracts.errors import RetryableError, UsageError
from services.contracts.events import Event
from services.contracts.topics import DEAD
from services.ingest.core import to_event
from services.ingest.memory.intake import decide_against, remember
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.pages.lines import read_line, read_lines
from services.ingest.pages.page import Document, Problem
from services.ingest.publish import SERVICE, Send, count_published, encode_events, encode_problem, publish
from services.ingest.settings import IngestSettings
from services.runtime.clock import Clock, SystemClock
from services.runtime.producer import EventProducer
from services.runtime.store import migrate, open_engine, reading

SAMPLE_FOLDER = Path(__file__).parents[1] / "sample"
STDIN = "-"
_MAX_PROBLEMS = 100


@dataclass(frozen=True)
class FileReport:
    """What became of the lines: read = new + unchanged + dead. `problems` are the first hundred, as file:line: what."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    dead: int = 0
    problems: tuple[str, ...] = ()


Progress = Callable[[FileReport], None]
"""Called after each batch, with the sums so far."""

_Found = Document | Problem


def sample_paths() -> tuple[Path, ...]:
    """The files of the sample that comes with the project, sorted by name."""
    return tuple(sorted(SAMPLE_FOLDER.glob("*.jsonl")))


def ingest_files(
    paths: Sequence[Path | str],
    settings: IngestSettings,
    *,
    backfill: bool = False,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
    send: Send | None = None,
    clock: Clock | None = None,
) -> FileReport:
    """Publish what is new in JSON Lines files, `-` being standard input; returns what became of each line.

    A line that cannot be read becomes a dead letter with its bytes, its file and its line; the rest go on. With
    `backfill` nobody is alerted. Raises UsageError for a file that cannot be opened, before anything is published,
    and for more bad lines in a row than `poison_run_limit`, since then it is the file that is wrong; RetryableError
    if the broker does not confirm: run it again, nothing is published twice.
    """
    return _ingest(read_files(paths, stdin), settings, backfill, progress, send, clock)


def ingest_sample(
    settings: IngestSettings,
    *,
    backfill: bool = False,
    progress: Progress | None = None,
    send: Send | None = None,
    clock: Clock | None = None,
) -> FileReport:
    """Publish the sample, in the order in which its documents were published."""
    found = sorted(read_files(sample_paths()), key=_published_on)
    return _ingest(found, settings, backfill, progress, send, clock)


def read_files(paths: Sequence[Path | str], stdin: BinaryIO | None = None) -> Iterator[_Found]:
    """The documents and problems of JSON Lines files, one at a time; raises UsageError for a missing file at once."""
    for path in paths:
        if str(path) != STDIN and not Path(path).is_file():
            raise UsageError(f"{path}: no such file; give JSON Lines files, or - for standard input")
    return _read_all([str(path) for path in paths], stdin)


def read_events(paths: Sequence[Path | str], *, clock: Clock | None = None) -> Iterator[Event | Problem]:
    """The events that files hold, without broker or state; a line that cannot be read comes as its problem."""
    now = (clock or SystemClock()).now()
    for found in read_files(paths):
        yield found if isinstance(found, Problem) else to_event(found, seen_at=now, backfill=False)


def _read_all(names: Sequence[str], stdin: BinaryIO | None) -> Iterator[_Found]:
    for name in names:
        if name == STDIN:
            yield from map(read_line, read_lines(stdin or sys.stdin.buffer, "stdin"))
            continue
        try:
            with Path(name).open("rb") as stream:
                yield from map(read_line, read_lines(stream, name))
        except OSError as error:
            raise UsageError(f"{name}: cannot be read: {error.strerror or error}") from error


def _refuse_poison(found: Iterable[_Found], limit: int) -> Iterator[_Found]:
    """Pass everything on until more than `limit` problems come in a row."""
    run = 0
    for each in found:
        run = run + 1 if isinstance(each, Problem) else 0
        if run > limit:
            raise UsageError(f"{each}\n{run} bad lines in a row: is this a file of JSON Lines? Mend it and run again.")
        yield each


def _published_on(found: _Found) -> date:
    return (found.published_on if isinstance(found, Document) else None) or date.min


def _ingest(
    found: Iterable[_Found],
    settings: IngestSettings,
    backfill: bool,
    progress: Progress | None,
    send: Send | None,
    clock: Clock | None,
) -> FileReport:
    engine = open_engine(settings, SERVICE)
    try:
        return _take_all(found, settings, engine, backfill, progress, send, clock)
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the ingest database does not answer: {str(error.orig).strip()}") from error


def _take_all(
    found: Iterable[_Found],
    settings: IngestSettings,
    engine: sa.Engine,
    backfill: bool,
    progress: Progress | None,
    send: Send | None,
    clock: Clock | None,
) -> FileReport:
    producer = EventProducer(settings.broker, client_id="noroshi-files", timeout_seconds=settings.send_timeout_seconds)
    with closing(_Disposing(engine)), producer:
        migrate(engine, SERVICE)
        clock = clock or SystemClock()
        intake = _Intake(
            engine, send or Outlet(engine, BrokerTopic(settings.broker, producer), clock).send, clock, backfill
        )
        report, waiting = FileReport(), _refuse_poison(found, settings.poison_run_limit)
        while batch := list(islice(waiting, settings.batch_size)):
            report = _sum(report, intake.take(batch))
            if progress is not None:
                progress(report)
        return report


@dataclass(frozen=True)
class _Disposing:
    engine: sa.Engine

    def close(self) -> None:
        self.engine.dispose()


@dataclass(frozen=True)
class _Intake:
    """Publishes batches of what was read."""

    engine: sa.Engine
    send: Send
    clock: Clock
    backfill: bool

    def take(self, batch: Sequence[_Found]) -> FileReport:
        """Publish one batch, confirmed and remembered; returns what became of it."""
        now = self.clock.now()
        documents = [each for each in batch if isinstance(each, Document)]
        problems = [each for each in batch if isinstance(each, Problem)]
        with reading(self.engine) as connection:
            decision = decide_against(connection, documents, seen_at=now, backfill=self.backfill)
        dead = [encode_problem(each, _line_number(each), now) for each in problems]
        outgoings = [*encode_events(decision.events, now), *dead]
        if outgoings or decision.remembered:
            publish(self.engine, self.send, outgoings, lambda connection: remember(connection, decision))
        count_published(outgoings, decision.unchanged)
        put_aside = sum(each.topic is DEAD for each in outgoings)
        new = len(outgoings) - put_aside
        return FileReport(len(batch), new, decision.unchanged, put_aside, tuple(map(str, problems)))


def _line_number(problem: Problem) -> int:
    return int(problem.where.rpartition(":")[2])


def _sum(one: FileReport, other: FileReport) -> FileReport:
    return FileReport(
        one.read + other.read,
        one.new + other.new,
        one.unchanged + other.unchanged,
        one.dead + other.dead,
        (*one.problems, *other.problems)[:_MAX_PROBLEMS],
    )


def sample_event_ids() -> tuple[str, ...]:
    """The ids of the sample's events; raises ValueError if a line of the sample cannot be read."""
    found = list(read_events(sample_paths()))
    problems = [str(each) for each in found if isinstance(each, Problem)]
    if problems:
        raise ValueError("the bundled sample is damaged: " + "; ".join(problems))
    return tuple(dict.fromkeys(each.event_id for each in found if isinstance(each, Event)))
