"""Everything on one machine: broker, topics, Slack stand-in and the three services as supervised processes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from services.contracts.errors import StopError, UsageError
from services.contracts.topics import TOPICS
from services.runtime import topics_admin
from services.runtime.broker.noida import NoidaBroker
from services.runtime.clock import SystemClock
from services.runtime.ports import free_ports, refuse_taken
from services.runtime.supervisor import RESTARTS, ChildSpec, Supervisor

SERVICES = ("classify", "alert", "ingest")
"""In the order they start: whoever reads a topic is there before whoever writes it."""

STAND_IN_TOKEN = "xoxb-stand-in"  # noqa: S105  # the stand-in takes any token; this one opens nothing
_EMBEDDED_RETENTION_BYTES = "64000000"


@dataclass(frozen=True)
class Ports:
    """Where each process listens on loopback; 0 is replaced by a free port."""

    broker: int = 9092
    ingest: int = 8071
    classify: int = 8072
    alert: int = 8073
    slack: int = 8075

    @classmethod
    def free(cls) -> Ports:
        """Five ports nobody listens on."""
        return cls(*free_ports(5))


_UNRESTRAINED = {
    f"NOROSHI_ALERT_{name}": "1000000" for name in ("STORM_ABOVE", "BUDGET_PER_HOUR", "GUARD_FLOOR", "BROAD_ABOVE")
}


@dataclass(frozen=True)
class StackOptions:
    """What to start. `broker` None is the embedded one; `stand_in` False posts to the real Slack of the settings.

    `replication` is the number of copies of each topic on a broker of one's own; `stand_in_flags` are more flags
    of `noroshi standin`; more than `restarts` of one service within a minute end everything. Unless `restrained`, no
    storm is folded, no budget kept and no watchlist held: what plays years of documents in seconds is no storm. With
    `canary` test events go through as the settings say, without it none.
    """

    state_dir: Path
    watchlists: Path | None = None
    broker: str | None = None
    sample: bool = True
    live: bool = False
    replication: int = 1
    stand_in: bool = True
    stand_in_flags: tuple[str, ...] = ()
    per_second: float = 1.0
    ports: Ports = field(default_factory=Ports)
    environment: tuple[tuple[str, str], ...] = ()
    restarts: int = RESTARTS
    canary: bool = False
    restrained: bool = False


class Stack:
    """The running processes; use it as an asynchronous context manager."""

    def __init__(self, options: StackOptions, say: Callable[[str], None]) -> None:
        self.options, self._say = options, say
        self._broker: NoidaBroker | None = None
        self._session: aiohttp.ClientSession | None = None
        self.supervisor = Supervisor(SystemClock(), options.restarts)

    @property
    def bootstrap(self) -> str:
        """host:port of the broker in use."""
        return self.options.broker or f"127.0.0.1:{self.options.ports.broker}"

    @property
    def slack_url(self) -> str:
        """The address of the stand-in."""
        return f"http://127.0.0.1:{self.options.ports.slack}"

    async def __aenter__(self) -> Stack:
        self._session = aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=5))
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _start(self) -> None:
        if self.options.broker is None:
            await asyncio.to_thread(self._start_broker)
        await asyncio.to_thread(self._apply_topics)
        if self.options.stand_in:
            await self._start_stand_in()
        for service in SERVICES:
            self._say(f"starting {service}")
            await self.supervisor.start(self._service(service))

    async def start_another(self, service: str, name: str, port: int) -> None:
        """Start one more worker of a service, with its health on `port`; `name` is what the supervisor calls it.

        It needs a broker that shares partitions out and takes them back, which the embedded one does not.
        """
        if self._broker is not None:
            raise UsageError("the embedded broker can have one worker of a service only; set NOROSHI_BROKER to a Kafka")
        ready = f"http://127.0.0.1:{port}/readyz"
        await self.supervisor.start(self._child(name, (service,), ready, self._environment(service, port)))

    def _start_broker(self) -> None:
        self._say(f"starting the embedded broker on {self.bootstrap} (for trying out, not for production)")
        self._broker = NoidaBroker(self.options.state_dir / "broker", port=self.options.ports.broker)
        self._broker.start()
        self._broker.wait_ready()

    def _apply_topics(self) -> None:
        """Create the topics; on the embedded broker with one partition, hence in one order."""
        if self._broker is None:
            topics_admin.apply(self.bootstrap, TOPICS, replication=self.options.replication)
            return
        wanted = tuple(replace(topic, partitions=1) for topic in TOPICS)
        topics_admin.apply(self.bootstrap, wanted, overrides={"retention.bytes": _EMBEDDED_RETENTION_BYTES})

    async def _start_stand_in(self) -> None:
        port = self.options.ports.slack
        refuse_taken(port, "the Slack stand-in", "--slack-port")
        self._say(f"starting the Slack stand-in: inbox at {self.slack_url}")
        journal, pace = str(self.options.state_dir / "slack.jsonl"), str(self.options.per_second)
        command = ("standin", "--port", str(port), "--journal", journal, "--per-second", pace)
        flags = self.options.stand_in_flags
        await self.supervisor.start(self._child("standin", (*command, *flags), f"{self.slack_url}/livez", {}))

    def _service(self, service: str) -> ChildSpec:
        port = getattr(self.options.ports, service)
        refuse_taken(port, f"the {service} service", f"NOROSHI_{service.upper()}_HEALTH_PORT")
        flags = ("--sample",) if service == "ingest" and self.options.sample else ()
        ready = f"http://127.0.0.1:{port}/{'livez' if service == 'ingest' else 'readyz'}"
        return self._child(service, (service, *flags), ready, self._environment(service, port))

    def _environment(self, service: str, port: int) -> dict[str, str]:
        upper = service.upper()
        environment = {
            "NOROSHI_BROKER": self.bootstrap,
            "NOROSHI_STATE_DIR": str(self.options.state_dir),
            f"NOROSHI_{upper}_HEALTH_PORT": str(port),
            "NOROSHI_LOG_FORMAT": "json",
        }
        if self._broker is not None:
            environment[f"NOROSHI_{upper}_INSTANCE_ID"] = f"noroshi-{service}-1"
        if self.options.live:
            environment["NOROSHI_INGEST_LIVE"] = "true"
        if self.options.watchlists is not None:
            environment["NOROSHI_ALERT_WATCHLISTS"] = str(self.options.watchlists)
        if not self.options.canary:
            environment["NOROSHI_INGEST_CANARY_MINUTES"] = "0"
        if not self.options.restrained:
            environment |= _UNRESTRAINED
        if self.options.stand_in:
            environment |= {
                "NOROSHI_ALERT_SLACK_URL": f"{self.slack_url}/api/",
                "NOROSHI_ALERT_SLACK_TOKEN": STAND_IN_TOKEN,
                "NOROSHI_ALERT_SLACK_PER_SECOND": str(self.options.per_second),
                # The stand-in stores before it answers and lists at once, so a doubt can be settled soon.
                "NOROSHI_ALERT_LATE_LANDING_SECONDS": "2",
                "NOROSHI_ALERT_HISTORY_LAG_SECONDS": "0.5",
            }
        return environment | dict(self.options.environment)

    def _child(self, name: str, arguments: tuple[str, ...], url: str, environment: dict[str, str]) -> ChildSpec:
        return ChildSpec(
            name=name,
            command=(sys.executable, "-m", "services.cli", *arguments),
            environment=environment,
            log_file=self.options.state_dir / "logs" / f"{name}.log",
            is_ready=lambda: self.answers(url),
        )

    async def answers(self, url: str) -> bool:
        """Whether a GET of the address is answered with 200."""
        if self._session is None:
            return False
        try:
            async with self._session.get(url) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def is_ready(self, service: str) -> bool:
        """Whether a service says that it is ready; ingest does once it has read the sample."""
        return await self.answers(f"http://127.0.0.1:{getattr(self.options.ports, service)}/readyz")

    def check_broker(self) -> None:
        """Raise StopError if the embedded broker is gone."""
        if self._broker is not None and self._broker.pid is None:
            raise StopError(f"the embedded broker ended; the end of its log:\n{self._broker.read_log()[-2000:]}")

    async def stop(self) -> None:
        """Stop everything in reverse order, the broker last."""
        await self.supervisor.stop()
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop)
        if self._session is not None:
            await self._session.close()

    async def run_until(self, done: Coroutine[Any, Any, None]) -> None:
        """Return when `done` is; raises StopError if a child cannot be kept running or the broker ends."""
        finished = asyncio.ensure_future(done)
        watching = asyncio.ensure_future(self._watch_broker())
        waited = {finished, watching, self.supervisor.failed}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            for future in (self.supervisor.failed, watching, finished):
                if future.done():
                    future.result()
        finally:
            finished.cancel()
            watching.cancel()

    async def _watch_broker(self) -> None:
        while True:
            self.check_broker()
            await asyncio.sleep(1)
