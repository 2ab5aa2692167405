"""A publisher that writes whatever bytes it likes to a real socket on loopback, and a fetcher to ask it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from services.ingest.wire.fetch import Fetched, Fetcher, Validators
from services.runtime.clock import SteppedClock
from tests.ingest.material import NOW, example_settings

Write = Callable[[bytes], Awaitable[None]]
Script = Callable[[Write], Awaitable[None]]


@asynccontextmanager
async def raw_publisher(
    script: Script, *, port: int = 0, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Plays `script` to every caller; gives the port and what the callers sent first."""
    calls: list[bytes] = []
    open_writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        open_writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            calls.append(await reader.readuntil(b"\r\n\r\n"))
            await script(write)
        writer.close()

    server = await asyncio.start_server(serve, host, port)
    try:
        yield server.sockets[0].getsockname()[1], calls
    finally:
        for each in open_writers:
            each.transport.abort()
        server.close()
        await server.wait_closed()


def saying(*pieces: bytes, pause: float = 0.0) -> Script:
    """Writes the pieces, resting after each."""

    async def script(write: Write) -> None:
        for piece in pieces:
            await write(piece)
            await asyncio.sleep(pause)

    return script


def repeating(head: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """Writes `head`, then `piece` until the caller goes away."""

    async def script(write: Write) -> None:
        await write(head)
        while True:
            await write(piece)
            await asyncio.sleep(pause)

    return script


async def ask(url: str, folder: Path, *, sockets: Any = None, tls: Any = None, **changes: Any) -> Fetched:
    """What a fetcher of its own makes of the address; short limits unless `changes` say otherwise."""
    limits = {"fetch_timeout_seconds": 10.0, "idle_timeout_seconds": 5.0, "allow_private": True}
    settings = example_settings(folder, **{**limits, **changes})
    async with Fetcher(settings, SteppedClock(NOW), sockets=sockets, tls=tls) as fetcher:
        return await fetcher.fetch(url, Validators())
