"""A document whose list has only its title, and how far the page with its text was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.contracts.events import Event


class TextState(StrEnum):
    """What became of the text of a document since its list entry last changed."""

    WAITING = "waiting"
    """Nothing was published yet."""

    MISSING = "missing"
    """It was published without the text of its page."""

    READ = "read"
    """It was published with the text of its page."""


@dataclass(frozen=True)
class Listed:
    """A document as its list gave it, and what is still to be done about its page.

    `event` is the list entry as an event. The page is looked at next at `due_at`, never again where that is None.
    `body` is a text that was read and is not published yet; `error` says why the last look brought none, and
    `gone_at` since when the publisher has said that there is no such page.
    """

    event: Event
    state: TextState
    listed_at: datetime
    due_at: datetime | None
    tried_at: datetime | None = None
    gone_at: datetime | None = None
    error: str = ""
    body: str | None = None
