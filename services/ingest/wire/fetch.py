"""Fetches one page politely and safely: conditional, bounded in size and time, never off the public internet."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from services.ingest.pages.page import Page
from services.ingest.settings import IngestSettings
from services.ingest.wire.access import Access, Accesses, place_of
from services.ingest.wire.headers import MAX_RETRY_AFTER, max_age, retry_after
from services.ingest.wire.inflate import InflateError, Inflater, TooLargeError
from services.ingest.wire.lookup import Lookups
from services.ingest.wire.pacing import HostPacing
from services.runtime.clock import Clock
from services.runtime.egress import open_socket, public_socket

MAX_REDIRECTS = 5
_CHUNK = 65_536
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/json, application/xml;q=0.9, */*;q=0.5"
)
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = "; the publisher took it down for good: write its new address into its source.yml, or `status: paused`"


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
    """A page came. The publisher says where it now lives for good (`moved_to`) and how long it keeps (`max_age`)."""

    page: Page
    validators: Validators
    moved_to: str | None = None
    max_age: float = 0.0


@dataclass(frozen=True)
class NotModified:
    """The publisher says that the page is the one we had, and for how many seconds it will be."""

    max_age: float = 0.0


@dataclass(frozen=True)
class FetchFailed:
    """No page came: an outcome of `metrics.FETCH_OUTCOMES`, why, and how long the publisher asks us to stay away.

    `status` is the publisher's where it gave one. `gone` says that it took the page down for good (410): the source is
    to be paused.
    """

    outcome: str
    message: str
    retry_after: float | None = None
    gone: bool = False
    status: int | None = field(default=None, compare=False)


Fetched = PageFetched | NotModified | FetchFailed


class Fetcher:
    """Fetches pages over one shared session; use as an async context manager.

    `pacing` gives turns at hosts, `tls` says whom to trust (by default whom the system trusts), `sockets` opens
    connections (by default to the public internet alone, unless the settings allow more). `accesses` says which
    addresses want a key or a body; on a redirect elsewhere neither goes along.
    """

    def __init__(
        self,
        settings: IngestSettings,
        clock: Clock,
        *,
        pacing: HostPacing | None = None,
        tls: ssl.SSLContext | None = None,
        sockets: Callable[[tuple[Any, ...]], socket.socket] | None = None,
        accesses: Accesses | None = None,
    ) -> None:
        self._accesses = accesses or {}
        self._settings, self._clock, self._tls = settings, clock, tls
        self._pacing = pacing or HostPacing(clock, settings.host_pause_seconds)
        self._sockets = sockets or (open_socket if settings.allow_private else public_socket)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Fetcher:
        connector = aiohttp.TCPConnector(
            resolver=Lookups(),
            socket_factory=self._sockets,
            ssl=self._tls or True,
            limit=0,  # a limit would be shared: hosts that stall would use it up
            force_close=True,  # what a publisher sends after its answer must not answer the next request
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
        """Fetch a page, following up to 5 redirects; every failure comes back as FetchFailed, none is raised.

        Waits for a turn at the page's host first; the wait does not count against the time a page may take.
        """
        try:
            address = URL(url)
        except ValueError as error:
            return FetchFailed("network", f"{url!r} is no address: {error}")
        if missing := self._access(address).missing:
            return FetchFailed("no_key", missing)
        async with self._pacing.turn(address.host or "") as turn:
            fetched = await self._fetch(address, validators)
            if isinstance(fetched, FetchFailed) and fetched.retry_after and not fetched.gone:
                turn.rest(fetched.retry_after)
        return fetched

    async def _fetch(self, url: URL, validators: Validators) -> Fetched:
        try:
            async with asyncio.timeout(self._settings.fetch_timeout_seconds):
                return await self._follow(url, validators)
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
        access = self._access(url)
        headers = {"Accept-Encoding": "gzip, deflate", **access.headers}
        if access.body is None:
            return self._session.get(url, headers=headers | validators.headers(), allow_redirects=False)
        headers["Content-Type"] = "application/json"
        return self._session.post(url, headers=headers, data=access.body, allow_redirects=False)

    def _access(self, url: URL) -> Access:
        return self._accesses.get(place_of(url), Access())

    async def _answer(self, response: aiohttp.ClientResponse, moved_to: str | None) -> Fetched:
        if response.status == 304:
            return NotModified(_max_age(response))
        if response.status != 200:
            return self._failure(response)
        content = await self._read(response)
        page = Page(content, str(response.url), self._clock.now(), response.charset)
        named = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return PageFetched(page, named, moved_to, _max_age(response))

    def _failure(self, response: aiohttp.ClientResponse) -> FetchFailed:
        outcome = "http_5xx" if response.status >= 500 else "http_4xx"
        message = f"HTTP {response.status} {response.reason or ''}".rstrip()
        if response.status == 410:
            return FetchFailed(outcome, message + _GONE, MAX_RETRY_AFTER, gone=True, status=410)
        wait = retry_after(response.headers.get("Retry-After"), self._clock.now())
        return FetchFailed(outcome, message, wait, status=response.status)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body, unpacked; gives up as soon as either limit is passed."""
        encodings = ", ".join(response.headers.getall("Content-Encoding", []))
        inflater = Inflater(encodings, self._settings.page_limit_bytes)
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


def _max_age(response: aiohttp.ClientResponse) -> float:
    stated = ", ".join(response.headers.getall("Cache-Control", []))
    return max_age(stated, response.headers.get("Age", ""))


def _next_address(url: URL, location: str) -> URL:
    """Where a redirect leads; raises ValueError unless that is http(s) and no step back from https."""
    target = url.join(URL(location))
    if not location or target.scheme not in ("http", "https") or not target.host:
        raise ValueError(f"a redirect to {location!r}, which is no web address")
    if url.scheme == "https" and target.scheme == "http":
        raise ValueError(f"a redirect from https back to {target}")
    return target
