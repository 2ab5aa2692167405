"""Official identifiers that name one measure through its life, strongest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from services.classify.facets.numerals import read_number
from services.contracts.events import Identifier

MAX_OF_SCHEME = 300
_EU = r"(?:regulation|decision|directive|条例|規則)[^.;]{0,20}?\(?(?:eu|ec)\)? ?(?:no\.? )?(\d{2,4}/\d{2,4})\b"
_ANNOUNCEMENT = (
    r"公告 ?(?P<y>\d{4})年第(?P<n>\d+)号|(?P<y2>\d{4})年第(?P<n2>\d+)号(?:公告|令)"
    r"|announcement (?:no\. ?(?P<n3>\d+) of (?P<y3>\d{4})|(?P<y4>\d{4}) no\. ?(?P<n4>\d+))"
    r"|公告(?P<y5>[〇一二三四五六七八九]{4})年第(?P<n5>[一二三四五六七八九十百]+)号"
)
_JP_LAW = (
    r"((?:令和|平成|昭和)[\d元一二三四五六七八九十]{1,3}年(?:法律|政令|省令|告示)第[\d〇一二三四五六七八九十百千]+号)"
)
_SCHEMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (scheme, re.compile(pattern, re.ASCII))
    for scheme, pattern in (
        ("rin", r"\brin:? ?(\d{4}-[a-z]{2}\d{2})\b"),
        ("docket", r"\bdocket (?:no\.?|number|nos\.?)?:? ?([a-z]+-\d{4}-\d{3,5}|\d{6}-\d{4})\b"),
        ("ad_cvd_case", r"\b([ac]-\d{3}-\d{3})\b"),
        ("itc_case", r"\b((?:701|731)-ta-\d{3,4})\b"),
        ("dfars_case", r"\bd?fars case (\d{4}-[dn]?\d{3})\b"),
        ("celex", r"\bcelex:? ?(\d{5}[a-z]\d{4})\b"),
        ("eu_act", _EU),
        ("announcement", _ANNOUNCEMENT),
        ("executive_order", r"\b(?:executive order|e\.o\.) (?:no\.? )?(1[0-9]{4})\b"),
        ("proclamation", r"\bproclamation (?:no\.? )?(\d{4,5})\b"),
        ("public_law", r"\b(?:public law|pub\. ?l\.) (?:no\. )?(\d{2,3}-\d{1,3})\b"),
        ("jp_law", _JP_LAW),
        ("kanpo_notice", r"\(([^()]{1,20}?[〇一二三四五六七八九十百千]+)\)$"),
        ("fr_document", r"\b(?:fr doc\.? (?:no\.? )?)(\d{4}-\d{5})\b"),
        ("fr_citation", r"\b(\d{2,3} fr \d{3,6})\b"),
    )
)
THREADING = (
    "rin",
    "docket",
    "ad_cvd_case",
    "itc_case",
    "dfars_case",
    "announcement",
    "celex",
    "eu_act",
    "executive_order",
    "proclamation",
    "public_law",
    "jp_law",
)
"""Schemes that hold a measure together over documents, strongest first; the others name one document only."""


@dataclass(frozen=True, slots=True)
class Identified:
    """An identifier in the folded text."""

    identifier: Identifier
    start: int
    end: int


def find_identifiers(text: str, issuer: str, offset: int = 0) -> list[Identified]:
    """The first MAX_OF_SCHEME identifiers of each scheme in a folded text.

    Announcement numbers are qualified by their issuer's code.
    """
    found = []
    for scheme, pattern in _SCHEMES:
        for match in islice(pattern.finditer(text), MAX_OF_SCHEME):
            value = _announcement(match, issuer) if scheme == "announcement" else match.group(1).upper()
            identifier = Identifier(scheme=scheme, value=value)
            found.append(Identified(identifier, offset + match.start(), offset + match.end()))
    return found


def strongest(identifiers: Iterable[Identifier]) -> Identifier | None:
    """The identifier that holds a measure together best; the first of its scheme."""
    ranked = [each for each in identifiers if each.scheme in THREADING]
    return min(ranked, key=lambda each: THREADING.index(each.scheme), default=None)


def _announcement(match: re.Match[str], issuer: str) -> str:
    group = {key: value for key, value in match.groupdict().items() if value}
    year = next(value for key, value in group.items() if key.startswith("y"))
    number = next(value for key, value in group.items() if key.startswith("n"))
    if not year.isascii():
        year = "".join(str("〇一二三四五六七八九".index(char)) for char in year)
    return f"{issuer}-{year}-{number if number.isascii() else read_number(number)}"
