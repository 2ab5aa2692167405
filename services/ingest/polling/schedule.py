"""When a source is asked next: a pure function of what happened last."""

from __future__ import annotations

from datetime import datetime

_SPREAD = 0.1
_LONGEST = 6 * 3600.0


def seconds_to_next(
    every_seconds: float,
    *,
    failures: int = 0,
    retry_after: float | None = None,
    max_age: float = 0.0,
    jitter: float = 0.5,
) -> float:
    """Seconds until the next fetch: the interval, doubled with each failure in a row up to six hours.

    What the publisher asked for is never undercut; `jitter` in [0, 1) spreads sources over a tenth either way.
    How long a page keeps (`max_age`) is honoured up to twice the interval: some servers say a year of everything,
    and a source that is asked too seldom is silent.
    """
    longest = max(every_seconds, _LONGEST)
    base = min(every_seconds * 2.0 ** min(max(failures - 1, 0), 20), longest)
    floor = max(retry_after or 0.0, min(max_age, 2 * every_seconds))
    return max(base * (1 - _SPREAD + 2 * _SPREAD * jitter), floor)


def seconds_to_first(
    every_seconds: float, *, now: datetime, last_tried_at: datetime | None, not_before: datetime | None, jitter: float
) -> float:
    """Seconds after a start until the first fetch: a restart does not ask anybody sooner than planned.

    A source never asked before is asked within the first minute, spread by `jitter`.
    """
    since = (now - last_tried_at).total_seconds() if last_tried_at else every_seconds
    due = max(every_seconds - since, 0.0)
    held = (not_before - now).total_seconds() if not_before else 0.0
    return max(due, held, min(every_seconds, 60.0) * jitter if due <= 0 else 0.0)
