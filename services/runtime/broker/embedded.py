"""What every embedded broker can do for the supervisor, whichever program it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from services.contracts.errors import RetryableError, StopError
from services.runtime.adminclient import open_admin


class EmbeddedBroker(Protocol):
    """A broker that runs as a child process on loopback."""

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        ...

    @property
    def topic_overrides(self) -> Mapping[str, str]:
        """Topic configs that this broker needs to stay small, over those of `contracts/topics.py`."""
        ...

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        ...

    def start(self) -> None:
        """Start the process; raises UsageError if the program is not installed or the port is taken."""
        ...

    def wait_ready(self, timeout_seconds: float = 15.0) -> None:
        """Return once clients get metadata; raises StopError if that takes longer."""
        ...

    def stop(self, timeout_seconds: float = 15.0) -> None:
        """Ask the process to save and end, and wait for it; kill it only after the timeout."""
        ...


def wait_for_metadata(bootstrap: str, alive: Callable[[], bool], timeout_seconds: float) -> None:
    """Return once a client gets an answer; raises StopError if the process ends first or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if not alive():
            raise StopError(f"the embedded broker at {bootstrap} ended as it started; see its log")
        try:
            with open_admin(bootstrap, timeout_seconds=min(2.0, timeout_seconds)) as admin:
                admin.list_topics()
        except RetryableError:
            time.sleep(0.05)
        else:
            return
    raise StopError(f"the embedded broker at {bootstrap} did not answer within {timeout_seconds:g} s; see its log")
