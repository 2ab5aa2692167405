"""A back-fill of 20,000 documents: its pace, whether it slows down, and its memory: `python -m tests.bench.backfill`.

The register is synthetic and answers at once, the broker confirms at once; the state is a real SQLite file. CPU time
and not the clock on the wall counts, so that a busy machine does not change the figures.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psutil

from services.ingest.backfill.history import BackfillReport, Window
from services.ingest.backfill.reader import Backfill, BackfillTools
from services.runtime.clock import SteppedClock
from services.runtime.handling import Outgoing
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings
from tests.ingest.test_backfill import SOURCE, Register

DOCUMENTS, A_DAY = 20_000, 20
LEAST_RATIO, MOST_GROWTH = 0.9, 20.0


@dataclass
class Course:
    """CPU seconds and resident megabytes after each page, and what the broker was given."""

    points: list[tuple[int, float, float]] = field(default_factory=list)
    sent: int = 0

    def note(self, _: Window, report: BackfillReport) -> None:
        """Take a reading after a page."""
        memory = psutil.Process().memory_info().rss / 1e6
        self.points.append((report.new, time.process_time(), memory))

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        """Confirm everything at once and keep nothing."""
        self.sent += len(outgoings)

    def rate(self, first: float, last: float) -> float:
        """Documents a CPU second between two shares of the whole."""
        start, end = (self.at(share) for share in (first, last))
        return (end[0] - start[0]) / (end[1] - start[1])

    def at(self, share: float) -> tuple[int, float, float]:
        """The first reading at which that share was done."""
        return next(each for each in self.points if each[0] >= share * DOCUMENTS)


def measure(folder: Path) -> Course:
    """Back-fill the documents into a fresh state in the folder."""
    course, engine = Course(), open_engine(example_settings(folder), "ingest")
    migrate(engine, "ingest")

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    register = Register(a_day=A_DAY, per_page=200)
    tools = BackfillTools(register.fetch, engine, course.send, SteppedClock(NOW), pause)
    since = date(2022, 1, 1)
    asyncio.run(Backfill(SOURCE, tools, course.note).run(since, since + timedelta(days=DOCUMENTS // A_DAY - 1)))
    engine.dispose()
    return course


def main() -> int:
    """Print the figures; 1 if the second half is slower than allowed or memory grew."""
    with tempfile.TemporaryDirectory() as folder:
        course = measure(Path(folder))
    first, second = course.rate(0.05, 0.5), course.rate(0.5, 1.0)
    growth = course.points[-1][2] - course.at(0.5)[2]
    print(f"{course.sent} events; {course.rate(0.05, 1.0):,.0f} documents a CPU second")
    print(f"second half / first half {second / first:.2f} (at least {LEAST_RATIO})")
    print(f"memory {course.at(0.05)[2]:.0f} MB at 5 %, {course.at(0.5)[2]:.0f} MB at half, +{growth:.1f} MB by the end")
    return 0 if course.sent == DOCUMENTS and second >= LEAST_RATIO * first and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
