"""From an act to decided alerts: match, then what each destination was told before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.alert.lifecycle.decision import Decision, Told, decide, state_told
from services.alert.lifecycle.reminders import Reminder, due, schedule
from services.alert.matching.match import Match, match
from services.alert.watchlists.news import is_wanted
from services.alert.watchlists.sets import WatchlistSet
from services.contracts import ids
from services.contracts.alerts import Alert, DueDate, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import REMINDER_REASONS, Reason
from services.contracts.watchlists import Destination, Watchlist
from services.taxonomy.taxonomy import Taxonomy


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
    """What will have been told under `key` once the alerts are in the outbox.

    `act` is what a reminder is to be written from, None if that stays as it is; `reminders` are all of the measure's.
    """

    key: TellKey
    told: Told
    act: Act | None = None
    reminders: tuple[Reminder, ...] = ()


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
    decisions = _Decisions(act, watchlists.taxonomy)
    for found, destination in _addressed(act, watchlists, told):
        key = _key(found, destination, act)
        before = told.get(key)
        decision = decisions.after(before)
        wanted = not decision.alerts or _is_wanted(found, decision, act, watchlists)
        reason = decision.reason if wanted else Reason.NOT_WANTED
        outcomes.append(Outcome(found.watchlist.id, destination.key, reason))
        if decision.told is not None and decision.told != before:
            updates.append(decisions.update(key, decision.told, found.watchlist))
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
    told_of = {key.watchlist_id for key in told if key.measure_id == act.measure_id}
    known = (watchlists.get(each) for each in sorted(told_of - matching))
    for watchlist in (each for each in known if each is not None):
        unmatched = Match(watchlist, ())
        for destination in watchlist.destinations:
            before = told.get(_key(unmatched, destination, act))
            if before and before.document(act.event.event_id):
                yield unmatched, destination


class _Decisions:
    """The decisions on one act, each made once for all who were told the same before."""

    def __init__(self, act: Act, taxonomy: Taxonomy) -> None:
        self._act, self._taxonomy = act, taxonomy
        self._made: dict[Told | None, Decision] = {}
        self._scheduled: dict[tuple[Told, tuple[int, ...], str, str], tuple[Reminder, ...]] = {}

    def after(self, before: Told | None) -> Decision:
        """What the act is to somebody who was told that."""
        if before not in self._made:
            self._made[before] = decide(before, self._act, self._taxonomy)
        return self._made[before]

    def update(self, key: TellKey, told: Told, watchlist: Watchlist) -> ToldUpdate:
        """What will have been told, with the act if it is the newest of the measure, and the reminders it gives."""
        newest = next((each for each in reversed(told.documents) if each.told and not each.withdrawn), None)
        is_newest = newest is not None and newest.event_id == self._act.event.event_id
        wish = (told, watchlist.reminders, watchlist.timezone, watchlist.digest_at)
        if wish not in self._scheduled:
            self._scheduled[wish] = _schedule(state_told(told, self._taxonomy), watchlist)
        return ToldUpdate(key, told, self._act if is_newest else None, self._scheduled[wish])


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


# ---- reminders -------------------------------------------------------------------------------------------------


NO_ACT = "NO_ACT"
"""Why a reminder is skipped whose act was not kept, or cannot be read by this version."""


@dataclass(frozen=True)
class RemindersDecided:
    """What became of the reminders that are due; alerts and marks must be committed together."""

    alerts: tuple[Alert, ...]
    done: tuple[tuple[TellKey, Reminder], ...]
    """All of them: those of the alerts and those skipped."""
    skipped: tuple[tuple[TellKey, Reminder, str], ...]
    """With why: a word of `Skipped`, NO_WATCHLIST if nobody is there to be reminded any more, or NO_ACT."""


def schedule_reminders(
    told: Mapping[TellKey, Told], watchlists: WatchlistSet
) -> Mapping[TellKey, tuple[Reminder, ...]]:
    """All reminders of what was told, as each watchlist wants them; none for a watchlist that is not in force."""
    by_id = {each.id: each for each in watchlists.watchlists}
    return {
        key: _schedule(state_told(each, watchlists.taxonomy), by_id[key.watchlist_id])
        if key.watchlist_id in by_id
        else ()
        for key, each in told.items()
    }


def decide_reminders(
    open_: Mapping[TellKey, Sequence[Reminder]],
    told: Mapping[TellKey, Told],
    acts: Mapping[TellKey, Act],
    watchlists: WatchlistSet,
    now: datetime,
) -> RemindersDecided:
    """What to make now of the open reminders of one measure, given what was told of it and its newest acts.

    A watchlist that is gone, or has another destination now, is not reminded.
    """
    by_id = {each.id: each for each in watchlists.watchlists}
    alerts: list[Alert] = []
    skipped: list[tuple[TellKey, Reminder, str]] = []
    for key, reminders in open_.items():
        watchlist = by_id.get(key.watchlist_id)
        destination = _destination(watchlist, key)
        if watchlist is None or destination is None or key not in told or key not in acts:
            gone = watchlist is None or destination is None
            skipped += [(key, each, Reason.NO_WATCHLIST.value if gone else NO_ACT) for each in reminders]
            continue
        found = due(reminders, now, ZoneInfo(watchlist.timezone))
        skipped += [(key, each, why.value) for each, why in found.skipped]
        state = state_told(told[key], watchlists.taxonomy)
        matched = next((each for each in match(watchlists, acts[key]) if each.watchlist.id == watchlist.id), None)
        addressed = matched or Match(watchlist, ())
        alerts += [_reminder(each, acts[key], state, addressed, destination, watchlists, now) for each in found.make]
    done = tuple((key, each) for key, reminders in open_.items() for each in reminders)
    return RemindersDecided(tuple(alerts), done, tuple(skipped))


def _schedule(state: MeasureState, watchlist: Watchlist) -> tuple[Reminder, ...]:
    zone, at = ZoneInfo(watchlist.timezone), time.fromisoformat(watchlist.digest_at)
    return schedule(state, watchlist.reminders, zone, at)


def _destination(watchlist: Watchlist | None, key: TellKey) -> Destination | None:
    destinations = watchlist.destinations if watchlist and watchlist.tenant == key.tenant else ()
    return next((each for each in destinations if each.key == key.destination), None)


def _reminder(
    reminder: Reminder,
    act: Act,
    state: MeasureState,
    found: Match,
    destination: Destination,
    watchlists: WatchlistSet,
    now: datetime,
) -> Alert:
    revision = f"remind:{reminder.role}:{reminder.value}:{reminder.days}"
    decision = Decision(REMINDER_REASONS[reminder.role], None, revision=revision, state=state)
    alert = _alert(act, found, destination, watchlists.versions[found.watchlist.id], decision, now)
    return alert.model_copy(update={"due": DueDate(role=reminder.role, value=reminder.value, days=reminder.days)})
