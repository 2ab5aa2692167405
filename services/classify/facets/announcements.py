"""Numbered announcements and orders of authorities: who announced, in which year, under which number.

Two authorities count apart, so the number is qualified by who leads the announcement: `CN-MOFCOM-2025-61`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.classify.facets.numerals import DIGITS, PLACES, read_number

_AGENCIES = {
    "CN-MOFCOM": r"商务部|商務部|mofcom|ministry of commerce",
    "CN-GACC": r"海关总署|海關總署|gacc|general administration of customs",
    "CN-SCTC": r"(?:国务院)?关税税则委员会|税委会|customs tariff commission",
    "CN-MOF": r"财政部|財政部",
    "CN-MIIT": r"工业和信息化部|工信部|miit|ministry of industry and information technology",
    "CN-NDRC": r"国家发展(?:和)?改革(?:委员会|委)|国家发展改革委|发改委|ndrc",
    "CN-CAC": r"国家(?:互联网信息办公室|网信办)|网信办",
    "CN-SAMR": r"(?:国家)?市场监(?:督管理|管)总局",
    "CN-UEL": r"不可靠实体清单工作机制",
    "CN-MNR": r"自然资源部",
    "CN-MEE": r"生态环境部",
    "CN-STATE": r"国务院(?!关税)",
}
_AGENCY = "|".join(_AGENCIES.values())
_WHICH = tuple((code, re.compile(pattern)) for code, pattern in _AGENCIES.items())
_OF_SOURCE = {"cn-customs-tariff": "CN-SCTC", "cn-customs": "CN-GACC", "cn-gacc": "CN-GACC"}
_OF_SOURCE |= {"cn-mofcom": "CN-MOFCOM", "cn-miit": "CN-MIIT"}
_OF_SOURCE |= {"cn-ndrc": "CN-NDRC", "cn-mof-": "CN-MOF"}

_HAN = DIGITS.removeprefix("0-9")
_YEAR = rf"(?P<y>(?:19|20)\d\d|[一二][{_HAN}]{{3}})"
_NUMBER = rf"(?:\d{{1,4}}|[{_HAN}{PLACES.removesuffix('元')}]{{1,6}})"
_N = rf"第?\s?(?P<n>{_NUMBER})"
_MORE = rf"(?P<more>(?:\s?(?:、|,|和|及|与|以及|-|至|~)\s?第?\s?{_NUMBER}\s?[号號]?){{0,20}})"
_KIND = r"(?P<kind>公告|通告|令)"
_ENGLISH_KIND = r"\b(?P<kind>announcement|notice|decree|order)s?,? ?"
_NUMBERS = r"(?P<n>\d{1,3}(?:(?:, ?and |,? ?& | and |, ?| ?- ?| to )\d{1,3}){0,20})"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_KIND}\s?{_YEAR}\s?年\s?{_N}\s?[号號]{_MORE}",
        rf"{_KIND}\s?[〔\[(]\s?{_YEAR}\s?年?\s?[〕\])]\s?{_N}\s?[号號]{_MORE}",
        rf"{_KIND}\s?{_N}\s?[号號]\s?[(〔]\s?{_YEAR}\s?年?\s?[)〕]",
        rf"{_YEAR}\s?年\s?第\s?(?P<n>{_NUMBER})\s?[号號]?{_MORE}(?<=[号號])\s?(?:联合|聯合)?{_KIND}",
        rf"[〔\[]{_YEAR}[〕\]]\s?{_N}\s?[号號](?P<bare>)",
        rf"{_KIND}\s?{_N}\s?[号號](?P<bare>)",
        rf"{_ENGLISH_KIND}nos?\.? ?{_NUMBERS}(?: ?of | ?\[|\s?\(|, ?)(?P<y>20\d\d)\b(?: ?[\])])?",
        rf"{_ENGLISH_KIND}[\[(]?(?P<y>20\d\d)[\])]?,? ?nos?\.? ?{_NUMBERS}",
    )
)
"""`bare` marks forms that only count right behind an authority: an order without a year, a number without a kind."""
_NEXT = re.compile(rf"(?<=[,;、]){_N}\s?[号號](?=公告|涉及|关于|规定|针对|对)")
"""The next of several announcements, each with what it is about (`2025年第55号涉及超硬材料,第56号涉及稀土设备`)."""
_ALONE = re.compile(rf"(?:announcement |notice )?(?:第|nos?\.? ?)(?P<n>{_NUMBER})\s?[号號]?")
"""A record states no more than the number of its own announcement."""
_HINT = re.compile(r"[号號]|\bnos?\b")
_BEFORE = re.compile(r"[\u4e00-\u9fff 、]*$")
_BREAK = re.compile(r"根据|依据|按照|依照|暂停|停止|实施|执行|执行|将|对|据")
_RIGHT_BEFORE = re.compile(rf"(?:{_AGENCY})(?:'s)?(?: \([a-z]+\))?(?: and [a-z ]{{3,40}})? (?:joint |public )?$")
_AFTER = re.compile(rf" of (?:the )?(?P<by>{_AGENCY})")
_LOOK = 80
_PART = re.compile(rf"(?P<to>-|~|至|to)?\s?第?\s?(?P<n>{_NUMBER})")
_MAX_RANGE = 20


@dataclass(frozen=True, slots=True)
class Numbered:
    """One announcement or order; `by` is the authority in our notation, empty where the text does not name it."""

    by: str
    is_order: bool
    year: int | None
    number: int
    start: int
    end: int

    def value(self, default: str) -> str:
        """The qualified number; `default` qualifies one whose authority is not named."""
        parts = (self.by or default, "ORDER" if self.is_order else "", str(self.year or ""), str(self.number))
        return "-".join(filter(None, parts))


def find_announcements(text: str) -> list[Numbered]:
    """The announcements and orders of a folded text in text order; a list of numbers gives each of them."""
    if not _HINT.search(text):
        return []
    taken: set[int] = set()
    found: list[Numbered] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if taken.isdisjoint((match.start(), match.end() - 1)) and (numbered := list(_read(match))):
                taken.update(range(*match.span()))
                found += numbered
    found.sort(key=lambda each: each.start)
    return sorted([*found, *_next_ones(text, found, taken)], key=lambda each: each.start)


def _next_ones(text: str, found: list[Numbered], taken: set[int]) -> Iterator[Numbered]:
    """The announcements of a sentence that go by their number alone, of the authority and year named before them."""
    for each, following in zip(found, [*found[1:], None], strict=False):
        if each.year is None or each.is_order:
            continue
        limit = following.start if following else len(text)
        ends = [at for at in (text.find(mark, each.end, limit) for mark in "。\n") if at >= 0]
        for match in _NEXT.finditer(text, each.end, min([*ends, limit])):
            if match.start() not in taken:
                yield replace(each, number=read_number(match["n"]), start=match.start(), end=match.end())


def read_stated(value: str, source: str, issuer: str, year: int | None) -> str:
    """The number a record states as that of its announcement, in the notation of those found in text.

    What the value does not name follows from the record: the authority from its source or else its issuer, the year
    from its publication. Empty where the value names no one announcement.
    """
    found = find_announcements(value)
    default = default_authority(source, issuer, found, 0)
    if len(found) == 1:
        return found[0].value(default)
    alone = None if found else _ALONE.fullmatch(value)
    return Numbered(default, False, year, read_number(alone["n"]), 0, 0).value(default) if alone else ""


def default_authority(source: str, issuer: str, found: list[Numbered], title_end: int) -> str:
    """Who announces where a document does not say so: the authority of its headline or source, else its country."""
    headline = next((each.by for each in found if each.by and each.end <= title_end), "")
    known = next((code for prefix, code in _OF_SOURCE.items() if source.startswith(prefix)), "")
    return headline or known or issuer


def _read(match: re.Match[str]) -> Iterator[Numbered]:
    group = match.groupdict()
    by, first = _authority(match)
    if "bare" in group and not by:
        return
    is_order = group.get("kind") in ("令", "order", "decree")
    year = read_number(group["y"]) if group.get("y") else None
    numbers = list(_numbers(match.string, match.start("n"), match.end("more") if group.get("more") else match.end("n")))
    for place, (number, start, end) in enumerate(numbers):
        whole = match.end() if len(numbers) == 1 else end
        yield Numbered(by, is_order, year, number, start if place else first, whole)


def _numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The numbers of a list with their spans, ranges filled in."""
    last = 0
    for part in _PART.finditer(text, start, end):
        number = read_number(part["n"])
        fill = range(last + 1, number) if part["to"] and last < number <= last + _MAX_RANGE else ()
        yield from ((each, *part.span("n")) for each in fill)
        yield number, *part.span("n")
        last = number


def _authority(match: re.Match[str]) -> tuple[str, int]:
    """The authority beside a match, the first of several for it counts the announcement; and where the whole begins."""
    text, start = match.string, match.start()
    before = text[max(0, start - _LOOK) : start]
    if close := _RIGHT_BEFORE.search(before):
        return _first_authority(close.group())[0], start - len(before) + close.start()
    run = _BEFORE.search(before)
    words = _BREAK.split(run.group())[-1] if run else ""
    by, at = _first_authority(words)
    if by:
        return by, start - len(words) + at
    after = _AFTER.match(text, match.end())
    return (_first_authority(after["by"])[0] if after else ""), start


def _first_authority(words: str) -> tuple[str, int]:
    places = [(match.start(), code) for code, pattern in _WHICH if (match := pattern.search(words))]
    at, code = min(places, default=(0, ""))
    return code, at
