"""Dates as documents write them, no more precise than the text, each with what it is the date of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from services.classify.clauses import Sentence
from services.classify.facets.dateforms import Written, find_written
from services.classify.facets.dateroles import VALIDITY, find_role, is_moved
from services.classify.facets.dateterms import Term, find_terms
from services.contracts.vocab import DatePrecision, DateRole

_RANGE = re.compile(r"\s?(?:\([^)]{1,6}\))?,? ?(?:-|~|to|through|until|till|から|より|起?至|起?到) ?(?:[a-z]+day,? )?")
_LIST = re.compile(r"(?:,? ?(?:and|or|as well as) |, |、|及び|並びに|和|及|以及)")
_AHEAD = frozenset({DateRole.COMMENT_DEADLINE, DateRole.EXPIRY, DateRole.REVIEW})
_OWN_DAY = re.compile(
    r"(?:自(?:本[\u4e00-\u9fff]{2,4})?(?:公布|发布|發布|公告|印发|即|当|當)之?日起|即日起|即日(?:起)?(?:施行|生效|实施|適用|実施)"
    r"|(?:公布|告示)の日から(?:施行|適用|実施)|本日(?:から|より|付けで)(?:施行|適用|実施)"
    r"|\bwith immediate effect\b|\b(?:effective|takes? effect|enters? into force)"
    r" (?:immediately|(?:up)?on (?:the (?:date|day) of )?(?:its )?publication))"
    r"(?!\s?(?:满|滿)?第?(?:[\d一二三四五六七八九十]+|三十)\s?(?:日|天|个|個|年))"
)
_OWN_HINT = re.compile(r"日|effect|enters? into")
_STATED = {
    "effective_on": DateRole.EFFECTIVE,
    "comments_close_on": DateRole.COMMENT_DEADLINE,
    "signed_on": DateRole.ADOPTED,
}
_LONG_PAST = 366
_ISO_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the folded text: ISO value at its own precision, role, and span; start = end = -1 outside the text.

    `basis` says what the text leaves unsaid: where the year, or the day to count from, was taken from.
    """

    value: str
    precision: DatePrecision
    role: DateRole
    start: int
    end: int
    basis: str = ""

    @property
    def last_day(self) -> date | None:
        """The day itself, or None where the text names no day."""
        return date.fromisoformat(self.value) if self.precision is DatePrecision.DAY else None


def find_dates(
    text: str, offset: int = 0, default_year: int | None = None, published: date | None = None
) -> list[Dated]:
    """The dates of a folded sentence that are dates of a measure, in text order; `offset` is added to the spans.

    A date without a year takes that of its range, else the year before it in the sentence, else `default_year`, else
    the one that brings it nearest to the day of publication. A deadline lies ahead of that day, so it takes no year
    from a word like `last year`. Impossible dates are left out, and so are days a text only studies or cites.
    """
    written = find_written(text)
    roles = _roles(text, written)
    found: list[Dated] = []
    year: int | None = None
    firm = True
    for index, (each, role) in enumerate(zip(written, roles, strict=True)):
        dated, basis = _with_year(written, index, text, year), ""
        if dated is None:
            known = year or default_year if firm or role not in _AHEAD else None
            dated, basis = _with_outer_year(each, role, known, published)
        value = _value(dated) if dated else None
        if not value:
            continue
        year, firm = int(value[:4]), each.from_today is None
        if role is not None and not (each.form == "y" and role is DateRole.ANNOUNCED):
            found.append(Dated(value, _precision(value), role, offset + each.start, offset + each.end, basis))
    return found


def read_dates(
    text: str, sentences: Iterable[Sentence], published: date | None, *, journal: bool = False
) -> list[Dated]:
    """The dates of a folded document; a year goes on to the end of its paragraph.

    `journal` says that the document is the publication that terms of the kind `30 days after publication in the
    Federal Register` count from.
    """
    dates: list[Dated] = []
    year: int | None = None
    for sentence in sentences:
        if sentence.start and text[sentence.start - 1] == "\n":
            year = None
        found = find_dates(sentence.text, sentence.start, year, published)
        year = int(found[-1].value[:4]) if found else year
        dates += found
        dates += find_counted(sentence.text, sentence.start, published, journal=journal) if published else []
    return dates


def find_counted(text: str, offset: int, published: date, *, journal: bool = False) -> list[Dated]:
    """The days a folded sentence counts from that of publication (`自公布之日起`, `30 days after publication`)."""
    own = [
        Dated(
            published.isoformat(),
            DatePrecision.DAY,
            DateRole.EFFECTIVE,
            offset + match.start(),
            offset + match.end(),
            "day of publication",
        )
        for match in (_OWN_DAY.finditer(text) if _OWN_HINT.search(text) else ())
    ]
    terms = (term for term in find_terms(text) if term.counts_from_document or journal)
    return own + [dated for term in terms if (dated := _counted(term, offset, published))]


def stated_dates(attributes: Mapping[str, str]) -> list[Dated]:
    """The dates a source states beside the text, as ISO days under the names the Federal Register gives them."""
    return [
        Dated(value, DatePrecision.DAY, role, -1, -1, "stated by the source")
        for name, role in _STATED.items()
        if _ISO_DAY.fullmatch(value := attributes.get(name, ""))
    ]


def _counted(term: Term, offset: int, published: date) -> Dated | None:
    day = term.day_after(published)
    if day is None:
        return None
    value = day.isoformat() if term.exact else day.isoformat()[:7]
    span = (offset + term.start, offset + term.end)
    return Dated(value, _precision(value), term.role, *span, "counted from publication")


def _roles(text: str, written: Sequence[Written]) -> list[DateRole | None]:
    """The role of each date; the ends of a range and the items of a list have theirs together."""
    roles = [find_role(text, each.start, each.end, is_day=each.day is not None) for each in written]
    for index, (one, other) in enumerate(pairwise(written)):
        between = text[one.end : other.start]
        if _is_range(text, one, other):
            roles[index : index + 2] = _range_roles(text, one, other, roles[index], roles[index + 1])
        elif _LIST.fullmatch(between) and roles[index + 1] is DateRole.ANNOUNCED and roles[index] is not None:
            roles[index + 1] = roles[index]
    return roles


def _is_range(text: str, one: Written, other: Written) -> bool:
    between = text[one.end : other.start]
    return bool(_RANGE.fullmatch(between)) or (
        between.strip() == "and" and bool(re.search(r"\bbetween $", text[max(0, one.start - 8) : one.start]))
    )


def _goes_with(text: str, one: Written, other: Written) -> bool:
    return _is_range(text, one, other) or bool(_LIST.fullmatch(text[one.end : other.start]))


def _range_roles(
    text: str, one: Written, other: Written, first: DateRole | None, last: DateRole | None
) -> list[DateRole | None]:
    if first is None or last is None:
        return [None, None]
    if last is DateRole.COMMENT_DEADLINE:
        return [DateRole.ANNOUNCED, last]
    if is_moved(text[: other.start], text[other.end :]):
        return [None, DateRole.EFFECTIVE]
    around = text[max(0, one.start - 60) : one.start] + " " + text[other.end : other.end + 40]
    if first is DateRole.EFFECTIVE or VALIDITY.search(around):
        return [DateRole.EFFECTIVE, DateRole.EXPIRY]
    return [DateRole.ANNOUNCED, DateRole.ANNOUNCED]


def _with_year(written: Sequence[Written], index: int, text: str, year: int | None) -> Written | None:
    """The date with the year that it or its range states; None where neither does."""
    date_ = written[index]
    if date_.year is not None:
        return date_
    if date_.from_today is not None or not date_.month:
        return None
    before = written[index - 1] if index else None
    if before and before.month and year and _is_range(text, before, date_):
        return replace(date_, year=year + (date_.month < before.month))
    after = written[index + 1] if index + 1 < len(written) else None
    if after and after.year and after.month and _goes_with(text, date_, after):
        return replace(date_, year=after.year - (date_.month > after.month))
    return None


def _with_outer_year(
    date_: Written, role: DateRole | None, year: int | None, published: date | None
) -> tuple[Written | None, str]:
    """The date with the year of its surroundings, and where that was taken from."""
    if date_.from_today is not None:
        known = published.year + date_.from_today if published else None
        return (replace(date_, year=known), "year of publication") if known else (None, "")
    if year:
        return replace(date_, year=year + date_.from_before), "year before it"
    if published is None:
        return None, ""
    near = (published.year + away for away in (-1, 0, 1))
    days = [(each, day) for each in near if (day := _day_of(date_, each))]
    ahead = [pair for pair in days if role in _AHEAD and pair[1] >= published]
    best = min(ahead or days, key=lambda pair: abs((pair[1] - published).days), default=None)
    return (replace(date_, year=best[0]), "year of publication") if best else (None, "")


def _day_of(date_: Written, year: int) -> date | None:
    try:
        return date(year, date_.month or 1, date_.day or 28)
    except ValueError:
        return None


def _value(date_: Written) -> str | None:
    year, month, day = date_.year or 0, date_.month, date_.day
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    if not month:
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"


def _precision(value: str) -> DatePrecision:
    return {4: DatePrecision.YEAR, 7: DatePrecision.MONTH}.get(len(value), DatePrecision.DAY)


def without_earlier_effects(dates: Iterable[Dated], published: date | None, own: int) -> list[Dated]:
    """The dates without days of effect more than a year before publication: an earlier act's, told as background.

    The one that begins at `own`, on which the stage of the act rests, is the act's.
    """
    return [
        each
        for each in dates
        if each.role is not DateRole.EFFECTIVE
        or each.start == own
        or published is None
        or (day := each.last_day) is None
        or (published - day).days <= _LONG_PAST
    ]
