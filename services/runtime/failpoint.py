"""Named points at which a test may end the process, exactly as `kill -9` would.

Does nothing unless the environment names the point: `NOROSHI_FAILPOINT=deliver.after_post:3` ends the process
on the third pass. A product run never sets it.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "NOROSHI_FAILPOINT"

_passes: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """End this process with SIGKILL if the environment names this point and this is the pass it asks for."""
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    wanted, _, pass_number = armed.partition(":")
    if wanted != name:
        return
    _passes[name] += 1
    if _passes[name] >= int(pass_number or 1):
        os.kill(os.getpid(), signal.SIGKILL)
