"""Codes of goods and substances: Harmonised System, export control classification, CAS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

CodeKind = Literal["hs", "eccn", "cas"]

_ECCN = re.compile(r"(?<![a-z0-9.#/-])([0-9][a-e][0-69][0-9]{2}(?:\.[a-z](?:\.[0-9]{1,2})?)*)(?![a-z0-9])", re.ASCII)
_CAS = re.compile(r"(?<![\d/-])(\d{2,7}-\d{2}-\d)(?![\d-])", re.ASCII)
_CAS_CUE = re.compile(r"\bcas\b(?:[^.;。]|nos?\.){0,40}$")
_DAY_LIKE = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-[1-9]")
_HS_CUE = re.compile(
    r"(?:\b(?:htsus|hts|hs|taric|ncm|cn codes?|harmoni[sz]ed (?:tariff )?(?:schedule|system)|(?:sub)?headings?"
    r"|tariff (?:lines?|items?|codes?|classifications?))(?![a-z])"
    r"|(?:税则|稅則|税則)(?:号列?|號列?|》)|税号|稅號|税目|(?:海关)?商品(?:编号|编码)|海關商品編號|hs编码"
    r"|関税定率法[^。;]{0,40}?別表|統計品目番号|品目番号|税番|税表番号|関税番号|hs(?:コード|番号))"
)
_GAP = re.compile(r"(?:[^.;。\d]|\bnos?\.)*", re.ASCII)
_HEADING_CUE = re.compile(r"(?:headings?|items?|codes?|コード|番号|税目)[ :]*(?:nos?\. ?)?$")
_MAX_GAP = 60
_NUMBER = re.compile(
    r"(?<!\d)(?:(?P<dotted>\d{4}\.\d{2}(?:\d{2}|(?:\.\d{4}|\.\d{2}){1,2}|-\d{3})?)"
    r"|(?P<spaced>\d{4} \d{2}(?: \d{2}){1,2})"
    r"|(?P<plain>\d{8,10}|\d{6})|(?P<heading>\d{2}\.\d{2}|\d{4}))(?![\d%]|[.,]\d|年)",
    re.ASCII,
)
_NEXT = re.compile(
    r"\s?(?:\([^()\d]{0,20}\)|等|号|號)?\s?(?:[,、，;及和或と・~-]|and|or|through|to|及び|並びに|以及|ex)?"
    r"\s?(?:and |or |ex )?(?:ex |(?:sub)?headings? |税号|第)?"
)
_CHAPTERS = frozenset(range(1, 100)) - {77}
"""Of the system itself 1 to 97 without 77; 98 and 99 hold what tariffs add to it, such as extra duties."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code in the folded text."""

    kind: CodeKind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Refused:
    """What has the shape of a code and is none, and why, in plain words."""

    kind: CodeKind
    start: int
    end: int
    reason: str


def find_codes(text: str) -> list[Code]:
    """The codes of a folded text; HS codes only after words that announce them, as digits grouped 4.2.2.2.

    A CAS number fits its check digit. A heading of four digits stands right behind such words, else it is a year.
    """
    codes = [Code("eccn", _upper(match[1]), *match.span(1)) for match in _ECCN.finditer(text)]
    codes += [Code("cas", match[1], *match.span(1)) for match in _CAS.finditer(text) if not _why_no_cas(text, match)]
    return codes + _hs(text)


def refused_codes(text: str) -> Iterator[Refused]:
    """What looks like a CAS number or tariff code of a folded text and is not read as one."""
    for match in _CAS.finditer(text):
        if reason := _why_no_cas(text, match):
            yield Refused("cas", *match.span(1), reason)
    taken = {code.start for code in _hs(text)}
    for match in _NUMBER.finditer(text):
        if match["dotted"] and match.start() not in taken:
            reason = "no words announce a tariff code" if _grouped(match.group()) else "there is no such chapter"
            yield Refused("hs", *match.span(), reason)


def _upper(eccn: str) -> str:
    head, dot, tail = eccn.partition(".")
    return head.upper() + dot + tail


def _why_no_cas(text: str, match: re.Match[str]) -> str:
    digits = match[1].replace("-", "")
    total = sum(place * int(digit) for place, digit in enumerate(reversed(digits[:-1]), 1))
    if total % 10 != int(digits[-1]):
        return "the check digit does not fit"
    named = _CAS_CUE.search(text[max(0, match.start() - 50) : match.start()])
    return "reads as a day" if _DAY_LIKE.fullmatch(match[1]) and not named else ""


def _hs(text: str) -> list[Code]:
    found: dict[int, Code] = {}
    reached = 0
    for cue in _HS_CUE.finditer(text):
        gap = _GAP.match(text, cue.end(), cue.end() + _MAX_GAP)
        start = gap.end() if gap else cue.end()
        if start < reached:
            continue
        directly = bool(_HEADING_CUE.search(text[cue.start() : start]))
        for match in _numbers(text, start, may_be_heading=directly):
            reached = match.end()
            if value := _grouped(match.group()):
                found[match.start()] = Code("hs", value, *match.span())
    return list(found.values())


def _numbers(text: str, position: int, *, may_be_heading: bool) -> Iterator[re.Match[str]]:
    """The numbers of a list that begins at a position; headings of four digits only in a list of such."""
    while match := _NUMBER.match(text, position):
        if match["heading"] and not may_be_heading:
            return
        yield match
        may_be_heading = bool(match["heading"])
        step = _NEXT.match(text, match.end())
        position = step.end() if step else match.end()


def _grouped(number: str) -> str:
    """The digits in groups; empty where the chapter does not exist. Nine digits are Japan's: 4.2.3."""
    plain = re.sub(r"\D", "", number)
    if int(plain[:2]) not in _CHAPTERS:
        return ""
    if len(plain) == 9:
        return f"{plain[:4]}.{plain[4:6]}.{plain[6:]}"
    return ".".join([plain[:4], *(plain[index : index + 2] for index in range(4, len(plain), 2))])
