"""Slack through slack-sdk: one `chat.postMessage` per attempt, never a retry of the SDK's own.

The SDK's built-in retry handler re-sends after a lost connection although the message may be stored, so every
client is built with `retry_handlers=[]`.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from services.alert.channel import Channel, Edited, EditOutcome, Message, Uneditable
from services.alert.channels._retryafter import read_retry_after
from services.alert.delivery.protocol import (
    Found,
    NotFound,
    Posted,
    PostOutcome,
    Reaction,
    ReadFailed,
    ReadOutcome,
    Refused,
    Unknown,
    Unreadable,
)
from services.alert.settings import AlertSettings
from services.alert.slack_errors import KEY_REFUSALS, RATE_LIMITS, react
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.runtime import metrics

log = structlog.get_logger("noroshi.slack")

EVENT_TYPE = "noroshi_alert"
_PAGE = 200
_MAX_PAGES = 50
_READ_AGAIN = {Reaction.HALT_WORKSPACE: 60.0, Reaction.PAUSE_DESTINATION: 300.0}
"""Seconds until a refused read is tried again, by what the refusal asks of us."""
_UNEDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
"""Answers to an edit that no patience mends."""
_GONE = frozenset({"thread_not_found"})
_UNREADABLE = frozenset({"missing_scope", "no_permission", "access_denied", "not_allowed_token_type", "not_in_channel"})
"""Answers to a read that no patience mends: this app may post but not look. A revoked token or an archived
channel is mended by a person, so such a read is tried again."""


def open_channel(settings: AlertSettings) -> Channel:
    """A Slack channel for the configured token; raises UsageError without one."""
    if settings.slack_token is None or not settings.slack_token.get_secret_value():
        raise UsageError(
            "no Slack token: a watchlist names a slack destination, and NOROSHI_ALERT_SLACK_TOKEN is not set. "
            "Set it to the bot token (xoxb-…), put it into the secrets directory as noroshi_alert_slack_token, "
            "or post to the local stand-in with `noroshi up`"
        )
    channel = SlackChannel(settings.slack_token.get_secret_value(), settings.slack_url, settings.slack_timeout_seconds)
    channel.per_second = settings.slack_per_second
    return channel


@dataclass(frozen=True)
class Identity:
    """Who Slack takes us for; `scopes` is what the token may do, None if Slack did not say."""

    team: str
    user: str
    scopes: frozenset[str] | None


class SlackChannel:
    """One workspace's Web API."""

    kind = "slack"
    per_second = 1.0

    def __init__(self, token: str, base_url: str, timeout: float) -> None:
        self._token, self._base_url, self._timeout = token, base_url, timeout
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self._key_refused: set[str] = set()
        self._keyless: set[str] = set()
        self._joined: set[str] = set()

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        """Send once; see `Channel.post`. A public channel the app is not in is joined, once, and then tried again."""
        answer = await self._call("chat.postMessage", body=self._arguments(destination, message, thread_ref))
        if isinstance(answer, Unknown) and answer.code in KEY_REFUSALS:
            self._key_refused.add(message.delivery_id)
        if isinstance(answer, Refused) and answer.code == "not_in_channel":
            return await self._join(destination.address) or answer
        if not isinstance(answer, Mapping):
            return answer
        self._key_refused.discard(message.delivery_id)
        self._keyless.discard(message.delivery_id)
        self._joined.discard(destination.address)
        ref = answer.get("ts")
        return Posted(ref) if isinstance(ref, str) else Unknown("answer_without_ts")

    def _arguments(self, destination: Destination, message: Message, thread_ref: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "channel": destination.address,
            "text": message.text,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"a": message.delivery_id}},
            "unfurl_links": False,
            "unfurl_media": False,
            "parse": "none",
        }
        if message.delivery_id not in self._keyless:
            arguments["client_msg_id"] = message.delivery_id
        if message.blocks:
            arguments["blocks"] = list(message.blocks)
        if thread_ref is not None:
            arguments["thread_ts"] = thread_ref
        return arguments

    async def _join(self, channel: str) -> Refused | None:
        """A reason to try again at once, if the app could let itself into the channel; asked once per trouble."""
        if channel in self._joined:
            return None
        self._joined.add(channel)
        joined = await self._call("conversations.join", body={"channel": channel})
        return Refused(Reaction.RETRY, "joined_channel", 0.0) if isinstance(joined, Mapping) else None

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        """Page through the history (or the thread's replies) since `oldest`; see `Channel.find`."""
        outcome = await self._find(destination, delivery_id, oldest, thread_ref)
        if delivery_id in self._key_refused and isinstance(outcome, NotFound | Unreadable):
            self._keyless.add(delivery_id)  # only a history that was read makes a message without its key safe
        return outcome

    async def _find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        async for page in self._pages(destination, oldest, thread_ref):
            if not isinstance(page, list):
                return page
            ref = _find_ref(page, delivery_id)
            if ref is not None:
                return Found(ref)
        return NotFound()

    async def list_ids(
        self, destination: Destination, oldest: datetime, thread_ref: str | None = None
    ) -> list[tuple[str, str]] | ReadFailed | Unreadable:
        """Our id and Slack's reference of every message of ours since `oldest`, in the channel or in one thread."""
        shown: list[tuple[str, str]] = []
        async for page in self._pages(destination, oldest, thread_ref):
            if not isinstance(page, list):
                return page
            shown += [(carried, str(message["ts"])) for message in page if (carried := _carried_id(message))]
        return shown

    async def _pages(
        self, destination: Destination, oldest: datetime, thread_ref: str | None
    ) -> AsyncIterator[list[Any] | ReadFailed | Unreadable]:
        """The pages of a history; the last one is why there are no more, if they did not end by themselves."""
        method = "conversations.history" if thread_ref is None else "conversations.replies"
        arguments: dict[str, Any] = {
            "channel": destination.address,
            "oldest": f"{oldest.timestamp():.6f}",
            "include_all_metadata": "true",
            "limit": str(_PAGE),
        }
        if thread_ref is not None:
            arguments["ts"] = thread_ref
        for _ in range(_MAX_PAGES):
            answer = await self._call(method, query=arguments)
            if not isinstance(answer, Mapping):
                yield _read_outcome(answer)
                return
            messages = answer.get("messages")
            yield messages if isinstance(messages, list) else []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments["cursor"] = cursor
        yield Unreadable("history_too_long")

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        """Change the message at `ref`; see `Channel.edit`."""
        arguments: dict[str, Any] = {
            "channel": destination.address,
            "ts": ref,
            "text": message.text,
            "blocks": list(message.blocks),
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"a": message.delivery_id}},
            "parse": "none",
        }
        answer = await self._call("chat.update", body=arguments)
        if isinstance(answer, Mapping):
            return Edited()
        return Uneditable(answer.code) if answer.code in _UNEDITABLE else answer

    async def check(self, destination: Destination) -> str | None:
        """Ask Slack who we are; the channel itself is only proven by the first post."""
        del destination
        answer = await self._call("auth.test")
        return None if isinstance(answer, Mapping) else f"Slack answered {answer.code!r} to auth.test"

    async def identify(self) -> Identity | Refused | Unknown:
        """Who the token belongs to and what it may do."""
        headers: dict[str, str] = {}
        answer = await self._call("auth.test", body={}, headers=headers)
        if not isinstance(answer, Mapping):
            return answer
        given = headers.get("x-oauth-scopes")
        scopes = frozenset(re.findall(r"[^\s,]+", given)) if given is not None else None
        return Identity(str(answer.get("team", "")), str(answer.get("user", "")), scopes)

    async def describe(self, address: str) -> Mapping[str, Any] | Refused | Unknown:
        """What Slack knows of a channel, as its API says it: `name`, `is_member`, `is_private`, `is_archived`."""
        answer = await self._call("conversations.info", query={"channel": address})
        if not isinstance(answer, Mapping):
            return answer
        channel = answer.get("channel")
        return channel if isinstance(channel, Mapping) else Unknown("answer_without_channel")

    async def close(self) -> None:
        """Close the HTTP session."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> AsyncWebClient:
        if self._client is None:
            # slack-sdk applies its own `timeout` only to sessions it opens itself.
            patience = aiohttp.ClientTimeout(total=self._timeout)
            self._session = aiohttp.ClientSession(trust_env=False, timeout=patience)
            self._client = AsyncWebClient(
                token=self._token,
                base_url=self._base_url,
                timeout=math.ceil(self._timeout),
                session=self._session,
                retry_handlers=[],
                trust_env_in_session=False,
            )
        return self._client

    async def _call(
        self,
        method: str,
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Mapping[str, Any] | Refused | Unknown:
        """One request: the answer, or what is known after none. Maps every exception of slack-sdk and aiohttp.

        The answer's headers are put into `headers`, their names in lower case.
        """
        verb = "GET" if query is not None else "POST"
        try:
            response = await self._open().api_call(method, http_verb=verb, json=body, params=query)
        except SlackApiError as error:
            return _read_error(error)
        except aiohttp.ClientConnectorError as error:
            return Refused(Reaction.RETRY, f"connect:{type(getattr(error, 'os_error', error)).__name__}")
        except (aiohttp.InvalidURL, SlackClientError) as error:
            return Unknown(type(error).__name__)
        except TimeoutError:
            return Unknown("timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Unknown(type(error).__name__)
        except AttributeError:  # slack-sdk asks a body that is text or a list for its `ok`
            return Unknown("answer_not_json")
        if headers is not None:
            headers.update({str(name).lower(): str(value) for name, value in response.headers.items()})
        return response.data if isinstance(response.data, dict) else Unknown("answer_not_json")


def _read_error(error: SlackApiError) -> Refused | Unknown:
    response = error.response
    # For a body that is cut JSON slack-sdk gives aiohttp's response instead of its own.
    data = response if isinstance(response, Mapping) else getattr(response, "data", None)
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 200)
    code = data.get("error") if isinstance(data, Mapping) else None
    if status == 429 or code in RATE_LIMITS:
        metrics.SLACK_RATE_LIMITED.labels(scope="channel").inc()
        return react("ratelimited", read_retry_after(getattr(response, "headers", {})))
    if status >= 500 or not isinstance(code, str):
        return Unknown(f"http_{status}")
    if code == "missing_scope" and isinstance(data, Mapping):
        log.error("slack_scope_missing", needed=data.get("needed"), provided=data.get("provided"))
    return react(code)


def _find_ref(messages: list[Any], delivery_id: str) -> str | None:
    for message in messages:
        if delivery_id in (_carried_id(message), message.get("client_msg_id")):
            return str(message["ts"])
    return None


def _carried_id(message: Mapping[str, Any]) -> str | None:
    """The delivery's id that a message carries in its metadata, if it is one of ours."""
    metadata = message.get("metadata") or {}
    carried = (metadata.get("event_payload") or {}).get("a") if metadata.get("event_type") == EVENT_TYPE else None
    return carried if isinstance(carried, str) else None


def _read_outcome(answer: Refused | Unknown) -> ReadFailed | Unreadable:
    if isinstance(answer, Unknown):
        return ReadFailed(answer.code)
    if answer.code in _GONE or answer.code in _UNREADABLE:
        return Unreadable(answer.code)
    return ReadFailed(answer.code, answer.after_seconds or _READ_AGAIN.get(answer.reaction))
