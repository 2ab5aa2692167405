"""Fetching: conditional, bounded, polite, and never off the public internet. The servers are on loopback."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.ingest.wire.fetch import Fetched, Fetcher, FetchFailed, NotModified, PageFetched, Validators
from services.ingest.wire.headers import max_age, retry_after
from services.runtime.clock import SteppedClock
from services.runtime.egress import is_public
from tests.ingest.material import NOW, example_settings

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def publisher(answer: Answer) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A web server on loopback; gives its port's address and the requests it has had."""
    requests: list[web.Request] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        requests.append(request)
        return await answer(request)

    runner = web.AppRunner(_app(handle), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", requests
    finally:
        await runner.cleanup()


def _app(handle: Answer) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def fetch(url: str, folder: Path, validators: Validators | None = None, **changes: Any) -> Fetched:
    settings = example_settings(folder, **{"allow_private": True, "contact": "ops@example.org", **changes})
    async with Fetcher(settings, SteppedClock(NOW)) as fetcher:
        return await fetcher.fetch(url, validators or Validators())


def answering(body: bytes = b"page", status: int = 200, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return answer


@pytest.mark.asyncio
async def test_a_page_comes_with_its_bytes_address_charset_and_validators(tmp_path: Path) -> None:
    answer = answering(
        b"\x8c\xf6",
        Content_Type="text/xml; charset=Shift_JIS",
        ETag='W/"a b"',
        Last_Modified="Wed, 08 Apr 2026 00:00:00 GMT",
    )
    async with publisher(answer) as (address, requests):
        fetched = await fetch(f"{address}/feed.xml?a[]=1", tmp_path)
    assert isinstance(fetched, PageFetched)
    assert (fetched.page.content, fetched.page.charset, fetched.page.fetched_at) == (b"\x8c\xf6", "Shift_JIS", NOW)
    assert fetched.page.url.startswith(f"{address}/feed.xml")
    assert fetched.validators == Validators('W/"a b"', "Wed, 08 Apr 2026 00:00:00 GMT")
    assert requests[0].headers["User-Agent"] == "noroshi/0.1 (ops@example.org)"
    assert "If-None-Match" not in requests[0].headers
    assert requests[0].query == {"a[]": "1"}


@pytest.mark.asyncio
async def test_validators_are_sent_back_verbatim_and_not_modified_is_understood(tmp_path: Path) -> None:
    validators = Validators('W/"a b"', "Wed, 8 Apr 2026 0:00:00 GMT")
    async with publisher(answering(b"", 304)) as (address, requests):
        assert await fetch(address, tmp_path, validators) == NotModified()
    assert requests[0].headers["If-None-Match"] == 'W/"a b"'
    assert requests[0].headers["If-Modified-Since"] == "Wed, 8 Apr 2026 0:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, "http_4xx"), (400, "http_4xx"), (403, "http_4xx"), (404, "http_4xx"), (410, "http_4xx"), (500, "http_5xx"),
     (503, "http_5xx")],
)  # fmt: skip
@pytest.mark.asyncio
async def test_an_answer_that_is_no_page_is_a_failure_by_its_class(tmp_path: Path, status: int, outcome: str) -> None:
    async with publisher(answering(b"", status)) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert (fetched.outcome, fetched.status) == (outcome, status)
    assert str(status) in fetched.message


@pytest.mark.asyncio
async def test_a_publisher_that_asks_for_time_is_heard(tmp_path: Path) -> None:
    async with publisher(answering(b"", 429, Retry_After="1800")) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert fetched.retry_after == 1800


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("99999999", 86_400), ("Fri, 10 Apr 2026 03:10:00 GMT", 600), (None, None), ("soon", None),
     ("-5", None), ("Fri, 10 Apr 2020 03:10:00 GMT", 0), ("", None), ("Fri, 99 Apr 2026 03:10:00 GMT", None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, datetime(2026, 4, 10, 3, 0, tzinfo=UTC)) == seconds


@pytest.mark.asyncio
async def test_a_page_taken_down_for_good_is_left_for_a_day_and_says_what_to_do(tmp_path: Path) -> None:
    async with publisher(answering(b"", 410, Retry_After="5")) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert fetched.gone
    assert fetched.retry_after == 86_400
    assert "status: paused" in fetched.message


@pytest.mark.parametrize("status", [200, 304])
@pytest.mark.asyncio
async def test_how_long_a_page_keeps_is_told(tmp_path: Path, status: int) -> None:
    async with publisher(answering(b"", status, Cache_Control="public, max-age=900", Age="60")) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, PageFetched | NotModified)
    assert fetched.max_age == 840


@pytest.mark.parametrize(
    ("stated", "age", "seconds"),
    [("max-age=600", "", 600), ('Max-Age = "60"', "", 60), ("s-maxage=600", "", 0), ("no-cache, max-age=600", "", 0),
     ("no-store", "", 0), ("max-age=10", "99", 0), ("max-age=-5", "", 0), ("max-age=soon", "", 0), ("", "", 0),
     ("max-age=600", "²", 600), ("x-max-age=9, max-age=7", "", 7)],
)  # fmt: skip
def test_max_age_is_read_as_caches_read_it(stated: str, age: str, seconds: float) -> None:
    assert max_age(stated, age) == seconds


@pytest.mark.parametrize(
    "text", ["Fri, 10 Apr 99999999999 03:10:00 GMT", "²", "9" * 6000, "\x00", "Fri, 10 Apr 2026 99"]
)
def test_an_odd_retry_after_is_no_crash(text: str) -> None:
    assert retry_after(text, NOW) in (None, 86_400)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw-deflate"])
@pytest.mark.asyncio
async def test_a_packed_page_is_unpacked(tmp_path: Path, encoding: str) -> None:
    page = b"<rss/>" * 50_000
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(page),
        "deflate": zlib.compress(page),
        "raw-deflate": raw.compress(page) + raw.flush(),
    }[encoding]
    async with publisher(answering(packed, Content_Encoding=encoding.removeprefix("raw-"))) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, PageFetched)
    assert fetched.page.content == page


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"x" * 9999)[:-20], "gzip"), (b"no gzip", "gzip"), (b"x", "br"), (b"", "gzip")],
    ids=["cut", "not packed", "unasked", "nothing"],
)
@pytest.mark.asyncio
async def test_a_packed_page_that_is_not_whole_is_a_failure(tmp_path: Path, body: bytes, encoding: str) -> None:
    async with publisher(answering(body, Content_Encoding=encoding)) as (address, _):
        fetched = await fetch(address, tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome == "network"


@pytest.mark.asyncio
async def test_an_endless_page_is_stopped_at_the_limit(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    async with publisher(endless) as (address, _):
        fetched = await fetch(address, tmp_path, wire_limit_bytes=1_000_000)
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome == "too_large"


@pytest.mark.parametrize(
    "limits", [{"idle_timeout_seconds": 0.1}, {"fetch_timeout_seconds": 0.1}], ids=["idle", "total"]
)
@pytest.mark.asyncio
async def test_a_publisher_that_falls_silent_is_left(tmp_path: Path, limits: dict[str, Any]) -> None:
    left = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"<rss>")
        await left.wait()
        return response

    async with publisher(silent) as (address, _):
        fetched = await fetch(address, tmp_path, **limits)
        left.set()
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome == "timeout"


def redirecting(target: str, status: int = 302) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/end":
            return web.Response(body=b"end")
        return web.Response(status=status, headers={"Location": target})

    return answer


@pytest.mark.parametrize(("status", "is_permanent"), [(301, True), (302, False), (307, False), (308, True)])
@pytest.mark.asyncio
async def test_a_redirect_is_followed_and_a_permanent_one_reported(
    tmp_path: Path, status: int, is_permanent: bool
) -> None:
    async with publisher(redirecting("/end", status)) as (address, _):
        fetched = await fetch(f"{address}/start", tmp_path)
    assert isinstance(fetched, PageFetched)
    assert fetched.page.content == b"end"
    assert fetched.moved_to == (f"{address}/end" if is_permanent else None)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x/", ""])
@pytest.mark.asyncio
async def test_a_redirect_off_the_web_is_refused(tmp_path: Path, target: str) -> None:
    async with publisher(redirecting(target)) as (address, requests):
        fetched = await fetch(f"{address}/start", tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert len(requests) == 1


@pytest.mark.asyncio
async def test_a_redirect_loop_ends_after_five(tmp_path: Path) -> None:
    async with publisher(redirecting("/start")) as (address, requests):
        fetched = await fetch(f"{address}/start", tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert "more than 5 redirects" in fetched.message
    assert len(requests) == 6


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.asyncio
async def test_a_proxy_of_the_environment_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with publisher(answering()) as (address, requests):
        monkeypatch.setenv(variable, address)
        fetched = await fetch("http://127.0.0.1:9/", tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert requests == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.8",  # noqa: S104
     "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::1", "::127.0.0.1", "::ffff:0:127.0.0.1",
     "fec0::1", "4000::1", "3fff::1", "2001:0:7f00:1::", "2001:db8::1", "fe80::1%eth0", "not an address", ""],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://[", "ftp://x.example/"])
@pytest.mark.asyncio
async def test_a_publisher_out_of_reach_is_a_failure_and_no_exception(tmp_path: Path, url: str) -> None:
    fetched = await fetch(url, tmp_path)
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome == "network"
