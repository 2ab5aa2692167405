"""Codes of goods and substances: Harmonised System, export control classification, CAS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

CodeKind = Literal["hs", "eccn", "cas"]

_ECCN = re.compile(r"(?<![a-z0-9])([0-9][a-e][0-9]{3}(?:\.[a-z](?:\.[0-9]{1,2})?)*)(?![a-z0-9])", re.ASCII)
_CAS = re.compile(r"(?<!\d)(\d{2,7}-\d{2}-\d)(?!\d)", re.ASCII)
_HS_CUE = re.compile(
    r"(?:htsus?|hts|hs|harmonized tariff schedule|subheadings?|headings?|cn codes?"
    r"|海关商品编号|税则号列|税号|商品编号|税番|番号)[^.;。]{0,80}?(?=\d{4})"
)
_HS_NUMBER = re.compile(
    r"\s?[:：]?\s?[(（]?(\d{4}(?:\.\d{2}){1,3}|\d{8,10}|\d{6})(?!\d)[)）]?\s?(?:[,、，;]|and|及び|和)?"
)


@dataclass(frozen=True, slots=True)
class Code:
    """A code in the folded text."""

    kind: CodeKind
    value: str
    start: int
    end: int


def find_codes(text: str) -> list[Code]:
    """The codes of a folded text; HS codes only after words that announce them, as digits grouped 4.2.2.2."""
    codes = [Code("eccn", _upper(match.group(1)), *match.span(1)) for match in _ECCN.finditer(text)]
    codes += [Code("cas", match.group(1), *match.span(1)) for match in _CAS.finditer(text) if _checks(match.group(1))]
    return codes + _hs(text)


def _upper(eccn: str) -> str:
    head, dot, tail = eccn.partition(".")
    return head.upper() + dot + tail


def _checks(cas: str) -> bool:
    digits = cas.replace("-", "")
    return sum(place * int(digit) for place, digit in enumerate(reversed(digits[:-1]), 1)) % 10 == int(digits[-1])


def _hs(text: str) -> list[Code]:
    codes = []
    for cue in _HS_CUE.finditer(text):
        position = cue.end()
        while match := _HS_NUMBER.match(text, position):
            codes.append(Code("hs", _grouped(match.group(1)), *match.span(1)))
            position = match.end()
    return codes


def _grouped(digits: str) -> str:
    plain = digits.replace(".", "")
    return ".".join([plain[:4], *(plain[index : index + 2] for index in range(4, len(plain), 2))])
