"""Plans the canary's messages beside those of people: by the same planner, with nothing that could hold it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.alert.delivery.ledger import Entry
from services.alert.delivery.planner import Planner
from services.alert.restraint.guard import Guard
from services.alert.restraint.planning import Limits, Rest
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.canary import DESTINATION

_MANY = 1_000_000


@dataclass(frozen=True)
class PlannerWithCanary(Planner):
    """Plans for people as a `Planner` does, and for the canary's destination by its own watchlist."""

    canary: Planner

    def plan(self, connection: Connection, destination: str, now: datetime) -> Entry | Rest | None:
        """Plan the destination's next message; None if nothing waits (any more)."""
        if destination == DESTINATION.key:
            return self.canary.plan(connection, destination, now)
        return super().plan(connection, destination, now)


def canary_planner(watchlists: WatchlistSet) -> Planner:
    """A planner that holds nothing back: what a destination bears and how often a list may speak is for people."""
    unrestrained = Guard(floor=_MANY, broad_above=_MANY)
    return Planner(lambda: watchlists, Limits(storm=_MANY, per_hour=_MANY), unrestrained)
