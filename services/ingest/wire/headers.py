"""What a publisher's headers ask of us, in seconds."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime

MAX_RETRY_AFTER = 86_400.0
_MAX_AGE = re.compile(r'(?<![\w-])max-age\s*=\s*"?([0-9]{1,9})"?', re.ASCII)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds a publisher asks us to wait (RFC 9110 §10.2.3), at most a day; None if it does not say."""
    if not text:
        return None
    if text.isascii() and text.strip().isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def max_age(cache_control: str, age: str = "") -> float:
    """Seconds for which a publisher says the page will stay as it is (RFC 9111 §5.2.2), less those it is old; or 0."""
    stated = cache_control.lower()
    found = _MAX_AGE.search(stated)
    if not found or "no-cache" in stated or "no-store" in stated:
        return 0.0
    old = float(age) if age.isascii() and age.isdigit() else 0.0
    return max(float(found[1]) - old, 0.0)
