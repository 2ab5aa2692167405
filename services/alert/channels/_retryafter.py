"""How long an answer asks us to stay away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_RETRY_AFTER = 900.0


def read_retry_after(headers: Mapping[str, Any]) -> float | None:
    """The wait an answer asks for, in seconds; a missing or junk header gives None, a long wait is probed earlier."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    text = given[0] if isinstance(given, Sequence) and not isinstance(given, str) and given else given
    try:
        seconds = float(str(text))
    except ValueError:
        return None
    return min(seconds, MAX_RETRY_AFTER) if math.isfinite(seconds) and seconds >= 0 else None
