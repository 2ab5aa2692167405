"""Fold text for matching, and lead every folded offset back to the original characters.

Folding is NFKC + casefold, with dashes, quotation marks and white space unified and invisible characters
dropped. It changes lengths (`㈱` becomes three characters, half-width `ｶﾞ` becomes one), so a folded text
carries the breakpoints of its offset map; text without such characters pays nothing for it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_SINGLE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
        **dict.fromkeys("“”„‟″＂", '"'),
        **dict.fromkeys("〜～∼", "~"),
        **dict.fromkeys("・･‧•∙", "・"),
        # Radicals that scanned documents carry instead of the character; NFKC leaves these alone.
        **dict(
            zip(
                "⻁⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻰⻲",
                "虎西见角贝车长门青页风飞食马骨鬼鱼鸟卤麦黄齐龙龟",
                strict=True,
            )
        ),
        "⻑": "長",
    }
)
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
_HALF_VOICED = "ﾞﾟ"
_WHITE = re.compile(r"[^\S ]+|\s{2,}|[\x00-\x08\x0e-\x1f\x7f]")


Piece = tuple[int, int, int]
"""Folded start, original start, original end of a stretch that maps one to one, or else as a whole."""

HARD_BREAK = "\f"
"""A form feed always ends the sentence, whatever stands around it."""


@dataclass(frozen=True)
class Folded:
    """A folded text and where its characters stood in the original; no pieces means one to one throughout."""

    text: str
    pieces: tuple[Piece, ...] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The original span of the folded span; never empty for a span that is not."""
        if not self.pieces or start >= end:
            return start, end
        return self._locate(start)[0], self._locate(end - 1)[1]

    def _locate(self, position: int) -> tuple[int, int]:
        """The original span of the one folded character at `position`."""
        index = bisect_right(self.pieces, position, key=_folded_start) - 1
        folded, start, end = self.pieces[index]
        after = self.pieces[index + 1][0] if index + 1 < len(self.pieces) else len(self.text)
        if after - folded == end - start:
            return start + position - folded, start + position - folded + 1
        return start, end


def _folded_start(piece: Piece) -> int:
    return piece[0]


def fold(text: str) -> Folded:
    """The text folded for matching; every folded span leads back to original characters."""
    irregular = _irregular(text)
    if irregular is None:
        return Folded(_translate(text))
    writer = _Writer()
    done = 0
    for match in irregular.finditer(text):
        start, end = match.span()
        writer.write(_translate(text[done:start]), done, start)
        cluster = match.group()
        white = not cluster.strip() or unicodedata.category(cluster[0]) == "Cc"
        writer.write(_fold_white(text, start, end) if white else _fold_cluster(cluster), start, end)
        done = end
    writer.write(_translate(text[done:]), done, len(text))
    return Folded("".join(writer.out), tuple(writer.pieces))


class _Writer:
    """Collects folded stretches and remembers where each came from."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.pieces: list[Piece] = []
        self.written = 0

    def write(self, folded: str, start: int, end: int) -> None:
        if folded:
            self.pieces.append((self.written, start, end))
            self.out.append(folded)
            self.written += len(folded)


def fold_word(text: str) -> str:
    """A form of the vocabulary folded as documents are, for comparison with folded text."""
    return fold(text).text.strip()


@lru_cache(maxsize=65_536)
def _fold_char(char: str) -> str:
    if char in _DROPPED:
        return ""
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return unicodedata.normalize("NFKC", char.translate(_SINGLE)).casefold().translate(_SINGLE)


def _translate(text: str) -> str:
    if text.isascii():
        return text.lower().replace("`", "'")
    return text.translate({ord(char): _fold_char(char) for char in set(text)})


def _irregular(text: str) -> re.Pattern[str] | None:
    """A pattern of the stretches that do not fold one to one, or None where there are none."""
    if text.isascii():
        return _WHITE if _WHITE.search(text) else None
    chars = set(text)
    marks = [char for char in chars if unicodedata.combining(char) or char in _HALF_VOICED]
    wide = [char for char in chars if len(_fold_char(char)) != 1 and char not in marks]
    if not marks and not wide:
        return _WHITE if _WHITE.search(text) else None
    return _compile("".join(sorted(marks)), "".join(sorted(wide)))


@lru_cache(maxsize=256)
def _compile(marks: str, wide: str) -> re.Pattern[str]:
    parts = [_WHITE.pattern]
    if marks:
        parts.append(f"[^\\s{re.escape(marks)}]?[{re.escape(marks)}]+")
    if wide:
        parts.append(f"[{re.escape(wide)}]")
    return re.compile("|".join(parts))


def _fold_cluster(cluster: str) -> str:
    kept = "".join(char for char in cluster if char not in _DROPPED).translate(_SINGLE)
    return unicodedata.normalize("NFKC", kept).casefold().translate(_SINGLE)


def _fold_white(text: str, start: int, end: int) -> str:
    """What a run of white space becomes: a line break only where the line cannot go on.

    A line that goes on with hiragana, or with a small letter after a letter or comma, was broken by a page
    or a narrow column, not by its writer.
    """
    run = text[start:end]
    if HARD_BREAK in run:
        return "\n"
    if not any(mark in run for mark in "\n\r\u2028\u2029\x0b\x85"):
        return " "
    before, after = text[start - 1 : start], text[end : end + 1]
    if "\u3041" <= after <= "\u309f" and before and ord(before) > 0x2E80 and before not in "。！？」』":
        return ""
    if "a" <= after <= "z" and (before.isalnum() or before == ",") and before.isascii():
        return " "
    return "\n"
