"""Run every measurement: `python -m tests.bench`."""

from __future__ import annotations

import platform
import sys
from itertools import chain

from services.taxonomy.load import default_taxonomy
from tests.bench.goals import Goal
from tests.bench.matching import SIDES as MATCHING_SIDES
from tests.bench.matching import measure_matching
from tests.bench.peer import SIDES
from tests.bench.workloads import run_all, stamp


def main() -> int:
    """Print each measurement as it ends; 1 if a figure falls short of its gate."""
    print(f"{stamp()}, Python {platform.python_version()}; CPU time, medians of interleaved rounds")
    print(SIDES)
    print(MATCHING_SIDES)
    passes = True
    for each in chain(run_all(), measure_matching(default_taxonomy())):
        print("\n".join(each.lines()))
        sys.stdout.flush()
        passes &= not isinstance(each, Goal) or each.passes
    return 0 if passes else 1


if __name__ == "__main__":
    sys.exit(main())
