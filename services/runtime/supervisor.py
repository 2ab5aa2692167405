"""Child processes in order: start one after the other, restart what dies, stop in reverse.

Each child leads its own session, so Ctrl-C reaches only the supervisor, which then stops the children in order.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from services.contracts.errors import StopError
from services.runtime.clock import Clock

log = structlog.get_logger("noroshi.up")

RESTARTS, RESTART_WINDOW = 5, 60.0
"""More than this many restarts of one child within the window (seconds) stop everything."""

_POLL = 0.1
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class ChildSpec:
    """One child: how to start it, when it is ready, how long it may take to start and to stop (seconds)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    is_ready: Callable[[], Awaitable[bool]]
    start_timeout: float = 60.0
    stop_timeout: float = 15.0


@dataclass
class Child:
    """A running child and when it died lately."""

    spec: ChildSpec
    process: asyncio.subprocess.Process
    log_start: int
    deaths: deque[float] = field(default_factory=deque)


class Supervisor:
    """Starts children in the order given, keeps them running, stops them in reverse."""

    def __init__(self, clock: Clock, restarts: int = RESTARTS) -> None:
        self._clock, self._restarts = clock, restarts
        self._children: list[Child] = []
        self._watchers: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with StopError once a child cannot be kept running."""

    async def start(self, spec: ChildSpec) -> None:
        """Start a child and return once it is ready; raises StopError with the end of its log if it is not.

        A child that ends by itself before it is ready is not started again, since it would end again; one that
        was killed is.
        """
        log_start = spec.log_file.stat().st_size if spec.log_file.exists() else 0
        child = Child(spec, await _spawn(spec), log_start)
        self._children.append(child)
        await self._wait_ready(child)
        self._watchers.append(asyncio.create_task(self._watch(child), name=f"watch {spec.name}"))

    def pid(self, name: str) -> int:
        """The process id of a child by name; raises KeyError if there is none."""
        return {child.spec.name: child.process.pid for child in self._children}[name]

    def restarts(self) -> int:
        """How often a child was started again within the last window."""
        return sum(len(child.deaths) for child in self._children)

    async def stop(self) -> None:
        """Stop every child, the last started first, each with SIGTERM and only after its timeout with SIGKILL."""
        for watcher in self._watchers:
            watcher.cancel()
        for child in reversed(self._children):
            await _stop(child)
        self._children.clear()
        if self.failed.done() and not self.failed.cancelled():
            self.failed.exception()

    async def _wait_ready(self, child: Child) -> None:
        deadline = self._clock.monotonic() + child.spec.start_timeout
        while not await child.spec.is_ready():
            code = child.process.returncode
            if code is not None and (code >= 0 or not await self._restart(child)):
                raise StopError(_describe_death(child))
            if self._clock.monotonic() > deadline:
                raise StopError(
                    f"{child.spec.name} was not ready within {child.spec.start_timeout:g} s. {_tail(child)}"
                )
            await self._clock.sleep(_POLL)

    async def _watch(self, child: Child) -> None:
        while True:
            await child.process.wait()
            if not await self._restart(child):
                if not self.failed.done():
                    self.failed.set_exception(StopError(_describe_death(child)))
                return

    async def _restart(self, child: Child) -> bool:
        """Start a dead child again; False if it has died too often lately."""
        now = self._clock.monotonic()
        child.deaths.append(now)
        while now - child.deaths[0] > RESTART_WINDOW:
            child.deaths.popleft()
        if len(child.deaths) > self._restarts:
            return False
        code = child.process.returncode
        log.warning("child_restarted", child=child.spec.name, exit_code=code, restarts=len(child.deaths))
        child.process = await _spawn(child.spec)
        return True


async def _spawn(spec: ChildSpec) -> asyncio.subprocess.Process:
    spec.log_file.parent.mkdir(parents=True, exist_ok=True)
    with spec.log_file.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *spec.command,
            env={**os.environ, **spec.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies, so that nothing is left running (Linux only)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _stop(child: Child) -> None:
    if child.process.returncode is not None:
        return
    child.process.terminate()
    try:
        await asyncio.wait_for(child.process.wait(), child.spec.stop_timeout)
    except TimeoutError:
        log.warning("child_killed", child=child.spec.name, after_seconds=child.spec.stop_timeout)
        child.process.kill()
        await child.process.wait()


def _describe_death(child: Child) -> str:
    return f"{child.spec.name} stopped with exit code {child.process.returncode}. {_tail(child)}"


def _tail(child: Child, lines: int = 12) -> str:
    """The end of a child's log, for a person who must see why it died."""
    if not child.spec.log_file.exists():
        return "It wrote no log."
    written = child.spec.log_file.read_bytes()[child.log_start :].decode("utf-8", "replace")
    last = written.splitlines()[-lines:]
    return f"The end of {child.spec.log_file}:\n" + "\n".join(f"  {line}" for line in last)
