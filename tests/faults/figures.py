"""The order of a campaign's runs, and its figures."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.engine.load import percentile
from tests.faults.campaign import Report
from tests.faults.points import Point


def order(points: Sequence[Point], runs: int, seed: int) -> list[Point]:
    """Each point so many times, shuffled."""
    wanted = [point for point in points for _ in range(runs)]
    random.Random(seed).shuffle(wanted)
    return wanted


def summarise(engine: str, seed: int, report: Report) -> dict[str, object]:
    """The figures of a campaign; recovery is over the runs in which messages came after the kill."""
    last = report.runs[-1].verdict
    recovered = [run.recovery for run in report.runs if run.recovery]
    return {
        "engine": engine,
        "seed": seed,
        "points": len({run.point for run in report.runs}),
        "runs": len(report.runs),
        "messages": report.messages,
        "lost": len(last.lost),
        "duplicates": len(last.doubled),
        "phantoms": len(last.phantom),
        "misthreaded": len(last.misthreaded),
        "stale_roots": len(last.stale),
        "inversions": report.inversions,
        "recovery_p50_seconds": round(percentile(recovered, 0.5), 1),
        "recovery_p95_seconds": round(percentile(recovered, 0.95), 1),
        "recovery_max_seconds": round(max(recovered), 1),
    }
