"""Whether a watchlist suddenly matches so much that a person should look before anybody is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass

DAYS = 30
"""The days before the last 24 hours that the usual rate is taken from."""

MAX_INSTANT_PER_DAY = 5.0
"""A watchlist expected to alert more often than this is over-broad for instant alerts: it belongs into a digest."""


DAYS_KNOWN = 7.0
"""A watchlist is called over-broad only after so many days."""


@dataclass(frozen=True)
class Guard:
    """How far above its usual rate a watchlist may rise, and the number of alerts a day below which nobody worries.

    `broad_above` is the usual number of alerts a day above which a watchlist speaks in daily digests only.
    """

    factor: float = 10.0
    floor: int = 30
    broad_above: float = MAX_INSTANT_PER_DAY


@dataclass(frozen=True)
class Rate:
    """Alerts of one watchlist: in the last 24 hours, and in the `days` before them."""

    today: int
    before: int
    days: float

    @property
    def usual(self) -> float:
        """Alerts a day before the last 24 hours; a watchlist younger than a day has no usual rate yet."""
        return self.before / max(self.days, 1.0)


def suspicion(rate: Rate, guard: Guard) -> str | None:
    """Why the watchlist's alerts are to be held, in words, or None."""
    bound = max(guard.factor * rate.usual, float(guard.floor))
    if rate.today <= bound:
        return None
    return f"{rate.today} alerts in 24 hours; it usually makes {rate.usual:.1f} a day, and {bound:.0f} are the bound"


def is_broad(rate: Rate, guard: Guard) -> bool:
    """Whether the watchlist has proven over-broad: its usual rate is known, and too high for single messages."""
    return rate.days >= DAYS_KNOWN and rate.usual > guard.broad_above
