"""Dates as documents write them, no more precise than the text, each with what it is the date of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.contracts.vocab import DatePrecision, DateRole

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "民國": 1911, "民国": 1911}
_NUMBER = r"(?:\d{1,2}|元|[一二三四五六七八九十〇]{1,3})"
_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")}

_ISO = r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"
_ERA = (
    rf"(?P<era>令和|平成|昭和|民國|民国|(?<![a-z0-9])r)\s?(?P<n>{_NUMBER}|\d{{2,3}})"
    rf"(?:年\s?(?:(?P<m>{_NUMBER})月(?:\s?(?P<d>{_NUMBER})日)?)?|\.(?P<m2>\d{{1,2}})\.(?P<d2>\d{{1,2}}))"
)
_CJK = (
    r"(?<!\d)(?P<y>(?:19|20)\d\d|[一二][〇零九一二三四五六七八]{3})\s?年\s?(?:度)?"
    rf"(?:(?P<m>{_NUMBER})\s?月\s?(?:(?P<d>{_NUMBER})\s?[日号])?|(?P<end>末))?"
)
_SHORT = rf"(?<![\d年])(?P<m>{_NUMBER})月\s?(?:(?P<d>{_NUMBER})\s?[日号])?(?!\d)"
_MDY = rf"\b(?P<mon>{_MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>(?:19|20)\d\d)\b"
_DMY = rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?P<mon>{_MONTH}),? (?P<y>(?:19|20)\d\d)\b"
_MY = rf"\b(?P<mon>{_MONTH}),? (?P<y>(?:19|20)\d\d)\b"
_PATTERNS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("iso", _ISO),
        ("era", _ERA),
        ("cjk", _CJK),
        ("short", _SHORT),
        ("mdy", _MDY),
        ("dmy", _DMY),
        ("my", _MY),
    )
)

_BEFORE = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        (
            DateRole.COMMENT_DEADLINE,
            r"(?:comments?|submissions?|input)[^.]{0,60}(?:by|before|no later than|until|due)[^.]{0,20}$"
            r"|(?:意见|意見)[^。]{0,20}(?:截止|期限|締切)[^。]{0,8}$|截止日期(?:为)?$",
        ),
        (DateRole.EXPIRY, r"(?:until|through|expires?(?: on)?|expir\w+ on|有效期至|至|截至)(?: and including)? ?$"),
        (
            DateRole.EFFECTIVE,
            r"(?:effective(?: date)?(?: of| on| as of)?|takes? effect(?: in stages)?(?: on)?"
            r"|enters? into force(?: on)?|comes? into (?:effect|force)(?: on)?|applies (?:effective|from)"
            r"|effective (?:at|as of) 12:01 (?:a\.m\.?|am)[^;]{0,30} on"
            r"|applicable(?: on| from| as of)?|retroactive(?:ly)? to"
            r"|beginning(?: on)?|as of|on or after|自|於|from)[: ,]*$",
        ),
        (DateRole.ADOPTED, r"(?:enacted|signed|adopted|approved)(?: on| in)? ?$"),
    )
)
_ENDS = re.compile(r"^\s?(?:まで(?:と|継続|の|$|。)|(?:止|为止))")
_STARTS = re.compile(
    r"^\s?(?:\([^)]{1,6}\))?\s?(?:から(?:施行|適用|実施|、|。|$|\s)|より(?:施行|適用)|に施行"
    r"|起(?:正式)?(?:,|施行|实施|执行|生效|開始|将)?|施行|生效|の?運用開始|正式实施)"
)
_PASSED = re.compile(
    r"^\s?に?[^。]{0,60}?(?:成立した|可決|決定された|公布された|設立された|着工)|^,?[^。]{0,20}(?:通过|设立|决定)"
)


_OWN_DAY = re.compile(
    r"(?:自(?:本公告)?(?:公布|发布|發布|公告|印发|即|当|當)之?日起|即日起|(?:公布|告示)の日から(?:施行|適用|実施)|即日(?:施行|適用|実施)"
    r"|\b(?:effective|takes? effect) (?:immediately|(?:up)?on (?:the date of )?publication))"
    r"(?!\s?第?(?:[\d一二三四五六七八九十]+|三十)\s?(?:日|天|个月|個月|个工作日))"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the folded text: ISO value at its own precision, role, and span."""

    value: str
    precision: DatePrecision
    role: DateRole
    start: int
    end: int

    @property
    def last_day(self) -> date | None:
        """The day itself, or None where the text names no day."""
        return date.fromisoformat(self.value) if self.precision is DatePrecision.DAY else None


def find_dates(text: str, offset: int = 0, default_year: int | None = None) -> list[Dated]:
    """The dates of a folded sentence; a month without a year takes the nearest year before it, else `default_year`.

    `offset` is added to the spans. Impossible dates are left out.
    """
    found: list[Dated] = []
    year = default_year
    for match in sorted(_matches(text), key=lambda each: each[1].start()):
        kind, hit = match
        parts = _parts(kind, hit, year)
        value = _value(*parts) if parts else None
        if value:
            year = int(value[:4])
            found.append(Dated(value, _precision(value), _role(text, hit), offset + hit.start(), offset + hit.end()))
    return found


def find_own_days(text: str, offset: int, published: date) -> list[Dated]:
    """The day of publication where a folded sentence makes it the day of effect (`自公布之日起`)."""
    return [
        Dated(
            published.isoformat(), DatePrecision.DAY, DateRole.EFFECTIVE, offset + match.start(), offset + match.end()
        )
        for match in _OWN_DAY.finditer(text)
    ]


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield kind, match


def _parts(kind: str, match: re.Match[str], year: int | None) -> tuple[int, int | None, int | None] | None:
    group = match.groupdict()
    month = group.get("m") or group.get("m2")
    day = group.get("d") or group.get("d2")
    if kind == "era":
        if group["era"] == "r" and not month:
            return None
        return _ERAS[group["era"]] + read_number(group["n"]), _maybe(month), _maybe(day)
    if kind in ("mdy", "dmy", "my"):
        return int(group["y"]), _MONTHS[group["mon"].rstrip(".")], _maybe(day)
    if kind == "short":
        return (year, _maybe(month), _maybe(day)) if year else None
    return _year(group["y"]), 12 if group.get("end") else _maybe(month), _maybe(day)


def _year(text: str) -> int:
    return int(text) if text.isdigit() and text.isascii() else int("".join(str(_DIGITS.get(char, 0)) for char in text))


def _maybe(text: str | None) -> int | None:
    return read_number(text) if text else None


def read_number(text: str) -> int:
    """The value of a one- to three-digit number in Arabic or Chinese numerals; 元 is 1."""
    if text == "元":
        return 1
    if text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS.get(char, 0)) for char in text))
    return (_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)


def _value(year: int, month: int | None, day: int | None) -> str | None:
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return "-".join(f"{part:02d}" for part in (year, month, day) if part) if month else str(year)


def _precision(value: str) -> DatePrecision:
    return {4: DatePrecision.YEAR, 7: DatePrecision.MONTH}.get(len(value), DatePrecision.DAY)


def _role(text: str, match: re.Match[str]) -> DateRole:
    before, after = text[max(0, match.start() - 90) : match.start()], text[match.end() : match.end() + 90]
    if _ENDS.search(after):
        return DateRole.EXPIRY
    if _STARTS.search(after):
        return DateRole.EFFECTIVE
    for role, pattern in _BEFORE:
        if pattern.search(before):
            return role
    return DateRole.ADOPTED if _PASSED.search(after) else DateRole.ANNOUNCED
