"""One host is asked by one source at a time and with pauses; no host waits for another, whatever it does."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.ingest.wire.fetch import Fetched, Fetcher, PageFetched, Validators
from services.ingest.wire.pacing import LONGEST_REST, HostPacing
from services.runtime.clock import SteppedClock, SystemClock
from tests.ingest.hostile.publisher import Write, raw_publisher, saying
from tests.ingest.material import NOW, example_settings

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"


@pytest.mark.parametrize(("jitter", "pause"), [(0.0, 2.0), (0.5, 2.5), (1.0, 3.0)])
@pytest.mark.asyncio
async def test_two_requests_to_one_host_are_a_pause_apart_and_two_hosts_are_not(jitter: float, pause: float) -> None:
    clock = SteppedClock(NOW)
    pacing = HostPacing(clock, 2.0, lambda: jitter)
    starts = []
    for host in ("a.example", "b.example", "a.example"):
        async with pacing.turn(host):
            starts.append(clock.monotonic())
            clock.step(10.0)
    assert starts == [0.0, 10.0, 20.0]
    async with pacing.turn("a.example"):
        starts.append(clock.monotonic())
    assert starts[-1] == 30.0 + pause


@pytest.mark.parametrize(("asked", "pause"), [(30.0, 30.0), (0.5, 2.0), (3600.0, LONGEST_REST)])
@pytest.mark.asyncio
async def test_a_host_that_asks_for_rest_has_it_from_all_its_sources_for_a_minute_at_most(
    asked: float, pause: float
) -> None:
    clock = SteppedClock(NOW)
    pacing = HostPacing(clock, 2.0, lambda: 0.0)
    async with pacing.turn("a.example") as turn:
        turn.rest(asked)
    async with pacing.turn("a.example"):
        assert clock.monotonic() == pause


@pytest.mark.asyncio
async def test_who_gives_up_waiting_or_fails_leaves_the_turn_to_the_next() -> None:
    pacing = HostPacing(SystemClock(), 0.0)
    order: list[str] = []

    async def ask(name: str) -> None:
        async with pacing.turn("a.example"):
            order.append(name)

    async with pacing.turn("a.example"):
        waiting = [asyncio.create_task(ask(name)) for name in "xyz"]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
        assert order == []
    with pytest.raises(ZeroDivisionError):
        async with pacing.turn("b.example"):
            raise ZeroDivisionError
    await asyncio.gather(*waiting, ask("last"), return_exceptions=True)
    assert order == ["x", "z", "last"]


@pytest.mark.asyncio
async def test_hosts_that_nobody_asks_any_more_are_forgotten() -> None:
    clock = SteppedClock(NOW)
    pacing = HostPacing(clock, 2.0)
    for number in range(50):
        async with pacing.turn(f"{number}.example"):
            clock.step(1.0)
    assert len(pacing._hosts) <= 4


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver: every name is on loopback, and `mute-…` is answered only once the event is set."""
    answers, genuine = threading.Event(), socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if str(host).startswith("mute-"):
            answers.wait(30)
        own = "127.0.0.1" if str(host).endswith(".example") else host
        return genuine(own, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield answers
    answers.set()


async def _while_others_stall(fetcher: Fetcher, stalled: list[str], sound: str) -> Fetched:
    """What the sound address gives while all the others are still waiting for an answer."""
    waiting = [asyncio.create_task(fetcher.fetch(each, Validators())) for each in stalled]
    await asyncio.sleep(0.05)
    try:
        fetched = await asyncio.wait_for(fetcher.fetch(sound, Validators()), 20)
        assert not any(each.done() for each in waiting)
        return fetched
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.asyncio
async def test_hosts_that_stall_hold_up_no_other_however_many_they_are(tmp_path: Path, names: threading.Event) -> None:
    async def silent(write: Write) -> None:
        await write(b"HTTP/1.1 200 OK\r\n")
        await asyncio.sleep(60)

    settings = example_settings(tmp_path, allow_private=True)
    async with (
        raw_publisher(silent) as (stalling, _),
        raw_publisher(saying(WHOLE)) as (sound, _),
        Fetcher(settings, SystemClock()) as fetcher,
    ):
        stalled = [f"http://stalled-{number}.example:{stalling}/" for number in range(120)]
        assert isinstance(await _while_others_stall(fetcher, stalled, f"http://sound.example:{sound}/"), PageFetched)


@pytest.mark.asyncio
async def test_name_servers_that_do_not_answer_hold_up_neither_other_names_nor_the_loop_s_threads(
    tmp_path: Path, names: threading.Event
) -> None:
    settings = example_settings(tmp_path, allow_private=True)
    async with raw_publisher(saying(WHOLE)) as (port, _), Fetcher(settings, SystemClock()) as fetcher:
        stalled = [f"http://mute-{number}.example:{port}/" for number in range(40)]
        assert isinstance(await _while_others_stall(fetcher, stalled, f"http://sound.example:{port}/"), PageFetched)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 20) == "free"
        names.set()


@pytest.mark.asyncio
async def test_sources_on_one_host_are_asked_one_after_the_other(tmp_path: Path, names: threading.Event) -> None:
    under_way = most = 0

    async def slow(write: Write) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await write(WHOLE)

    settings = example_settings(tmp_path, allow_private=True)
    clock = SteppedClock(NOW)
    async with raw_publisher(slow) as (port, calls), Fetcher(settings, clock) as fetcher:
        pages = [f"http://one.example:{port}/{number}" for number in range(4)]
        found = await asyncio.gather(*(fetcher.fetch(each, Validators()) for each in pages))
    assert all(isinstance(each, PageFetched) for each in found)
    assert most == 1
    assert [call.split()[1] for call in calls] == [b"/0", b"/1", b"/2", b"/3"]
    assert clock.monotonic() >= 3 * settings.host_pause_seconds
