"""The reminders to come and those that were made, in SQL. Every function works inside the caller's transaction.

A row is open until its `done_at` is set: because its alert is in the outbox, or because it was skipped. A row that is
done stays, so that a date that comes back is not reminded of twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.core import TellKey
from services.alert.lifecycle.reminders import Reminder
from services.alert.tables import reminders
from services.contracts.vocab import DateRole

Slot = tuple[str, str, int]
_KEY = ("tenant", "watchlist_id", "destination", "measure_id")


def replace_reminders(
    connection: Connection, measure_id: str, scheduled: Mapping[TellKey, Sequence[Reminder]], now: datetime
) -> None:
    """Make these the open reminders of each key, all of one measure; what was made or skipped stays as it is.

    A reminder that is new here and whose time has passed already is left out: the measure itself is the news.
    """
    standing = _read_rows(connection, measure_id)
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for key, wanted in scheduled.items():
        slots = {(each.role.value, each.value, each.days): each.due_at for each in wanted}
        rows = standing.get(key, {})
        moved = [slot for slot, (due_at, done_at) in rows.items() if done_at is None and slots.get(slot) != due_at]
        gone += [_row(key, slot) for slot in moved]
        for slot, due_at in slots.items():
            if slot in moved or (slot not in rows and due_at > now):
                new.append({**_row(key, slot), "due_at": _text(due_at), "done_at": None})
    if gone:
        columns = (*_KEY, "role", "value", "days")
        bound = [reminders.c[name] == sa.bindparam(f"key_{name}") for name in columns]
        rows_gone = [{f"key_{name}": row[name] for name in columns} for row in gone]
        connection.execute(sa.delete(reminders).where(*bound), rows_gone)
    if new:
        connection.execute(sa.insert(reminders), new)


def find_due_measures(connection: Connection, now: datetime, limit: int = 100) -> tuple[str, ...]:
    """The measures with an open reminder whose time has come, at most `limit` of them."""
    query = sa.select(reminders.c.measure_id).where(*_due(now)).distinct().limit(limit)
    return tuple(connection.scalars(query))


def find_due(connection: Connection, measure_id: str, now: datetime) -> dict[TellKey, tuple[Reminder, ...]]:
    """The measure's open reminders whose time has come, by whom they are for."""
    query = sa.select(reminders).where(*_due(now), reminders.c.measure_id == measure_id)
    found: dict[TellKey, list[Reminder]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        due_at = datetime.fromisoformat(row["due_at"])
        found[_key(row)].append(Reminder(due_at, DateRole(row["role"]), row["value"], row["days"]))
    return {key: tuple(each) for key, each in found.items()}


def mark_done(connection: Connection, done: Iterable[tuple[TellKey, Reminder]], now: datetime) -> None:
    """Say that nothing more is to be made of these reminders."""
    for key, each in done:
        row = _row(key, (each.role.value, each.value, each.days))
        where = [reminders.c[name] == value for name, value in row.items()]
        connection.execute(sa.update(reminders).where(*where).values(done_at=_text(now)))


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return reminders.c.done_at.is_(None), reminders.c.due_at <= _text(now)


def _read_rows(connection: Connection, measure_id: str) -> dict[TellKey, dict[Slot, tuple[datetime, str | None]]]:
    found: dict[TellKey, dict[Slot, tuple[datetime, str | None]]] = defaultdict(dict)
    query = sa.select(reminders).where(reminders.c.measure_id == measure_id)
    for row in connection.execute(query).mappings():
        slot = row["role"], row["value"], row["days"]
        found[_key(row)][slot] = datetime.fromisoformat(row["due_at"]), row["done_at"]
    return found


def _key(row: sa.RowMapping) -> TellKey:
    return TellKey(*(row[name] for name in _KEY))


def _row(key: TellKey, slot: Slot) -> dict[str, Any]:
    return {**key._asdict(), "role": slot[0], "value": slot[1], "days": slot[2]}


def _text(at: datetime) -> str:
    """UTC to the second, so that the texts stand in the order of the instants."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
