"""The reminders of a history: what the list in SQL does live, in memory and as time goes by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.alert.core import TellKey, ToldUpdate, decide_reminders
from services.alert.lifecycle.decision import Told
from services.alert.lifecycle.reminders import Reminder
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DateRole


class _Slot(NamedTuple):
    role: DateRole
    value: str
    days: int


@dataclass
class _Listed:
    """The reminders of one key: open ones, those over with, and the act they are written from."""

    act: Act | None = None
    open: dict[_Slot, Reminder] = field(default_factory=dict)
    done: set[_Slot] = field(default_factory=set)


class Dates:
    """The reminders to come of one history."""

    def __init__(self, watchlists: WatchlistSet) -> None:
        self._watchlists = watchlists
        self._listed: dict[str, dict[TellKey, _Listed]] = {}

    def note(self, update: ToldUpdate, now: datetime) -> None:
        """Make the reminders of what was told the open ones; what is new and past already is skipped."""
        listed = self._listed.setdefault(update.key.measure_id, {}).setdefault(update.key, _Listed())
        wanted = {_Slot(each.role, each.value, each.days): each for each in update.reminders}
        known = listed.open.keys() | listed.done
        listed.done |= {slot for slot, each in wanted.items() if slot not in known and each.due_at <= now}
        listed.open = {slot: each for slot, each in wanted.items() if slot not in listed.done}
        listed.act = update.act or listed.act

    def measures(self) -> tuple[str, ...]:
        """The measures with an open reminder."""
        return tuple(id_ for id_, keys in self._listed.items() if any(each.open for each in keys.values()))

    def pass_time(self, measure_id: str, told: Mapping[TellKey, Told], now: datetime) -> tuple[Alert, ...]:
        """The alerts of the reminders that came due up to now, each decided on when it was due."""
        alerts: list[Alert] = []
        while (at := self._next_due(measure_id)) is not None and at <= now:
            alerts += self._make(measure_id, told, at)
        return tuple(alerts)

    def _next_due(self, measure_id: str) -> datetime | None:
        keys = self._listed.get(measure_id, {}).values()
        return min((each.due_at for listed in keys for each in listed.open.values()), default=None)

    def _make(self, measure_id: str, told: Mapping[TellKey, Told], at: datetime) -> tuple[Alert, ...]:
        listed = self._listed[measure_id]
        due = {key: tuple(r for r in each.open.values() if r.due_at <= at) for key, each in listed.items()}
        acts = {key: each.act for key, each in listed.items() if each.act is not None}
        decided = decide_reminders({key: each for key, each in due.items() if each}, told, acts, self._watchlists, at)
        for key, reminder in decided.done:
            slot = _Slot(reminder.role, reminder.value, reminder.days)
            del listed[key].open[slot]
            listed[key].done.add(slot)
        return decided.alerts
