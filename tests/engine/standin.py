"""The stand-in for Slack as a process of its own, with its control pages."""

from __future__ import annotations

import http.client
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.engine.program import Program, free_ports, listens

ROOT = Path(__file__).resolve().parents[2]


class StandIn:
    """One workspace that takes a hundred messages a second; `key` says whether it recognises a repeated one."""

    def __init__(self, folder: Path, key: str = "ignore") -> None:
        self.port = free_ports(1)[0]
        command = [sys.executable, "-m", "services.cli", "standin", "--port", str(self.port), "--key", key]
        flags = ["--per-second", "100", "--journal", str(folder / "slack.jsonl")]
        environment = {"PYTHONPATH": str(ROOT)}
        self._program = Program("standin", [*command, *flags], folder / "standin.log", environment=environment)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._program.start()
        self._program.wait_until(lambda: listens(self.port))

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def fail(self, **fault: Any) -> None:
        """Script one fault; see `services.fakeslack.core.Fault`."""
        self._control("POST", "faults", json.dumps([fault]))

    def messages(self) -> list[dict[str, Any]]:
        """Everything stored, in order."""
        return list(self._control("GET", "messages")["messages"])

    def _control(self, method: str, path: str, body: str | None = None) -> Any:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request(method, f"/stand-in/{path}", body)
            return json.load(connection.getresponse())
