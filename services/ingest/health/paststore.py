"""What is remembered of how sources fare, in SQL, as functions on a connection: the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from services.ingest.health.past import KEPT_DAYS, Day, Doubt, Past
from services.ingest.health.state import SourceState
from services.ingest.memory.tables import source_days, source_health
from services.runtime.store import portable_insert

Change = Callable[[Past], Past]
"""What one fetch does to the past of its source."""


def load_past(connection: sa.Connection, source: str) -> Past:
    """What is remembered of a source; nothing if it was never asked."""
    row = connection.execute(sa.select(source_health).where(source_health.c.source == source)).mappings().first()
    if row is None:
        return Past()
    return Past(
        failing_since=_moment(row["failing_since"]),
        doubt=Doubt(row["doubt"]) if row["doubt"] else None,
        doubted_since=_moment(row["doubted_since"]),
        doubt_text=row["doubt_text"] or "",
        arrived_on=date.fromisoformat(row["arrived_on"]) if row["arrived_on"] else None,
        days=_load_days(connection, source),
    )


def change_past(connection: sa.Connection, source: str, change: Change) -> None:
    """Remember what a fetch showed; belongs into the transaction that saves the cursor."""
    before = load_past(connection, source)
    after = change(before)
    _save(
        connection,
        source,
        {
            "failing_since": _text(after.failing_since),
            "doubt": after.doubt,
            "doubted_since": _text(after.doubted_since),
            "doubt_text": after.doubt_text,
            "arrived_on": after.arrived_on.isoformat() if after.arrived_on else None,
        },
    )
    if after.days and after.days[-1:] != before.days[-1:]:
        _save_day(connection, source, after.days[-1])


def load_state(connection: sa.Connection, source: str) -> tuple[SourceState, datetime] | None:
    """The state a source was last seen in, and since when; None if it was never judged."""
    query = sa.select(source_health.c.state, source_health.c.state_since).where(source_health.c.source == source)
    row = connection.execute(query).first()
    return (SourceState(row.state), datetime.fromisoformat(row.state_since)) if row and row.state else None


def save_state(connection: sa.Connection, source: str, state: SourceState, since: datetime) -> None:
    """Remember the state a source is in; leaves alone what fetches write."""
    _save(connection, source, {"state": state.value, "state_since": since.isoformat()})


def _save(connection: sa.Connection, source: str, values: dict[str, str | None]) -> None:
    statement = portable_insert(connection, source_health).values({"source": source, **values})
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))


def _load_days(connection: sa.Connection, source: str) -> tuple[Day, ...]:
    query = sa.select(source_days).where(source_days.c.source == source).order_by(source_days.c.day)
    return tuple(
        Day(date.fromisoformat(row.day), row.fewest, row.most, row.new, row.problems)
        for row in connection.execute(query)
    )


def _save_day(connection: sa.Connection, source: str, day: Day) -> None:
    values = {**asdict(day), "day": day.day.isoformat()}
    statement = portable_insert(connection, source_days).values({"source": source, **values})
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "day"], set_=values))
    gone = (day.day - timedelta(days=KEPT_DAYS)).isoformat()
    connection.execute(sa.delete(source_days).where(source_days.c.source == source, source_days.c.day <= gone))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
