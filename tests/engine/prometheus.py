"""Prometheus and Alertmanager as processes on loopback, and their checkers."""

from __future__ import annotations

import http.client
import json
import subprocess
import urllib.parse
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.engine import parts
from tests.engine.program import Program, free_ports

_TIMEOUT_SECONDS = 5.0


class _Server:
    """What both have in common: a program with an address, ready when `/-/ready` says so."""

    def __init__(self, name: str, program: Path, folder: Path, config: Mapping[str, Any], flags: Sequence[str]) -> None:
        self.port = free_ports(1)[0]
        path = folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        command = [str(program), f"--config.file={path}", f"--web.listen-address=127.0.0.1:{self.port}", *flags]
        self.program = Program(name, [*command, "--log.level=warn"], folder / f"{name}.log")
        parts.used[name.capitalize()] = parts.describe_version(program)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **query: str) -> Any:
        """The JSON answer to a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            connection.request("GET", f"{path}?{urllib.parse.urlencode(query)}")
            return json.load(connection.getresponse())

    def is_ready(self) -> bool:
        """Whether it serves."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        with closing(connection), suppress(OSError):
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        return False

    def __enter__(self) -> Any:
        self.program.start()
        try:
            self.program.wait_until(self.is_ready)
        except BaseException:
            self.program.kill()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.program.stop()


class Prometheus(_Server):
    """Scrapes `targets` (host:port by job) every second and evaluates the rule files as often."""

    def __init__(
        self,
        folder: Path,
        targets: Mapping[str, Sequence[str]],
        rules: Sequence[Path] = (),
        alertmanager: Alertmanager | None = None,
    ) -> None:
        config: dict[str, Any] = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(hosts)}]} for job, hosts in targets.items()
            ],
            "rule_files": [str(path) for path in rules],
        }
        if alertmanager is not None:
            where = [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]
            config["alerting"] = {"alertmanagers": [{"static_configs": where}]}
        flags = [f"--storage.tsdb.path={folder / 'prometheus'}"]
        super().__init__("prometheus", parts.find_program("prometheus", "Prometheus"), folder, config, flags)

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The labels and the value of every series that the expression gives now."""
        found = self.get("/api/v1/query", query=expression)["data"]["result"]
        return [(each["metric"], float(each["value"][1])) for each in found]

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        found = self.get("/api/v1/alerts")["data"]["alerts"]
        return {each["labels"]["alertname"] for each in found if each["state"] == "firing"}


class Alertmanager(_Server):
    """Takes alerts; sends them to the webhook or as a bot to Slack (the address of its method), if one is given."""

    def __init__(self, folder: Path, webhook: str | None = None, slack: str | None = None) -> None:
        receiver: dict[str, Any] = {"name": "all"}
        if webhook is not None:
            receiver["webhook_configs"] = [{"url": webhook}]
        if slack is not None:
            bot = {"authorization": {"credentials": "xoxb-stand-in"}}
            receiver["slack_configs"] = [{"api_url": slack, "channel": "C0PEER", "http_config": bot}]
        route = {"receiver": "all", "group_wait": "0s", "group_interval": "1s"}
        flags = [f"--storage.path={folder / 'alertmanager'}", "--cluster.listen-address="]
        program = parts.find_program("prometheus-alertmanager", "Alertmanager")
        super().__init__("alertmanager", program, folder, {"route": route, "receivers": [receiver]}, flags)

    def tell(self, *names: str) -> None:
        """Say that alerts of these names fire, as Prometheus says again every minute."""
        body = json.dumps([{"labels": {"alertname": name}} for name in names])
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()

    def alerts(self) -> set[str]:
        """The names of the alerts it holds."""
        return {each["labels"]["alertname"] for each in self.get("/api/v2/alerts")}


def check(tool: str, *arguments: str | Path) -> str:
    """Run `promtool` or `amtool` and return what it said; fails with that if it found something wrong."""
    program = parts.find_program(tool, "Prometheus" if tool == "promtool" else "Alertmanager")
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
    return done.stdout
