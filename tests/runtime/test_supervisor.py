"""Children are started in order, started again when they die, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from services.contracts.errors import StopError
from services.runtime.clock import SystemClock
from services.runtime.supervisor import ChildSpec, Supervisor

KILLED_AT_FIRST = """\
import os, pathlib, signal, time
mark = pathlib.Path({mark!r})
if not mark.exists():
    mark.write_text("killed")
    os.kill(os.getpid(), signal.SIGKILL)
pathlib.Path({ready!r}).write_text("ready")
time.sleep(60)
"""


def make_child(folder: Path, program: str) -> ChildSpec:
    ready = folder / "ready"

    async def is_ready() -> bool:
        return ready.exists()

    text = program.format(mark=str(folder / "mark"), ready=str(ready))
    return ChildSpec("child", (sys.executable, "-c", text), {}, folder / "child.log", is_ready)


@pytest.mark.asyncio
async def test_a_child_killed_before_it_is_ready_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(SystemClock())
    await supervisor.start(make_child(tmp_path, KILLED_AT_FIRST))
    assert supervisor.restarts() == 1
    await supervisor.stop()


@pytest.mark.asyncio
async def test_a_child_that_ends_by_itself_before_it_is_ready_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(SystemClock())
    with pytest.raises(StopError, match=r"(?s)child stopped with exit code 2\. The end of .*no such thing"):
        await supervisor.start(make_child(tmp_path, "import sys; print('no such thing'); sys.exit(2)"))
    await supervisor.stop()


@pytest.mark.asyncio
async def test_a_child_that_dies_while_it_runs_is_started_again_and_stopped_in_the_end(tmp_path: Path) -> None:
    supervisor = Supervisor(SystemClock())
    await supervisor.start(
        make_child(tmp_path, "import pathlib, time; pathlib.Path({ready!r}).touch(); time.sleep(60)")
    )
    first = supervisor.pid("child")
    os.kill(first, signal.SIGKILL)
    for _ in range(200):
        if supervisor.pid("child") != first:
            break
        await asyncio.sleep(0.02)
    assert supervisor.pid("child") != first
    assert supervisor.restarts() == 1
    await supervisor.stop()
