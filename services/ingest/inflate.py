"""Unpacks a compressed answer piece by piece and stops at a limit, so that no small answer can fill the memory."""

from __future__ import annotations

import zlib


class InflateError(Exception):
    """The answer is not packed as its header says, or breaks off."""


class TooLargeError(Exception):
    """The answer is over the limit, packed or unpacked."""


class Inflater:
    """Unpacks gzip and deflate (RFC 9110 §8.4.1); holds at most `limit` bytes of output."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise InflateError(f"the answer is packed as {encoding!r}, which was not asked for")
        self._limit = limit
        self._output = bytearray()
        self._is_packed = self._encoding not in ("", "identity")
        self._packed: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; raises TooLargeError as soon as the output would exceed the limit."""
        self._output += self._unpack(chunk)
        if len(self._output) > self._limit:
            raise TooLargeError(f"over {self._limit} bytes once unpacked")

    def finish(self) -> bytes:
        """The whole output; raises InflateError if the packed data broke off."""
        if self._is_packed and not (self._packed and self._packed.eof):
            raise InflateError("the packed answer breaks off")
        return bytes(self._output)

    def _unpack(self, chunk: bytes) -> bytes:
        if not self._is_packed or not chunk:
            return chunk
        self._packed = self._packed or zlib.decompressobj(_window(self._encoding, chunk[0]))
        room = self._limit - len(self._output) + 1
        try:
            return self._packed.decompress(chunk, room)
        except zlib.error as error:
            raise InflateError(f"the packed answer cannot be read: {error}") from error


def _window(encoding: str, first: int) -> int:
    """zlib's name for the wrapper: gzip, zlib, or none, as some servers send what they call deflate."""
    if encoding != "deflate":
        return zlib.MAX_WBITS | 16
    has_zlib_header = first & 0x0F == zlib.DEFLATED and first >> 4 <= 7
    return zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS
