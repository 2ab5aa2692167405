"""What a service says of itself over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
import pytest

from services.contracts.errors import UsageError
from services.runtime.clock import SteppedClock
from services.runtime.health import Health, HealthServer


def make_health() -> tuple[Health, SteppedClock]:
    clock = SteppedClock(datetime(2026, 1, 1, tzinfo=UTC))
    return Health("classify", stall_seconds=30, clock=clock), clock


def ask(health: Health, path: str, accept: str = "*/*") -> tuple[int, str, str]:
    """Status, content type and body of one request to a server of its own."""

    async def run() -> tuple[int, str, str]:
        server = HealthServer(health, "127.0.0.1", 0)
        await server.start()
        try:
            async with (
                aiohttp.ClientSession(headers={"Accept": accept}) as session,
                session.get(f"http://127.0.0.1:{server.port}{path}") as response,
            ):
                return response.status, response.headers["Content-Type"], await response.text()
        finally:
            await server.stop()

    return asyncio.run(run())


def test_a_service_that_has_said_nothing_yet_lives_but_is_not_ready() -> None:
    health, _ = make_health()
    assert ask(health, "/livez")[0] == 200
    assert ask(health, "/readyz")[0] == 503


def test_readiness_names_each_condition_and_its_reason() -> None:
    health, _ = make_health()
    health.set_ready("partitions", True, "4 of 4")
    health.set_ready("database", False, "no answer for 12 s")
    status, _, body = ask(health, "/readyz")
    assert status == 503
    assert json.loads(body)["conditions"]["database"] == {"ok": False, "reason": "no answer for 12 s"}
    health.set_ready("database", True)
    assert ask(health, "/readyz")[0] == 200


def test_standing_still_while_records_wait_is_death_and_without_any_it_is_rest() -> None:
    health, clock = make_health()
    acts: list[Callable[[], None]] = [
        lambda: clock.step(3600),
        lambda: health.set_pending(5),
        health.note_progress,
        lambda: clock.step(31),
        lambda: health.set_pending(0),
    ]
    found = []
    for act in acts:
        act()
        found.append(ask(health, "/livez")[0])
    assert found == [200, 503, 200, 503, 200]


def test_metrics_come_in_the_format_that_is_asked_for() -> None:
    health, _ = make_health()
    _, plain, body = ask(health, "/metrics")
    _, openmetrics, open_body = ask(health, "/metrics", "application/openmetrics-text; version=1.0.0")
    assert plain.startswith("text/plain")
    assert "noroshi_records_total{" in body
    assert openmetrics.startswith("application/openmetrics-text")
    assert open_body.endswith("# EOF\n")


def test_a_taken_port_says_which_who_sets_it_and_how_to_mend_it() -> None:
    health, _ = make_health()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            asyncio.run(HealthServer(health, "127.0.0.1", port).start())
    assert f"127.0.0.1:{port} is taken" in str(refused.value)
    assert "NOROSHI_CLASSIFY_HEALTH_PORT" in str(refused.value)


def test_an_address_of_another_machine_is_refused_in_words() -> None:
    health, _ = make_health()
    with pytest.raises(UsageError, match="NOROSHI_CLASSIFY_HEALTH_HOST"):
        asyncio.run(HealthServer(health, "192.0.2.1", 0).start())
