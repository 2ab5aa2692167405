"""Whatever a publisher sends over a real socket, it fills neither memory nor time, and half an answer is none."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from pathlib import Path

import pytest

from services.ingest.wire.fetch import Fetcher, FetchFailed, PageFetched, Validators
from services.ingest.wire.inflate import InflateError, Inflater, TooLargeError
from services.runtime.clock import SteppedClock
from tests.ingest.hostile.memory import memory_rise
from tests.ingest.hostile.publisher import Script, Write, ask, raw_publisher, repeating, saying
from tests.ingest.material import NOW, example_settings

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MOST_MEMORY = 40_000_000


def packed_head(encoding: str) -> bytes:
    return OK + f"Content-Encoding: {encoding}\r\n\r\n".encode()


@cache
def zeros(wbits: int) -> tuple[bytes, bytes]:
    """The head of a stream and a block of it that unpacks to 10 MB of zeros, as often as it is repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = packer.compress(b"0") + packer.flush(zlib.Z_FULL_FLUSH)
    return head, packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)


def bomb(encoding: str, wbits: int) -> Script:
    """600 MB in 0.6 MB, in one stream."""
    head, block = zeros(wbits)
    return saying(packed_head(encoding), head, block * 60)


def members(size: int, count: int) -> Script:
    return saying(packed_head("gzip"), gzip.compress(bytes(size)) * count)


ATTACKS: dict[str, tuple[Script, str]] = {
    "gzip bomb": (bomb("gzip", 31), "too_large"),
    "deflate bomb": (bomb("deflate", 15), "too_large"),
    "raw deflate bomb": (bomb("deflate", -15), "too_large"),
    "bomb of many members": (members(1_000_000, 600), "too_large"),
    "very many empty members": (members(0, 100_000), "network"),
    "packed twice": (saying(packed_head("gzip, gzip"), gzip.compress(gzip.compress(b"x"))), "network"),
    "packed twice by two headers": (
        saying(OK + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"x")), "network"),
    "brotli": (saying(packed_head("br"), b"\x0b\x02\x80abc\x03"), "network"),
    "zstd": (saying(packed_head("zstd"), b"\x28\xb5\x2f\xfd"), "network"),
    "endless body": (repeating(OK + b"\r\n", b"x" * 65_536), "too_large"),
    "endless chunks": (repeating(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), "too_large"),
    "announced body of 100 MB": (
        repeating(OK + b"Content-Length: 100000000\r\n\r\n", b"x" * 65_536), "too_large"),
    "endless tiny chunks": (repeating(CHUNKED, b"1\r\nx\r\n" * 1000), ""),
    "endless chunk extension": (repeating(CHUNKED + b"1;", b"x" * 65_536), ""),
    "endless trailers": (repeating(CHUNKED + b"0\r\n", b"X-A: y\r\n" * 4096), "network"),
    "endless header fields": (repeating(OK, b"X-A: y\r\n" * 4096), "network"),
    "endless header line": (repeating(OK + b"X: ", b"x" * 65_536), "network"),
    "endless status line": (repeating(b"HTTP/1.1 200 ", b"x" * 65_536), "network"),
    "endless interim answers": (repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001), "timeout"),
    "one byte at a time": (repeating(OK + b"\r\n", b"x", 0.02), "timeout"),
    "headers one byte at a time": (repeating(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", 0.02), "timeout"),
    "chunks one byte at a time": (repeating(CHUNKED, b"1\r\nx\r\n", 0.02), "timeout"),
    "no answer at all": (repeating(b"", b"", 0.02), "timeout"),
}  # fmt: skip
ENDINGS = {"too_large", "network", "timeout"}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.asyncio
async def test_an_attack_ends_as_a_failure_and_fills_no_memory(tmp_path: Path, attack: str) -> None:
    script, outcome = ATTACKS[attack]
    quick = {"fetch_timeout_seconds": 0.4} if outcome in ("timeout", "") else {}
    with memory_rise() as rise:
        async with raw_publisher(script) as (port, _):
            fetched = await ask(f"http://127.0.0.1:{port}/", tmp_path, **quick)
    assert isinstance(fetched, FetchFailed)
    assert fetched.outcome in ({outcome} if outcome else ENDINGS)
    assert rise.peak <= MOST_MEMORY


WHOLE = OK + b"Content-Length: 4\r\n\r\npage"
BROKEN: dict[str, bytes] = {
    "less than announced": OK + b"Content-Length: 10\r\n\r\npage",
    "last chunk missing": CHUNKED + b"4\r\npage\r\n",
    "chunk cut": CHUNKED + b"8\r\npage",
    "chunk size no number": CHUNKED + b"zz\r\npage\r\n0\r\n\r\n",
    "chunk size negative": CHUNKED + b"-4\r\npage\r\n0\r\n\r\n",
    "chunk size overflows": CHUNKED + b"fffffffffffffffff\r\npage\r\n0\r\n\r\n",
    "two lengths that differ": OK + b"Content-Length: 4\r\nContent-Length: 2\r\n\r\npage",
    "length a list": OK + b"Content-Length: 4, 2\r\n\r\npage",
    "length negative": OK + b"Content-Length: -4\r\n\r\npage",
    "length with a sign": OK + b"Content-Length: +4\r\n\r\npage",
    "length no number": OK + b"Content-Length: four\r\n\r\npage",
    "length of 5,000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\npage",
    "length and chunks": OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\np\r\n0\r\n\r\n",
    "field without a colon": OK + b"no colon here\r\n\r\npage",
    "NUL in a field": OK + b"X-A: a\x00b\r\nContent-Length: 4\r\n\r\npage",
    "no status line": b"<rss/>",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\npage",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/2 unasked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS on a plain port": b"\x15\x03\x01\x00\x02\x02\x28",
    "nothing": b"",
    "only a head begun": b"HTTP/1.1 200 OK\r\nContent-Le",
    "part of a page": b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\npage",
    "switched protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\npage",
    "packed and cut": packed_head("gzip") + gzip.compress(b"page" * 99)[:-4],
    "packed with more behind": packed_head("gzip") + gzip.compress(b"page") + b"more",
    "deflate with more behind": packed_head("deflate") + zlib.compress(b"page") + b"more",
    "packed with a wrong sum": packed_head("gzip") + gzip.compress(b"page")[:-8] + bytes(8),
    "second member cut": packed_head("gzip") + gzip.compress(b"page") + gzip.compress(b"page" * 99)[:-9],
}


@pytest.mark.parametrize("form", BROKEN, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.asyncio
async def test_a_broken_answer_is_no_page(tmp_path: Path, form: str) -> None:
    async with raw_publisher(saying(BROKEN[form])) as (port, _):
        fetched = await ask(f"http://127.0.0.1:{port}/", tmp_path)
    assert isinstance(fetched, FetchFailed), fetched
    assert fetched.message


@pytest.mark.asyncio
async def test_what_follows_an_answer_is_not_the_answer_to_the_next_question(tmp_path: Path) -> None:
    smuggled = OK + b"Content-Length: 8\r\n\r\nsmuggled"
    answers = [WHOLE + smuggled, WHOLE]

    async def script(write: Write) -> None:
        await write(answers.pop(0))

    settings = example_settings(tmp_path, allow_private=True)
    async with raw_publisher(script) as (port, calls), Fetcher(settings, SteppedClock(NOW)) as fetcher:
        found = [await fetcher.fetch(f"http://127.0.0.1:{port}/", Validators()) for _ in range(2)]
    assert [each.page.content for each in found if isinstance(each, PageFetched)] == [b"page", b"page"]
    assert len(calls) == 2
    assert all(b"Connection: close" in call for call in calls)


@pytest.mark.asyncio
async def test_nothing_but_gzip_and_deflate_is_asked_for(tmp_path: Path) -> None:
    async with raw_publisher(saying(WHOLE)) as (port, calls):
        await ask(f"http://127.0.0.1:{port}/", tmp_path)
    assert b"Accept-Encoding: gzip, deflate\r\n" in calls[0]


@pytest.mark.parametrize("size", [1, 7, 65_536, 1_000_000])
@pytest.mark.parametrize("padding", [b"", b"\0" * 9])
def test_every_member_of_a_packed_page_is_unpacked_however_it_is_cut(size: int, padding: bytes) -> None:
    text = bytes(range(256)) * 40 + bytes(70_000)
    packed = gzip.compress(text) + gzip.compress(b"") + gzip.compress(text[::-1]) + padding
    inflater = Inflater("gzip", 1_000_000)
    for start in range(0, len(packed), size):
        inflater.feed(packed[start : start + size])
    assert inflater.finish() == text + text[::-1]


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072, 200_000])
def test_a_page_of_exactly_the_limit_is_whole_and_one_byte_more_is_too_large(length: int) -> None:
    packed = gzip.compress(bytes(length))
    inflater = Inflater("gzip", length)
    inflater.feed(packed)
    assert len(inflater.finish()) == length
    with pytest.raises(TooLargeError):
        Inflater("gzip", length - 1).feed(packed)


def test_a_raw_stream_that_begins_with_a_zero_is_unpacked() -> None:
    packed = b"\x00\x04\x00\xfb\xffpage" + b"\x01\x00\x00\xff\xff"
    inflater = Inflater("deflate", 100)
    inflater.feed(packed)
    assert inflater.finish() == b"page"
    with pytest.raises(InflateError):
        Inflater("deflate", 100).finish()
