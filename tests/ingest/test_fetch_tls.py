"""A publisher that cannot prove who it is is not read. The certificates are made anew for each run."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from services.ingest.wire.fetch import FetchFailed, PageFetched
from tests.ingest.hostile.publisher import ask

HERE = ("localhost", "127.0.0.1")
LONG_AGO, FAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2098, 1, 1, tzinfo=UTC)
AUTHORITY, STRANGER = trustme.CA(), trustme.CA()
CERTIFICATES: dict[str, Callable[[], trustme.LeafCert]] = {
    "good": lambda: AUTHORITY.issue_cert(*HERE),
    "expired": lambda: AUTHORITY.issue_cert(*HERE, not_before=LONG_AGO, not_after=LONG_AGO.replace(year=2001)),
    "not-yet": lambda: AUTHORITY.issue_cert(*HERE, not_before=FAR, not_after=FAR.replace(year=2099)),
    "wrong-host": lambda: AUTHORITY.issue_cert("publisher.example", "192.0.2.1"),
    "unknown-authority": lambda: STRANGER.issue_cert(*HERE),
}


@asynccontextmanager
async def secure_publisher(certificate: str) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CERTIFICATES[certificate]().configure_cert(context)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"page")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.mark.asyncio
async def test_a_publisher_whose_certificate_is_sound_is_read(tmp_path: Path) -> None:
    async with secure_publisher("good") as address:
        assert isinstance(await ask(address, tmp_path, tls=trusting()), PageFetched)


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        ("expired", "expired"),
        ("not-yet", "not yet valid"),
        ("wrong-host", "mismatch"),
        ("unknown-authority", "unable to get local issuer"),
    ],
)
@pytest.mark.asyncio
async def test_a_certificate_that_proves_nothing_is_refused_and_the_reason_told(
    tmp_path: Path, certificate: str, why: str
) -> None:
    async with secure_publisher(certificate) as address:
        fetched = await ask(address, tmp_path, tls=trusting())
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome == "network"
    assert why in fetched.message


@pytest.mark.asyncio
async def test_an_authority_the_system_does_not_know_is_not_trusted_by_itself(tmp_path: Path) -> None:
    async with secure_publisher("good") as address:
        assert isinstance(await ask(address, tmp_path), FetchFailed)
