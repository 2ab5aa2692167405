"""Bytes to text, right or not at all: a page in a wrongly labelled encoding is recognised, never guessed into nonsense.

Labels mean what browsers take them to mean (https://encoding.spec.whatwg.org/#names-and-labels): pages labelled
Shift_JIS are Windows-31J, those labelled gb2312 are GB 18030.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from services.contracts.vocab import Language
from services.ingest.page import UnreadablePageError

_MEANT = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs", "euc-kr": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
}  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_USUAL = {
    Language.JA: ("cp932", "euc_jp"),
    Language.ZH_HANS: ("gb18030", "big5hkscs"),
    Language.ZH_HANT: ("big5hkscs", "gb18030"),
}
_COMMON = {Language.JA: ("euc_jp", 0xCF), Language.ZH_HANS: ("gb2312", 0xD7), Language.ZH_HANT: ("big5", 0xC6)}
"""A national character set and the last lead byte of its level 1, the characters in everyday use."""

_ENOUGH = 0.8
_SAMPLE = 20_000


def decode_page(content: bytes, labels: tuple[str | None, ...], language: Language) -> str:
    """The page as text; `labels` are what the page and its header call the encoding, the strongest first.

    Order: byte order mark, ISO-2022-JP escapes, valid UTF-8, then whichever of the labelled and usual encodings
    gives text in everyday characters of `language`. Raises UnreadablePageError if none does.
    """
    for mark, codec in _BOMS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], codec) or _refuse(labels)
    if b"\x1b$" in content and (text := _strict(content, "iso2022_jp_2")):
        return text
    text = _strict(content, "utf-8")
    return text if text is not None else _best(content, labels, language)


def _best(content: bytes, labels: tuple[str | None, ...], language: Language) -> str:
    readings = [text for codec in _codecs(labels, language) if (text := _strict(content, codec)) is not None]
    scored = [(_everyday_share(text, language), text) for text in readings]
    score, text = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return text if score >= _ENOUGH else _refuse(labels)


def _refuse(labels: tuple[str | None, ...]) -> str:
    named = ", ".join(label for label in labels if label) or "none"
    raise UnreadablePageError(f"the text is in no encoding that fits (labelled: {named}); look at the page's bytes")


def _codecs(labels: tuple[str | None, ...], language: Language) -> Iterator[str]:
    for label in labels:
        name = (label or "").strip().strip("\"'").lower()
        codec = _MEANT.get(name, name)
        if codec and _is_text_codec(codec):
            yield codec
    yield from _USUAL.get(language, ("cp1252",))


def _is_text_codec(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding  # noqa: SLF001  # the only way to tell `hex` from an encoding
    except (LookupError, ValueError):
        return False


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _everyday_share(text: str, language: Language) -> float:
    """The share of the characters beyond ASCII that are in everyday use in the language, 0..1."""
    beyond = [character for character in text[: _SAMPLE * 4] if character > "\x7f"][:_SAMPLE]
    if not beyond:
        return 1.0
    return sum(_is_everyday(character, language) for character in beyond) / len(beyond)


def _is_everyday(character: str, language: Language) -> bool:
    if language not in _COMMON:
        return not "\x80" <= character <= "\x9f"
    codec, last = _COMMON[language]
    try:
        coded = character.encode(codec)
    except UnicodeError:
        return False
    return len(coded) == 2 and 0xA1 <= coded[0] <= last
