"""A watchlist: what a team wants to hear of, where, how and in which language."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

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
    """How often a watchlist may speak; what is decided in between comes as one digest."""

    INSTANT = "instant"
    HOURLY = "hourly"
    DAILY = "daily"


ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""An hour and minute of the day, as 08:30."""


class QuietHours(Part):
    """A part of each day, in the watchlist's time zone, in which nothing is posted; it may pass midnight."""

    start: ClockTime
    end: ClockTime


class MuteScope(StrEnum):
    """What a mute silences: one measure, a mineral or technology, a source, or the whole watchlist."""

    MEASURE = "measure"
    ITEM = "item"
    SOURCE = "source"
    WATCHLIST = "watchlist"


class Mute(Part):
    """Silence that always ends: on a day, when the measure reaches its next stage, or at whichever comes first.

    `value` is a measure id, an id of the taxonomy, a source's key, or empty for a whole watchlist.
    """

    scope: MuteScope
    value: str = ""
    until: date | None = None
    until_next_stage: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _ends(self) -> Mute:
        if self.until is None and not self.until_next_stage:
            raise ValueError("a mute must end; give `until:` a day, or `until_next_stage: true`")
        if self.until_next_stage and self.scope is not MuteScope.MEASURE:
            raise ValueError("only a mute of one measure can end at its next stage; give `until:` a day")
        if bool(self.value) == (self.scope is MuteScope.WATCHLIST):
            raise ValueError(f"a mute of a {self.scope.value} needs {'no' if self.value else 'a'} value")
        return self


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
    """What one team watches: a rule, the destinations, when and in which language to speak, and its own tests.

    `timezone` is an IANA name; `digest_at` is the time of day there of a daily digest and of reminders, which come
    so many days ahead of a date as `reminders` says. `news` names the kinds of news wanted, each a reason in lower
    case or a change of stage as `* -> suspended`; with none named all are wanted.
    """

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
    timezone: str = "UTC"
    quiet_hours: QuietHours | None = None
    digest_at: ClockTime = "08:00"
    news: tuple[str, ...] = ()
    reminders: tuple[Annotated[int, Field(ge=0, le=365)], ...] = (30, 7, 0)
    mutes: tuple[Mute, ...] = ()
    tests: tuple[WatchlistTest, ...] = ()
