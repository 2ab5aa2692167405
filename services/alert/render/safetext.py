"""Text of strangers made safe to show: nothing invisible, nothing that pings, links or formats, never too long.

Sizes are counted in UTF-16 units of the text as it is sent, so that no limit is passed however Slack counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from rich.cells import split_graphemes

ELLIPSIS = "…"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]")
_BLANK = re.compile(r"[\s\u2028\u2029\u2800]+")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_PILED_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_CONTROL_SEQUENCE = re.compile(r"<(?=\s*(?:[!@#]|[a-zA-Z][a-zA-Z0-9+.-]*:))")
_INERT = str.maketrans({"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"})
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MOST_OF_A_GRAPHEME = 24


def clean(text: str) -> str:
    """The text on one line, without control, direction-changing and invisible characters and terminal codes.

    A `<` that would open one of Slack's control sequences (`<!channel>`, `<@U…>`, `<https://…>`) becomes `‹`,
    so that it stays harmless whichever object it is put into. Everything else stays as it was written.
    """
    visible = text if text.isprintable() and _FILLERS.isdisjoint(text) else "".join(_visible(_ANSI.sub("", text)))
    calm = _PILED_MARKS.sub(r"\1", _BLANK.sub(" ", visible))
    return _CONTROL_SEQUENCE.sub("‹", calm)


def clean_line(text: str) -> str:
    """The cleaned text without space at its ends."""
    return clean(text).strip()


def _visible(text: str) -> Iterator[str]:
    for character in text:
        if character.isspace():
            yield " "
        elif character in _FILLERS:
            continue
        elif (category := unicodedata.category(character)) == "Cs":
            yield "\ufffd"
        elif category not in {"Cc", "Cf", "Co", "Cn"}:
            yield character


def escape(text: str) -> str:
    """The text for a mrkdwn object: `&`, `<` and `>` as entities, as Slack asks."""
    return text.translate(_ENTITIES)


def inert(text: str) -> str:
    """The text for a mrkdwn object with nothing left that formats.

    mrkdwn has no escape for `*`, `_`, `~` and the backtick, so they become look-alikes.
    """
    return escape(text.translate(_INERT))


def plain(text: str, most: int) -> str:
    """The text for a message's top-level text: inert, no address that a client could turn into a link, cut."""
    return trim(text.replace("://", ": //"), most, inert)


def size(text: str) -> int:
    """The length in UTF-16 units, the larger of the ways to count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> Iterator[str]:
    """The text in what a reader calls characters; the two halves of a flag stay together."""
    flag = ""
    for start, end, _ in split_graphemes(text)[0]:
        piece = text[start:end]
        if flag or not "\U0001f1e6" <= piece[0] <= "\U0001f1ff":
            yield flag + piece
            flag = ""
        else:
            flag = piece
    if flag:
        yield flag


def trim(text: str, most: int, write: Callable[[str], str] = str) -> str:
    """`write(text)`, cut between graphemes and ended by `…` if it were longer than `most` units.

    `write` is applied to each grapheme, so an entity is never cut.
    """
    whole = write(text) if len(text) <= most else None
    if whole is not None and size(whole) <= most:
        return whole
    kept, room = [], most - size(ELLIPSIS)
    for piece in graphemes(text[: most + _MOST_OF_A_GRAPHEME]):
        written = write(piece)
        room -= size(written)
        if room < 0:
            break
        kept.append(written)
    return "".join(kept).rstrip() + ELLIPSIS


def trim_start(text: str, most: int) -> str:
    """The end of the text, begun by `…` if it were longer than `most` units."""
    if size(text) <= most:
        return text
    kept, room = [], most - size(ELLIPSIS)
    for piece in reversed(list(graphemes(text[-most - _MOST_OF_A_GRAPHEME :]))):
        room -= size(piece)
        if room < 0:
            break
        kept.append(piece)
    return ELLIPSIS + "".join(reversed(kept)).lstrip()


def capitalise(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def decapitalise(text: str) -> str:
    """The text with its first letter in lower case, unless an abbreviation begins it."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
