"""Unpacks a compressed answer piece by piece and stops at a limit, so that no small answer can fill the memory."""

from __future__ import annotations

import io
import zlib

_STEP = 65_536
_MOST_MEMBERS = 1_000


class InflateError(Exception):
    """The answer is not packed as its header says, or breaks off."""


class TooLargeError(Exception):
    """The answer is over the limit, packed or unpacked."""


class Inflater:
    """Unpacks gzip (also of several members, RFC 1952 §2.2) and deflate (RFC 9110 §8.4.1).

    Holds at most `limit` bytes of output and one step beside it.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise InflateError(f"the answer is packed as {encoding!r}, which was not asked for")
        self._limit = limit
        self._output = io.BytesIO()
        self._is_packed = self._encoding not in ("", "identity")
        self._packed: zlib._Decompress | None = None
        self._members = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece; raises TooLargeError as soon as the output would exceed the limit."""
        if self._is_packed:
            self._unpack(chunk)
        else:
            self._keep(chunk)

    def finish(self) -> bytes:
        """The whole output; raises InflateError if the packed data broke off."""
        if self._is_packed and not (self._packed and self._packed.eof):
            raise InflateError("the packed answer breaks off")
        return self._output.getvalue()

    def _keep(self, piece: bytes) -> None:
        if self._output.tell() + len(piece) > self._limit:
            raise TooLargeError(f"over {self._limit} bytes once unpacked")
        self._output.write(piece)

    def _unpack(self, chunk: bytes) -> None:
        while chunk:
            if self._packed is not None and self._packed.eof:
                chunk = chunk.lstrip(b"\0")  # zeros may pad the end
            if chunk:
                chunk = self._step(self._member(chunk[0]), chunk)

    def _member(self, first: int) -> zlib._Decompress:
        """What unpacks the next bytes: the member begun, or else a new one."""
        if self._packed is None or self._packed.eof:
            self._members += 1
            if self._members > (1 if self._encoding == "deflate" else _MOST_MEMBERS):
                raise InflateError("the packed answer goes on after its end")
            self._packed = zlib.decompressobj(_window(self._encoding, first))
        return self._packed

    def _step(self, member: zlib._Decompress, chunk: bytes) -> bytes:
        """Unpack the chunk in small steps until the member wants more or ends; what follows its end comes back."""
        while True:
            try:
                piece = member.decompress(chunk, _STEP)
            except zlib.error as error:
                raise InflateError(f"the packed answer cannot be read: {error}") from error
            self._keep(piece)
            chunk = member.unconsumed_tail
            if member.eof or (not chunk and len(piece) < _STEP):
                return member.unused_data


def _window(encoding: str, first: int) -> int:
    """zlib's name for the wrapper: gzip, zlib, or none, as some servers send what they call deflate."""
    if encoding != "deflate":
        return zlib.MAX_WBITS | 16
    has_zlib_header = first & 0x0F == zlib.DEFLATED and first >> 4 <= 7
    return zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS
