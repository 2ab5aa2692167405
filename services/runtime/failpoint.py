"""Named points at which a test may end the process, exactly as `kill -9` would.

Does nothing unless the environment names points: `NOROSHI_FAILPOINTS=deliver.after_post:3,match.after_commit`
ends the process on the third pass of the one and the first of the other. Each fires once in the life of the
folder `NOROSHI_FAILPOINT_DIR`, so that a restarted process goes on. A product run sets neither.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

POINTS = "NOROSHI_FAILPOINTS"
FOLDER = "NOROSHI_FAILPOINT_DIR"

_passes: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """End this process with SIGKILL if the environment names this point, on the pass it asks for, once."""
    armed = os.environ.get(POINTS)
    if not armed:
        return
    for point in armed.split(","):
        wanted, _, pass_number = point.partition(":")
        if wanted == name:
            _pass(name, int(pass_number or 1))


def _pass(name: str, fatal: int) -> None:
    _passes[name] += 1
    mark = Path(os.environ[FOLDER]) / name
    if _passes[name] < fatal or mark.exists():
        return
    mark.write_text(f"{time.time()}", encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)
