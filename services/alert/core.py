"""From an act to decided alerts: match, then what each destination was told before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.alert.lifecycle.decision import Decision, Told, decide
from services.alert.matching.match import Match, match
from services.alert.watchlists.news import is_wanted
from services.alert.watchlists.sets import WatchlistSet
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import Reason
from services.contracts.watchlists import Destination


class TellKey(NamedTuple):
    """Who was told of what: one destination, for one watchlist, of one measure."""

    tenant: str
    watchlist_id: str
    destination: str
    measure_id: str


class Outcome(NamedTuple):
    """What became of the act for one destination of one watchlist; both are empty if no watchlist matched."""

    watchlist_id: str
    destination: str
    reason: Reason


class ToldUpdate(NamedTuple):
    """What will have been told under `key` once the alerts are in the outbox."""

    key: TellKey
    told: Told


@dataclass(frozen=True)
class Decided:
    """Everything decided on one act; alerts and updates must be committed together."""

    alerts: tuple[Alert, ...]
    told: tuple[ToldUpdate, ...]
    outcomes: tuple[Outcome, ...]


def decide_alerts(act: Act, watchlists: WatchlistSet, told: Mapping[TellKey, Told], now: datetime) -> Decided:
    """The alerts an act gives rise to, given what was told of its measure before.

    `told` holds what was told of `act.measure_id`, as `told.load_told` returns it. A watchlist that does not
    match any more still hears when the very document it was told of is withdrawn or says otherwise. News of a kind
    that a watchlist does not want (NOT_WANTED) counts as told.
    The same arguments give the same alerts with the same ids.
    """
    alerts: list[Alert] = []
    updates: list[ToldUpdate] = []
    outcomes: list[Outcome] = []
    for found, destination in _addressed(act, watchlists, told):
        key = _key(found, destination, act)
        before = told.get(key)
        decision = decide(before, act, watchlists.taxonomy)
        wanted = not decision.alerts or _is_wanted(found, decision, act, watchlists)
        reason = decision.reason if wanted else Reason.NOT_WANTED
        outcomes.append(Outcome(found.watchlist.id, destination.key, reason))
        if decision.told is not None and decision.told != before:
            updates.append(ToldUpdate(key, decision.told))
        if decision.alerts and wanted:
            version = watchlists.versions[found.watchlist.id]
            alerts.append(_alert(act, found, destination, version, decision, now))
    return Decided(tuple(alerts), tuple(updates), tuple(outcomes) or (Outcome("", "", Reason.NO_WATCHLIST),))


def _addressed(act: Act, watchlists: WatchlistSet, told: Mapping[TellKey, Told]) -> Iterator[tuple[Match, Destination]]:
    """Every destination of every watchlist that matches, then those to whom this document was told before."""
    matches = match(watchlists, act)
    for found in matches:
        for destination in found.watchlist.destinations:
            yield found, destination
    matching = {found.watchlist.id for found in matches}
    for watchlist in watchlists.watchlists if told else ():
        unmatched = Match(watchlist, ())
        for destination in watchlist.destinations if watchlist.id not in matching else ():
            before = told.get(_key(unmatched, destination, act))
            if before and before.document(act.event.event_id):
                yield unmatched, destination


def _is_wanted(found: Match, decision: Decision, act: Act, watchlists: WatchlistSet) -> bool:
    return is_wanted(found.watchlist.news, decision.reason, decision.changes, act.stage, watchlists.taxonomy)


def _key(found: Match, destination: Destination, act: Act) -> TellKey:
    return TellKey(found.watchlist.tenant, found.watchlist.id, destination.key, act.measure_id)


def _alert(act: Act, found: Match, destination: Destination, version: str, decision: Decision, now: datetime) -> Alert:
    watchlist = found.watchlist
    return Alert(
        alert_id=ids.alert_id(watchlist.tenant, watchlist.id, destination.key, act.measure_id, decision.revision),
        tenant=watchlist.tenant,
        watchlist_id=watchlist.id,
        watchlist_name=watchlist.name,
        watchlist_version=version,
        language=watchlist.language,
        destination=destination,
        reason=decision.reason,
        changes=decision.changes,
        matched=found.matched,
        state=decision.state,
        act=act,
        decided_at=now,
    )
