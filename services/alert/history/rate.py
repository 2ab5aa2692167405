"""How often a watchlist would speak, and whether that is too often to speak at once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.alert.history.replay import Hit, Replay, moment
from services.alert.restraint.guard import MAX_INSTANT_PER_DAY
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.measures import Act
from services.contracts.watchlists import Cadence

_UTC = ZoneInfo("UTC")

WINDOW_DAYS = 30
"""A rate is that of the busiest thirty days, so that a long quiet history does not hide a flood."""

LEAST_DAYS = 7
"""A history shorter than a week says no more than a week would."""


@dataclass(frozen=True)
class Rate:
    """Alerts a destination would have got: in all, a day in the busiest thirty days, and on the busiest day."""

    alerts: int
    days: int
    per_day: float
    busiest_day: date | None = None
    busiest_count: int = 0

    @property
    def per_week(self) -> float:
        """Alerts a week over the whole history."""
        return 7 * self.alerts / self.days if self.days else 0.0

    def is_too_broad(self, cadence: Cadence) -> bool:
        """Whether so many alerts should come as a digest, and would not."""
        return cadence is Cadence.INSTANT and self.per_day > MAX_INSTANT_PER_DAY


def rate_of(hits: Iterable[Hit], days: int) -> Rate:
    """The rate of the destination that would have got most of them, over a history of so many days.

    Muted alerts and reminders do not count.
    """
    by_destination: dict[str, Counter[date]] = {}
    for hit in hits:
        if hit.mute_id is not None or hit.due is not None:
            continue
        by_destination.setdefault(hit.destination, Counter())[hit.at.date()] += 1
    by_day = max(by_destination.values(), key=Counter.total, default=Counter[date]())
    busiest = max(by_day.items(), key=lambda each: (each[1], each[0]), default=(None, 0))
    window = max(LEAST_DAYS, min(WINDOW_DAYS, days))
    return Rate(by_day.total(), days, _busiest_window(by_day) / window, *busiest)


def _busiest_window(by_day: Counter[date]) -> int:
    most = within = 0
    days = sorted(by_day)
    first = 0
    for day in days:
        within += by_day[day]
        while day - days[first] >= timedelta(days=WINDOW_DAYS):
            within -= by_day[days[first]]
            first += 1
        most = max(most, within)
    return most


def predicted_rates(watchlists: WatchlistSet, acts: Iterable[Act]) -> dict[str, Rate]:
    """How often each watchlist would have spoken over these acts, which come in order."""
    going = Replay(watchlists)
    hits: dict[str, list[Hit]] = {each.id: [] for each in watchlists.watchlists}
    first = last = None
    for act in acts:
        day = moment(act, _UTC).date()
        first, last = min(first or day, day), max(last or day, day)
        for hit in going.take(act).hits:
            hits[hit.watchlist_id].append(hit)
    days = (last - first).days + 1 if first and last else 0
    return {id_: rate_of(each, days) for id_, each in hits.items()}
