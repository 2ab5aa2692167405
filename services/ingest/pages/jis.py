"""EUC-JP and ISO-2022-JP as they are written in practice: with the NEC and IBM characters (①, ㈱, 髙) that the
standards, and Python's codecs, leave out. Their kanji tables are the one of Windows-31J, moved to other bytes
(https://encoding.spec.whatwg.org/#index-jis0208)."""

from __future__ import annotations

import re

_EUC = re.compile(rb"(?:[\x00-\x7f]++|\x8e[\xa1-\xdf]|[\xa1-\xfe]{2})*+")
_EUC_PART = re.compile(rb"\x8e([\xa1-\xdf])|([\xa1-\xfe])([\xa1-\xfe])")
_ISO = re.compile(rb"\x1b(\$@|\$B|\(B|\(J|\(I)([^\x1b]*)")


def decode_euc_jp(content: bytes) -> str | None:
    """The text of EUC-JP bytes; None if they are no such bytes."""
    if not _EUC.fullmatch(content):
        return None
    return _windows(_EUC_PART.sub(_from_euc, content))


def decode_iso_2022_jp(content: bytes) -> str | None:
    """The text of ISO-2022-JP bytes; None if they are no such bytes or break off within a character."""
    head, _, _ = content.partition(b"\x1b")
    runs = [_from_iso(found) for found in _ISO.finditer(content)]
    sound = [run for run in runs if run is not None]
    return _windows(head + b"".join(sound)) if len(sound) == content.count(b"\x1b") else None


def _windows(content: bytes) -> str | None:
    try:
        return content.decode("cp932")
    except UnicodeError:
        return None


def _from_euc(found: re.Match[bytes]) -> bytes:
    return found[1] or _shift(found[2][0] & 0x7F, found[3][0] & 0x7F)


def _from_iso(found: re.Match[bytes]) -> bytes | None:
    """One run between escapes in Windows-31J; None if its bytes are not of the set the escape announced."""
    announced, run = found[1], found[2]
    if announced in (b"(B", b"(J"):
        return run
    is_sound = all(0x21 <= each <= 0x7E for each in run)
    if not is_sound or (announced != b"(I" and len(run) % 2):
        return None
    if announced == b"(I":
        return bytes(each | 0x80 for each in run)
    return b"".join(_shift(first, second) for first, second in zip(run[::2], run[1::2], strict=True))


def _shift(first: int, second: int) -> bytes:
    """A character of JIS X 0208 by its 7-bit bytes, as Shift_JIS writes it."""
    lead = (first - 0x21 >> 1) + (0x81 if first < 0x5F else 0xC1)
    trail = second + (0x1F if first % 2 else 0x7E)
    return bytes((lead, trail + 1 if first % 2 and trail >= 0x7F else trail))
