"""History through the live code path: the decisions the service would have made, act by act. Pure.

A document that filled history (`backfill`) counts as news of its day: the question is what the watchlist would have
sent had it been in force then. Everything else is as live: the same match, the same decision, the same alert ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.alert.core import Outcome, TellKey, decide_alerts
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.alerts import Alert, MatchedTerm
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, Reason
from services.contracts.watchlists import Watchlist

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


@dataclass(frozen=True)
class Step:
    """What became of one act; `act` is as it was decided on, `alerts` and `hits` belong together."""

    act: Act
    alerts: tuple[Alert, ...]
    hits: tuple[Hit, ...]
    outcomes: tuple[Outcome, ...]


class Replay:
    """Decides act after act as the service does, remembering what was told; keeps nothing of acts that match nothing.

    Acts must come in the order of the topic, or of publication where there is none.
    """

    def __init__(self, watchlists: WatchlistSet, *, as_news: bool = True) -> None:
        self.watchlists = watchlists
        self._as_news = as_news
        self._by_id = {each.id: each for each in watchlists.watchlists}
        self._told: dict[str, dict[TellKey, Told]] = {}

    def take(self, act: Act) -> Step:
        """Decide on the next act."""
        if self._as_news and act.event.backfill:
            act = act.model_copy(update={"event": act.event.model_copy(update={"backfill": False})})
        known = self._told.get(act.measure_id, {})
        decided = decide_alerts(act, self.watchlists, known, act.event.seen_at)
        if decided.told:
            self._told.setdefault(act.measure_id, {}).update(decided.told)
        hits = tuple(_hit(alert, self._by_id[alert.watchlist_id]) for alert in decided.alerts)
        return Step(act, decided.alerts, hits, decided.outcomes)


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


def _hit(alert: Alert, watchlist: Watchlist) -> Hit:
    event = alert.act.event
    return Hit(
        alert_id=alert.alert_id,
        watchlist_id=alert.watchlist_id,
        destination=alert.destination.key,
        measure_id=alert.act.measure_id,
        event_id=event.event_id,
        reason=alert.reason,
        at=moment(alert.act, ZoneInfo(watchlist.timezone)),
        title=event.title,
        source=event.source_name or event.source,
        url=event.url,
        atoms=tuple(dict.fromkeys(map(atom, alert.matched))),
    )


def atom(term: MatchedTerm) -> str:
    """The term of a rule in words, as `minerals gallium`."""
    return f"{term.predicate} {term.term}"
