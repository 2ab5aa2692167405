"""History through the live code path: the decisions the service would have made, act by act. Pure.

A document that filled history (`backfill`) counts as news of its day: the question is what the watchlist would have
sent had it been in force then. Everything else is as live: the same match, the same decision, the same alert ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.alert.core import Outcome, TellKey, decide_alerts
from services.alert.history.dates import Dates
from services.alert.lifecycle.decision import Told
from services.alert.restraint.cadence import Mode, release
from services.alert.restraint.mutes import MuteInForce, ends_with, find_mute, mutes_of
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.alerts import Alert, DueDate
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, Reason

_UTC = ZoneInfo("UTC")

OFFICE_TIME = time(9)
"""When a document of which only the day is known counts as seen, in the watchlist's time zone."""

LATE = timedelta(days=2)
"""A document seen later than this after its publication was read from history; its publication counts."""


@dataclass(frozen=True)
class Hit:
    """One alert a watchlist would have made, small enough to keep many; `at` is in the watchlist's time zone."""

    alert_id: str
    watchlist_id: str
    destination: str
    measure_id: str
    event_id: str
    reason: Reason
    at: datetime
    title: str
    source: str
    url: str | None
    atoms: tuple[str, ...]
    """The terms of the rule that held, as `minerals gallium`."""
    due: DueDate | None
    """The date that a reminder is about."""
    mode: Mode
    release_at: datetime
    """When cadence and quiet hours let it go."""
    mute_id: str | None = None
    """The mute of the watchlist's file that silences it, if any."""


@dataclass(frozen=True)
class Step:
    """What became of one act; `act` is as it was decided on, `alerts` and `hits` belong together.

    `reminded` are the reminders of its measure that came due before it.
    """

    act: Act
    alerts: tuple[Alert, ...]
    hits: tuple[Hit, ...]
    reminded: tuple[Hit, ...]
    outcomes: tuple[Outcome, ...]


class Replay:
    """Decides act after act as the service does, remembering what was told; keeps nothing of acts that match nothing.

    Acts must come in the order of the topic, or of publication where there is none.
    """

    def __init__(self, watchlists: WatchlistSet, *, as_news: bool = True) -> None:
        self.watchlists = watchlists
        self._as_news = as_news
        self._by_id = {each.id: each for each in watchlists.watchlists}
        self._zones = {each.id: ZoneInfo(each.timezone) for each in watchlists.watchlists}
        self._dates = Dates(watchlists)
        self._mutes = [mute for each in watchlists.watchlists for mute in mutes_of(each)]
        self._told: dict[str, dict[TellKey, Told]] = {}

    def take(self, act: Act) -> Step:
        """Decide on the next act."""
        if self._as_news and act.event.backfill:
            act = act.model_copy(update={"event": act.event.model_copy(update={"backfill": False})})
        reminded = self.pass_time(act.measure_id, moment(act, _UTC))
        known = self._told.get(act.measure_id, {})
        decided = decide_alerts(act, self.watchlists, known, act.event.seen_at)
        for update in decided.told:
            self._told.setdefault(act.measure_id, {})[update.key] = update.told
            self._dates.note(update, moment(act, self._zones[update.key.watchlist_id]))
        hits = tuple(self._hit(each, moment(act, self._zones[each.watchlist_id])) for each in decided.alerts)
        return Step(act, decided.alerts, hits, reminded, decided.outcomes)

    def pass_time(self, measure_id: str, now: datetime) -> tuple[Hit, ...]:
        """The reminders of a measure that come due up to now."""
        alerts = self._dates.pass_time(measure_id, self._told.get(measure_id, {}), now)
        return tuple(self._hit(each, each.decided_at.astimezone(self._zones[each.watchlist_id])) for each in alerts)

    def finish(self, now: datetime) -> tuple[Hit, ...]:
        """The reminders of all measures that come due up to now, after the last act."""
        return tuple(hit for measure_id in self._dates.measures() for hit in self.pass_time(measure_id, now))

    def _hit(self, alert: Alert, at: datetime) -> Hit:
        event = alert.act.event
        leaves = release(self._by_id[alert.watchlist_id], at.astimezone(UTC))
        mute = self._mute(alert, leaves.at)
        return Hit(
            alert_id=alert.alert_id,
            watchlist_id=alert.watchlist_id,
            destination=alert.destination.key,
            measure_id=alert.act.measure_id,
            event_id=event.event_id,
            reason=alert.reason,
            at=at,
            title=event.title,
            source=event.source_name or event.source,
            url=event.url,
            atoms=tuple(dict.fromkeys(f"{each.predicate} {each.term}" for each in alert.matched)),
            due=alert.due,
            mode=leaves.mode,
            release_at=leaves.at,
            mute_id=None if mute is None else mute.mute_id,
        )

    def _mute(self, alert: Alert, at: datetime) -> MuteInForce | None:
        """The mute that silences the alert; one that waited for this very stage is over for good."""
        self._mutes = [mute for mute in self._mutes if not ends_with(mute, alert)]
        return find_mute(alert, self._mutes, at, self.watchlists.taxonomy)


def replay(acts: Iterable[Act], watchlists: WatchlistSet, *, as_news: bool = True) -> Iterator[Step]:
    """Every act of the history with what became of it, one at a time."""
    going = Replay(watchlists, as_news=as_news)
    return (going.take(act) for act in acts)


def moment(act: Act, zone: ZoneInfo) -> datetime:
    """When the act would have been decided on: when it was seen, or its publication if it was read from history."""
    event = act.event
    published = event.published_at
    if published is None and event.published_on is not None:
        published = datetime.combine(event.published_on, OFFICE_TIME, zone)
    if published is None or abs(event.seen_at - published) <= LATE:
        return event.seen_at.astimezone(zone)
    return published.astimezone(zone)


def silent(outcomes: Iterable[Outcome]) -> Counter[Reason]:
    """Why acts that a watchlist matched were not told, counted once a watchlist and act."""
    kept = {(each.watchlist_id, each.reason) for each in outcomes if each.reason not in ALERTING_REASONS}
    return Counter(reason for watchlist_id, reason in kept if watchlist_id)
