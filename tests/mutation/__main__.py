"""Mutates the delivery core and the matcher and says how many mutants the tests kill: `python -m tests.mutation`.

What is mutated and which tests run is in `[tool.mutmut]` of pyproject.toml. A mutant that makes the tests run out of
time is killed; one that no test reaches, or that MINUTES did not suffice for, has survived. Fails below THRESHOLD.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

THRESHOLD = 85.0
"""Per cent of all mutants of all files together."""
MINUTES = 30
KILLED = frozenset({"killed", "timeout", "segfault"})
FOLDER = Path("mutants")


def main() -> int:
    """Make the mutants anew, run them, print the score of each file; 1 if the sum is below the threshold."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    mutmut = [sys.executable, "-m", "mutmut"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run([*mutmut, "run", "--max-children", "2"], check=True, timeout=MINUTES * 60)
    listed = subprocess.run([*mutmut, "results", "--all", "true"], check=True, capture_output=True, text=True).stdout
    verdicts = dict(read_verdicts(listed.splitlines()))
    report, score = judge(verdicts)
    print("\n".join(report))
    return 0 if score >= THRESHOLD else 1


def read_verdicts(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Each mutant's name with its verdict, from what mutmut lists."""
    for line in lines:
        name, colon, verdict = line.strip().rpartition(": ")
        if colon:
            yield name, verdict


def judge(verdicts: dict[str, str]) -> tuple[list[str], float]:
    """A table of the files with their scores, the mutants that are not killed, and the score of all together."""
    made = Counter(module_of(name) for name in verdicts)
    killed = Counter(module_of(name) for name, verdict in verdicts.items() if verdict in KILLED)
    rows = [(module, made[module], killed[module]) for module in sorted(made)]
    rows.append(("all", made.total(), killed.total()))
    table = [
        f"{module:<45}{count:>6}{dead:>8}{count - dead:>10}{share(dead, count):>8.1f} %" for module, count, dead in rows
    ]
    alive = [f"  {name}: {verdict}" for name, verdict in sorted(verdicts.items()) if verdict not in KILLED]
    head = f"{'':<45}{'made':>6}{'killed':>8}{'survived':>10}{'score':>8}"
    return [*alive, "(`mutmut show NAME` prints one of them)", head, *table], share(killed.total(), made.total())


def module_of(name: str) -> str:
    """`services.alert.x.x_find__mutmut_3` → `services.alert.x`."""
    return name.rpartition(".")[0]


def share(part: int, whole: int) -> float:
    """`part` in per cent of `whole`; of nothing, nothing."""
    return 100 * part / whole if whole else 0.0


if __name__ == "__main__":
    sys.exit(main())
