"""The stand-in as an HTTP server on loopback: Slack's Web API below `/api/`, an inbox page at `/`.

Incoming webhooks: `/services/TEAM/CHANNEL/ANYTHING` posts into that channel.

Control below `/stand-in/`: `messages` (what readers see, as JSON), `faults` (script what goes wrong).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from services.contracts.errors import StopError
from services.fakeslack.core import Answer, Contract, FakeSlack, Fault, FaultKind
from services.fakeslack.inbox import render_inbox
from services.fakeslack.journal import JournaledStore

MAX_REQUEST = 1_000_000
_SHUTDOWN_SECONDS = 0.2
"""How long a stop waits for calls in hand: a scripted stall must not hold the process."""

Now = Callable[[], float]

_SLACK = web.AppKey("slack", FakeSlack)
_NOW: web.AppKey[Now] = web.AppKey("now")


@dataclass(frozen=True)
class StandInSettings:
    """Where the stand-in listens and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 8075
    journal: Path | None = None
    contract: Contract = field(default_factory=Contract)


def build_app(slack: FakeSlack, now: Now = time.time) -> web.Application:
    """The web application around one workspace."""
    app = web.Application(client_max_size=MAX_REQUEST)
    app[_SLACK], app[_NOW] = slack, now
    app.router.add_route("*", "/api/{method}", _call)
    app.router.add_post("/services/{path:.+}", _receive)
    app.router.add_get("/", _inbox)
    app.router.add_get("/livez", _live)
    app.router.add_get("/stand-in/messages", _messages)
    app.router.add_post("/stand-in/faults", _script)
    return app


async def start_server(settings: StandInSettings, slack: FakeSlack | None = None) -> tuple[web.AppRunner, int]:
    """Serve until the runner is cleaned up; returns it with the port it listens on.

    Raises StopError if the port is taken.
    """
    runner = web.AppRunner(
        build_app(slack or open_workspace(settings)), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise StopError(
            f"the Slack stand-in cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
            "another program holds the port: stop it or choose another with --slack-port"
        ) from error
    return runner, int(runner.addresses[0][1])


def open_workspace(settings: StandInSettings) -> FakeSlack:
    """A workspace with what its journal holds."""
    if settings.journal is None:
        return FakeSlack(settings.contract)
    return FakeSlack(settings.contract, store=JournaledStore(settings.journal))


async def serve(settings: StandInSettings, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set."""
    runner, _ = await start_server(settings)
    try:
        await stopping.wait()
    finally:
        await runner.cleanup()


async def _call(request: web.Request) -> web.StreamResponse:
    arguments = await _read_arguments(request)
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() or str(arguments.get("token", "")) or None
    slack, now = request.app[_SLACK], request.app[_NOW]
    answer = slack.handle(request.match_info["method"], token, arguments, now())
    return await _respond(request, answer)


async def _receive(request: web.Request) -> web.StreamResponse:
    arguments = await _read_arguments(request)
    slack, now = request.app[_SLACK], request.app[_NOW]
    return await _respond(request, slack.receive(request.match_info["path"], arguments, now()))


async def _read_arguments(request: web.Request) -> Mapping[str, Any]:
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            return given
        return given | body if isinstance(body, dict) else given
    form = await request.post()
    given |= {name: value for name, value in form.items() if isinstance(value, str)}
    for name in ("blocks", "metadata"):
        if isinstance(given.get(name), str):
            given[name] = _parse_json(given[name])
    return given


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


async def _respond(request: web.Request, answer: Answer) -> web.StreamResponse:
    if answer.stall:
        await asyncio.sleep(answer.stall)
    if answer.lost:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if isinstance(answer.body, str):
        return web.Response(text=answer.body, status=answer.status, content_type="text/html", headers=answer.headers)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def _inbox(request: web.Request) -> web.Response:
    page = render_inbox(request.app[_SLACK].store, request.query.get("channel"))
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})


async def _live(request: web.Request) -> web.Response:
    del request
    return web.Response(text="ok\n")


async def _messages(request: web.Request) -> web.Response:
    slack = request.app[_SLACK]
    slack.land(request.app[_NOW]())
    messages = [m.to_api(with_metadata=True) | {"channel": m.channel} for m in slack.store.messages]
    return web.json_response({"messages": messages, "calls": slack.calls})


async def _script(request: web.Request) -> web.Response:
    try:
        given = await request.json()
        faults = [Fault(**item | {"kind": FaultKind(item["kind"])}) for item in given]
    except (json.JSONDecodeError, TypeError, ValueError, KeyError) as error:
        kinds = ", ".join(FaultKind)
        return web.json_response({"error": f"expected a list of faults ({error}); kinds: {kinds}"}, status=400)
    request.app[_SLACK].faults.extend(faults)
    return web.json_response({"faults": len(request.app[_SLACK].faults)})
