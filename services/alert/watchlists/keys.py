"""The plain keys of a watchlist file as pydantic reads them: times, zones, reminders, mutes.

Each `ValueError` here is the sentence a user reads, after file, line and column.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from functools import cache
from typing import Annotated, Any, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.contracts.watchlists import MuteScope

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LOOSE_CLOCK = re.compile(r"(\d{1,2})[:.h時点](\d{2})?\D*")
OFF = ("off", "none", "false", "no")


def _clock(text: str) -> str:
    if _CLOCK.fullmatch(text):
        return text
    loose = _LOOSE_CLOCK.fullmatch(text.strip())
    meant = f"{int(loose[1]):02}:{loose[2] or '00'}" if loose else ""
    hint = f"did you mean `{meant}`?" if _CLOCK.fullmatch(meant) else "write hour and minute, as '22:00'"
    raise ValueError(f"`{text}` is no time of day; {hint}")


@cache
def timezones() -> frozenset[str]:
    """The IANA names of places, and UTC; the old abbreviations, which mean several things, are left out."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


def _timezone(text: str) -> str:
    if text in timezones():
        return text
    by_name = {name.casefold(): name for name in sorted(timezones(), reverse=True)}
    by_place = {name.rpartition("/")[2]: full for name, full in by_name.items()}
    word = text.strip().casefold().replace(" ", "_")
    near = by_name.get(word) or by_place.get(word) or _ABBREVIATIONS.get(word)
    close = difflib.get_close_matches(word, [*by_name, *by_place], n=1, cutoff=0.75)
    near = near or (by_name | by_place)[close[0]] if near or close else None
    hint = f"did you mean `{near}`?" if near else "write the IANA name of a place, as Asia/Tokyo"
    raise ValueError(f"unknown time zone `{text}`; {hint}")


_ABBREVIATIONS = {
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "cet": "Europe/Berlin",
    "gmt": "Europe/London",
    "et": "America/New_York",
    "est": "America/New_York",
    "japan": "Asia/Tokyo",
    "china": "Asia/Shanghai",
    "beijing": "Asia/Shanghai",
    "z": "UTC",
}


def _reminders(value: Any) -> Any:
    if isinstance(value, str):
        if value.casefold() in OFF:
            return ()
        return [value]
    if value == []:
        raise ValueError("`reminders` is empty; write `off`, or days ahead as [30, 7, 0]")
    return value


def _latest_last(days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(days), reverse=True))


Clock: TypeAlias = Annotated[str, AfterValidator(_clock)]
Timezone: TypeAlias = Annotated[str, AfterValidator(_timezone)]
Reminders: TypeAlias = Annotated[
    tuple[Annotated[int, Field(ge=0, le=365)], ...], BeforeValidator(_reminders), AfterValidator(_latest_last)
]


class _FilePart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QuietHoursFile(_FilePart):
    """`quiet_hours: {start: '22:00', end: '07:00'}`; the end may be on the next day."""

    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _passes(self) -> QuietHoursFile:
        if self.start == self.end:
            raise ValueError("quiet hours that end when they start; for a message a day write `cadence: daily`")
        return self


class MuteFile(_FilePart):
    """`- {item: gallium, until: 2026-12-01, reason: in stock}`: one of four scopes, and an end."""

    measure: str | None = None
    item: str | None = None
    source: str | None = None
    watchlist: bool | None = None
    until: date | None = None
    until_next_stage: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> MuteFile:
        if len(self.scopes) != 1 or self.watchlist is False:
            raise ValueError("a mute names one thing: `measure:`, `item:` or `source:`, or `watchlist: true`")
        if self.until is None and not self.until_next_stage:
            raise ValueError("a mute must end; give `until:` a day, or `until_next_stage: true`")
        if self.until_next_stage and self.measure is None:
            raise ValueError("only a mute of one measure can end at its next stage; give `until:` a day")
        return self

    @property
    def scopes(self) -> list[MuteScope]:
        """The scopes that are named; one in a whole mute."""
        return [scope for scope in MuteScope if getattr(self, scope.value) is not None]
