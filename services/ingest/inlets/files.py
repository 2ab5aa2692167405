"""Takes in JSON Lines and tables: the same path as a polled page (read, decide, publish, remember), in batches.

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
from services.ingest.core import to_event
from services.ingest.inlets.batches import BatchIntake, Found, Report
from services.ingest.outlet import BrokerTopic, Outlet
from services.ingest.pages.lines import read_line, read_lines
from services.ingest.pages.page import Document, Problem
from services.ingest.pages.tablelines import TableError, read_table
from services.ingest.publish import SERVICE, Send
from services.ingest.settings import IngestSettings
from services.runtime.clock import Clock, SystemClock
from services.runtime.producer import EventProducer
from services.runtime.store import migrate, open_engine

SAMPLE_FOLDER = Path(__file__).parents[1] / "sample"
STDIN = "-"


Progress = Callable[[Report], None]
"""Called after each batch, with the sums so far."""


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
) -> Report:
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
) -> Report:
    """Publish the sample, in the order in which its documents were published."""
    found = sorted(read_files(sample_paths()), key=_published_on)
    return _ingest(found, settings, backfill, progress, send, clock)


def read_files(paths: Sequence[Path | str], stdin: BinaryIO | None = None) -> Iterator[Found]:
    """The documents and problems of JSON Lines files, one at a time; raises UsageError for a missing file at once."""
    for path in paths:
        if str(path) != STDIN and not Path(path).is_file():
            raise UsageError(f"{path}: no such file; give JSON Lines files, or - for standard input")
    return _read_all([str(path) for path in paths], stdin)


def read_documents(stream: BinaryIO, name: str) -> Iterator[Found]:
    """The documents and problems of one file, which is a table if its name ends in .csv, else JSON Lines.

    Raises TableError for a table that cannot be read, or not to its end.
    """
    return map(read_line, (read_table if name.lower().endswith(".csv") else read_lines)(stream, name))


def read_events(paths: Sequence[Path | str], *, clock: Clock | None = None) -> Iterator[Event | Problem]:
    """The events that files hold, without broker or state; a line that cannot be read comes as its problem."""
    now = (clock or SystemClock()).now()
    for found in read_files(paths):
        yield found if isinstance(found, Problem) else to_event(found, seen_at=now, backfill=False)


def _read_all(names: Sequence[str], stdin: BinaryIO | None) -> Iterator[Found]:
    for name in names:
        if name == STDIN:
            yield from map(read_line, read_lines(stdin or sys.stdin.buffer, "stdin"))
            continue
        try:
            with Path(name).open("rb") as stream:
                yield from read_documents(stream, name)
        except TableError as error:
            raise UsageError(str(error)) from error
        except OSError as error:
            raise UsageError(f"{name}: cannot be read: {error.strerror or error}") from error


def take_all(
    found: Iterable[Found], intake: BatchIntake, settings: IngestSettings, progress: Progress | None = None
) -> Report:
    """Take in everything, batch by batch; returns the sums. Raises as `ingest_files` does."""
    report, waiting = Report(), _refuse_poison(found, settings.poison_run_limit)
    while batch := list(islice(waiting, settings.batch_size)):
        report += intake.take(batch)
        if progress is not None:
            progress(report)
    return report


def _refuse_poison(found: Iterable[Found], limit: int) -> Iterator[Found]:
    """Pass everything on until more than `limit` problems come in a row."""
    run = 0
    for each in found:
        run = run + 1 if isinstance(each, Problem) else 0
        if run > limit:
            raise UsageError(f"{each}\n{run} bad lines in a row: is this a file of JSON Lines? Mend it and run again.")
        yield each


def _published_on(found: Found) -> date:
    return (found.published_on if isinstance(found, Document) else None) or date.min


def _ingest(
    found: Iterable[Found],
    settings: IngestSettings,
    backfill: bool,
    progress: Progress | None,
    send: Send | None,
    clock: Clock | None,
) -> Report:
    engine = open_engine(settings, SERVICE)
    try:
        return _take_all(found, settings, engine, backfill, progress, send, clock)
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the ingest database does not answer: {str(error.orig).strip()}") from error


def _take_all(
    found: Iterable[Found],
    settings: IngestSettings,
    engine: sa.Engine,
    backfill: bool,
    progress: Progress | None,
    send: Send | None,
    clock: Clock | None,
) -> Report:
    producer = EventProducer(settings.broker, client_id="noroshi-files", timeout_seconds=settings.send_timeout_seconds)
    with closing(_Disposing(engine)), producer:
        migrate(engine, SERVICE)
        clock = clock or SystemClock()
        confirmed = send or Outlet(engine, BrokerTopic(settings.broker, producer), clock).send
        return take_all(found, BatchIntake(engine, confirmed, clock, backfill), settings, progress)


@dataclass(frozen=True)
class _Disposing:
    engine: sa.Engine

    def close(self) -> None:
        self.engine.dispose()


def sample_event_ids() -> tuple[str, ...]:
    """The ids of the sample's events; raises ValueError if a line of the sample cannot be read."""
    found = list(read_events(sample_paths()))
    problems = [str(each) for each in found if isinstance(each, Problem)]
    if problems:
        raise ValueError("the bundled sample is damaged: " + "; ".join(problems))
    return tuple(dict.fromkeys(each.event_id for each in found if isinstance(each, Event)))
