"""What the Slack app may do: every method we call, the scopes it takes, and what is lost without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

METHODS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "auth.test": frozenset(),
        "chat.postMessage": frozenset({"chat:write"}),
        "chat.update": frozenset({"chat:write"}),
        "conversations.history": frozenset({"channels:history", "groups:history", "metadata.message:read"}),
        "conversations.replies": frozenset({"channels:history", "groups:history", "metadata.message:read"}),
        "conversations.info": frozenset({"channels:read", "groups:read"}),
        "conversations.join": frozenset({"channels:join"}),
    }
)
"""The bot scopes of each method we call, from Slack's reference of methods and scopes."""

NEEDED = frozenset({"chat:write"})
"""Without these nothing is delivered."""

USES: Mapping[str, str] = MappingProxyType(
    {
        "chat:write": "posts alerts and keeps the first message of a thread current",
        "channels:history": "finds a message in a public channel whose answer was lost, so that it is not sent twice",
        "groups:history": "finds a message in a private channel whose answer was lost, so that it is not sent twice",
        "metadata.message:read": "reads the id that each message carries, by which it is found again",
        "channels:read": "lets `noroshi slack doctor` look at public channels",
        "groups:read": "lets `noroshi slack doctor` look at private channels",
        "channels:join": "lets the app into a public channel that a watchlist names",
    }
)
"""What each scope is for."""


def missing_scopes(granted: Iterable[str]) -> tuple[str, ...]:
    """The scopes of the manifest that the token lacks, those without which nothing is delivered first."""
    lacking = set(USES) - set(granted)
    return tuple(sorted(lacking, key=lambda scope: (scope not in NEEDED, list(USES).index(scope))))
