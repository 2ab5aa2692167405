"""Bytes to text, right or not at all: a page in a wrongly labelled encoding is recognised, never guessed into nonsense.

Labels mean what browsers take them to mean (https://encoding.spec.whatwg.org/#names-and-labels): pages labelled
Shift_JIS are Windows-31J, those labelled gb2312 are GB 18030.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from services.contracts.vocab import Language
from services.ingest.pages.jis import decode_euc_jp, decode_iso_2022_jp
from services.ingest.pages.page import UnreadablePageError

_MEANT = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "csshiftjis": "cp932", "ms932": "cp932", "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp", "euc-jp": "euc_jp", "cseucpkdfmtjapanese": "euc_jp",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312": "gb18030", "gb_2312-80": "gb18030",
    "chinese": "gb18030", "csgb2312": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "csbig5": "big5hkscs", "cp950": "big5hkscs", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
}  # fmt: skip
_REPLACED = {"hz-gb-2312", "hz", "iso-2022-kr", "iso-2022-cn", "iso-2022-cn-ext", "utf-7"}
"""Labels browsers refuse: encodings in plain ASCII bytes, which would pass for text in ASCII."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ZEROS = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_USUAL = {
    Language.JA: ("cp932", "euc_jp", "gb18030", "big5hkscs"),
    Language.ZH_HANS: ("gb18030", "big5hkscs", "euc_jp", "cp932"),
    Language.ZH_HANT: ("big5hkscs", "gb18030", "euc_jp", "cp932"),
}
"""All of the region for each, the likeliest first: the right reading must be among those that are compared."""

_COMMON = {Language.JA: ("euc_jp", 0xCF), Language.ZH_HANS: ("gb2312", 0xD7), Language.ZH_HANT: ("big5", 0xC6)}
"""A national character set and the last lead byte of its level 1, the characters in everyday use."""

_ENOUGH = 0.8
_SAMPLE = 20_000
_FEW = 8
"""So few characters may read well in several encodings: 公告 in GB 18030 is 鼠豢 in Big5."""


def decode_page(content: bytes, labels: tuple[str | None, ...], language: Language) -> str:
    """The page as text; `labels` are what the page and its header call the encoding, the strongest first.

    Order: byte order mark, UTF-16 by its zeros, ASCII bytes (ISO-2022-JP if they hold its escapes), valid UTF-8, then
    whichever of the labelled and usual encodings gives text in everyday characters of `language`. Raises
    UnreadablePageError if none does.
    """
    for mark, codec in _BOMS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], codec) or _refuse(labels)
    if wide := _ZEROS.get(content[:2]):
        return _strict(content, wide) or _refuse(labels)
    if content.isascii():
        return _of_ascii_bytes(content, labels)
    text = _strict(content, "utf-8")
    if text is not None and (_everyday_share(text, language) >= _ENOUGH or len(_beyond_ascii(text)) >= _FEW):
        return text
    return _best(content, labels, language, text)


def _of_ascii_bytes(content: bytes, labels: tuple[str | None, ...]) -> str:
    if b"\x1b$" in content or b"\x1b(I" in content:
        return decode_iso_2022_jp(content) or _refuse(labels)
    return _refuse(labels) if _REPLACED & set(map(_plain, labels)) else content.decode("ascii")


def _best(content: bytes, labels: tuple[str | None, ...], language: Language, as_utf8: str | None) -> str:
    """The reading in everyday characters; a few characters that read well in two encodings are refused."""
    decoded = dict.fromkeys(_strict(content, codec) for codec in _codecs(labels, language))
    scored = [(_everyday_share(text, language), text) for text in decoded if text is not None]
    fitting = [pair for pair in scored if pair[0] >= _ENOUGH]
    if not fitting:
        return as_utf8 if as_utf8 is not None else _refuse(labels)
    text = max(fitting, key=lambda pair: pair[0])[1]
    is_ambiguous = len(fitting) > 1 or as_utf8 is not None
    return _refuse(labels) if is_ambiguous and len(_beyond_ascii(text)) < _FEW else text


def _refuse(labels: tuple[str | None, ...]) -> str:
    named = ", ".join(label for label in labels if label) or "none"
    raise UnreadablePageError(f"the text is in no encoding that fits (labelled: {named}); look at the page's bytes")


def _codecs(labels: tuple[str | None, ...], language: Language) -> Iterator[str]:
    for label in labels:
        name = _plain(label)
        codec = _MEANT.get(name, name)
        if codec and _is_text_codec(codec):
            yield codec
    yield from _USUAL.get(language, ("cp1252",))


def _plain(label: str | None) -> str:
    return (label or "").strip().strip("\"'").lower()


def _is_text_codec(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding  # noqa: SLF001  # the only way to tell `hex` from an encoding
    except (LookupError, ValueError):
        return False


def _strict(content: bytes, codec: str) -> str | None:
    if codec == "euc_jp" and (text := decode_euc_jp(content)) is not None:
        return text
    try:
        return content.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _beyond_ascii(text: str) -> list[str]:
    return [character for character in text[: _SAMPLE * 4] if character > "\x7f"][:_SAMPLE]


def _everyday_share(text: str, language: Language) -> float:
    """The share of the characters beyond ASCII that are in everyday use in the language, 0..1."""
    beyond = _beyond_ascii(text)
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
