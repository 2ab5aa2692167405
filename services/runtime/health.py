"""What a service says of itself: whether it lives, whether it is ready and why not, and its metrics.

`Health` is the state; `HealthServer` answers /livez, /readyz and /metrics, on loopback unless told otherwise.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from services.contracts.errors import UsageError
from services.runtime.clock import Clock, SystemClock
from services.runtime.metrics import LAST_PROGRESS, REGISTRY, SERVICES


@dataclass(frozen=True)
class Condition:
    """One thing that must hold for the service to be ready, and why it does or does not, in words."""

    ok: bool
    reason: str


class Health:
    """The conditions of readiness by name, and the time of the last progress."""

    def __init__(self, service: str, *, stall_seconds: float = 30.0, clock: Clock | None = None) -> None:
        self.service = service
        self.stall_seconds = stall_seconds
        self._clock = clock or SystemClock()
        self._conditions: dict[str, Condition] = {}
        self._pending = 0
        self._progress_at = self._clock.monotonic()

    def set_ready(self, name: str, ok: bool, reason: str = "") -> None:
        """State one condition; the reason is for a person who wonders why the service is not ready."""
        self._conditions[name] = Condition(ok, reason)

    def note_progress(self) -> None:
        """Say that a record was finished or retried, or that there was none to work on."""
        self._progress_at = self._clock.monotonic()
        if self.service in SERVICES:
            LAST_PROGRESS.labels(self.service).set(self._clock.now().timestamp())

    def set_pending(self, records: int) -> None:
        """Say how many records wait; with none waiting, standing still is no stall."""
        self._pending = records
        if not records:
            self.note_progress()

    @property
    def pending(self) -> int:
        """How many records waited when last asked."""
        return self._pending

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last progress."""
        return self._clock.monotonic() - self._progress_at

    @property
    def live(self) -> bool:
        """Whether the service moves, or has nothing to do."""
        return self._pending == 0 or self.idle_seconds < self.stall_seconds

    @property
    def ready(self) -> bool:
        """Whether every condition holds; a service that has stated none is not ready yet."""
        return bool(self._conditions) and all(each.ok for each in self._conditions.values())

    @property
    def conditions(self) -> dict[str, Condition]:
        """The conditions by name."""
        return dict(self._conditions)


class HealthServer:
    """Serves one `Health` over HTTP."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._health = health
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port in use, also where a free one was asked for."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._port

    async def start(self) -> None:
        """Listen; raises UsageError saying what to change if the address cannot be had."""
        app = web.Application()
        app.add_routes(
            [web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", self._metrics)]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self.stop()
            raise UsageError(self._why(error)) from error

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _why(self, error: OSError) -> str:
        name = self._health.service.upper()
        where = f"{self._health.service}: health server: {self._host}:{self._port}"
        if error.errno == errno.EADDRINUSE:
            return (
                f"{where} is taken by another process (perhaps this service runs already); "
                f"set NOROSHI_{name}_HEALTH_PORT to a free port, or 0 to have one picked"
            )
        return f"{where}: {error.strerror or error}; set NOROSHI_{name}_HEALTH_HOST to an address of this machine"

    async def _livez(self, _: web.Request) -> web.Response:
        health = self._health
        body = {"live": health.live, "pending": health.pending, "idle_seconds": round(health.idle_seconds, 1)}
        return web.json_response(body, status=200 if health.live else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        health = self._health
        conditions = {name: {"ok": each.ok, "reason": each.reason} for name, each in health.conditions.items()}
        body = {"ready": health.ready, "service": health.service, "conditions": conditions}
        return web.json_response(body, status=200 if health.ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(REGISTRY), headers={"Content-Type": content_type})
