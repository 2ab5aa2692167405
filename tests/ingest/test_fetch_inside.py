"""Nothing a publisher or a name server says makes us ask this machine or its network; a canary listens on loopback."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.ingest.wire.fetch import FetchFailed
from services.runtime.egress import BlockedAddressError, open_socket, public_socket
from tests.ingest.hostile.publisher import ask, raw_publisher, saying

LITERALS = (
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F.0x0.0x0.0x1",
    "0x7f.1", "0177.0.0.1", "017700000001", "0177.1", "0000177.0.0.1", "127.0.0.01", "127.000.000.001", "0.0.0.0",  # noqa: S104
    "0", "0x0", "0.0", "127.0.0.1.", "127.1.", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127。0。0。1",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127.0.0.1%00.example.org",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::]", "[::1%25lo]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::]", "[2001::80ff:fffe]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]",
    "[fd00::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[4000::1]",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "192.0.0.8", "240.0.0.1",
    "255.255.255.255", "224.0.0.1",
)  # fmt: skip
NAMES = (
    "localhost", "LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", "inside.example", "inside.example.", "INSIDE.example",
    "inside6.example", "mapped.example", "nat64.example", "linklocal.example", "both.example", "rebinding.example",
)  # fmt: skip
WRAPPED = (
    "http://publisher.example@127.0.0.1:{port}/", "http://publisher.example:80@127.0.0.1:{port}/",
    "http://publisher.example%40@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@publisher.example/",
    "http://127.0.0.1:{port}\\@publisher.example/", "http://publisher.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}?@publisher.example/", "http://127.0.0.1 :{port}/", "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1:{port}:80/", "http://\r\n127.0.0.1:{port}/", "http:////127.0.0.1:{port}/",
    "http:/\\127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://127.0.0.1:0{port}/", "HTTP://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/", "http+unix://127.0.0.1:{port}/", "file://127.0.0.1:{port}/etc/hostname",
    "gopher://127.0.0.1:{port}/_GET", "data:text/plain,x", "http://[::1:{port}/", "http://[127.0.0.1]:{port}/",
)  # fmt: skip
FORMS = tuple(f"http://{host}:{{port}}/" for host in (*LITERALS, *NAMES)) + WRAPPED

PUBLIC = "93.184.216.34"
ANSWERS = {
    "inside.example": [["127.0.0.1"]],
    "inside6.example": [["::1"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
    "nat64.example": [["64:ff9b::7f00:1"]],
    "linklocal.example": [["169.254.169.254"]],
    "both.example": [[PUBLIC, "127.0.0.1", "::1"]],
    "rebinding.example": [[PUBLIC], ["127.0.0.1"]],
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The system's resolver, answering for names of ours; counts how often each was looked up."""
    asked: dict[str, int] = {}
    genuine = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        name = str(host).rstrip(".").lower()
        if name not in ANSWERS:
            return genuine(host, port, *rest, **named)
        number = asked[name] = asked.get(name, 0) + 1
        script = ANSWERS[name]
        addresses = script[min(number, len(script)) - 1]
        family = {each: socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses}
        return [(family[each], socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


class Door:
    """The shipped guard; it lets through to one port of this test's own publisher, and keeps off the real internet."""

    def __init__(self, publisher_port: int = 0) -> None:
        self.publisher_port = publisher_port
        self.passed: list[str] = []

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        if info[4][1] == self.publisher_port:
            return open_socket(info)
        made = public_socket(info)
        made.close()
        self.passed.append(info[4][0])
        raise ConnectionRefusedError("a test sends nothing to the internet")


@asynccontextmanager
async def canary() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A listener on every loopback address there is; gives its port and its hits."""
    async with raw_publisher(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhit!")) as (port, hits):
        if not socket.has_ipv6:
            yield port, hits
            return
        try:
            async with raw_publisher(saying(b"HTTP/1.1 200 OK\r\n\r\nhit!"), host="::1", port=port) as (_, hits6):
                yield port, hits
                hits.extend(hits6)
        except OSError:  # a machine without IPv6 on loopback
            yield port, hits


def test_the_table_is_large_enough() -> None:
    assert len(set(FORMS)) >= 90


@pytest.mark.asyncio
async def test_the_canary_is_hit_where_nothing_guards_it(tmp_path: Path) -> None:
    async with canary() as (port, hits):
        for host in ("127.0.0.1", "localhost", "0x7f000001"):
            await ask(f"http://{host}:{port}/", tmp_path, sockets=open_socket)
    assert len(hits) == 3


@pytest.mark.asyncio
async def test_no_form_of_an_inside_address_is_reached_directly(tmp_path: Path, names: dict[str, int]) -> None:
    door = Door()
    async with canary() as (port, hits):
        for form in FORMS:
            for _ in range(2 if "rebinding" in form else 1):
                fetched = await ask(form.format(port=port), tmp_path, sockets=door)
                assert isinstance(fetched, FetchFailed), form
    assert hits == []
    assert door.passed == [PUBLIC, PUBLIC]
    assert names["rebinding.example"] == 2


@pytest.mark.asyncio
async def test_no_redirect_leads_inside(tmp_path: Path, names: dict[str, int]) -> None:
    async with canary() as (port, hits):
        for form in FORMS:
            target = form.format(port=port).translate({ord("\r"): None, ord("\n"): None})
            head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            async with raw_publisher(saying(head.encode())) as (own, calls):
                fetched = await ask(f"http://127.0.0.1:{own}/", tmp_path, sockets=Door(own))
            assert calls, form
            assert isinstance(fetched, FetchFailed), form
    assert hits == []


def test_a_refusal_says_how_to_allow_it() -> None:
    with pytest.raises(BlockedAddressError, match="NOROSHI_INGEST_ALLOW_PRIVATE"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
