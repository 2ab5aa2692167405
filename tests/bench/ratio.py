"""Times two or more ways of doing the same work, interleaved, as ratios of medians; and how times spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], object]

ROUNDS = 7


@dataclass(frozen=True)
class Ratio:
    """Median CPU seconds of each way, the first being ours."""

    name: str
    medians: Mapping[str, float]

    def lines(self) -> list[str]:
        """Ours, then each peer with how many times longer it takes."""
        ours, *peers = self.medians
        base = self.medians[ours]
        head = f"{self.name}: {ours} {base * 1e6:,.0f} µs"
        return [head, *(f"  {peer}: {self.medians[peer] / base:,.2f}× of ours" for peer in peers)]


def measure(name: str, ways: Mapping[str, Work], rounds: int = ROUNDS) -> Ratio:
    """Run the ways in turn, `rounds` times, and take medians of CPU time."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            taken[way].append(_seconds(work))
    return Ratio(name, {way: statistics.median(times) for way, times in taken.items()})


@dataclass(frozen=True)
class Tail:
    """Median and 99th percentile, in CPU seconds, of works of one kind."""

    name: str
    p50: float
    p99: float

    def lines(self) -> list[str]:
        """Both percentiles, and how many times the median the higher one is."""
        p50, p99 = self.p50 * 1e6, self.p99 * 1e6
        return [f"{self.name}: p50 {p50:,.0f} µs, p99 {p99:,.0f} µs, p99/p50 {p99 / p50:.2f}"]


def measure_tail(name: str, works: Sequence[Work], rounds: int = ROUNDS) -> Tail:
    """Do each of the works once to warm up, then all of them `rounds` times; percentiles of all these times."""
    for work in works:
        work()
    taken = sorted(_seconds(work) for _ in range(rounds) for work in works)
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return Tail(name, cuts[49], cuts[98])


def _seconds(work: Work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
