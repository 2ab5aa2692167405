"""The frame of a service process: what ends it and with which code."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from services.contracts.errors import StopError, UsageError
from services.runtime.serve import (
    EXIT_CRASHED,
    EXIT_OK,
    EXIT_STOPPED,
    EXIT_USAGE,
    BackgroundTask,
    Stopping,
    run_service,
)
from services.runtime.settings import RuntimeSettings

SETTINGS = RuntimeSettings(stop_seconds=0.2)


def failing(error: Exception) -> BackgroundTask:
    async def task(stopping: Stopping) -> None:
        raise error

    return task


@pytest.mark.parametrize(
    ("error", "code"),
    [(StopError("disk full"), EXIT_STOPPED), (UsageError("bad file"), EXIT_USAGE), (KeyError("x"), EXIT_CRASHED)],
)
def test_a_task_that_fails_ends_the_process_and_the_others_may_finish(error: Exception, code: int) -> None:
    finished = []

    async def other(stopping: Stopping) -> None:
        await stopping.wait()
        finished.append(stopping.exit_code)

    assert run_service("classify", SETTINGS, [failing(error), other]) == code
    assert finished == [code]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(number: signal.Signals) -> None:
    async def task(stopping: Stopping) -> None:
        os.kill(os.getpid(), number)
        assert await stopping.wait(5)

    assert run_service("classify", SETTINGS, [task]) == EXIT_OK


def test_a_task_that_is_done_does_not_end_the_process() -> None:
    seen = []

    async def short(stopping: Stopping) -> None:
        seen.append("short")

    async def longer(stopping: Stopping) -> None:
        seen.append("waited" if not await stopping.wait(0.05) else "stopped early")
        stopping.request()

    assert run_service("classify", SETTINGS, [short, longer]) == EXIT_OK
    assert seen == ["short", "waited"]


def test_a_task_that_will_not_stop_is_cancelled() -> None:
    async def stubborn(stopping: Stopping) -> None:
        stopping.request()
        await Stopping().wait()

    assert run_service("classify", SETTINGS, [stubborn]) == EXIT_OK


def test_a_taken_health_port_is_refused_before_any_task_starts() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        settings = RuntimeSettings(health_port=holder.getsockname()[1])
        with pytest.raises(UsageError, match="NOROSHI_CLASSIFY_HEALTH_PORT"):
            run_service("classify", settings, [failing(KeyError("never run"))])
