"""The frame every service process runs in: signals, health server, tasks side by side, exit code.

The process ends when it is told to (SIGTERM, SIGINT), when a task fails, or when a stop takes too long.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import threading
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import structlog

from services.contracts.errors import StopError, UsageError
from services.runtime.health import Health, HealthServer
from services.runtime.metrics import BUILD, EVENT_LOOP_LAG, keep_service
from services.runtime.settings import RuntimeSettings

EXIT_OK = 0
EXIT_CRASHED = 1
EXIT_USAGE = 2
EXIT_STOPPED = 3
"""A task raised StopError: a person must act."""
EXIT_STALLED = 4
"""Records waited and nothing moved; see the stacks in the log."""

_LOOP_CHECK_SECONDS = 0.5
_FORCE_MARGIN_SECONDS = 5.0


class Stopping:
    """The wish to stop, shared by all tasks of a process, with the exit code it is to end with."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._exit_code = EXIT_OK

    def request(self, exit_code: int = EXIT_OK) -> None:
        """Ask every task to finish what it has in hand; the first code that is not 0 stays."""
        self._exit_code = self._exit_code or exit_code
        self._event.set()

    @property
    def requested(self) -> bool:
        """Whether the process is to stop."""
        return self._event.is_set()

    @property
    def exit_code(self) -> int:
        """The code the process ends with."""
        return self._exit_code

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for the wish to stop, at most `seconds`; True if it was made, False if the time passed."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return self.requested
        return True


BackgroundTask = Callable[[Stopping], Awaitable[None]]
"""Runs until `stopping` is requested or its work is done; an error it raises ends the process."""


def run_service(
    service: str, settings: RuntimeSettings, tasks: Sequence[BackgroundTask], *, health: Health | None = None
) -> int:
    """Run the tasks side by side until one fails or the process is told to stop; returns the exit code.

    Raises UsageError if the health server cannot listen.
    """
    with _Deadline(settings.stop_seconds + _FORCE_MARGIN_SECONDS) as deadline:
        return asyncio.run(_serve(service, settings, tasks, health or new_health(service, settings), deadline))


def new_health(service: str, settings: RuntimeSettings) -> Health:
    """The health of a service with its configured patience."""
    return Health(service, stall_seconds=settings.stall_seconds)


class _Deadline:
    """Ends the process if a thread or a library hangs at the stop; the broker hands unread work out again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def start(self, stopping: Stopping) -> None:
        """Begin to count."""
        self._timer = threading.Timer(self._seconds, lambda: os._exit(stopping.exit_code or EXIT_CRASHED))
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> _Deadline:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()


async def _serve(
    service: str, settings: RuntimeSettings, tasks: Sequence[BackgroundTask], health: Health, deadline: _Deadline
) -> int:
    log = structlog.get_logger("noroshi.serve")
    stopping = Stopping()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.request)
    keep_service(service)
    BUILD.info({"version": _version(), "python": platform.python_version()})
    server = HealthServer(health, settings.health_host, settings.health_port)
    await server.start()
    log.info("started", health=f"http://{settings.health_host}:{server.port}", broker=settings.broker)
    running = [asyncio.create_task(_guarded(task, stopping)) for task in (*tasks, _loop_lag_task(service))]
    await stopping.wait()
    log.info("stopping", exit_code=stopping.exit_code)
    deadline.start(stopping)
    await _finish(running, settings.stop_seconds, log)
    await server.stop()
    log.info("stopped", exit_code=stopping.exit_code)
    return stopping.exit_code


async def _guarded(task: BackgroundTask, stopping: Stopping) -> None:
    log = structlog.get_logger("noroshi.serve")
    try:
        await task(stopping)
    except StopError as error:
        log.error("stopped on purpose", error=str(error))
        stopping.request(EXIT_STOPPED)
    except UsageError as error:
        log.error("cannot run", error=str(error))
        stopping.request(EXIT_USAGE)
    except Exception as error:
        log.error("crashed", error=str(error), exc_info=error)
        stopping.request(EXIT_CRASHED)


async def _finish(running: Sequence[asyncio.Task[None]], seconds: float, log: structlog.stdlib.BoundLogger) -> None:
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=seconds)
    for task in late:
        log.warning("a task did not stop in time; cancelled", seconds=seconds)
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1.0)


def _loop_lag_task(service: str) -> BackgroundTask:
    async def measure(stopping: Stopping) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            if await stopping.wait(_LOOP_CHECK_SECONDS):
                return
            EVENT_LOOP_LAG.labels(service).observe(max(0.0, loop.time() - started - _LOOP_CHECK_SECONDS))

    return measure


def _version() -> str:
    try:
        return version("noroshi")
    except PackageNotFoundError:
        return "unknown"
