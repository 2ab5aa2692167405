"""Named points at which a test may end the process, exactly as `kill -9` would.

Does nothing unless the environment variable `NOROSHI_FAILPOINTS` names a folder. A file there, named after a point,
holds on which pass the process ends and by which signal; it is then renamed to `POINT.fired`, so that each file ends
one process once and a restarted process goes on. SIGSTOP freezes instead. A product run never sets the variable.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

FOLDER = "NOROSHI_FAILPOINTS"
_FIRED = ".fired"


def failpoint(name: str) -> None:
    """End this process with SIGKILL if the point is armed and this is the pass it waits for."""
    folder = os.environ.get(FOLDER)
    if folder:
        _pass(Path(folder) / name)


def arm(folder: Path, name: str, passes: int = 1, number: signal.Signals = signal.SIGKILL) -> None:
    """Let the point send its process that signal on that pass, counted from now."""
    (folder / f"{name}{_FIRED}").unlink(missing_ok=True)
    written = folder / f"{name}.new"
    written.write_text(f"{passes} {int(number)}", encoding="utf-8")
    written.rename(folder / name)  # a process that passes just now reads all of it or nothing


def read_fired(folder: Path) -> dict[str, float]:
    """The points that ended a process, each with when it did (epoch seconds)."""
    return {path.name.removesuffix(_FIRED): float(path.read_text()) for path in folder.glob(f"*{_FIRED}")}


def _pass(armed: Path) -> None:
    try:
        passes, _, number = armed.read_text(encoding="utf-8").partition(" ")
    except FileNotFoundError:
        return
    left = int(passes) - 1
    armed.write_text(f"{left} {number}", encoding="utf-8")
    if left <= 0:
        armed.write_text(f"{time.time()}", encoding="utf-8")
        armed.rename(armed.with_name(f"{armed.name}{_FIRED}"))
        os.kill(os.getpid(), int(number or signal.SIGKILL))
