"""What a watchlist would have sent over a stretch of history, how often, and what a change gains and loses. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from services.alert.history.rate import Rate, rate_of
from services.alert.history.replay import Hit, Replay, Step, moment, silent
from services.alert.history.sending import DEFAULT_LIMITS, Message, send_all
from services.alert.matching.match import explain
from services.alert.restraint.planning import Limits
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, Reason
from services.contracts.watchlists import Condition, Rule, Watchlist

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Span:
    """The days looked at, both included; None leaves that end to the history."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the day lies inside."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def within(self, history: tuple[date, date]) -> tuple[date, date] | tuple[None, None]:
        """The first and the last of these days of which the history knows; none if they do not overlap."""
        first, last = max(self.since or history[0], history[0]), min(self.until or history[1], history[1])
        return (first, last) if first <= last else (None, None)


WHOLE = Span()


@dataclass(frozen=True)
class Shift:
    """One alert that only one of two versions makes.

    `atoms` are the terms that made it and that the other version does not name at all; `why` says, clause by clause,
    what stood in the way there.
    """

    gained: bool
    hit: Hit
    atoms: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What the watchlists would have made of the history, the alerts by time; `first` and `last` are its days."""

    acts: int
    documents: int
    first: date | None
    last: date | None
    hits: tuple[Hit, ...]
    silent: Mapping[Reason, int]
    shifts: tuple[Shift, ...] = ()
    limits: Limits = DEFAULT_LIMITS

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The messages that would have carried the alerts, by time, to all destinations."""
        return send_all(self.hits, self.limits)

    @property
    def days(self) -> int:
        """How many days the history spans, both ends included."""
        return (self.last - self.first).days + 1 if self.first and self.last else 0

    @property
    def reasons(self) -> Counter[Reason]:
        """The alerts by reason."""
        return Counter(hit.reason for hit in self.hits)

    @property
    def atoms(self) -> Counter[str]:
        """The alerts by each term that held; reminders are left out."""
        return Counter(each for hit in self.hits if hit.due is None for each in hit.atoms)

    @property
    def destinations(self) -> dict[str, tuple[Message, ...]]:
        """The messages of each destination that would have got any."""
        found: dict[str, list[Message]] = {}
        for message in self.messages:
            found.setdefault(message.destination, []).append(message)
        return {key: tuple(messages) for key, messages in found.items()}

    def rate(self, watchlist_id: str) -> Rate:
        """How often the watchlist would have spoken to the destination it has most for."""
        return rate_of((hit for hit in self.hits if hit.watchlist_id == watchlist_id), self.days)


@dataclass
class Backtest:
    """A back-test as it goes: feed it acts in order, then finish it for the report; with `old`, it compares as it goes.

    Acts outside the span are decided on too, so that what was told before it is known, but do not count.
    """

    watchlists: WatchlistSet
    old: WatchlistSet | None = None
    span: Span = WHOLE
    as_news: bool = True
    limits: Limits = DEFAULT_LIMITS
    _hits: list[Hit] = field(default_factory=list, init=False)
    _shifts: list[Shift] = field(default_factory=list, init=False)
    _silent: Counter[Reason] = field(default_factory=Counter, init=False)
    _history: tuple[date, date] | None = field(default=None, init=False)
    _acts: int = field(default=0, init=False)
    _documents: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._new_replay = Replay(self.watchlists, as_news=self.as_news)
        self._old_replay = None if self.old is None else Replay(self.old, as_news=self.as_news)

    def take(self, act: Act) -> Step:
        """Decide on the next act of the history."""
        step = self._new_replay.take(act)
        before = None if self._old_replay is None else self._old_replay.take(act)
        day = moment(act, _UTC).date()
        self._history = (min(day, self._history[0]), max(day, self._history[1])) if self._history else (day, day)
        self._hits.extend(each for each in step.reminded if self._sees(each))
        if self.span.holds(day):
            self._count(step)
        if self.old is not None and before is not None:
            self._shifts.extend(
                each for each in _shifts(before, self.old, step, self.watchlists) if self._sees(each.hit)
            )
        return step

    def _count(self, step: Step) -> None:
        self._acts += 1
        self._documents.add(step.act.event.event_id)
        self._silent.update(silent(step.outcomes))
        self._hits.extend(step.hits)

    def _sees(self, hit: Hit) -> bool:
        return self.span.holds(hit.at.astimezone(UTC).date())

    def finish(self) -> Report:
        """What was found, with the reminders that came due after the last act but inside the history's days."""
        if self._history is not None:
            end = datetime.combine(self.span.until or self._history[1], time.max, UTC)
            self._hits.extend(each for each in self._new_replay.finish(end) if self._sees(each))
        first, last = self.span.within(self._history) if self._history else (None, None)
        return Report(
            acts=self._acts,
            documents=len(self._documents),
            first=first,
            last=last,
            hits=tuple(sorted(self._hits, key=lambda each: (each.at, each.alert_id))),
            silent=dict(self._silent),
            shifts=tuple(sorted(self._shifts, key=lambda each: (not each.gained, each.hit.at, each.hit.alert_id))),
            limits=self.limits,
        )


def backtest(acts: Iterable[Act], watchlists: WatchlistSet, span: Span = WHOLE, *, as_news: bool = True) -> Report:
    """What the watchlists would have sent over these acts, which come in order."""
    going = Backtest(watchlists, span=span, as_news=as_news)
    for act in acts:
        going.take(act)
    return going.finish()


def compare(old: WatchlistSet, new: WatchlistSet, acts: Iterable[Act], span: Span = WHOLE) -> Report:
    """The report of `new`, with every alert it gains and loses against `old`; watchlists are paired by id.

    Two versions are compared by what was told of which document and measure: a destination more is no gain, and
    another reason for the same alert no loss; reminders follow from what was told.
    """
    going = Backtest(new, old, span)
    for act in acts:
        going.take(act)
    return going.finish()


def _shifts(before: Step, old: WatchlistSet, after: Step, new: WatchlistSet) -> list[Shift]:
    was, now = _by_watchlist(before.hits), _by_watchlist(after.hits)
    gained = [_shift(True, now[each], before, old) for each in now.keys() - was.keys()]
    lost = [_shift(False, was[each], after, new) for each in was.keys() - now.keys()]
    return gained + lost


def _shift(gained: bool, hit: Hit, step: Step, other: WatchlistSet) -> Shift:
    watchlist = other.get(hit.watchlist_id)
    named = set() if watchlist is None else {f"{each.predicate} {term}" for each, term in _terms(watchlist.rule)}
    return Shift(gained, hit, tuple(each for each in hit.atoms if each not in named), _why_not(watchlist, step, other))


def _terms(part: Rule | Condition) -> Iterator[tuple[Condition, str]]:
    if isinstance(part, Condition):
        yield from ((part, term) for term in part.terms)
        return
    for each in (*part.all, *part.any):
        yield from _terms(each)


def _by_watchlist(hits: Sequence[Hit]) -> dict[str, Hit]:
    return {hit.watchlist_id: hit for hit in reversed(hits)}


def _why_not(watchlist: Watchlist | None, step: Step, watchlists: WatchlistSet) -> tuple[str, ...]:
    """Why that version of the watchlist told nobody of the act."""
    if watchlist is None:
        return ("there is no such watchlist",)
    explanation = explain(watchlist, step.act, watchlists.taxonomy)
    if not explanation.holds:
        return explanation.missing
    reasons = {each.reason for each in step.outcomes if each.watchlist_id == watchlist.id} - ALERTING_REASONS
    return tuple(f"it matches, but is {_WORDS.get(each, each.value)}" for each in sorted(reasons))


_WORDS = {Reason.REPEATED: "no news to what was told before", Reason.OUT_OF_DATE: "older than what was told before"}
