from __future__ import annotations

from services.cli.history import History
from services.cli.prediction import warn_too_broad
from services.contracts import ids
from services.contracts.watchlists import Cadence, Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import an_act, an_event


def a_watchlist(id_: str, mineral: str, cadence: Cadence = Cadence.INSTANT) -> Watchlist:
    return Watchlist(
        id=id_,
        name=id_,
        rule=Rule(all=(Condition(predicate="minerals", terms=(mineral,)),)),
        destinations=(Destination(channel="stdout", address="-"),),
        cadence=cadence,
    )


def test_only_an_instant_watchlist_over_five_alerts_a_day_is_warned_of_with_its_rate_and_the_mend() -> None:
    flood = [
        an_act(an_event(f"{day}-{n}", day=day), measure_id=ids.measure_id_of_event("flood", f"{day}-{n}"))
        for day in range(30)
        for n in range(8)
    ]
    lists = [
        a_watchlist("broad", "dysprosium"),
        a_watchlist("daily", "dysprosium", Cadence.DAILY),
        a_watchlist("narrow", "gallium"),
    ]
    (warning,) = warn_too_broad(lists, History("a flood", iter(flood)), default_taxonomy())
    assert warning.startswith("broad: would make 8.0 alerts a day in its busiest month, over 5 (by a flood); ")
    assert "write `cadence: daily`" in warning
