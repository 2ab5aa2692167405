"""The stand-in's behaviour, pure: a Web API call and the time in, an HTTP answer out.

Follows Slack's documented contract for the methods we use: error names, one message a second and channel with
a small burst, `Retry-After`, history with metadata and paging, `client_msg_id` honoured or not, a lagging
history, and faults by script (an answer lost after storing, a late landing, a 500 after storing, HTML, …).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from services.fakeslack.limits import check_message
from services.fakeslack.messages import MessageStore, StoredMessage

_CHANNEL = re.compile(r"^[CDG][A-Z0-9]{2,}$")


class FaultKind(StrEnum):
    """What goes wrong with one call."""

    ERROR = "error"
    HTTP = "http"
    HTTP_AFTER_STORING = "http_after_storing"
    DROP_ANSWER = "drop_answer"
    RESET_BEFORE = "reset_before"
    LAND_LATE = "land_late"
    HTML = "html"
    STALL = "stall"


@dataclass(frozen=True)
class Fault:
    """One scripted fault: what, how often, and for which method and channel (empty: any).

    `seconds` belong to the kind (how late it lands, how long it stalls, what `Retry-After` says); `stall` keeps the
    answer back that long, whatever the kind.
    """

    kind: FaultKind
    times: int = 1
    method: str = "chat.postMessage"
    channel: str = ""
    code: str = ""
    status: int = 500
    seconds: float = 0.0
    stall: float = 0.0


@dataclass(frozen=True)
class Contract:
    """How this Slack behaves where the real one is undocumented, measured or configurable.

    `not_joined` are channels the app is no member of; `scopes` what its token may do, None for everything.
    """

    per_second: float = 1.0
    burst: int = 3
    key: Literal["honour", "ignore"] = "honour"
    key_window: float = 600.0
    history_lag: float = 0.0
    token: str | None = None
    archived: frozenset[str] = frozenset()
    unknown_channels: frozenset[str] = frozenset()
    not_joined: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `lost` means that the connection is closed instead of answering, `stall` that it hangs first."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False
    stall: float = 0.0


@dataclass
class Bucket:
    """What a channel still takes: `level` messages as of `at`."""

    level: float
    at: float


@dataclass
class FakeSlack:
    """One workspace. Not safe for threads; the server calls it from one event loop."""

    contract: Contract = field(default_factory=Contract)
    store: MessageStore = field(default_factory=MessageStore)
    faults: list[Fault] = field(default_factory=list)
    landing: list[StoredMessage] = field(default_factory=list)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    def handle(self, method: str, token: str | None, arguments: Mapping[str, Any], now: float) -> Answer:
        """Answer one call at epoch second `now`."""
        self.calls[method] = self.calls.get(method, 0) + 1
        self.land(now)
        refused = self._refuse_token(token)
        if refused is not None:
            return refused
        known = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.join": self._join,
            "conversations.info": self._inform,
            "auth.test": self._identify,
        }
        if method not in known:
            return _error("unknown_method")
        refused = self._refuse_scope(method, str(arguments.get("channel", "")))
        if refused is not None:
            return refused
        fault = self._take_fault(method, str(arguments.get("channel", "")))
        answer = _before(fault) or _after(fault, known[method](arguments, now, fault))
        return replace(answer, stall=fault.stall) if fault is not None and fault.stall else answer

    def land(self, now: float) -> None:
        """Store the late messages whose time has come."""
        for message in [m for m in self.landing if m.stored_at <= now]:
            self.landing.remove(message)
            if self._find_earlier(message.channel, message.client_msg_id, message.stored_at) is None:
                self.store.add(replace(message, ts=self.store.next_ts(message.stored_at)))

    def _refuse_token(self, token: str | None) -> Answer | None:
        if not token:
            return _error("not_authed")
        return _error("invalid_auth") if self.contract.token not in (None, token) else None

    def _refuse_scope(self, method: str, channel: str) -> Answer | None:
        """Slack's answer where the token lacks a scope: what is needed, and what it was given."""
        granted = self.contract.scopes
        if granted is None:
            return None
        needed = _needed_scope(method, private=self._is_private(channel))
        if needed is None or needed in granted:
            return None
        answer = _error("missing_scope")
        return replace(answer, body=answer.body | {"needed": needed, "provided": ",".join(sorted(granted))})

    def _is_private(self, channel: str) -> bool:
        return channel in self.contract.private or channel.startswith("G")

    def _is_member(self, channel: str) -> bool:
        return channel not in self.contract.not_joined or channel in self.joined

    def _take_fault(self, method: str, channel: str) -> Fault | None:
        for index, fault in enumerate(self.faults):
            if fault.method in ("", method) and fault.channel in ("", channel):
                left = replace(fault, times=fault.times - 1)
                self.faults[index : index + 1] = [left] if left.times > 0 else []
                return fault
        return None

    def _refuse_channel(self, channel: str) -> Answer | None:
        if not _CHANNEL.match(channel) or channel in self.contract.unknown_channels:
            return _error("channel_not_found")
        return _error("is_archived") if channel in self.contract.archived else None

    def _refuse_stranger(self, channel: str) -> Answer | None:
        if self._is_member(channel):
            return None
        return _error("channel_not_found" if self._is_private(channel) else "not_in_channel")

    def _post(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        channel = str(arguments.get("channel", ""))
        refused = self._refuse_channel(channel) or self._refuse_stranger(channel) or self._refuse_pace(channel, now)
        if refused is not None:
            return refused
        problem = check_message(arguments)
        if problem is not None:
            return _error(problem[0], problem[1])
        earlier = self._find_earlier(channel, arguments.get("client_msg_id"), now)
        if earlier is not None:
            return _stored(earlier)
        late = fault.seconds if fault is not None and fault.kind is FaultKind.LAND_LATE else 0.0
        message = self._message(channel, arguments, now + late)
        if late:
            self.landing.append(message)
        else:
            message = replace(message, ts=self.store.next_ts(now))
            self.store.add(message)
        return _stored(message)

    def _message(self, channel: str, arguments: Mapping[str, Any], stored_at: float) -> StoredMessage:
        """The message without its reference, which it gets when it is stored."""
        return StoredMessage(
            channel=channel,
            ts="",
            text=str(arguments.get("text") or ""),
            blocks=tuple(arguments.get("blocks") or ()),
            thread_ts=arguments.get("thread_ts"),
            client_msg_id=arguments.get("client_msg_id"),
            metadata=dict(arguments.get("metadata") or {}),
            stored_at=stored_at,
            visible_at=stored_at + self.contract.history_lag,
        )

    def _find_earlier(self, channel: str, key: Any, now: float) -> StoredMessage | None:
        if self.contract.key != "honour" or not isinstance(key, str):
            return None
        earlier = self.store.find_key(channel, key)
        fresh = earlier is not None and now - earlier.stored_at <= self.contract.key_window
        return earlier if fresh else None

    def _refuse_pace(self, channel: str, now: float) -> Answer | None:
        """A leaky bucket per channel; a refused call takes nothing from it."""
        full = float(self.contract.burst)
        bucket = self.buckets.setdefault(channel, Bucket(full, now))
        bucket.level = min(full, bucket.level + max(0.0, now - bucket.at) * self.contract.per_second)
        bucket.at = max(now, bucket.at)
        if bucket.level < 1:
            wait = max(1, round((1 - bucket.level) / self.contract.per_second + 0.5))
            return replace(_error("ratelimited"), status=429, headers={"Retry-After": str(wait)})
        bucket.level -= 1
        return None

    def _update(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del fault
        problem = check_message(arguments)
        if problem is not None:
            return _error(problem[0], problem[1])
        channel, ts = str(arguments.get("channel", "")), str(arguments.get("ts", ""))
        blocks = tuple(arguments.get("blocks") or ())
        if not self.store.edit(channel, ts, str(arguments.get("text") or ""), blocks, now):
            return _error("message_not_found")
        return Answer({"ok": True, "channel": channel, "ts": ts})

    def _history(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del fault
        channel = str(arguments.get("channel", ""))
        refused = self._refuse_channel(channel) or self._refuse_stranger(channel)
        if refused is not None:
            return refused
        return self._page(self.store.channel_roots(channel)[::-1], arguments, now)

    def _replies(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del fault
        thread = self.store.thread(str(arguments.get("channel", "")), str(arguments.get("ts", "")))
        return self._page(thread, arguments, now) if thread else _error("thread_not_found")

    def _page(self, messages: list[StoredMessage], arguments: Mapping[str, Any], now: float) -> Answer:
        try:
            oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
            size = max(1, min(int(arguments.get("limit") or 100), 999))
        except ValueError:
            return _error("invalid_arguments")
        shown = [m for m in messages if m.visible_at <= now and oldest <= float(m.ts) <= latest]
        start = _read_cursor(arguments.get("cursor"))
        page, more = shown[start : start + size], len(shown) > start + size
        with_metadata = str(arguments.get("include_all_metadata", "")).lower() in {"1", "true"}
        cursor = base64.b64encode(str(start + size).encode()).decode() if more else ""
        return Answer(
            {
                "ok": True,
                "messages": [message.to_api(with_metadata) for message in page],
                "has_more": more,
                "response_metadata": {"next_cursor": cursor},
            }
        )

    def _join(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del now, fault
        channel = str(arguments.get("channel", ""))
        refused = self._refuse_channel(channel)
        if refused is not None:
            return refused
        if self._is_private(channel):
            return _error("method_not_supported_for_channel_type")
        self.joined.add(channel)
        return Answer({"ok": True, "channel": {"id": channel}})

    def _inform(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del now, fault
        channel = str(arguments.get("channel", ""))
        member, private = self._is_member(channel), self._is_private(channel)
        refused = self._refuse_channel(channel)
        if (refused is not None and channel not in self.contract.archived) or (private and not member):
            return _error("channel_not_found")
        shown = {"id": channel, "name": channel.lower(), "is_member": member, "is_private": private}
        return Answer({"ok": True, "channel": shown | {"is_archived": channel in self.contract.archived}})

    def _identify(self, arguments: Mapping[str, Any], now: float, fault: Fault | None) -> Answer:
        del arguments, now, fault
        identity = {"team": "Noroshi stand-in", "team_id": "T0STANDIN", "user": "noroshi", "bot_id": "B0NOROSHI"}
        scopes = ALL_SCOPES if self.contract.scopes is None else self.contract.scopes
        return Answer({"ok": True, **identity}, headers={"X-OAuth-Scopes": ",".join(sorted(scopes))})

    def receive(self, path: str, arguments: Mapping[str, Any], now: float) -> Answer:
        """Answer an incoming webhook, `TEAM/CHANNEL/ANYTHING`, as Slack does: a status and a plain word."""
        self.calls[WEBHOOK] = self.calls.get(WEBHOOK, 0) + 1
        self.land(now)
        parts = path.split("/")
        if len(parts) != 3 or not _CHANNEL.match(parts[1]):
            return Answer("no_service", status=404)
        fault = self._take_fault(WEBHOOK, parts[1])
        if fault is not None and fault.kind is FaultKind.ERROR:
            return Answer(fault.code, status=fault.status)
        given = {name: arguments[name] for name in ("text", "blocks") if name in arguments}
        answer = _before(fault) or _after(fault, self._post(given | {"channel": parts[1]}, now, fault))
        return answer if answer.lost or isinstance(answer.body, str) else _plain_answer(answer)


WEBHOOK = "incoming-webhook"
"""What faults and counts call a post to an incoming webhook."""
_WORDS = {"channel_not_found": (404, "channel_not_found"), "is_archived": (410, "channel_is_archived")}
_SCOPES = {
    "chat.postMessage": ("chat:write", "chat:write"),
    "chat.update": ("chat:write", "chat:write"),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.replies": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.join": ("channels:join", "channels:join"),
}
"""The scope a method needs for a public channel and for a private one, from Slack's reference of methods."""
ALL_SCOPES = frozenset({scope for pair in _SCOPES.values() for scope in pair} | {"metadata.message:read"})
"""What a token may do that Slack does not limit."""


def _needed_scope(method: str, *, private: bool) -> str | None:
    return _SCOPES[method][private] if method in _SCOPES else None


def _plain_answer(answer: Answer) -> Answer:
    """The status and word of an incoming webhook for what the Web API answered."""
    if answer.status != 200:
        return replace(answer, body=str(answer.body.get("error")))
    if answer.body.get("ok"):
        return replace(answer, body="ok")
    status, word = _WORDS.get(str(answer.body.get("error")), (400, "invalid_payload"))
    return replace(answer, status=status, body=word)


def _read_cursor(cursor: Any) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(str(cursor)))
    except ValueError:
        return 0


def _stored(message: StoredMessage) -> Answer:
    return Answer(
        {"ok": True, "channel": message.channel, "ts": message.ts, "message": message.to_api(with_metadata=True)}
    )


def _error(code: str, messages: tuple[str, ...] = ()) -> Answer:
    body: dict[str, Any] = {"ok": False, "error": code}
    if messages:
        body |= {"errors": list(messages), "response_metadata": {"messages": [f"[ERROR] {text}" for text in messages]}}
    return Answer(body)


def _before(fault: Fault | None) -> Answer | None:
    """The answer of a fault that strikes before anything is stored."""
    if fault is None:
        return None
    if fault.kind is FaultKind.ERROR:
        wait = {"Retry-After": f"{fault.seconds:g}"} if fault.seconds else {}
        return replace(_error(fault.code), status=fault.status if fault.status != 500 else 200, headers=wait)
    if fault.kind is FaultKind.HTTP:
        return Answer("upstream unavailable", status=fault.status)
    return Answer(None, lost=True) if fault.kind is FaultKind.RESET_BEFORE else None


def _after(fault: Fault | None, answer: Answer) -> Answer:
    """The answer of a fault that strikes after the call was carried out."""
    if fault is None:
        return answer
    if fault.kind in (FaultKind.DROP_ANSWER, FaultKind.LAND_LATE):
        return Answer(None, lost=True)
    if fault.kind is FaultKind.HTTP_AFTER_STORING:
        return Answer({"ok": False, "error": "internal_error"}, status=fault.status)
    if fault.kind is FaultKind.HTML:
        return Answer("<!doctype html><title>502 Bad Gateway</title>")
    return replace(answer, stall=fault.seconds)
