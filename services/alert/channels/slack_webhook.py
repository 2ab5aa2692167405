"""Slack's incoming webhooks: one address a channel, no token, and so no thread, no edit and no history.

The weaker guarantee follows: after an answer that was lost nobody can look, so the message is sent again with a
remark, or parked (`unreadable`). The address is a secret: a watchlist names it, the settings hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from services.alert.channel import Channel, EditOutcome, Message, Uneditable
from services.alert.channels._retryafter import read_retry_after
from services.alert.delivery.protocol import Posted, PostOutcome, Reaction, ReadOutcome, Refused, Unknown, Unreadable
from services.alert.settings import AlertSettings
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.runtime import metrics

HOST = "hooks.slack.com"
MAX_ANSWER = 500

WORDS: Mapping[str, Reaction] = {
    "invalid_payload": Reaction.DEGRADE,
    "invalid_blocks": Reaction.DEGRADE,
    "invalid_blocks_format": Reaction.DEGRADE,
    "msg_too_long": Reaction.DEGRADE,
    "msg_blocks_too_long": Reaction.DEGRADE,
    "no_text": Reaction.DEGRADE,
    "too_many_attachments": Reaction.DEGRADE,
    "user_not_found": Reaction.PAUSE_DESTINATION,
    "channel_not_found": Reaction.PAUSE_DESTINATION,
    "channel_is_archived": Reaction.PAUSE_DESTINATION,
    "action_prohibited": Reaction.PAUSE_DESTINATION,
    "posting_to_general_channel_denied": Reaction.PAUSE_DESTINATION,
    "no_service": Reaction.PAUSE_DESTINATION,
    "no_service_id": Reaction.PAUSE_DESTINATION,
    "no_active_hooks": Reaction.PAUSE_DESTINATION,
    "no_team": Reaction.PAUSE_DESTINATION,
    "invalid_token": Reaction.PAUSE_DESTINATION,
    "team_disabled": Reaction.PAUSE_DESTINATION,
}
"""Reaction by the plain word of a 4xx answer. Source: Slack's guide to incoming webhooks, section on errors."""


def open_channel(settings: AlertSettings) -> Channel:
    """A channel for the webhooks in the settings; raises UsageError for one that leads anywhere but to Slack."""
    addresses = {name: each.get_secret_value() for name, each in settings.slack_webhooks.items()}
    for name, address in addresses.items():
        if not _leads_to_slack(address, settings.slack_url):
            raise UsageError(
                f"slack_webhooks: {name}: not an address of an incoming webhook; it begins with https://{HOST}/services/"
            )
    return SlackWebhookChannel(addresses, settings.slack_timeout_seconds)


def _leads_to_slack(address: str, web_api: str) -> bool:
    """Slack's own host over https, or the stand-in that the settings name as the Web API."""
    try:
        given, api = urlsplit(address), urlsplit(web_api)
    except ValueError:
        return False
    if (given.scheme, given.netloc) == ("https", HOST):
        return True
    return bool(given.netloc) and (given.scheme, given.netloc) == (api.scheme, api.netloc)


class SlackWebhookChannel:
    """All incoming webhooks of the settings."""

    kind = "slack_webhook"
    per_second = 1.0

    def __init__(self, addresses: Mapping[str, str], timeout: float) -> None:
        self._addresses, self._timeout = dict(addresses), timeout
        self._session: aiohttp.ClientSession | None = None

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Send once; see `Channel.post`. An incoming webhook knows no threads."""
        del thread_ref
        address = self._addresses.get(destination.address)
        if address is None:
            return Refused(Reaction.PAUSE_DESTINATION, "no_such_webhook")
        body: dict[str, object] = {"text": message.text, "unfurl_links": False, "unfurl_media": False}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        try:
            async with self._open().post(address, json=body, allow_redirects=False) as response:
                word = (await response.content.read(MAX_ANSWER)).decode("utf-8", "replace").strip()
                return _outcome(response.status, word, response.headers, message.delivery_id)
        except aiohttp.ClientConnectorError as error:
            return Refused(Reaction.RETRY, f"connect:{type(getattr(error, 'os_error', error)).__name__}")
        except TimeoutError:
            return Unknown("timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Unknown(type(error).__name__)

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """What a webhook was given cannot be read back."""
        del destination, delivery_id, oldest, thread_ref
        return Unreadable("webhook_has_no_history")

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """A webhook answers with no reference, so nothing can be edited."""
        del destination, ref, message
        return Uneditable("webhook_has_no_edits")

    async def check(self, destination: Destination) -> str | None:
        """Whether the settings know the name; Slack itself is only proven by the first post."""
        if destination.address in self._addresses:
            return None
        return f"no incoming webhook is called {destination.address!r}; add it to NOROSHI_ALERT_SLACK_WEBHOOKS"

    async def close(self) -> None:
        """Close the HTTP session."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            patience = aiohttp.ClientTimeout(total=self._timeout)
            self._session = aiohttp.ClientSession(trust_env=False, timeout=patience)
        return self._session


def _outcome(status: int, word: str, headers: Mapping[str, str], delivery_id: str) -> PostOutcome:
    """What an answer says; only 200 with the word `ok` means that the message was stored."""
    if status == 200 and word == "ok":
        return Posted(delivery_id)
    if status == 429:
        metrics.SLACK_RATE_LIMITED.labels(scope="channel").inc()
        after = read_retry_after(headers)
        return Refused(Reaction.RETRY, "ratelimited", 1.0 if after is None else after)
    if 400 <= status < 500:
        known = WORDS.get(word)
        return Refused(known or Reaction.PAUSE_DESTINATION, word if known else f"http_{status}")
    if 300 <= status < 400:
        return Refused(Reaction.PAUSE_DESTINATION, f"http_{status}")
    return Unknown(f"http_{status}")
