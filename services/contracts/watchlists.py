"""A watchlist: what a team wants to hear of, where, how and in which language."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from services.contracts.records import Part, Record

WatchlistId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]


class Condition(Part):
    """One predicate with its terms; it holds when any term holds.

    The predicates are those of `services/alert/matching/predicates.py`.
    """

    predicate: str
    terms: Annotated[tuple[str, ...], Field(min_length=1)]


class Rule(Part):
    """A boolean rule: every part of `all`, at least one of `any` (if given) and no part of `none` holds."""

    all: tuple[Rule | Condition, ...] = ()
    any: tuple[Rule | Condition, ...] = ()
    none: tuple[Rule | Condition, ...] = ()


class Destination(Part):
    """Where alerts go: a kind of channel and its address, e.g. `slack` and a channel id."""

    channel: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    address: str
    workspace: str = "default"

    @property
    def key(self) -> str:
        """The text by which ledger and pacing know the destination."""
        return f"{self.channel}:{self.workspace}:{self.address}"


class Cadence(StrEnum):
    """How often a watchlist may speak."""

    INSTANT = "instant"


class WatchlistTest(Part):
    """A text with which the watchlist's owner shows what must, or must not, match."""

    name: str = ""
    text: str
    title: str = ""
    lang: str | None = None
    source: str | None = None
    published_on: str | None = None
    matches: bool


class Watchlist(Record):
    """What one team watches: a rule, the destinations, the language of the alerts, and its own tests."""

    kind: ClassVar[str] = "watchlist"
    version: ClassVar[int] = 1

    id: WatchlistId
    name: str
    owner: str = ""
    tenant: str = "default"
    language: Literal["en", "ja", "zh"] = "en"
    rule: Rule
    destinations: Annotated[tuple[Destination, ...], Field(min_length=1)]
    cadence: Cadence = Cadence.INSTANT
    tests: tuple[WatchlistTest, ...] = ()
