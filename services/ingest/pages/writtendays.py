"""Calendar days as pages print them: era years, kanji numerals, full-width digits, month names, days without a year."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Literal

DayOrder = Literal["dmy", "mdy"]
"""What `03/04/2026` means at a source; where a source does not say, such a date is not read."""

_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911}
"""The year before the first of each era; the Republic of China counts from 1912."""
_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_DIGITS = {numeral: str(value) for value, numeral in enumerate("〇一二三四五六七八九")} | {"零": "0", "元": "1"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_N = r"([0-9〇零元一二三四五六七八九十]{1,4})"
_NAMED = r"(?P<name>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_AHEAD = timedelta(days=7)

_ERA = re.compile(rf"({'|'.join(_ERAS)})\s*{_N}\s*年\s*{_N}\s*月\s*{_N}\s*日")
_ERA_LETTER = re.compile(r"(?<![A-Za-z0-9])([MTSHR])\s?(\d{1,2})[./](\d{1,2})[./](\d{1,2})(?!\d)")
_FULL = re.compile(rf"(?<!\d){_N}\s*[年년]\s*{_N}\s*[月월]\s*{_N}\s*[日일]")
_ISO = re.compile(r"(?<!\d)(\d{4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})(?!\d)")
_MONTH_FIRST = re.compile(rf"\b{_NAMED}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b", re.I)
_DAY_FIRST = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]{_NAMED},?[\s-](?P<year>\d{{4}})\b", re.I)
_SHORT = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_NO_YEAR = re.compile(rf"(?<![年년0-9]){_N}\s*[月월]\s*{_N}\s*[日일]")


def written_day(text: str, *, today: date, order: DayOrder | None = None) -> date | None:
    """The first day written in the text, whatever stands around it; None if there is none that exists.

    A day without a year (`8月19日付`) is the latest that is at most a week after `today`, the day of the page.
    """
    text = unicodedata.normalize("NFKC", text)
    try:
        return _stated(text, order) or _without_year(text, today)
    except (ValueError, OverflowError):
        return None


def _stated(text: str, order: DayOrder | None) -> date | None:
    if found := _ERA.search(text):
        return date(_ERAS[found[1]] + read_number(found[2]), read_number(found[3]), read_number(found[4]))
    if found := _ERA_LETTER.search(text):
        return date(_ERAS[_LETTERS[found[1]]] + int(found[2]), int(found[3]), int(found[4]))
    if found := _FULL.search(text) or _ISO.search(text):
        return date(*map(read_number, found.groups()))
    if found := _MONTH_FIRST.search(text) or _DAY_FIRST.search(text):
        return date(int(found["year"]), _MONTHS.index(found["name"][:3].lower()) + 1, int(found["day"]))
    if order and (found := _SHORT.search(text)):
        day, month = (found[1], found[2]) if order == "dmy" else (found[2], found[1])
        return date(int(found[3]), int(month), int(day))
    return None


def _without_year(text: str, today: date) -> date | None:
    found = _NO_YEAR.search(text)
    if found is None:
        return None
    month, day = read_number(found[1]), read_number(found[2])
    latest = today + _AHEAD
    years = (year for year in range(latest.year, latest.year - 9, -1) if _exists(year, month, day))
    return next((each for year in years if (each := date(year, month, day)) <= latest), None)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def read_number(text: str) -> int:
    """A number below ten thousand in digits or kanji, positional or with tens and hundreds: `一四七`, `百四十七`, `元`.

    Raises ValueError for anything else.
    """
    if not any(unit in text for unit in "十百千"):
        return int("".join(_DIGITS.get(character, character) for character in text))
    total = 0
    for unit, worth in (("千", 1000), ("百", 100), ("十", 10)):
        many, found, text = text.rpartition(unit)
        if not found:
            text = many or text
            continue
        total += worth * (int(_DIGITS.get(many, many)) if many else 1)
    return total + (int(_DIGITS.get(text, text)) if text else 0)
