"""Sums of money as documents write them: value, ISO 4217 currency, and whether the text gives them as exact.

A number is read outwards from what makes it money: a sign before it (`US$`, `€`, `RMB`) or a unit after it
(`億円`, `万元`, `million dollars`). Prices (`300 yuan per tonne`) are no sums and are left out, and so is what
the text itself does not count (`数百億円`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.classify.facets.currencies import COUNTED, HOME, NEEDS_SCALE, OWN, SCALES, SIGNS, UNITS, WORDS
from services.contracts.measures import Amount
from services.contracts.vocab import Bound

MAX_WIDTH = 40
"""No number of a sum is longer than this; the search never looks further."""

_MYRIADS = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_TENS = {"十": 10, "百": 100, "千": 1000}
_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN = "".join([*_DIGITS, *_TENS, *_MYRIADS])
_LOOSE = "多余餘"
"""Between number and scale: some more than the number says (`20多亿美元`)."""

_SMALL = 3
"""Letters before a number of no more digits need not be a currency (`PHP 8`)."""


def _any(words: Mapping[str, object]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_NUMBER = r"(?:\d{1,3}(?:,\d{2,3})+|\d{1,18})(?:\.\d{1,6})?"
_ENGLISH = rf"(?P<n>{_NUMBER})(?![\d,]\d)(?:[ -]?(?P<scale>{_any(SCALES)})(?![a-z]))?"
_SIGNED = re.compile(rf"(?<![a-z0-9$])(?P<sign>{_any(SIGNS)}) ?(?=[\d{_HAN}])")
_AFTER_SIGN = re.compile(_ENGLISH)
_HAN_NUMBER = re.compile(rf"[\d{_HAN}](?:[\d{_HAN}{_LOOSE}]|[,.](?=\d)){{0,{MAX_WIDTH}}}")
_REACHES = re.compile(rf" ?(?:-|to|~|and) ?(?P<from>(?:{_any(SIGNS)})? ?(?:{_ENGLISH}))")
_WORDED = re.compile(
    rf"(?<![\d.,a-z$€£¥₹])(?:{_ENGLISH}|(?P<counted>{_any(COUNTED)})[ -](?P<scale2>{_any(SCALES)})) "
    rf"(?P<unit>{_any(WORDS)})(?![a-z])"
)
_UNIT = re.compile(rf"(?P<unit>{_any(UNITS)})(?!素|年|件|系|锂|材|旦|化|电|組|号|触|[\u30a1-\u30fa\u30fc])")
_BEFORE_UNIT = re.compile(rf"(?:[\d{_HAN}]|(?<=\d)[,.](?=\d)|(?<=[\d{_HAN}])[{_LOOSE}]| (?=[{_HAN}]))+ ?$")
_HAN_RANGE = re.compile(rf"(?:[\d{_HAN}]|(?<=\d)[,.](?=\d))+(?=(?:~|-|から|至|到)$)")
_TOKEN = re.compile(rf"\d[\d,]*(?:\.\d+)?|[{_HAN}]")
_LEADING_DIGITS = re.compile(r"\d[\d,]*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}|\d+")

_PRICED = re.compile(r"^ ?(?:/|(?:per|an?) (?!year|annum)|each\b|の?単価)")
_PRICE_BEFORE = re.compile(r"(?:每|毎|当たり|あたり|につき)[^,。;、\d]{0,6}$")
_UNCOUNTED = re.compile(r"[数數几幾第]$")
_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (
        Bound.UP_TO,
        re.compile(
            r"(?:up to|as much as|at most|no more than|maximum of|"
            r"最大で?|上限|最高|最多|不超过|不超過|不足|不到)\W{0,2}$"
        ),
    ),
    (
        Bound.AT_LEAST,
        re.compile(
            r"(?:over|more than|at least|exceeding|in excess of|upwards of|"
            r"超|超过|超過|逾|至少|少なくとも)\W{0,2}$"
        ),
    ),
    (
        Bound.ABOUT,
        re.compile(
            r"(?:about|around|approximately|roughly|nearly|almost|some|an? estimated|estimated at|circa|(?<!\d)~|"
            r"約|约|およそ|大约|大約|近|ほぼ|ざっと)\W{0,2}$"
        ),
    ),
)  # fmt: skip
_BOUND_AFTER: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (Bound.AT_LEAST, re.compile(r"^(?:以上|超|余り|余|強|多|\+| or more)")),
    (Bound.UP_TO, re.compile(r"^(?:以下|以内|未満|を上限| or less)")),
    (Bound.ABOUT, re.compile(r"^(?:程度|前後|规模|左右|弱|規模)")),
)


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of money in the folded text."""

    amount: Amount
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Found:
    value: Decimal
    currency: str
    start: int
    end: int
    loose: bool = False


def find_amounts(text: str, offset: int = 0, issuer: str = "") -> list[Sum]:
    """The sums a folded text states, in text order.

    `offset` is added to the spans; `issuer` is the code of the country whose document it is: a bare dollar or
    yen-yuan sign is read as its own.
    """
    found: list[_Found] = []
    for each in sorted([*_signed(text, issuer), *_united(text, issuer), *_worded(text, issuer)], key=_place):
        if (not found or each.start >= found[-1].end) and each.value > 0 and not _is_price(text, each):
            found.append(each)
    return [
        Sum(_amount(text, each), offset + each.start, offset + each.end)
        for each in found
        if not _is_uncounted(text, each)
    ]


def _place(found: _Found) -> tuple[int, int]:
    return found.start, -found.end


def _amount(text: str, found: _Found) -> Amount:
    value = format(found.value.normalize(), "f")
    return Amount(value=value, currency=found.currency, bound=_bound(text, found))


def _bound(text: str, found: _Found) -> Bound:
    before, after = text[max(0, found.start - 24) : found.start], text[found.end : found.end + 8]
    for bound, pattern in _BOUNDS:
        if pattern.search(before):
            return bound
    if found.loose:
        return Bound.AT_LEAST
    return next((bound for bound, pattern in _BOUND_AFTER if pattern.search(after)), Bound.EXACT)


def _is_price(text: str, found: _Found) -> bool:
    return bool(
        _PRICED.search(text[found.end : found.end + 12])
        or _PRICE_BEFORE.search(text[max(0, found.start - 12) : found.start])
    )


def _is_uncounted(text: str, found: _Found) -> bool:
    return bool(_UNCOUNTED.search(text[max(0, found.start - 1) : found.start]))


# ---- a sign before the number ----------------------------------------------------------------------------------


def _signed(text: str, issuer: str) -> Iterator[_Found]:
    for sign in _SIGNED.finditer(text):
        currency = _currency(SIGNS[sign["sign"]], sign["sign"], issuer)
        number = _AFTER_SIGN.match(text, sign.end())
        han = _HAN_NUMBER.match(text, sign.end())
        if han and any(char in _HAN for char in han.group()):
            value = read_quantity(han.group())
            end = han.end() + _unit_length(text, han.end(), currency)
            if value is not None:
                yield _Found(value, _yuan(currency, sign["sign"], han.group()), sign.start(), end)
        elif number and _is_grouped(number["n"]) and (not sign["sign"].isalpha() or _is_sizeable(number)):
            yield from _english(text, sign.start(), number, currency)


def _english(text: str, start: int, number: re.Match[str], currency: str) -> Iterator[_Found]:
    """The sum, and that it reaches to (`$5-10 billion`: a scale given once counts for both)."""
    reaches = _REACHES.match(text, number.end())
    scale = number["scale"] or (reaches["scale"] if reaches else None)
    yield _Found(_scaled(number["n"], scale), currency, start, number.end())
    if reaches and _is_grouped(reaches["n"]) and reaches["scale"]:
        yield _Found(_scaled(reaches["n"], reaches["scale"]), currency, reaches.start("from"), reaches.end())


def _is_sizeable(number: re.Match[str]) -> bool:
    """Whether letters before the number can only be a currency (`EUR 20,000`, not `PHP 8`)."""
    return bool(number["scale"]) or len(number["n"].partition(".")[0]) > _SMALL


def _scaled(number: str, scale: str | None) -> Decimal:
    return Decimal(number.replace(",", "")) * (SCALES[scale] if scale else 1)


def _is_grouped(number: str) -> bool:
    return bool(_GROUPED.fullmatch(number.partition(".")[0]))


def _unit_length(text: str, end: int, currency: str) -> int:
    """How many characters of a unit repeat what the sign said (`人民币3440亿元`)."""
    unit = _UNIT.match(text, end)
    return len(unit["unit"]) if unit and (unit["unit"] == "元" or UNITS[unit["unit"]] in (OWN, currency)) else 0


def _yuan(currency: str, sign: str, number: str) -> str:
    """`¥` before a number in simplified scales is the Chinese sign."""
    return "CNY" if sign == "¥" and "亿" in number else currency


def _currency(currency: str, sign: str, issuer: str) -> str:
    if sign == "¥" and issuer == "CN":
        return "CNY"
    return currency or HOME.get(issuer, "USD")


# ---- a unit after the number -----------------------------------------------------------------------------------


def _united(text: str, issuer: str) -> Iterator[_Found]:
    for unit in _UNIT.finditer(text):
        start = max(0, unit.start() - MAX_WIDTH)
        number = _BEFORE_UNIT.search(text, start, unit.start())
        if number is None:
            continue
        words = _trimmed(number.group().rstrip())
        value = read_quantity(words)
        if value is None or not _is_money(words, unit["unit"]):
            continue
        currency = _currency(UNITS[unit["unit"]], unit["unit"], issuer)
        first = number.start() + len(number.group().rstrip()) - len(words)
        low = _HAN_RANGE.search(text, max(0, first - MAX_WIDTH), first)
        loose = any(char in _LOOSE for char in words)
        if low and (least := read_quantity(low.group())):
            yield _Found(_in_scale(least, low.group(), words), currency, low.start(), low.end())
        yield _Found(value, currency, first, unit.end(), loose)


def _trimmed(words: str) -> str:
    """The words from the last item on where a comma separates items and not thousands (`1,2億`)."""
    digits = _LEADING_DIGITS.match(words)
    return words if digits is None or _is_grouped(digits.group()) else words.rpartition(",")[2]


def _is_money(words: str, unit: str) -> bool:
    """Whether number and unit are a sum: `三元` and `一円` are not, they are words of their own."""
    return len(unit) > 1 or any("0" <= char <= "9" or char in _MYRIADS for char in words)


def _in_scale(value: Decimal, words: str, following: str) -> Decimal:
    """The lower end of a range in the scale of the upper (`50～100億円`)."""
    if any(char in _MYRIADS for char in words):
        return value
    factor = 1
    for char in following:
        factor *= _MYRIADS.get(char, 1)
    return value * factor


def read_quantity(words: str) -> Decimal | None:
    """The value of a number in digits, Chinese numerals or both (`1兆2,000億`, `三千四百亿`); None if it is none."""
    parts: list[tuple[Decimal, int]] = []  # value and the scale it was closed with
    section, number = Decimal(0), None
    seen = False
    for token in _TOKEN.findall(words.replace(" ", "")):
        if token in _MYRIADS:
            below = sum((value for value, scale in parts if scale < _MYRIADS[token]), Decimal(0))
            value = below + section + (number or 0)
            if not seen and not value:
                return None
            parts = [each for each in parts if each[1] >= _MYRIADS[token]]
            parts.append((value * _MYRIADS[token], _MYRIADS[token]))
            section, number = Decimal(0), None
        elif token in _TENS:
            section += (Decimal(1) if number is None else number) * _TENS[token]
            number, seen = None, True
        elif token in _DIGITS:
            number, seen = (number or 0) * 10 + Decimal(_DIGITS[token]), True
        else:
            number, seen = Decimal(token.replace(",", "")), True
    return sum((value for value, _ in parts), Decimal(0)) + section + (number or 0) if seen else None


def _worded(text: str, issuer: str) -> Iterator[_Found]:
    for match in _WORDED.finditer(text):
        scale = match["scale"] or match["scale2"]
        if match["n"] and not _is_grouped(match["n"]):
            continue
        if match["unit"] in NEEDS_SCALE and not scale and "," not in (match["n"] or ""):
            continue
        currency = _currency(WORDS[match["unit"]], match["unit"], issuer)
        value = _scaled(match["n"], scale) if match["n"] else Decimal(COUNTED[match["counted"]]) * SCALES[scale]
        yield _Found(value, currency, match.start(), match.end())
