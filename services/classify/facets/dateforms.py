"""How documents write days, months and years; what a date leaves unsaid stays unsaid here.

A numeric date that could be read two ways (`12/03/2025`) is not read; `find_ambiguous` says where one stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from services.classify.facets.numerals import DIGITS, PLACES, read_number

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_ERAS = {"令和": 2018, "令": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "大正": 1911, "民國": 1911}
_ERAS |= {"民国": 1911}
_FROM_TODAY = {"本年": 0, "今年": 0, "当年": 0, "當年": 0, "来年": 1, "來年": 1, "明年": 1, "昨年": -1, "去年": -1}
_FROM_BEFORE = {"同年": 0, "同": 0, "翌年": 1, "次年": 1, "前年": -1}

_HAN = DIGITS.removeprefix("0-9") + PLACES
_MON = r"(?P<mon>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_N = rf"(?:\d{{1,2}}|[{_HAN}]{{1,3}})"
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_MORE = r"(?:,? and |, ?|\s?-\s?| to | through )"
_NOT_CITED = (
    rf"(?!\s?(?:第\s?[\d{_HAN}]{{1,8}}\s?[号號]|[\u4e00-\u9fff]{{0,10}}(?:法律|政令|省令|府令|告示|規則|条約)第))"
)
"""Not the year of a number (`2024年第46号`, `令和4年法律第43号`): that is an identifier."""
_NOT_LONG = r"(?!\s?(?:を(?:経過|超え|越え)|以内|間|内|から起算))"
"""Not a length of time: `六月を超えない範囲` is six months and not June."""
_MONTH_DAY = rf"(?P<m>{_N})\s?月{_NOT_LONG}(?:\s?(?P<d>{_N})\s?[日号號]{_NOT_LONG})?"

_FORMS = {
    "iso": rf"(?<![\d/.-]){_YEAR}(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}})(?![\d]|[/-]\d)",
    "numeric": rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<sep>[/.])(?P<b>\d{{1,2}})(?P=sep){_YEAR}(?![\d/-])",
    "era": rf"(?P<era>令和|平成|昭和|大正|民國|民国|令|(?<![a-z0-9])[rh])\s?(?P<n>\d{{1,3}}|[{_HAN}]{{1,5}})\s?"
    rf"(?:年{_NOT_CITED}(?P<fiscal>度)?(?:\s?{_MONTH_DAY}|(?P<end>末))?"
    r"|(?P<sep>[./])(?P<m2>\d{1,2})(?P=sep)(?P<d2>\d{1,2})(?!\d))",
    "cjk": r"(?<!\d)(?P<y>(?:19|20)\d\d|[一二][〇零○九一二三四五六七八]{3})\s?(?:年|(?=[~-](?:19|20)\d\d年))"
    rf"{_NOT_CITED}\s?(?P<fiscal>度)?(?:\s?{_MONTH_DAY}|(?P<end>[末底]))?",
    "short": rf"(?:(?P<rel>{'|'.join([*_FROM_TODAY, *_FROM_BEFORE])})\s?の?|(?<![\d年{_HAN}])){_MONTH_DAY}(?!\d)",
    "mdy": rf"\b{_MON} (?P<days>{_DAY}(?:{_MORE}{_DAY}){{0,6}}),? {_YEAR}\b",
    "dmy": rf"(?<![\d.,:])\b(?P<days>(?:{_DAY}{_MORE}){{0,6}}{_DAY})(?: day)?(?: of)?[ -]{_MON},?[ -]{_YEAR}\b",
    "my": rf"\b(?P<days>first day of )?{_MON},? (?:of )?{_YEAR}\b",
    "md": rf"\b{_MON} (?P<days>{_DAY})\b(?!,? (?:19|20)\d\d|[.,:]\d|%| (?:per ?cent|[bm]illion|years?|days?))",
    "dm": rf"\b(?P<days>{_DAY})(?: of)? {_MON}(?!,? ?(?:of )?(?:19|20)\d\d)",
    "y": rf"\b(?:in|by|since|until|till|from|through|late|early|mid|end of)[ -]{_YEAR}\b(?![%/-]|,\d)",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _FORMS.items()}
_ENGLISH = ("mdy", "dmy", "my", "md", "dm")
_SEPARATED = re.compile(r"\d[-/.]\d")
_HINT = re.compile(r"\d|[年月]")
_ERA_HINT = re.compile(rf"令|平成|昭和|大正|民国|民國|[rh]\s?[\d{_HAN}]")
_YEAR_HINT = re.compile(r"[ -](?:19|20)\d\d")
_MONTH_HINT = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
"""Without a look at the edge of the word, which makes it far faster where no month is named."""
_MONTH_NAME = re.compile(r"\b" + _MON)
_MAY_BEFORE = re.compile(r"(?:^|\b(?:on|by|until|till|from|since|before|after|through|effective|of|starting|to|and)) $")
_MAY_AFTER = re.compile(r"\s*(?:[,.;)]|$|(?:to|and|until|through|at)\b)")
_LATER_DAY = re.compile(
    rf"\s?(?:\([^)]{{1,6}}\))?\s?(?:から|より|~|-|至|到|、|及び|和)\s?(?P<d>{_N})\s?[日号號]{_NOT_LONG}(?!後|后)"
)
_DAY_NUMBER = re.compile(r"\d{1,2}")
_ABOUT_AFTER = re.compile(r"\s?(?:頃|ごろ|ころ|左右|前后|前後)")
_ABOUT_BEFORE = re.compile(r"\b(?:around|about|approximately|circa) $")
_JAPANESE = re.compile("[\u3041-\u309f]")


@dataclass(frozen=True, slots=True)
class Written:
    """A date as far as its own words say it.

    Where `year` is None, `from_today` counts years from that of publication, else `from_before` from the year before.
    """

    form: str
    start: int
    end: int
    year: int | None
    month: int | None = None
    day: int | None = None
    from_today: int | None = None
    from_before: int = 0


def find_written(text: str) -> list[Written]:
    """The dates of a folded sentence in text order, none overlapping another."""
    if not _HINT.search(text):
        return []
    taken: list[tuple[int, int]] = []
    found: list[Written] = []
    for kind in _kinds(text):
        for match in _PATTERNS[kind].finditer(text):
            if not taken or not any(start < match.end() and match.start() < end for start, end in taken):
                read = [_less_sure(each, text) for each in _read(kind, match)]
                taken += [match.span()] if read or kind == "numeric" else []
                found += read
    return sorted(found, key=lambda each: each.start)


def _kinds(text: str) -> list[str]:
    """The forms that can occur in the text, in the order in which they win characters."""
    digits, year, month = _SEPARATED.search(text), "年" in text, "月" in text
    kinds = ["iso", "numeric"] if digits else []
    if (digits or year) and _ERA_HINT.search(text):
        kinds.append("era")
    if year:
        kinds.append("cjk")
    if month:
        kinds.append("short")
    if _MONTH_HINT.search(text) and _MONTH_NAME.search(text):
        kinds += _ENGLISH
    if _YEAR_HINT.search(text):
        kinds.append("y")
    return kinds


def find_ambiguous(text: str) -> Iterator[tuple[int, int]]:
    """The spans of numeric dates in which day and month could be exchanged."""
    for match in _PATTERNS["numeric"].finditer(text):
        if not list(_read("numeric", match)) and max(int(match["a"]), int(match["b"])) <= 12:
            yield match.span()


def _read(kind: str, match: re.Match[str]) -> Iterator[Written]:
    """What a match says; nothing where it is no date after all."""
    group = match.groupdict()
    try:
        if "mon" in group:
            yield from _english(kind, match)
        elif kind == "numeric":
            yield from _numeric(match)
        elif kind == "y":
            yield Written(kind, match.start("y"), match.end("y"), int(match["y"]))
        else:
            yield from _with_later_day(_eastern(kind, match, group), match)
    except ValueError:
        return


def _numeric(match: re.Match[str]) -> Iterator[Written]:
    first, second = int(match["a"]), int(match["b"])
    if first > 12 or first == second:
        yield Written("numeric", *match.span(), int(match["y"]), second, first)
    elif second > 12:
        yield Written("numeric", *match.span(), int(match["y"]), first, second)


def _english(kind: str, match: re.Match[str]) -> Iterator[Written]:
    """English dates; `may` without a year is a month only beside words that date something."""
    group, month = match.groupdict(), _MONTHS[match["mon"]]
    year = int(group["y"]) if group.get("y") else None
    if year is None and match["mon"] == "may":
        before, after = match.string[max(0, match.start() - 12) : match.start()], match.string[match.end() :][:12]
        if not (_MAY_BEFORE.search(before) and (kind == "md" or _MAY_AFTER.match(after))):
            return
    days = list(_DAY_NUMBER.finditer(group.get("days") or ""))
    numbers = [int(each.group()) for each in days]
    if len(days) < 2:
        yield Written(kind, *match.span(), year, month, numbers[0] if days else 1 if group.get("days") else None)
    elif all(low < high for low, high in pairwise(numbers)):
        first = match.start("days")
        starts = [match.start(), *(first + each.start() for each in days[1:])]
        ends = [*(first + each.end() for each in days[:-1]), match.end()]
        yield from (
            Written(kind, start, end, year, month, day) for start, end, day in zip(starts, ends, numbers, strict=True)
        )


def _eastern(kind: str, match: re.Match[str], group: dict[str, str | None]) -> Written:
    month, day = _maybe(group["m"] or group.get("m2")), _maybe(group["d"] or group.get("d2"))
    if kind == "short":
        rel = group["rel"] or ""
        return Written(kind, *match.span(), None, month, day, _FROM_TODAY.get(rel), _FROM_BEFORE.get(rel, 0))
    year = _ERAS[match["era"]] + read_number(match["n"]) if kind == "era" else read_number(match["y"])
    if group.get("end"):
        japanese = kind == "era" or _JAPANESE.search(match.string)
        year, month = (year + 1, 3) if group.get("fiscal") and japanese else (year, 12)
    return Written(kind, *match.span(), year, month, day)


def _with_later_day(date: Written, match: re.Match[str]) -> Iterator[Written]:
    """The date, and the day that goes on from it (`5月1日から15日まで`)."""
    yield date
    later = _LATER_DAY.match(match.string, match.end()) if date.day else None
    if later:
        start, end = later.start("d"), later.end()
        yield replace(date, start=start, end=end, day=read_number(later["d"]))


def _less_sure(date: Written, text: str) -> Written:
    """The date one step less precise where it is said to be about right (`5月16日頃`)."""
    if not (_ABOUT_AFTER.match(text, date.end) or _ABOUT_BEFORE.search(text[max(0, date.start - 15) : date.start])):
        return date
    return replace(date, day=None) if date.day else replace(date, month=None) if date.year else date


def _maybe(text: str | None) -> int | None:
    return read_number(text) if text else None
