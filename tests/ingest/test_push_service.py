"""The ways in as a service runs them: opened by the settings, closed at the stop, honest when the broker is away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from services.contracts.errors import UsageError
from services.ingest.health import paststore
from services.ingest.health.state import SourceState
from services.ingest.inlets.receiving import Receiving
from services.ingest.publish import SERVICE
from services.runtime.clock import SteppedClock
from services.runtime.health import Health
from services.runtime.serve import Stopping
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings, example_source, pushed_source

KEY = "xx-partner"
TOKEN = "t" * 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def receiving(folder: Path, health: Health | None = None, **changes: Any) -> Receiving:
    settings = example_settings(folder, broker="127.0.0.1:1", send_timeout_seconds=0.2, drop_seconds=0.05, **changes)
    engine = open_engine(settings, SERVICE)
    migrate(engine, SERVICE)
    sources = [pushed_source(KEY), example_source()]
    return Receiving(settings, sources, engine, health or Health("ingest"), SteppedClock(NOW))


@asynccontextmanager
async def running(task: Callable[[Stopping], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """The task until the block ends, and its end at the stop."""
    stopping = Stopping()
    work = asyncio.create_task(task(stopping))
    try:
        yield
    finally:
        stopping.request()
        await asyncio.wait_for(work, 10)


class Told(Health):
    """A health that can be waited for."""

    def __init__(self) -> None:
        super().__init__("ingest")
        self._changed = asyncio.Event()

    def set_ready(self, name: str, ok: bool, reason: str = "") -> None:
        super().set_ready(name, ok, reason)
        self._changed.set()

    async def until(self, name: str, *, ok: bool) -> str:
        """The reason of a condition, once it is as asked for."""
        async with asyncio.timeout(20):
            while (found := self.conditions.get(name)) is None or found.ok is not ok:
                self._changed.clear()
                await self._changed.wait()
        return found.reason


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["watch"]),
        ({"push_port": 1}, ["serve", "watch"]),
        ({"drop_folder": Path("in")}, ["sweep", "watch"]),
    ],
)
def test_only_the_ways_in_that_the_settings_open_are_open(
    tmp_path: Path, changes: dict[str, Any], names: list[str]
) -> None:
    assert [each.__name__ for each in receiving(tmp_path, **changes).tasks()] == names


@pytest.mark.asyncio
async def test_a_port_that_nobody_may_use_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="push_tokens: nobody may push"):
        await receiving(tmp_path, push_port=free_port()).serve(Stopping())


@pytest.mark.asyncio
async def test_while_the_broker_is_away_a_push_is_asked_to_come_again_and_the_service_stays_ready(
    tmp_path: Path,
) -> None:
    port, health = free_port(), Told()
    access = {"push_tokens": {"crawler": SecretStr(TOKEN)}, "push_sources": {"crawler": (KEY,)}}
    service = receiving(tmp_path, health, push_port=port, **access)
    async with running(service.serve), aiohttp.ClientSession() as session:
        await health.until("push", ok=True)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"id": "n1", "source": KEY, "title": "Notice"}
        async with session.post(f"http://127.0.0.1:{port}/events", json=body, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert health.ready


@pytest.mark.asyncio
async def test_while_the_broker_is_away_a_file_stays_and_the_service_says_why_it_waits(tmp_path: Path) -> None:
    folder, health = tmp_path / "in", Told()
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"id": "n1", "source": "xx-partner", "title": "Notice"}\n', encoding="utf-8")
    async with running(receiving(tmp_path, health, drop_folder=folder).sweep):
        reason = await health.until("drop", ok=False)
    assert reason.startswith("tried again: broker 127.0.0.1:1 did not confirm")
    assert sorted(each.name for each in folder.iterdir()) == ["a.jsonl", "done", "failed"]


@pytest.mark.asyncio
async def test_a_source_that_was_never_heard_of_is_waited_for_from_the_first_start(tmp_path: Path) -> None:
    service = receiving(tmp_path)
    async with running(service.watch):
        pass
    with service._engine.begin() as connection:
        state, past = paststore.load_state(connection, KEY), paststore.load_past(connection, KEY)
    assert state == (SourceState.WAITING, NOW)
    assert past.arrived_on == NOW.date()
