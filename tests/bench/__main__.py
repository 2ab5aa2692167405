"""Run every measurement: `python -m tests.bench`."""

from __future__ import annotations

import platform
import sys

from tests.bench.peer import SIDES
from tests.bench.workloads import run_all, stamp


def main() -> None:
    """Print each measurement as it ends."""
    print(f"{stamp()}, Python {platform.python_version()}; CPU time, medians of interleaved rounds")
    print(SIDES)
    for ratio in run_all():
        print("\n".join(ratio.lines()))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
