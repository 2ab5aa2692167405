"""Publication dates as sources write them: a calendar day, and an instant only where one is stated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from services.ingest.source import Source

_ISO = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|[A-Za-z]{2,5})?)?"
)
_MAIL = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s+)?(\d{1,2})[\s-]([A-Za-z]{3})[a-z]*\.?[\s-](\d{4}|\d{2})"
    r"(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "jst": 9, "kst": 9,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Zone names of RFC 822 and of Japan and Korea; a name that the source's own zone uses means that zone first."""


@dataclass(frozen=True)
class Published:
    """When a document was published: the publisher's calendar day, and the instant (UTC) where one is stated."""

    on: date
    at: datetime | None = None


def parse_published(text: str, source: Source) -> Published | None:
    """Read a date as feeds write it (RFC 822 with or without weekday, ISO 8601); None if it is no such date.

    A time without a zone is in the source's zone. A time the source uses as a placeholder states no instant.
    """
    text = source.lookups.date.get(text.strip(), text.strip())
    try:
        return _parse(text, source)
    except (ValueError, OverflowError):
        return None


def _parse(text: str, source: Source) -> Published | None:
    if found := _ISO.fullmatch(text):
        year, month, day, *clock = found.groups()
        stated = date(int(year), int(month), int(day))
    elif found := _MAIL.fullmatch(text):
        day, name, year, *clock = found.groups()
        stated = date(_full_year(year), _MONTHS.index(name.lower()) + 1, int(day))
    else:
        return None
    hour, minute, second, zone = clock
    if hour is None:
        return Published(stated)
    moment = datetime(stated.year, stated.month, stated.day, int(hour), int(minute), int(second or 0), tzinfo=UTC)
    return _published(moment, zone, source)


def _published(moment: datetime, zone: str | None, source: Source) -> Published | None:
    """`moment` carries the stated wall time; only its zone is still to be read."""
    stated_zone = _zone(zone, moment, source.tz)
    if stated_zone is None:
        return None
    instant = moment.replace(tzinfo=stated_zone)
    local = instant.astimezone(source.tz)
    is_placeholder = local.time() in source.placeholder_times
    return Published(local.date(), None if is_placeholder else instant.astimezone(UTC))


def _zone(name: str | None, moment: datetime, home: tzinfo) -> tzinfo | None:
    if name is None or name.upper() == moment.replace(tzinfo=home).tzname():
        return home
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[-2:])))
    hours = _HOURS.get(name.lower())
    return None if hours is None else timezone(timedelta(hours=hours))


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
