"""What is wrong with the way to Slack, from what Slack says of the token and of each channel. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.alert.delivery.protocol import Refused, Unknown
from services.alert.slack_cures import find_cure
from services.alert.slack_scopes import METHODS, NEEDED, USES, missing_scopes
from services.contracts.watchlists import Destination

_WEAKENS = METHODS["conversations.history"]
"""Scopes without which a message may be doubled or parked."""
_GRAVE = NEEDED | _WEAKENS


@dataclass(frozen=True)
class Finding:
    """One thing to know: where, what, and how to mend it; a problem must be mended, the rest is good to know."""

    where: str
    what: str
    cure: str = ""
    problem: bool = True


def check_scopes(granted: Iterable[str] | None) -> Iterator[Finding]:
    """A finding for each scope of the manifest that the token lacks."""
    if granted is None:
        yield Finding("scopes", "Slack did not say what the token may do", problem=False)
        return
    provided = sorted(granted)
    for scope in missing_scopes(provided):
        grave = scope in _GRAVE
        cure = f"add `{scope}` under OAuth & Permissions of the app and install it anew"
        yield Finding("scopes", f"`{scope}` is not granted: it {USES[scope]}", cure, problem=grave)


def check_token(answer: Refused | Unknown) -> Finding:
    """The finding for a token that Slack does not take."""
    return Finding("token", f"Slack answers `{answer.code}` to auth.test", find_cure(answer.code))


def check_channel(
    destination: Destination, answer: Mapping[str, Any] | Refused | Unknown, granted: Iterable[str] | None
) -> Iterator[Finding]:
    """What stands between the app and a channel; `answer` is what Slack knows of it."""
    where = f"slack {destination.address}"
    if isinstance(answer, Refused | Unknown):
        unseen = answer.code == "missing_scope"
        what = (
            "cannot be looked at without `channels:read` or `groups:read`"
            if unseen
            else f"Slack answers `{answer.code}`"
        )
        yield Finding(where, what, find_cure(answer.code), problem=not unseen)
        return
    named = f"#{answer.get('name', '')}"
    if answer.get("is_archived"):
        yield Finding(where, f"{named} is archived", find_cure("is_archived"))
    elif not answer.get("is_member") and not answer.get("is_im"):
        yield _stranger(where, named, private=bool(answer.get("is_private")), granted=granted)


def _stranger(where: str, named: str, *, private: bool, granted: Iterable[str] | None) -> Finding:
    invite = f"invite the app: type `/invite @noroshi` in {named}"
    if not private and granted is not None and "channels:join" in set(granted):
        return Finding(where, f"the app is not in {named} and will join it with the first alert", invite, problem=False)
    return Finding(where, f"the app is not in {named}", invite)


def check_fallback(fallback: Destination | None, used: Iterable[Destination]) -> Iterator[Finding]:
    """Whether operators would still hear when a workspace stops."""
    if fallback is None:
        cure = 'set NOROSHI_ALERT_FALLBACK, as {"channel": "webhook", "address": "ops"}'
        yield Finding("fallback", "nobody is told of a destination in trouble", cure, problem=False)
    elif any((each.channel, each.workspace) == (fallback.channel, fallback.workspace) for each in used):
        what = f"shares {fallback.channel} with the watchlists: when that stops, operators hear nothing"
        yield Finding("fallback", what, "name a destination of another kind or workspace", problem=False)
