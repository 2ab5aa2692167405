"""The services of docker-compose.yml as plain processes: their commands, variables and health checks as written.

Only names and ports of the network, and paths of the image, become those of this machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.deploy.composefile import ROOT, Service, seconds
from tests.engine.program import Program, free_ports

BIN = Path(sys.executable).parent
PROGRAMS = {"noroshi": str(BIN / "noroshi"), "python": sys.executable}
_PAUSE = 0.2


class ComposeRun:
    """The services of ours among `services`; use it as a context manager, which stops what runs."""

    def __init__(self, services: list[Service], folder: Path, bootstrap: str, database: str) -> None:
        self.services = {each.name: each for each in services if each.ours}
        self._folder = folder
        self.ports = dict(zip(self.services, free_ports(len(self.services)), strict=True))
        slack = self.ports["standin"]
        self._everywhere = {
            "kafka:9092": bootstrap,
            "postgresql://noroshi:noroshi@postgres:5432/noroshi": database,
            "http://standin:8075": f"http://127.0.0.1:{slack}",
            "127.0.0.1:8075": f"127.0.0.1:{slack}",
            "0.0.0.0": "127.0.0.1",  # noqa: S104  # what is replaced
            "/etc/noroshi/watchlists": str(ROOT / "deploy" / "watchlists"),
        }
        self.programs = {name: self._program(each) for name, each in self.services.items()}

    def _here(self, service: Service, text: str) -> str:
        """A text of the file with what belongs to the containers replaced by what is here."""
        own = {
            "/var/lib/noroshi": str(self._folder / service.name),
            "127.0.0.1:8070": f"127.0.0.1:{self.ports[service.name]}",
        }
        for there, here in {**own, **self._everywhere}.items():
            text = text.replace(there, here)
        return str(self.ports[service.name]) if text in {"8070", "8075"} else text

    def _program(self, service: Service) -> Program:
        (self._folder / service.name).mkdir()
        command = [PROGRAMS["noroshi"], *(self._here(service, word) for word in service.command)]
        environment = {name: self._here(service, value) for name, value in service.environment.items()}
        return Program(service.name, command, self._folder / f"{service.name}.log", environment=environment)

    def is_healthy(self, name: str) -> bool:
        """What the health check of the service, run as a command, says."""
        service = self.services[name]
        kind, program, *arguments = service.healthcheck
        assert kind == "CMD"
        check = [PROGRAMS[program], *(self._here(service, word) for word in arguments)]
        time.sleep(_PAUSE)  # it is asked again and again
        timeout = seconds(service.raw["healthcheck"]["timeout"])
        return subprocess.run(check, stderr=subprocess.DEVNULL, timeout=timeout, check=False).returncode == 0

    def start(self, *names: str) -> None:
        """Start services side by side; wait until their health checks pass, or a job has ended."""
        for name in names:
            self.programs[name].start()
        for name in names:
            self._wait(name)

    def _wait(self, name: str) -> None:
        if self.services[name].healthcheck:
            self.programs[name].wait_until(lambda: self.is_healthy(name))
        else:
            self.programs[name].wait_for_end()

    def start_all(self) -> None:
        """Start every service once what it waits for is there, as Compose does."""
        started: set[str] = set()
        while started != set(self.services):
            able = {name for name, each in self.services.items() if set(each.needs) & set(self.services) <= started}
            self.start(*sorted(able - started))
            started |= able

    def stop(self, name: str) -> None:
        """Stop one service as Compose does; fails if it takes longer than its grace period or ends badly."""
        os.kill(self.programs[name].pid, signal.SIGTERM)
        self.programs[name].wait_for_end(seconds(self.services[name].raw["stop_grace_period"]))

    def strays(self) -> list[str]:
        """What was written where the services run, beside their logs and the folders of their state."""
        expected = {*self.services, *(program.log.name for program in self.programs.values())}
        return sorted(path.name for path in self._folder.iterdir() if path.name not in expected)

    def targets(self) -> Mapping[str, list[str]]:
        """Where each job of Prometheus finds its service here."""
        found = {name: service for name, service in self.services.items() if "readyz" in "".join(service.healthcheck)}
        return {f"noroshi-{name}": [f"127.0.0.1:{self.ports[name]}"] for name in found}

    def __enter__(self) -> ComposeRun:
        return self

    def __exit__(self, *_: object) -> None:
        for program in self.programs.values():
            program.kill()
