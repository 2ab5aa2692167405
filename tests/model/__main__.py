"""Every state of the delivery protocol under every variant: python -m tests.model [--largest] [--trace] [--json].

Exit code 0 only if every invariant and every bound of the published guarantee holds and every planted bug is seen.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from tests.model.check import Result, enumerate_states
from tests.model.variants import BUDGETS, BUGS, CASES, LARGEST, Case
from tests.model.world import Budget

_COLUMNS = ("states", "edges", "most", "lost", "stuck", "fallen", "unsettled")


def main() -> int:
    """Enumerate and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--largest", action="store_true", help="also two kills, two lost answers and a zombie")
    parser.add_argument("--trace", action="store_true", help="print the shortest way to the most copies")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    gc.disable()  # nothing here is cyclic garbage, and looking for it takes a third of the time
    started, rows, wrong = time.monotonic(), list[dict[str, object]](), list[str]()
    for case, result, bound in _enumerate((*BUDGETS, LARGEST) if given.largest else BUDGETS):
        rows.append(asdict(result) | {"budget": list(result.budget), "bound": bound})
        wrong += _judge(case, result, bound)
        if not given.json:
            print(_line(result, bound), *(result.trace if given.trace else ()), sep="\n    ", flush=True)
    seen = [bug.variant.name for bug in BUGS if bug.shown_by <= enumerate_states(bug.variant, bug.budget).faults()]
    figures = {
        "variants": len(CASES),
        "enumerations": len(rows),
        "states": sum(int(str(row["states"])) for row in rows),
        "planted_bugs": len(BUGS),
        "planted_bugs_seen": len(seen),
        "wrong": wrong,
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures | {"rows": rows}) if given.json else "\n".join(f"{k:14}{v}" for k, v in figures.items()))
    return 0 if not wrong and len(seen) == len(BUGS) else 1


def _enumerate(budgets: tuple[Budget, ...]) -> Iterator[tuple[Case, Result, int | None]]:
    for case in CASES:
        for budget in budgets:
            yield case, enumerate_states(case.variant, budget), case.bound(budget) if case.bound else None


def _judge(case: Case, result: Result, bound: int | None) -> list[str]:
    sound = result.sound or not case.holds_with(result.budget)
    within = bound is None or result.most <= bound
    return [] if sound and within else [f"{result.variant} {tuple(result.budget)}"]


def _line(result: Result, bound: int | None) -> str:
    figures = " ".join(f"{name} {getattr(result, name):<7}" for name in _COLUMNS)
    return f"{result.variant:36} {tuple(result.budget)!s:10} {figures} bound {'-' if bound is None else bound}"


if __name__ == "__main__":
    sys.exit(main())
