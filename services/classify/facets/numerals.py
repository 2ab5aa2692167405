"""Whole numbers as documents write them: Arabic, Chinese positional (`二〇二五`) and Chinese with places (`六十一`)."""

from __future__ import annotations

DIGITS = "0-9〇零○一二三四五六七八九"
"""The digits of a positional number, for a character class of a pattern."""
PLACES = "十百千廿卅元"
"""What else a Chinese number is written with, for a character class of a pattern."""

_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_TENS = {"廿": "二十", "卅": "三十"}
_UNITS = {"千": 1000, "百": 100, "十": 10}


def read_number(text: str) -> int:
    """The value of a folded whole number below 10,000; `元`, the first year of an era, is 1.

    A number without places is read digit by digit, so `一八` is 18 as `十八` is. Raises ValueError for what is none.
    """
    if text == "元":
        return 1
    if text.isascii():
        return int(text)
    for short, long in _TENS.items():
        text = text.replace(short, long)
    return _by_place(text) if any(char in _UNITS for char in text) else _by_digit(text)


def _by_digit(text: str) -> int:
    return int("".join(char if char.isascii() else str(_digit(char)) for char in text))


def _by_place(text: str) -> int:
    total = 0
    for char, unit in _UNITS.items():
        before, found, rest = text.rpartition(char)
        if found:
            total += (_by_digit(before) if before else 1) * unit
            text = rest
    return total + (_by_digit(text) if text else 0)


def _digit(char: str) -> int:
    if char not in _DIGITS:
        raise ValueError(f"{char!r} is no digit")
    return _DIGITS[char]
