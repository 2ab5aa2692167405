"""Signed webhooks for other systems, as Standard Webhooks describes them: the alerts as records, not as words.

`webhook-id` is the delivery's id and the same over all attempts, `webhook-timestamp` is the attempt's own second, and
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. Source: the specification at
standardwebhooks.com. A receiver keeps one of several requests with the same id, so a repeat is always safe.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from services.alert.channel import Channel, EditOutcome, Message, Uneditable
from services.alert.channels._retryafter import read_retry_after
from services.alert.delivery.protocol import NotFound, Posted, PostOutcome, Reaction, ReadOutcome, Refused
from services.alert.render.records import write_records
from services.alert.settings import AlertSettings
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.runtime.egress import BlockedAddressError, open_socket, public_socket
from services.runtime.signatures import SECRET_PREFIX, read_secret, sign


def open_channel(settings: AlertSettings) -> Channel:
    """A channel for the webhooks in the settings; raises UsageError naming the first that cannot be used."""
    targets: dict[str, tuple[str, bytes]] = {}
    for name, address in settings.webhooks.items():
        url = address.get_secret_value()
        if not _is_usable(url, settings.webhook_allow_private):
            raise UsageError(
                f"webhooks: {name}: not an https address without user and fragment; plain http needs "
                "NOROSHI_ALERT_WEBHOOK_ALLOW_PRIVATE, to try things out"
            )
        if name not in settings.webhook_secrets:
            raise UsageError(f"webhook_secrets: {name}: no signing secret; add one, as {SECRET_PREFIX}…")
        secret = settings.webhook_secrets[name].get_secret_value()
        targets[name] = url, read_secret(secret, f"webhook_secrets: {name}")
    return WebhookChannel(targets, settings.webhook_timeout_seconds, allow_private=settings.webhook_allow_private)


def _is_usable(url: str, allow_plain: bool) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    schemes = {"https", "http"} if allow_plain else {"https"}
    return parts.scheme in schemes and bool(parts.hostname) and not (parts.username or parts.fragment)


class WebhookChannel:
    """All signed webhooks of the settings; each name has an address and a key."""

    kind = "webhook"
    per_second = 0.0

    def __init__(
        self,
        targets: Mapping[str, tuple[str, bytes]],
        timeout: float,
        *,
        allow_private: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._targets, self._timeout, self._now = dict(targets), timeout, now
        self._socket = open_socket if allow_private else public_socket
        self._session: aiohttp.ClientSession | None = None
        self._gone: set[str] = set()

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Send once; see `Channel.post`.

        What leaves doubt elsewhere is a plain retry here, since the receiver knows a repeat by its id. After
        410 (Gone) nothing is sent any more until the service is started again.
        """
        del thread_ref
        if destination.address in self._gone:
            return Refused(Reaction.PAUSE_DESTINATION, "http_410")
        target = self._targets.get(destination.address)
        if target is None:
            return Refused(Reaction.PAUSE_DESTINATION, "no_such_webhook")
        url, key = target
        body = write_records(message.delivery_id, message.text, message.alerts)
        try:
            headers = self._headers(key, message.delivery_id, body)
            async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status == 410:
                    self._gone.add(destination.address)
                return _outcome(response.status, response.headers, message.delivery_id)
        except aiohttp.ClientConnectorError as error:
            blocked = isinstance(error.os_error, BlockedAddressError)
            reaction = Reaction.PAUSE_DESTINATION if blocked else Reaction.RETRY
            return Refused(reaction, f"connect:{type(error.os_error).__name__}")
        except aiohttp.InvalidURL:
            return Refused(Reaction.PAUSE_DESTINATION, "invalid_address")
        except TimeoutError:
            return Refused(Reaction.RETRY, "timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Refused(Reaction.RETRY, type(error).__name__)

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """Nothing needs to be looked for: a repeat is safe, so a message in doubt is simply sent again."""
        del destination, delivery_id, oldest, thread_ref
        return NotFound()

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """A record that was handed over stays as it is; news come as records of their own."""
        del destination, ref, message
        return Uneditable("webhook_has_no_edits")

    async def check(self, destination: Destination) -> str | None:
        """Whether the settings know the name; the receiver is only proven by the first request."""
        if destination.address in self._targets:
            return None
        return (
            f"no webhook is called {destination.address!r}; add it to NOROSHI_ALERT_WEBHOOKS "
            "and NOROSHI_ALERT_WEBHOOK_SECRETS"
        )

    async def close(self) -> None:
        """Close the HTTP session."""
        if self._session is not None:
            await self._session.close()

    def _headers(self, key: bytes, webhook_id: str, body: bytes) -> dict[str, str]:
        timestamp = int(self._now())
        return {
            "content-type": "application/json",
            "user-agent": "noroshi",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(key, webhook_id, timestamp, body),
        }

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(socket_factory=self._socket),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _outcome(status: int, headers: Mapping[str, str], delivery_id: str) -> PostOutcome:
    if 200 <= status < 300:
        return Posted(delivery_id)
    if status in (408, 429) or status >= 500:
        return Refused(Reaction.RETRY, f"http_{status}", read_retry_after(headers))
    return Refused(Reaction.PAUSE_DESTINATION, f"http_{status}")
