"""Official identifiers of measures and of the documents that make them, each scheme in one notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from services.classify.facets.announcements import default_authority, find_announcements, read_stated
from services.classify.facets.numerals import DIGITS, PLACES, read_number
from services.classify.normalise import fold_word
from services.contracts.events import Identifier

MAX_OF_SCHEME = 300
_HAN = DIGITS.removeprefix("0-9") + PLACES
_EU_KIND = r"(?:regulations?|decisions?|directives?|規則|条例|指令|決定|决定|法规)"
_JP_LAW = (
    r"(?P<era>令和|平成|昭和)\s?(?P<year>\d{1,2}|" + f"[{_HAN}]" + r"{1,4})年(?:[^第。]{1,8}日)?"
    r"(?P<body>[\u4e00-\u9fff]{0,12}?(?:法律|政令|省令|府令|告示|規則|条約))第(?P<n>\d{1,4}|"
    + f"[{_HAN}]"
    + r"{1,7})号"
)
_PRESIDENT = (
    r"(?:executive order|\be\.o\.|\beo) (?:nos?\.? )?(1[0-9]{4})\b"
    r"|(?:行政(?:命令|令)|大統領令|总统令)\s?第?(1\d{4})号?|第(1\d{4})号(?:行政令|行政命令|大統領令|总统令)"
)
_DOCKET = r"(?P<id>[a-z]{2,8}(?:-[a-z]{1,8}){0,2}-\d{4}-\d{3,5}|\d{6}-\d{4})\b"

Rewrite = Callable[[re.Match[str]], str]


def _first(match: re.Match[str]) -> str:
    return next(value for value in match.groups() if value).upper()


def _law(match: re.Match[str]) -> str:
    year, number = read_number(match["year"]), read_number(match["n"])
    return f"{match['era']}{'元' if year == 1 else year}年{match['body']}第{number}号"


def _document(match: re.Match[str]) -> str:
    return f"{match['body']}〔{match['year']}〕{read_number(match['n'])}号"


def _citation(match: re.Match[str]) -> str:
    return f"{match['volume']} FR {match['page']}"


def _indian(match: re.Match[str]) -> str:
    return re.sub(r"[\s-]+", "-", match["id"].replace("(", "-").replace(")", "-")).upper()


_SCHEMES: tuple[tuple[str, re.Pattern[str], Rewrite], ...] = tuple(
    (scheme, re.compile(pattern, re.ASCII), rewrite)
    for scheme, pattern, rewrite in (
        ("rin", r"\b(?:rins?(?: no\.?| number)?:?|and|,) ?(\d{4}-[a-z]{2}\d{2,3})\b", _first),
        ("docket", r"\bdocket(?:s| id)?(?: nos?\.?| numbers?)?:? ?" + _DOCKET, _first),
        ("ad_cvd_case", r"\b([ac]-\d{3}-\d{3})\b", _first),
        ("itc_case", r"\b((?:701|731|337|332)-ta-\d{3,4})\b", _first),
        ("dfars_case", r"\bd?fars case (\d{4}-[dn]?\d{3})\b", _first),
        ("eu_remedy_case", r"\b(?:case|proceeding)s?(?: no\.?| number)?:? ?((?:ad|as|sg|r)\d{3})\b", _first),
        (
            "in_remedy_case",
            r"\bcase no\.?[ :-]{0,3}(?P<id>ad ?\((?:oi|ssr|sca|ncr|mtr|ac)\)[ -]{0,3}\d{1,3}/\d{4})\b",
            _indian,
        ),
        ("celex", r"\b(?:celex(?: number| no\.?)?:? ?(\d{5}[a-z]{1,2}\d{4})|(3\d{4}[rdl]\d{4}))\b", _first),
        (
            "eu_act",
            _EU_KIND + r"[^.;\d]{0,20}?\(?(?:eu|ec|eec|cfsp|euratom)[^.;\d)]{0,12}\)? ?(?:no\.? ?)?"
            r"(\d{4}/\d{1,4}|\d{1,4}/\d{4}|\d{2,4}/\d{2})\b"
            r"|\b(?:decision|directive) (\d{4}/\d{1,4})/(?:cfsp|eu|ec)\b",
            _first,
        ),
        ("executive_order", _PRESIDENT, _first),
        ("proclamation", r"\bproclamation (?:nos?\.? )?(\d{4,5})\b", _first),
        ("public_law", r"\b(?:public law|pub\. ?l\.) (?:nos?\. )?(\d{2,3}-\d{1,3})\b", _first),
        ("jp_law", _JP_LAW, _law),
        (
            "cn_document",
            r"(?P<body>(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,8}|[\u4e00-\u9fff]{1,3}发)(?<!公告)(?<!通告)(?<!令)[〔\[(](?P<year>20\d\d)[〕\])]"
            r"\s?第?(?P<n>\d{1,4})号",
            _document,
        ),
        ("kanpo_notice", r"\(([^()]{1,20}?[〇一二三四五六七八九十百千]+)\)$", _first),
        ("fr_document", r"\bfr doc\.? ?(?:nos?\.?)?:? ?(\d{4}-\d{5})\b", _first),
        ("fr_citation", r"\b(?P<volume>\d{2,3}) (?:fr|fed\. ?reg\.) (?P<page>\d{3,6})\b", _citation),
    )
)

_SIGNS: dict[str, tuple[str, ...]] = {
    "rin": ("rin",),
    "docket": ("docket",),
    "ad_cvd_case": ("a-", "c-"),
    "itc_case": ("-ta-",),
    "dfars_case": ("fars case",),
    "eu_remedy_case": ("case", "proceeding"),
    "in_remedy_case": ("case no",),
    "celex": ("celex", "r0", "r1", "r2", "r3", "d0", "d1", "d2", "d3", "l0", "l1", "l2", "l3"),
    "eu_act": ("/",),
    "executive_order": ("executive order", "e.o.", "eo ", "令"),
    "proclamation": ("proclamation",),
    "public_law": ("public law", "pub."),
    "jp_law": ("第",),
    "cn_document": ("号",),
    "kanpo_notice": ("(",),
    "fr_document": ("fr doc",),
    "fr_citation": (" fr ", "fed."),
}
"""What must stand in a text for a scheme to occur in it; most texts hold little of it."""

LIVES = ("rin", "docket", "ad_cvd_case", "itc_case", "eu_remedy_case", "in_remedy_case", "dfars_case")
"""Schemes that go with a measure through its whole life, strongest first."""
ACTS = ("announcement", "eu_act", "executive_order", "proclamation", "public_law", "jp_law", "cn_document")
"""Schemes that number one legal act, strongest first: a later act that changes it belongs to its measure."""

_STATED = frozenset({"announcement", "tariff_announcement", "cn_order"})
"""Schemes under which records state the number of an announcement or order, as their authority writes it."""
_ALIASES = {"eo_number": "executive_order", "citation": "fr_citation", "case": "ad_cvd_case"}
_ONE_DAY_DOCKET = re.compile(r"\d{6}-\d{4}")
_CELEX = re.compile(r"3(\d{4})([RDL])0*(\d+)")
_SHARED_SERIES = 2015
"""From this year on regulations, directives and decisions of the Union are numbered in one series."""


@dataclass(frozen=True, slots=True)
class Identified:
    """An identifier in the folded text."""

    identifier: Identifier
    start: int
    end: int


def find_identifiers(
    text: str, issuer: str, offset: int = 0, *, source: str = "", title_end: int = 0
) -> list[Identified]:
    """The first MAX_OF_SCHEME identifiers of each scheme in a folded text.

    Announcement numbers are qualified by who counts them. An announcement that names no authority is of the one that
    the headline, up to `title_end`, the source or else the issuer's code gives.
    """
    found = [
        Identified(Identifier(scheme=scheme, value=rewrite(match)), offset + match.start(), offset + match.end())
        for scheme, pattern, rewrite in _SCHEMES
        for match in (
            islice(pattern.finditer(text), MAX_OF_SCHEME) if any(sign in text for sign in _SIGNS[scheme]) else ()
        )
    ]
    numbered = find_announcements(text)[:MAX_OF_SCHEME]
    default = default_authority(source, issuer, numbered, title_end)
    found += (
        Identified(Identifier(scheme="announcement", value=each.value(default)), offset + each.start, offset + each.end)
        for each in numbered
    )
    return found


def as_found(identifier: Identifier, source: str, issuer: str, year: int | None) -> Identifier:
    """An identifier that a record states, in the notation of those found in text.

    An announcement whose number cannot be read is left as it is stated, as are all other schemes.
    """
    if identifier.scheme not in _STATED:
        return identifier
    value = read_stated(fold_word(identifier.value), source, issuer, year)
    return Identifier(scheme="announcement", value=value) if value else identifier


def threads(identifier: Identifier) -> Identifier | None:
    """The identifier in the one form that all documents of a measure share; None for one that names a document only.

    A docket of the Department of Commerce that opens with a date numbers one publication. A CELEX number and the
    title of an act of the Union name the same act.
    """
    scheme, value = _ALIASES.get(identifier.scheme, identifier.scheme), identifier.value.strip().upper()
    if scheme == "celex":
        scheme, value = "eu_act", _number_of(value)
    if scheme == "eu_act":
        value = value.removeprefix("NO ").strip()
    if scheme == "docket" and _ONE_DAY_DOCKET.fullmatch(value):
        return None
    if scheme == "announcement" and value[:1].isdigit():
        return None
    known = scheme in LIVES or scheme in ACTS
    return Identifier(scheme=scheme, value=value) if known and value else None


def _number_of(celex: str) -> str:
    match = _CELEX.fullmatch(celex)
    if match is None:
        return ""
    year, kind, number = match.groups()
    return f"{number}/{year}" if kind == "R" and int(year) < _SHARED_SERIES else f"{year}/{number}"


def of_schemes(identifiers: Iterable[Identifier], schemes: tuple[str, ...]) -> Iterator[Identifier]:
    """The identifiers of the schemes in the form that threads, strongest scheme first, each once."""
    threaded = dict.fromkeys(each for identifier in identifiers if (each := threads(identifier)))
    yield from sorted(
        (each for each in threaded if each.scheme in schemes), key=lambda each: schemes.index(each.scheme)
    )
