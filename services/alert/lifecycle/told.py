"""What was told to whom, and which versions of the watchlists were in force: two tables and their repository.

Table `told`: `tenant` String(80), `watchlist_id` String(80), `destination` String(300), `measure_id` String(36),
together the primary key; `snapshot` Text not null (JSON of `lifecycle.Told`); `updated_at` String(40) not null
(ISO 8601, UTC); `act` Text, the newest act told of, as `codec.encode` writes it. Index `told_measure` on `measure_id`.

Table `watchlist_versions`: `id` String(80) and `version` String(12), together the primary key; `content` Text not
null (JSON of the watchlist); `recorded_at` String(40) not null.

Every function takes a connection and leaves the transaction to its caller: what was told is committed together
with the alerts in the outbox, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from services.alert.core import TellKey, ToldUpdate
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.sets import WatchlistSet
from services.contracts import codec
from services.contracts.errors import DeadLetterError
from services.contracts.measures import Act
from services.contracts.watchlists import Watchlist

metadata = sa.MetaData()

told_table = sa.Table(
    "told",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("watchlist_id", sa.String(80), primary_key=True),
    sa.Column("destination", sa.String(300), primary_key=True),
    sa.Column("measure_id", sa.String(36), primary_key=True),
    sa.Column("snapshot", sa.Text, nullable=False),
    sa.Column("updated_at", sa.String(40), nullable=False),
    sa.Column("act", sa.Text),
    sa.Index("told_measure", "measure_id"),
)
"""What each destination was last told of each measure for each watchlist."""

watchlist_versions = sa.Table(
    "watchlist_versions",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("version", sa.String(12), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.String(40), nullable=False),
)
"""Every version of every watchlist that was ever in force, so that an old alert can be explained."""


def lock_measure(connection: sa.Connection, measure_id: str) -> None:
    """Make another process that decides on the same measure wait for the end of this transaction.

    On SQLite nothing is needed: a transaction that may write has the whole database.
    """
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtextextended(measure_id, 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def load_told(connection: sa.Connection, measure_id: str) -> dict[TellKey, Told]:
    """What was told of the measure, by everyone who was told."""
    table = told_table.c
    query = sa.select(table.tenant, table.watchlist_id, table.destination, table.snapshot).where(
        table.measure_id == measure_id
    )
    read = cache(Told.model_validate_json)  # most were told the same
    return {
        TellKey(tenant, watchlist, destination, measure_id): read(snapshot)
        for tenant, watchlist, destination, snapshot in connection.execute(query)
    }


def load_acts(connection: sa.Connection, measure_id: str) -> dict[TellKey, Act]:
    """The newest act of the measure that each was told of, or knows from history, as far as it can be read."""
    table = told_table.c
    query = sa.select(table.tenant, table.watchlist_id, table.destination, table.act).where(
        table.measure_id == measure_id, table.act.is_not(None)
    )
    found = (
        (TellKey(tenant, watchlist, destination, measure_id), _read_act(act))
        for tenant, watchlist, destination, act in connection.execute(query)
    )
    return {key: act for key, act in found if act is not None}


def _read_act(text: str) -> Act | None:
    try:
        return codec.decode(Act, text.encode())
    except DeadLetterError:
        return None


def load_watchlists_told(
    connection: sa.Connection, watchlists: Collection[str]
) -> tuple[dict[TellKey, Told], dict[TellKey, Act]]:
    """What was told for these watchlists, of every measure, and the newest acts of it."""
    known: dict[TellKey, Told] = {}
    acts: dict[TellKey, Act] = {}
    columns = (*told_table.primary_key.columns, told_table.c.snapshot, told_table.c.act)
    for watchlist_id in watchlists:
        for *key, snapshot, act in connection.execute(
            sa.select(*columns).where(told_table.c.watchlist_id == watchlist_id)
        ):
            known[TellKey(*key)] = Told.model_validate_json(snapshot)
            if act is not None and (read := _read_act(act)) is not None:
                acts[TellKey(*key)] = read
    return known, acts


def list_measures(connection: sa.Connection, watchlists: Collection[str]) -> tuple[str, ...]:
    """The measures of which anything was told for these watchlists."""
    rows = connection.execute(sa.select(told_table.c.measure_id, told_table.c.watchlist_id).distinct())
    return tuple(dict.fromkeys(measure_id for measure_id, watchlist_id in rows if watchlist_id in watchlists))


def save_told(connection: sa.Connection, updates: Iterable[ToldUpdate], now: datetime) -> None:
    """Record what will have been told; a later snapshot of the same key replaces the earlier, a later act the act."""
    at = now.astimezone(UTC).isoformat()
    write_told, write_act = cache(_write_told), cache(_write_act)
    rows = [
        {
            **each.key._asdict(),
            "snapshot": write_told(each.told),
            "updated_at": at,
            "act": None if each.act is None else write_act(each.act),
        }
        for each in updates
    ]
    if rows:
        statement = _insert(connection, told_table)
        new = statement.excluded
        changed = {
            "snapshot": new.snapshot,
            "updated_at": new.updated_at,
            "act": sa.func.coalesce(new.act, told_table.c.act),
        }
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(told_table.primary_key), set_=changed), rows
        )


def _write_told(told: Told) -> str:
    return told.model_dump_json()


def _write_act(act: Act) -> str:
    return codec.encode(act).decode()


def record_versions(connection: sa.Connection, watchlists: WatchlistSet, now: datetime) -> None:
    """Record every version of the set that was not recorded before."""
    at = now.astimezone(UTC).isoformat()
    rows = [
        {"id": each.id, "version": watchlists.versions[each.id], "content": each.model_dump_json(), "recorded_at": at}
        for each in watchlists.watchlists
    ]
    if rows:
        connection.execute(_insert(connection, watchlist_versions).on_conflict_do_nothing(), rows)


def load_version(connection: sa.Connection, watchlist_id: str, version: str) -> Watchlist | None:
    """The watchlist as it was in that version, or None if that version was never in force here."""
    table = watchlist_versions.c
    query = sa.select(table.content).where(table.id == watchlist_id, table.version == version)
    content = connection.execute(query).scalar_one_or_none()
    return None if content is None else Watchlist.model_validate_json(content, extra="ignore")


_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert:
    # The two dialects spell ON CONFLICT alike; typing one of them is enough.
    statement: sqlite.Insert = _INSERTS[connection.dialect.name](table)
    return statement
