"""Times two or more ways of doing the same work, interleaved, and reports medians as ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
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
            started = time.process_time()
            work()
            taken[way].append(time.process_time() - started)
    return Ratio(name, {way: statistics.median(times) for way, times in taken.items()})
