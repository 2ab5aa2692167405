"""Makes alerts of the reminders that are due, and keeps the list of them as the watchlists want it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import structlog
from sqlalchemy import Engine

from services.alert.core import RemindersDecided, TellKey, decide_reminders, schedule_reminders
from services.alert.delivery import outbox
from services.alert.lifecycle import reminderlist, told
from services.alert.restraint.cadence import Release, release
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.alerts import Alert
from services.runtime.failpoint import failpoint
from services.runtime.store import reading

log = structlog.get_logger("noroshi.remind")

Wish = tuple[tuple[int, ...], str, str]
"""What of a watchlist its reminders depend on: days ahead, time zone, time of day."""


class Reminding:
    """The reminders of one alert database."""

    def __init__(self, engine: Engine, watchlists: Callable[[], WatchlistSet]) -> None:
        self._engine, self._watchlists = engine, watchlists
        self._scheduled: Mapping[str, Wish] = {}

    def make_due(self, now: datetime) -> tuple[Alert, ...]:
        """Put an alert into the outbox for each reminder that is due; a measure's alerts and marks are one commit."""
        self._follow_watchlists(now)
        with reading(self._engine) as connection:
            measures = reminderlist.find_due_measures(connection, now)
        return tuple(alert for measure_id in measures for alert in self._make(measure_id, now))

    def _make(self, measure_id: str, now: datetime) -> tuple[Alert, ...]:
        watchlists = self._watchlists()
        with self._engine.begin() as connection:
            told.lock_measure(connection, measure_id)
            due = reminderlist.find_due(connection, measure_id, now)
            known, acts = told.load_told(connection, measure_id), told.load_acts(connection, measure_id)
            decided = decide_reminders(due, known, acts, watchlists, now)
            outbox.enqueue(connection, _released(decided.alerts, watchlists, now))
            reminderlist.mark_done(connection, decided.done, now)
            failpoint("remind.before_commit")
        failpoint("remind.after_commit")
        _note(decided)
        return decided.alerts

    def _follow_watchlists(self, now: datetime) -> None:
        """Schedule anew what was told for each watchlist whose days, time zone or time of day are others now."""
        watchlists = self._watchlists()
        wished = {each.id: (each.reminders, each.timezone, each.digest_at) for each in watchlists.watchlists}
        changed = {id_ for id_, wish in wished.items() if self._scheduled.get(id_) != wish}
        if changed:
            with reading(self._engine) as connection:
                measures = told.list_measures(connection, changed)
            for measure_id in measures:
                self._schedule(measure_id, changed, watchlists, now)
        self._scheduled = wished

    def _schedule(self, measure_id: str, changed: set[str], watchlists: WatchlistSet, now: datetime) -> None:
        with self._engine.begin() as connection:
            told.lock_measure(connection, measure_id)
            known = told.load_told(connection, measure_id)
            wanted = {key: each for key, each in known.items() if key.watchlist_id in changed}
            reminderlist.replace_reminders(connection, measure_id, schedule_reminders(wanted, watchlists), now)


def _released(alerts: Iterable[Alert], watchlists: WatchlistSet, now: datetime) -> Iterator[tuple[Alert, Release]]:
    by_id = {each.id: each for each in watchlists.watchlists}
    for alert in alerts:
        yield alert, release(by_id[alert.watchlist_id], now)


def _note(decided: RemindersDecided) -> None:
    for key, reminder, why in decided.skipped:
        log.info(
            "reminder_skipped", **_fields(key), role=reminder.role, date=reminder.value, days=reminder.days, why=why
        )


def _fields(key: TellKey) -> dict[str, str]:
    return {"watchlist": key.watchlist_id, "measure_id": key.measure_id}
