"""Servers on loopback for one test: the stand-in, or one that gives a canned answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from services.fakeslack.app import StandInSettings, start_server
from services.fakeslack.core import FakeSlack


@asynccontextmanager
async def serve_stand_in(slack: FakeSlack) -> AsyncIterator[str]:
    """The stand-in; yields the base address of its Web API."""
    runner, port = await start_server(StandInSettings(port=0), slack)
    try:
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve_canned(
    body: bytes, status: int = 200, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """A server that gives every call the same answer; yields its base address."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, status=status, content_type=kind, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()
