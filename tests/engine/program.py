"""A foreign program as a child process: started by hand, its words in a log, never outliving the tests."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PAUSE = 0.05


class Program:
    """One child process that may be started, stopped, killed and started again.

    Start it from the main thread: the kernel ends the child with `stop_signal` as soon as the thread that
    started it is gone, so that a killed test run leaves nothing behind.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.log = name, log
        self._command, self._user, self._stop_signal = tuple(command), user, stop_signal
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; raises AssertionError if it does not run."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; whether it is ready is another question."""
        assert threading.current_thread() is threading.main_thread(), f"start {self.name} from the main thread"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                env=self._environment,
                start_new_session=True,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                preexec_fn=lambda: end_with_parent(self._stop_signal),
            )

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Ask it to end and wait; kill it only after the timeout."""
        if self._process is None or not self.alive:
            return
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait_for_end(self, timeout_seconds: float = 60.0) -> None:
        """Return once it has ended by itself; fails with its log if it ended badly."""
        assert self._process is not None, f"{self.name} was not started"
        code = self._process.wait(timeout_seconds)
        assert code == 0, f"{self.name} ended with {code}; its log:\n{self.tail()}"

    def wait_until(self, holds: Callable[[], bool], timeout_seconds: float = 60.0) -> None:
        """Return once it holds; fails with the end of the log if the process ends first or the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while not holds():
            assert self.alive, f"{self.name} ended as it started; its log:\n{self.tail()}"
            assert time.monotonic() < deadline, f"{self.name} was not ready in {timeout_seconds:g} s:\n{self.tail()}"
            time.sleep(_PAUSE)

    def tail(self, characters: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-characters:]


def end_with_parent(number: signal.Signals) -> None:
    """Ask the kernel, from a child before its program starts, for this signal when its parent's thread is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def listens(port: int) -> bool:
    """Whether somebody takes connections on that loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """That many loopback ports nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
