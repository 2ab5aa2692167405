"""A back-fill of 20,000 documents: pace, memory, and whom it alerts: `python -m tests.bench.backfill`.

The register is synthetic and answers at once, the topic confirms at once and is a file; the state is a real SQLite
file. CPU time and not the clock on the wall counts, so that a busy machine does not change the figures. Every document
is one that would alert if it were news: afterwards all go through the classifier and the alert service, and then one
more that is news.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import psutil
import structlog

from services.classify.core import Classifier
from services.contracts.events import Event
from services.contracts.measures import Act
from services.ingest.backfill.history import BackfillReport, Window
from services.ingest.backfill.reader import Backfill, BackfillTools
from services.ingest.outlet import Outlet
from services.runtime.clock import SteppedClock
from services.runtime.handling import Consumed, Outgoing
from services.runtime.store import migrate, open_engine
from services.taxonomy.load import default_taxonomy
from tests.alert.histories import Outbox
from tests.ingest.material import NOW, example_settings
from tests.ingest.test_backfill import SOURCE, Register

DOCUMENTS, A_DAY = 20_000, 20
ROUNDS = 9
"""Half a back-fill takes two seconds, so that one alone is at the mercy of the machine."""
LEAST_RATIO, MOST_GROWTH = 0.9, 20.0
TITLE = "Final rule: export controls on gallium and graphite to China, notice {number} of {day}"


@dataclass
class Course:
    """A topic that is a file, and after each page the CPU seconds and resident megabytes."""

    topic: Path
    points: list[tuple[int, float, float]] = field(default_factory=list)
    sent: int = 0

    def note(self, _: Window, report: BackfillReport) -> None:
        """Take a reading after a page."""
        memory = psutil.Process().memory_info().rss / 1e6
        self.points.append((report.new, time.process_time(), memory))

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        """Confirm everything at once."""
        self.sent += len(outgoings)
        with self.topic.open("ab") as file:
            file.writelines(each.value + b"\n" for each in outgoings)

    def read_since(self, moment: datetime) -> Iterable[Consumed]:
        """Nothing ends in between here, so nobody may ask."""
        raise AssertionError(f"the topic is read since {moment}, although no publication was cut off")

    def events(self) -> Iterator[Event]:
        """What was sent, one by one."""
        with self.topic.open("rb") as file:
            yield from map(Event.model_validate_json, file)

    def rate(self, first: float, last: float) -> float:
        """Documents a CPU second between two shares of the whole."""
        start, end = (self.at(share) for share in (first, last))
        return (end[0] - start[0]) / (end[1] - start[1])

    def at(self, share: float) -> tuple[int, float, float]:
        """The first reading at which that share was done."""
        return next(each for each in self.points if each[0] >= share * DOCUMENTS)


def measure(folder: Path) -> Course:
    """Back-fill the documents into a fresh state in the folder."""
    course, engine = Course(folder / "topic"), open_engine(example_settings(folder), "ingest")
    migrate(engine, "ingest")

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    register, clock = Register(a_day=A_DAY, per_page=200, title=TITLE), SteppedClock(NOW)
    tools = BackfillTools(register.fetch, engine, Outlet(engine, course, clock).send, clock, pause)
    since = date(2022, 1, 1)
    asyncio.run(Backfill(SOURCE, tools, course.note).run(since, since + timedelta(days=DOCUMENTS // A_DAY - 1)))
    engine.dispose()
    return course


def count_alerts(folder: Path, events: Iterable[Event]) -> tuple[int, int, int]:
    """How many acts the events are, how many alerts they make, and how many the same as news of one more makes."""
    classifier, outbox = Classifier(default_taxonomy()), Outbox(folder)
    acts = 0
    last: Act | None = None

    def read() -> Iterator[Act]:
        nonlocal acts, last
        for event in events:
            for last in classifier.classify(event).acts:
                acts += 1
                yield last

    alerts = len(outbox.take(read()))
    assert last is not None, "no document was found relevant"
    news = last.event.model_copy(update={"event_id": last.event.event_id[::-1], "backfill": False})
    return acts, alerts, len(outbox.take([last.model_copy(update={"event": news, "measure_id": "m" * 36})]))


def _halves() -> float:
    """How fast the second half of a back-fill of its own goes, the first being 1."""
    with tempfile.TemporaryDirectory() as folder:
        course = measure(Path(folder))
    return course.rate(0.5, 1.0) / course.rate(0.05, 0.5)


def main() -> int:
    """Print the figures; 1 if the second half is slower than allowed, memory grew, or somebody was alerted."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ratios = sorted(_halves() for _ in range(ROUNDS - 1))
    with tempfile.TemporaryDirectory() as folder:
        course = measure(Path(folder))
        acts, alerts, control = count_alerts(Path(folder) / "alert", course.events())
    ratios = sorted([*ratios, course.rate(0.5, 1.0) / course.rate(0.05, 0.5)])
    growth = course.points[-1][2] - course.at(0.5)[2]
    print(f"{course.sent} events; {course.rate(0.05, 1.0):,.0f} documents a CPU second")
    told = ", ".join(f"{each:.2f}" for each in ratios)
    print(
        f"second half / first half, median of {ROUNDS} back-fills {median(ratios):.2f} (at least {LEAST_RATIO}): {told}"
    )
    print(f"memory {course.at(0.05)[2]:.0f} MB at 5 %, {course.at(0.5)[2]:.0f} MB at half, +{growth:.1f} MB by the end")
    print(f"{acts} acts, {alerts} alerts; one more that is news: {control} alerts")
    is_whole = course.sent == DOCUMENTS <= acts and alerts == 0 < control
    return 0 if is_whole and median(ratios) >= LEAST_RATIO and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
