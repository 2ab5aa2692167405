"""Who hears of the canary, and until when it is worth following. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.alert.matching.match import explain
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.contracts.canary import DESTINATION, KEY
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy

PATIENCE = timedelta(hours=1)
"""A canary older than this proves nothing any more, and after an outage there are many of them."""

WATCHLIST = Watchlist(
    id=KEY,
    name="Noroshi's own test events",
    tenant=KEY,
    rule=Rule(
        all=(
            Condition(predicate="types", terms=("licence_requirement",)),
            Condition(predicate="stage", terms=("in_force",)),
            Condition(predicate="imposing", terms=("CN",)),
            Condition(predicate="minerals", terms=("gallium",)),
        )
    ),
    destinations=(DESTINATION,),
    reminders=(),
)
"""What the classifier must find in the canary's text: one tag read wrongly, and no alert is decided."""


def canary_set(taxonomy: Taxonomy) -> WatchlistSet:
    """A set of the canary's watchlist alone, apart from those in force: nobody is to see, change or count it."""
    return watchlist_set([WATCHLIST], taxonomy)


def explain_canary(act: Act, taxonomy: Taxonomy) -> tuple[str, ...]:
    """What is missing, in words, in an act that the canary's watchlist should match."""
    return explain(WATCHLIST, act, taxonomy).missing


def published_at(act: Act) -> datetime:
    """When the canary was published."""
    return act.event.published_at or act.event.seen_at


def is_worth_following(act: Act, now: datetime) -> bool:
    """Whether the canary is young enough to say anything of the way as it is now."""
    return now - published_at(act) <= PATIENCE
