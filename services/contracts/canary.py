"""The canary: a test event that takes the way of every other one, again and again, and reaches nobody."""

from __future__ import annotations

from collections.abc import Iterable

from services.contracts.watchlists import Destination

KEY = "noroshi-canary"
"""The source of the test events, and the id of the one watchlist that hears of them. Nobody else may take it."""

DESTINATION = Destination(channel="null", address=KEY)
"""Where its alerts go: nowhere."""

HEADER = ("noroshi-canary", b"1")
"""What each of its records carries on every topic, so that whoever counts or reads history can leave it out unread."""


def is_canary(key: str) -> bool:
    """Whether the source of an event or an act, or the watchlist of an alert, is the canary's own."""
    return key == KEY


def is_canary_record(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether a record of a topic is the canary's, by its headers."""
    return HEADER in tuple(headers)


def refuse_key(key: str) -> str:
    """The key as it is; raises ValueError for the canary's own."""
    if key == KEY:
        raise ValueError(f"`{KEY}` is kept for Noroshi's own test events; choose another")
    return key
