"""How often watchlists would speak if they came into force, as a warning before they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.alert.history.rate import predicted_rates
from services.alert.restraint.guard import MAX_INSTANT_PER_DAY
from services.alert.watchlists.sets import watchlist_set
from services.cli.history import History
from services.contracts.watchlists import Cadence, Watchlist
from services.taxonomy.taxonomy import Taxonomy


def warn_too_broad(watchlists: Iterable[Watchlist], history: History, taxonomy: Taxonomy) -> Iterator[str]:
    """For each instant watchlist that the history says is too broad to speak at once, its rate and how to mend it."""
    instant = watchlist_set((each for each in watchlists if each.cadence is Cadence.INSTANT), taxonomy)
    if not instant.watchlists:
        return
    rates = predicted_rates(instant, history.acts)
    for id_, rate in rates.items():
        if rate.is_too_broad(Cadence.INSTANT):
            yield (
                f"{id_}: would make {rate.per_day:.1f} alerts a day in its busiest month, over {MAX_INSTANT_PER_DAY:g} "
                f"(by {history.name}); write `cadence: daily`, or name fewer things"
            )
