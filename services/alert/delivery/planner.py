"""The planner: makes the next message of a destination out of the alerts that wait for it.

The order of questions is that of the page on delivery: is the watchlist still in force, is the alert muted, does the
watchlist match suspiciously much, and then `restraint.planning`. All of one answer is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import structlog
from sqlalchemy import Connection

from services.alert.delivery import ledger, mutelist, outbox
from services.alert.delivery.ledger import Entry
from services.alert.delivery.outbox import Disposition, Pending
from services.alert.render import fits
from services.alert.restraint.cadence import Mode, release_daily
from services.alert.restraint.guard import Guard, is_broad, suspicion
from services.alert.restraint.mutes import MuteInForce, ends_with, find_mute, mutes_of
from services.alert.restraint.planning import Limits, Rest, Waiting, carried, plan_next
from services.alert.watchlists.inforce import read_versions
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.vocab import Reason
from services.runtime import metrics

_HOUR = timedelta(hours=1)
_SET_ASIDE = {
    Disposition.MUTED: Reason.MUTED,
    Disposition.HELD: Reason.HELD,
    Disposition.CANCELLED: Reason.CANCELLED,
}
_DECIDED_FOR = timedelta(hours=24)
"""How long a person's decision on a hold stands before the same watchlist is looked at again."""

log = structlog.get_logger("noroshi.plan")


@dataclass(frozen=True)
class Planner:
    """What restrains the messages: the watchlists in force, the limits of a destination, the guard of the rates."""

    watchlists: Callable[[], WatchlistSet]
    limits: Limits
    guard: Guard

    def plan(self, connection: Connection, destination: str, now: datetime) -> Entry | Rest | None:
        """Plan the destination's next message; None if nothing waits (any more).

        Alerts that are muted, held or without a watchlist are set aside; nothing that was planned is touched.
        """
        waiting = outbox.find_waiting(connection, destination, now)
        for sift in (self._sift_cancelled, self._sift_muted, self._sift_held, self._sift_broad):
            waiting = sift(connection, waiting, now) if waiting else waiting
        begun = ledger.read_begun(connection, destination, now, _HOUR)
        given = [Waiting(each.alert_id, each.watchlist_id, each.mode) for each in waiting]
        planned = plan_next(given, begun, now, self.limits)
        if planned is None or isinstance(planned, Rest):
            return planned
        wanted = set(planned.alert_ids)
        chosen = [each for each in waiting if each.alert_id in wanted]
        room = fits(each.alert for each in chosen)
        return ledger.plan(connection, chosen[: carried(len(chosen), room, planned.cause)], planned.cause)

    def _sift_cancelled(self, connection: Connection, waiting: Sequence[Pending], now: datetime) -> tuple[Pending, ...]:
        """Without alerts of a watchlist, or of a destination of it, that is not in force any more."""
        del now
        in_force = self.watchlists()
        unknown = {each.alert_id: each for each in waiting if not _is_wanted(each, in_force)}
        recorded = read_versions(connection, {each.watchlist_id for each in unknown.values()}) if unknown else {}
        # Another process may have taken up a change that this one has yet to see: such an alert just waits for it.
        gone = [
            each
            for each in unknown.values()
            if recorded.get(each.watchlist_id) in (None, in_force.versions.get(each.watchlist_id))
        ]
        _set_aside(connection, gone, Disposition.CANCELLED)
        return tuple(each for each in waiting if each.alert_id not in unknown)

    def _sift_muted(self, connection: Connection, waiting: Sequence[Pending], now: datetime) -> tuple[Pending, ...]:
        in_force = self.watchlists()
        in_files = _mutes_in_files(connection, waiting, in_force)
        mutes = [*mutelist.load_in_force(connection, now), *in_files]
        if not mutes:
            return tuple(waiting)
        kept, over, hits = [], list[MuteInForce](), Counter[MuteInForce]()
        for each in waiting:
            over += [mute for mute in mutes if ends_with(mute, each.alert)]
            found = find_mute(each.alert, (mute for mute in mutes if mute not in over), now, in_force.taxonomy)
            if found is None:
                kept.append(each)
                continue
            hits[found] += 1
            _set_aside(connection, [each], Disposition.MUTED, found.mute_id)
        for mute in {*over, *hits} & {*in_files}:
            mutelist.add_mute(connection, mute, mutelist.FROM_FILE, now)
        for mute in over:
            mutelist.end_mute(connection, mute.mute_id, now)
        mutelist.count_hits(connection, {mute.mute_id: count for mute, count in hits.items()})
        return tuple(kept)

    def _sift_held(self, connection: Connection, waiting: Sequence[Pending], now: datetime) -> tuple[Pending, ...]:
        held = {hold.watchlist_id for hold in mutelist.list_holds(connection)}
        held |= self._start_holds(connection, {each.watchlist_id for each in waiting} - held, now)
        _set_aside(connection, [each for each in waiting if each.watchlist_id in held], Disposition.HELD)
        return tuple(each for each in waiting if each.watchlist_id not in held)

    def _sift_broad(self, connection: Connection, waiting: Sequence[Pending], now: datetime) -> tuple[Pending, ...]:
        """Without single alerts of over-broad watchlists: those come together once a day."""
        singles = {each.watchlist_id for each in waiting if each.mode is Mode.SINGLE}
        rates = outbox.read_rates(connection, singles, now)
        broad = {watchlist_id for watchlist_id, rate in rates.items() if is_broad(rate, self.guard)}
        later = [each for each in waiting if each.mode is Mode.SINGLE and each.watchlist_id in broad]
        for watchlist_id in broad:
            watchlist = self.watchlists().get(watchlist_id)
            own = [each for each in later if each.watchlist_id == watchlist_id]
            if watchlist is not None:
                outbox.postpone(connection, own, release_daily(watchlist, now))
                log.info(
                    "watchlist_broad", watchlist_id=watchlist_id, usual_per_day=round(rates[watchlist_id].usual, 1)
                )
        return tuple(each for each in waiting if each.mode is not Mode.SINGLE or each.watchlist_id not in broad)

    def _start_holds(self, connection: Connection, watchlist_ids: Iterable[str], now: datetime) -> set[str]:
        started = set()
        for watchlist_id, rate in outbox.read_rates(connection, watchlist_ids, now).items():
            reason = suspicion(rate, self.guard)
            decided = mutelist.last_decided(connection, watchlist_id) if reason else None
            if reason is None or (decided is not None and now - decided < _DECIDED_FOR):
                continue
            mutelist.start_hold(connection, watchlist_id, reason, now)
            log.error("watchlist_held", watchlist_id=watchlist_id, reason=reason)
            started.add(watchlist_id)
        return started


def _set_aside(
    connection: Connection, aside: Sequence[Pending], disposition: Disposition, mute_id: str | None = None
) -> None:
    outbox.set_aside(connection, (each.alert_id for each in aside), disposition, mute_id)
    reason = _SET_ASIDE[disposition]
    for each in aside:
        kind = each.destination.partition(":")[0]
        metrics.DELIVERIES.labels(channel_kind=kind, outcome=disposition.value).inc()
        metrics.ALERTS_DECIDED.labels(reason=reason.value).inc()
        said = {"alert_id": each.alert_id, "watchlist_id": each.watchlist_id, "mute_id": mute_id}
        log.info("alert_set_aside", reason=reason.value, **said)


def _is_wanted(pending: Pending, in_force: WatchlistSet) -> bool:
    watchlist = in_force.get(pending.watchlist_id)
    return watchlist is not None and any(each.key == pending.destination for each in watchlist.destinations)


def _mutes_in_files(
    connection: Connection, waiting: Sequence[Pending], in_force: WatchlistSet
) -> tuple[MuteInForce, ...]:
    """Those of the watchlists that would speak; without the ones that are over although the file still has them."""
    named = (in_force.get(watchlist_id) for watchlist_id in sorted({each.watchlist_id for each in waiting}))
    found = tuple(chain.from_iterable(mutes_of(each) for each in named if each is not None))
    over = mutelist.find_ended(connection, [each.mute_id for each in found])
    return tuple(each for each in found if each.mute_id not in over)
