"""How Japan's Official Gazette closes a title: who issued the notice and under which numbers, `（外務一四七）`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.ingest.pages.writtendays import read_number

_CLOSING = re.compile(r"（([^（）]+)）\s*$")
_NUMERALS = "〇一二三四五六七八九十百千"
_NUMBERS = re.compile(rf"([{_NUMERALS}](?:[{_NUMERALS}、～〜－]*[{_NUMERALS}])?)$")
_BODIES = ("省", "庁", "府", "局", "院", "委", "委員会", "会", "所", "同")
_SAME = "同"
_SERIES = re.compile(r"(?<=[省庁府局院])(?:最低工賃)?(?:告示|公示).*$")


@dataclass(frozen=True)
class Notice:
    """Who issued a notice, as the gazette writes it (`経済産業`), and its numbers (`571, 572`); empty where not stated.

    `lost` says that the title refers to the line above and there is none.
    """

    issuers: tuple[str, ...] = ()
    numbers: str = ""
    written: str = ""
    lost: bool = False


def read_notices(titles: Iterable[str]) -> Iterator[Notice]:
    """What each title of one issue closes with, in its order; `同` is the issuer of the nearest line above."""
    above = ""
    for title in titles:
        closing = _CLOSING.search(title)
        numbered = _NUMBERS.search(closing[1]) if closing else None
        stated = closing[1][: numbered.start()] if closing and numbered else closing[1] if closing else ""
        if not stated or not (numbered or stated.endswith(_BODIES)):
            yield Notice(numbers=_in_digits(numbered[1]) if numbered else "")
            continue
        same = stated == _SAME
        above = above if same else stated
        issuers = tuple(name for each in above.split("・") if (name := _SERIES.sub("", each)))
        written = above + numbered[1] if numbered and above else ""
        yield Notice(issuers, _in_digits(numbered[1]) if numbered else "", written, lost=not above)


def _in_digits(numerals: str) -> str:
    """Kanji numerals with their separators as `571, 572` or `37-39`."""
    marks = {"、": ", ", "～": "-", "〜": "-", "－": "-"}
    parts = re.split(r"([、～〜－])", numerals)
    return "".join(marks.get(part) or str(read_number(part)) for part in parts if part)
