"""Fold text for matching, and lead every folded offset back to the original characters.

Folding is NFKC + casefold, with dashes, quotation marks and white space unified and invisible characters
dropped. It changes lengths (`㈱` becomes three characters, half-width `ｶﾞ` becomes one), so a folded text
carries the breakpoints of its offset map; text without such characters pays nothing for it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

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
                "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻫⻬⻭⻮⻯⻰⻲",
                "民虎西见角贝车长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄斉齐歯齿竜龙亀",
                strict=True,
            )
        ),
        "⻑": "長",
    }
)
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters a reader is to ignore (Default_Ignorable_Code_Point of Unicode), and marks of annotations."""
_ODD = "\x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space other than a blank, and control characters, which are read as white space."""
_DROPPED = re.compile(f"[{_INVISIBLE}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE = re.compile(f"[{_ODD}][{_ODD} ]*| [{_ODD} ]+")
_WHITE_OR_DROPPED = (
    f"[{_ODD}][{_ODD} {_INVISIBLE}]*| [{_ODD} {_INVISIBLE}]+|[{_INVISIBLE}]+(?:[{_ODD} ][{_ODD} {_INVISIBLE}]*)?"
)
_WHITE_START = re.compile(f"[{_INVISIBLE}]*[{_ODD} ]")
_SOFT_HYPHEN = "\u00ad"
_SHORT = 4
_HALF_VOICED = "ﾞﾟ"
_KANA = re.compile("[\u3041-\u30fe\uff66-\uff9d]")
_KANGXI = re.compile("[⼾⾭⿆⿈⿊⿑⿒⿔]")
_JAPANESE = str.maketrans("⼾⾭⿆⿈⿊⿑⿒⿔", "戸青麦黄黒斉歯亀")
"""Radicals that Japanese print uses for its own forms of the characters, while NFKC gives the Chinese ones."""
MAX_MARKS = 30
"""More combining marks than this are not one character (Unicode, stream-safe text)."""


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

    @cached_property
    def _starts(self) -> list[int]:
        return [folded for folded, _, _ in self.pieces]

    def _locate(self, position: int) -> tuple[int, int]:
        """The original span of the one folded character at `position`."""
        index = bisect_right(self._starts, position) - 1
        folded, start, end = self.pieces[index]
        after = self.pieces[index + 1][0] if index + 1 < len(self.pieces) else len(self.text)
        if after - folded == end - start:
            return start + position - folded, start + position - folded + 1
        return start, end


def fold(text: str) -> Folded:
    """The text folded for matching; every folded span leads back to original characters."""
    if text.isascii():
        flat, irregular = text.lower().replace("`", "'"), _WHITE if _WHITE.search(text) else None
    else:
        text = _with_japanese_forms(text)
        odd = set(text) - _PLAIN
        irregular = _irregular(text, odd)
        flat = _flattened(text, odd)
    if irregular is None:
        return Folded(flat)
    writer = _Writer()
    done = 0
    for match in irregular.finditer(text):
        start, end = match.span()
        writer.write(flat[done:start], done, start)
        writer.write(_fold_irregular(text, start, end), start, end)
        done = end
    writer.write(flat[done:], done, len(text))
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


def unify_width(text: str) -> str:
    """The text in plain characters, one blank for any white space, its case kept: `ＡＩ` is `AI`."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _DROPPED.sub("", text).translate(_SINGLE)).translate(_SINGLE)
    return _WHITE.sub(" ", text)


def _fold_cluster(cluster: str) -> str:
    kept = _SURROGATE.sub("\ufffd", _DROPPED.sub("", cluster)).translate(_SINGLE)
    plain = unicodedata.normalize("NFKC", kept)
    # NFKC parts an accent that stands alone (`¯`) into a blank and a mark, which would then join its neighbour.
    folded = (kept if " " in plain else plain).casefold()
    return unicodedata.normalize("NFC", folded).translate(_SINGLE)


_fold_known = lru_cache(maxsize=65_536)(_fold_cluster)
_KNOWN = 65_536
_FEW = 60
"""So many characters are replaced faster one after the other than in one walk through the text."""
_PLAIN: set[str] = set()
"""Characters seen before that fold to themselves and are no marks; a cache, so that each is judged once."""


class _Table(dict[int, str]):
    """What each code point folds to, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_cluster(chr(code))
        if len(self) < _KNOWN:
            self[code] = folded
        return folded


_TABLE = _Table()


def _flattened(text: str, odd: Iterable[str]) -> str:
    """The text with each character that folds to one other replaced by it; all others stay, as does its length."""
    changed = {char: folded for char in odd if (folded := _TABLE[ord(char)]) != char and len(folded) == 1}
    if len(changed) > _FEW or not changed.keys().isdisjoint(changed.values()):
        return text.translate({ord(char): folded for char, folded in changed.items()})
    for char, folded in changed.items():
        text = text.replace(char, folded)
    return text


def _with_japanese_forms(text: str) -> str:
    """The text with the radicals of Japanese print as its characters; one to one."""
    return text.translate(_JAPANESE) if _KANGXI.search(text) and _KANA.search(text) else text


def _irregular(text: str, odd: set[str]) -> re.Pattern[str] | None:
    """A pattern of the stretches that do not fold one to one, or None where there are none.

    `odd` holds all characters of the text but those known to be plain.
    """
    marks = {char for char in odd if unicodedata.combining(char) or char in _HALF_VOICED}
    wide = {char for char in odd if len(_TABLE[ord(char)]) != 1 and char not in marks}
    if len(_PLAIN) < _KNOWN:
        _PLAIN.update(char for char in odd - marks - wide if _TABLE[ord(char)] == char)
    if not marks and not wide:
        return _WHITE if _WHITE.search(text) else None
    return _compile("".join(sorted(marks)), "".join(sorted(wide)))


@lru_cache(maxsize=256)
def _compile(marks: str, wide: str) -> re.Pattern[str]:
    parts = [_WHITE_OR_DROPPED]
    if marks:
        any_mark = re.escape(marks)
        parts.append(
            f"(?:[^\\s{any_mark}{_INVISIBLE}][{_INVISIBLE}]{{0,{MAX_MARKS}}})?"
            f"[{any_mark}][{any_mark}{_INVISIBLE}]{{0,{MAX_MARKS}}}"
        )
    if wide:
        parts.append(f"[{re.escape(wide)}]")
    return re.compile("|".join(parts))


def _fold_irregular(text: str, start: int, end: int) -> str:
    if _WHITE_START.match(text, start, end):
        return _fold_white(text, start, end)
    fold_cluster = _fold_known if end - start <= _SHORT else _fold_cluster
    return fold_cluster(text[start:end])


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
    if run.startswith(_SOFT_HYPHEN):
        return ""
    before, after = text[start - 1 : start], text[end : end + 1]
    if "\u3041" <= after <= "\u309f" and before and ord(before) > 0x2E80 and before not in "。！？」』":
        return ""
    if "a" <= after <= "z" and (before.isalnum() or before == ",") and before.isascii():
        return " "
    return "\n"
