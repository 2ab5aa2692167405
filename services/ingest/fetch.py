"""Fetches one page politely and safely: conditional, bounded in size and time, never off the public internet."""

from __future__ import annotations

import asyncio
import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import aiohttp
from yarl import URL

from services.ingest.inflate import InflateError, Inflater, TooLargeError
from services.ingest.page import Page
from services.ingest.settings import IngestSettings
from services.runtime.clock import Clock
from services.runtime.egress import open_socket, public_socket

MAX_REDIRECTS = 5
MAX_RETRY_AFTER = 86_400.0
_CHUNK = 65_536
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/json, application/xml;q=0.9, */*;q=0.5"
)
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Validators:
    """What the publisher called the last page it sent, verbatim: quotes are part of an ETag."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The request headers that ask for the page only if it changed."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class PageFetched:
    """A page came. `moved_to` is where the publisher says it now lives for good."""

    page: Page
    validators: Validators
    moved_to: str | None = None


@dataclass(frozen=True)
class NotModified:
    """The publisher says that the page is the one we had."""


@dataclass(frozen=True)
class FetchFailed:
    """No page came: an outcome of `metrics.FETCH_OUTCOMES`, why, and how long the publisher asks us to stay away."""

    outcome: str
    message: str
    retry_after: float | None = None


Fetched = PageFetched | NotModified | FetchFailed


class Fetcher:
    """Fetches pages over one shared session; use as an async context manager."""

    def __init__(self, settings: IngestSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Fetcher:
        connector = aiohttp.TCPConnector(
            socket_factory=open_socket if self._settings.allow_private else public_socket, limit_per_host=1
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": user_agent(self._settings.contact), "Accept": _ACCEPT},
            timeout=aiohttp.ClientTimeout(total=None, sock_read=self._settings.idle_timeout_seconds),
        )
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        """Fetch a page, following up to 5 redirects; every failure comes back as FetchFailed, none is raised."""
        try:
            async with asyncio.timeout(self._settings.fetch_timeout_seconds):
                return await self._follow(URL(url), validators)
        except TimeoutError:
            return FetchFailed("timeout", f"no whole answer within {self._settings.fetch_timeout_seconds:g} s")
        except TooLargeError as error:
            return FetchFailed("too_large", str(error))
        except (InflateError, aiohttp.ClientError, OSError, ValueError) as error:
            return FetchFailed("network", f"{type(error).__name__}: {error}")

    async def _follow(self, url: URL, validators: Validators) -> Fetched:
        moved_to: str | None = None
        is_permanent = True
        for _ in range(MAX_REDIRECTS + 1):
            async with self._request(url, validators) as response:
                if response.status not in _REDIRECTS:
                    return await self._answer(response, moved_to)
                url = _next_address(url, response.headers.get("Location", ""))
                is_permanent = is_permanent and response.status in (301, 308)
                moved_to = str(url) if is_permanent else None
        return FetchFailed("network", f"more than {MAX_REDIRECTS} redirects, the last to {url}")

    def _request(self, url: URL, validators: Validators) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            raise RuntimeError("a Fetcher is used inside `async with`")
        headers = {"Accept-Encoding": "gzip, deflate", **validators.headers()}
        return self._session.get(url, headers=headers, allow_redirects=False)

    async def _answer(self, response: aiohttp.ClientResponse, moved_to: str | None) -> Fetched:
        if response.status == 304:
            return NotModified()
        if response.status != 200:
            return self._failure(response)
        content = await self._read(response)
        page = Page(content, str(response.url), self._clock.now(), response.charset)
        named = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return PageFetched(page, named, moved_to)

    def _failure(self, response: aiohttp.ClientResponse) -> FetchFailed:
        outcome = "http_5xx" if response.status >= 500 else "http_4xx"
        message = f"HTTP {response.status} {response.reason or ''}".rstrip()
        return FetchFailed(outcome, message, retry_after(response.headers.get("Retry-After"), self._clock.now()))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body, unpacked; gives up as soon as either limit is passed."""
        inflater = Inflater(response.headers.get("Content-Encoding", ""), self._settings.page_limit_bytes)
        wire = 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            wire += len(chunk)
            if wire > self._settings.wire_limit_bytes:
                raise TooLargeError(f"over {self._settings.wire_limit_bytes} bytes on the wire")
            inflater.feed(chunk)
        return inflater.finish()


def user_agent(contact: str) -> str:
    """What we call ourselves to publishers: the name, and where to reach the people who run it."""
    return f"noroshi/0.1 ({contact})" if contact else "noroshi/0.1"


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds a publisher asks us to wait (RFC 9110 §10.2.3), at most a day; None if it does not say."""
    if not text:
        return None
    if text.strip().isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _next_address(url: URL, location: str) -> URL:
    """Where a redirect leads; raises ValueError unless that is http(s) and no step back from https."""
    target = url.join(URL(location))
    if not location or target.scheme not in ("http", "https") or not target.host:
        raise ValueError(f"a redirect to {location!r}, which is no web address")
    if url.scheme == "https" and target.scheme == "http":
        raise ValueError(f"a redirect from https back to {target}")
    return target
