"""Which part of another measure a text speaks of: `paragraph 2 of Announcement No. 46`, `第46号第二款`."""

from __future__ import annotations

import re

from services.classify.facets.numerals import read_number

_KINDS = {
    **dict.fromkeys("条條", "article"),
    **dict.fromkeys("款項", "paragraph"),
    **dict.fromkeys("项号", "item"),
    "章": "chapter",
    "节": "section",
}
"""The units of a Chinese or Japanese order; 項 is the Japanese paragraph."""

_DIGIT = "[一二三四五六七八九]"
_STEP = rf"第([0-9]{{1,4}}|{_DIGIT}?十{_DIGIT}?|{_DIGIT})([{''.join(_KINDS)}])"
_ALONG = re.compile(_STEP)
_PARTING = re.compile("[、,和及与]|及び|並びに")
_AFTER = re.compile(
    rf"^(?:公告|令)?(?:\([^()]{{0,60}}\))?》?(?:公告)?[的の]?(?P<parts>(?:{_STEP}(?:及び|並びに|[、,和及与](?=第))?){{1,9}})"
)
_REST = re.compile(r"^规定的[^。;\n]{0,40}?其余(?P<share>\d{1,3}(?:\.\d{1,3})?%)")
"""What is left of a duty when the rest of it is set otherwise."""
_BEFORE = re.compile(
    r"\b(?P<kind>paragraph|article|section|item|clause|chapter|annex)s? "
    r"(?P<numbers>(?:\d[\w().-]{0,11}|[ivx]{1,5}\b)(?:(?:, and |, | and )(?:\d[\w().-]{0,11}|[ivx]{1,5}\b)){0,3})"
    r" (?:of|to|in) (?:the )?[^.;,]{0,40}$"
)


def part_of(before: str, after: str) -> str:
    """The part named with an identifier, from the folded text on its two sides; empty if none is.

    A part of a part reads downwards, `article 3 paragraph 2`; several are parted by a comma.
    """
    if named := _AFTER.match(after):
        pieces = (_ALONG.findall(piece) for piece in _PARTING.split(named["parts"]))
        return ", ".join(
            " ".join(f"{_KINDS[unit]} {read_number(digits)}" for digits, unit in piece) for piece in pieces if piece
        )
    if named := _REST.match(after):
        return f"remaining {named['share']}"
    if named := _BEFORE.search(before):
        numbers = re.split(r", and |, | and ", named["numbers"])
        return ", ".join(f"{named['kind']} {each.upper() if each.isalpha() else each}" for each in numbers)
    return ""
