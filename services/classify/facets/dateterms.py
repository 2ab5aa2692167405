"""Terms that count from the day a document is published: `30 days after publication`, `自公布之日起30日后施行`.

How days are counted: English and European Union usage adds the number to the day of publication. Japanese statutes
count from the next day unless they say 起算して. China's Civil Code (art. 201) counts from the next day, so that
`30日后` is the thirty-first; a number of months there is only as sure as its month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.classify.facets.dateroles import find_role, invites_comment
from services.classify.facets.numerals import DIGITS, PLACES, read_number
from services.contracts.vocab import DateRole

_WORDS = {
    word: number
    for number, words in {
        1: "one first", 2: "two second", 3: "three third", 5: "five fifth", 6: "six sixth", 7: "seven seventh",
        8: "eight eighth", 9: "nine ninth", 10: "ten tenth", 12: "twelve twelfth", 14: "fourteen fourteenth",
        15: "fifteen fifteenth", 18: "eighteen eighteenth", 20: "twenty twentieth", 30: "thirty thirtieth",
        45: "forty-five", 60: "sixty sixtieth", 90: "ninety ninetieth",
    }.items()
    for word in words.split()
}  # fmt: skip
_COUNT = r"(?P<n>\d{1,3}|" + "|".join(_WORDS) + r")(?: ?\(\d{1,3}\))?"
_HAN_COUNT = rf"(?P<n>\d{{1,3}}|[{DIGITS.removeprefix('0-9')}{PLACES}]{{1,4}})"
_HINT = re.compile(r"publi(?:cation|shed)|日起|の日から")
_ENGLISH = re.compile(
    rf"\b{_COUNT}[ -](?:(?P<work>business|working) |calendar )?(?P<unit>day|week|month|year)s?(?:'s?)?,?"
    r" (?:after|from|following|of) (?:the )?(?:date of |day of )?"
    r"(?:(?:its |their |official )*publication|(?:this |the )?[a-z ]{2,30} (?:is|are) published)\b"
)
_ORDINAL = re.compile(
    r"\bon the (?:(?P<n>" + "|".join(_WORDS) + r") )?day (?:following|after)"
    r" (?:that|the (?:day|date)) of (?:its |their )?publication\b"
)
_JAPANESE = re.compile(
    rf"(?:公布|告示|公告|公表|掲載)の日から(?P<from>起算して)?\s?{_HAN_COUNT}(?P<unit>日|[か箇ヶケカ]?月|年)"
    r"を(?P<how>経過した日|経過する日|超えない範囲)"
)
_CHINESE = re.compile(
    rf"(?:公布|发布|發布|公告|印发|印發|刊登|刊發|刊发)之?日起?(?:满|滿)?\s?{_HAN_COUNT}\s?"
    r"(?P<work>[个個]?工作)?(?P<unit>[日天]|[个個]?月|年)(?:之?(?P<how>后|後|内|內))"
)
_JOURNAL = re.compile(r"[^.;]{0,60}\b(?:federal register|official journal|official gazette)|[^。;]{0,12}官報")
_TAKES_EFFECT = re.compile(r"[^。;]{0,40}?(?:施行|实施|實施|生效|执行|執行|適用)")
_UNITS = {"day": "D", "日": "D", "天": "D", "week": "W", "month": "M", "月": "M", "year": "Y", "年": "Y"}


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time after publication in a folded sentence, with what comes at its end.

    `length` is an ISO 8601 duration. `counts_from_document` is False where the text counts from its printing in a
    journal it names. `day_after` is None for a term whose day nobody can count: working days, upper bounds.
    """

    length: str
    role: DateRole
    start: int
    end: int
    extra_days: int = 0
    exact: bool = True
    countable: bool = True
    counts_from_document: bool = True

    def day_after(self, published: date) -> date | None:
        """The day the term ends on."""
        if not self.countable:
            return None
        number, unit = int(self.length[1:-1]), self.length[-1]
        if unit in "DW":
            day = published + timedelta(days=number * (7 if unit == "W" else 1))
        else:
            day = _add_months(published, number * (12 if unit == "Y" else 1))
        return day + timedelta(days=self.extra_days)


def find_terms(text: str) -> list[Term]:
    """The terms of a folded sentence whose end has a role; spans are of the sentence."""
    if not _HINT.search(text):
        return []
    return sorted([*_english(text), *_japanese(text), *_chinese(text)], key=lambda term: term.start)


def _english(text: str) -> Iterator[Term]:
    for match in (*_ENGLISH.finditer(text), *_ORDINAL.finditer(text)):
        role = find_role(text, *match.span())
        if role not in (None, DateRole.ANNOUNCED):
            group = match.groupdict()
            length = _length(group["n"] or "one", group.get("unit") or "day")
            elsewhere = bool(_JOURNAL.match(text, match.end()))
            yield Term(
                length,
                role,
                *match.span(),
                countable=not group.get("work"),
                counts_from_document=not elsewhere,
            )


def _japanese(text: str) -> Iterator[Term]:
    for match in _JAPANESE.finditer(text):
        if _TAKES_EFFECT.match(text, match.end()):
            extra = 0 if match["from"] else 1
            known = match["how"] != "超えない範囲"
            length = _length(match["n"], match["unit"])
            yield Term(length, DateRole.EFFECTIVE, *match.span(), extra_days=extra, countable=known)


def _chinese(text: str) -> Iterator[Term]:
    for match in _CHINESE.finditer(text):
        within = match["how"] in "内內"
        length, countable = _length(match["n"], match["unit"]), not match["work"]
        if within and invites_comment(text):
            yield Term(length, DateRole.COMMENT_DEADLINE, *match.span(), countable=countable)
        elif not within and _TAKES_EFFECT.match(text, match.end()):
            exact = length.endswith("D")
            yield Term(length, DateRole.EFFECTIVE, *match.span(), extra_days=1, exact=exact, countable=countable)


def _length(number: str, unit: str) -> str:
    return f"P{_WORDS.get(number) or read_number(number)}{_UNITS[unit.lstrip('か箇ヶケカ个個')]}"


def _add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
