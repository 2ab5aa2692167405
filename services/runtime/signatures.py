"""Signatures of webhooks, ours and those of others, as Standard Webhooks describes them (standardwebhooks.com); pure.

`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, several of them separated by
spaces while a secret is exchanged; `webhook-id` and `webhook-timestamp` (seconds) are headers, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contracts.errors import UsageError

SECRET_PREFIX = "whsec_"  # noqa: S105 - the form of a secret, not one
TOLERANCE_SECONDS = 300
"""How far the sender's clock may be from ours, either way; an older request may be one that was overheard."""

_SECRET_BYTES = range(24, 65)
_MAX_ID = 255
_MAX_SIGNATURES = 16
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True)
class Stamp:
    """What a signed request says of itself: its id, the second it was sent in, and its signatures."""

    message_id: str
    timestamp: int
    signatures: tuple[str, ...]


def read_secret(text: str, where: str) -> bytes:
    """The key of a `whsec_…` secret; raises UsageError, placed at `where`, unless it is base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or len(key) not in _SECRET_BYTES:
        raise UsageError(
            f"{where}: a secret is {SECRET_PREFIX} and the base64 of 24 to 64 random bytes; make one "
            f'with: python -c "import base64,os; print({SECRET_PREFIX!r}+base64.b64encode(os.urandom(32)).decode())"'
        )
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a request."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def read_stamp(headers: Mapping[str, str], now: datetime) -> Stamp | None:
    """The stamp of a request; None unless all of it is there, in form and of the last or next five minutes."""
    message_id = headers.get("webhook-id", "")
    stated = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()
    if not 0 < len(message_id) <= _MAX_ID or not _is_plain(message_id) or not _TIMESTAMP.fullmatch(stated):
        return None
    if not signatures or len(signatures) > _MAX_SIGNATURES or abs(now.timestamp() - int(stated)) > TOLERANCE_SECONDS:
        return None
    return Stamp(message_id, int(stated), tuple(signatures))


def is_signed(keys: Sequence[bytes], stamp: Stamp, body: bytes) -> bool:
    """Whether any of the keys made any of the signatures; takes as long whichever it is, or none."""
    found = False
    for key in keys:
        made = sign(key, stamp.message_id, stamp.timestamp, body).encode()
        for given in stamp.signatures:
            found |= hmac.compare_digest(made, given.encode("utf-8", "surrogatepass"))
    return found


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
