"""The order of a campaign's runs, and its figures."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.engine.load import percentile
from tests.faults.campaign import Report
from tests.faults.points import BY_NAME, Point


def order(points: Sequence[Point], runs: int, seed: int) -> list[Point]:
    """Each point so many times, shuffled."""
    wanted = [point for point in points for _ in range(runs)]
    random.Random(seed).shuffle(wanted)
    return wanted


def summarise(engine: str, seed: int, reports: Sequence[Report]) -> dict[str, object]:
    """The figures of a campaign's parts.

    Recovery is over the runs in which messages came after the kill, without those at reminders: there it holds what
    the campaign itself takes to bring a reminder forward again.
    """
    ends = [report.runs[-1].verdict for report in reports]
    runs = [run for report in reports for run in report.runs]
    recovered = [run.recovery for run in runs if run.recovery and not BY_NAME[run.point].reminds]
    return {
        "engine": engine,
        "seed": seed,
        "points": len({run.point for run in runs}),
        "runs": len(runs),
        "pipelines": len(reports),
        "events": sum(len(report.events) for report in reports),
        "events_repeated": sum(report.repeated_events for report in reports),
        "messages": sum(report.messages for report in reports),
        "lost": sum(len(end.lost) for end in ends),
        "duplicates": sum(len(end.doubled) for end in ends),
        "phantoms": sum(len(end.phantom) for end in ends),
        "misthreaded": sum(len(end.misthreaded) for end in ends),
        "stale_roots": sum(len(end.stale) for end in ends),
        "inversions": sum(report.inversions for report in reports),
        "recovery_p50_seconds": round(percentile(recovered, 0.5), 1),
        "recovery_p95_seconds": round(percentile(recovered, 0.95), 1),
        "recovery_max_seconds": round(max(recovered), 1),
    }
