"""The watchlists in force as SQL has them: versions with their content, and every change in order.

Whoever changes them does so in one transaction of his own with all that belongs together; the changes are numbered,
so that a running service takes up exactly those it has not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from pydantic import ValidationError

from services.alert.lifecycle.told import watchlist_versions
from services.alert.matching.predicates import PREDICATES
from services.alert.tables import watchlist_changes, watchlists
from services.alert.watchlists.changes import Plan, plan
from services.alert.watchlists.sets import content_version
from services.contracts.errors import UsageError
from services.contracts.watchlists import Condition, Rule, Watchlist
from services.runtime.store import insert_ignore

R = TypeVar("R")
_AT_ONCE = 200
"""Rows asked for in one statement; databases bound the parameters of one."""


@dataclass(frozen=True)
class InForce:
    """One watchlist in force: its version as this release counts it, and since when."""

    watchlist: Watchlist
    version: str
    since: str


@dataclass(frozen=True)
class News:
    """What changed since a change was last looked at: the last number, what is new in force, and what is gone."""

    seq: int
    taken_up: tuple[Watchlist, ...] = ()
    removed: tuple[str, ...] = ()


def load_in_force(connection: sa.Connection) -> tuple[InForce, ...]:
    """Every watchlist in force, sorted by id; raises UsageError if one cannot be read by this version of Noroshi."""
    columns = watchlists.c.id, watchlists.c.changed_at, watchlist_versions.c.content
    same = (watchlist_versions.c.id == watchlists.c.id) & (watchlist_versions.c.version == watchlists.c.version)
    rows = connection.execute(sa.select(*columns).join(watchlist_versions, same).order_by(watchlists.c.id))
    found = ((_read(id_, content), at) for id_, at, content in rows)
    return tuple(InForce(watchlist, content_version(watchlist), at) for watchlist, at in found)


def read_versions(connection: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    """The version in force of each of these watchlists; one that is not in force is left out."""
    query = sa.select(watchlists.c.id, watchlists.c.version).where(watchlists.c.id.in_(tuple(ids)))
    return {row.id: row.version for row in connection.execute(query)}


def last_change(connection: sa.Connection) -> int:
    """The number of the last change; 0 if there was none."""
    return connection.execute(sa.select(sa.func.max(watchlist_changes.c.seq))).scalar_one() or 0


def load_changes(connection: sa.Connection, after: int) -> News:
    """What the changes with a number above `after` come to, each watchlist as its last change left it."""
    table = watchlist_changes.c
    query = sa.select(table.seq, table.id, table.version).where(table.seq > after).order_by(table.seq)
    rows = connection.execute(query).all()
    latest = {id_: version for _, id_, version in rows}
    wanted = {id_: version for id_, version in latest.items() if version is not None}
    return News(
        seq=rows[-1].seq if rows else after,
        taken_up=tuple(_load_versions(connection, wanted)),
        removed=tuple(sorted(set(latest) - set(wanted))),
    )


def take_up(connection: sa.Connection, after: Iterable[Watchlist], by: str, now: datetime) -> Plan:
    """Put `after` in the place of what is in force; returns what that changed, which may be nothing."""
    lock_changes(connection)
    changes = plan((each.watchlist for each in load_in_force(connection)), after)
    record(connection, changes, by, now)
    return changes


def lock_changes(connection: sa.Connection) -> None:
    """Make others who change the watchlists wait for the end of this transaction, so that numbers come in order.

    On SQLite nothing is needed: a transaction that may write has the whole database.
    """
    if connection.dialect.name == "postgresql":
        key = sa.func.hashtextextended("noroshi watchlists", 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def record(connection: sa.Connection, changes: Plan, by: str, now: datetime) -> None:
    """Write a plan down: contents by version, what is in force, and one numbered change for each watchlist."""
    at = now.astimezone(UTC).isoformat()
    versions = {each.id: content_version(each) for each in changes.taken_up}
    contents = [
        {"id": each.id, "version": versions[each.id], "content": each.model_dump_json(), "recorded_at": at}
        for each in changes.taken_up
    ]
    gone = [each.id for each in changes.removed]
    for some in _in_parts(contents):
        connection.execute(insert_ignore(connection, watchlist_versions, some, key=["id", "version"]))
    for ids in _in_parts([*versions, *gone]):
        connection.execute(watchlists.delete().where(watchlists.c.id.in_(ids)))
    stamp = {"changed_at": at}
    in_force = [{"id": id_, "version": version, **stamp} for id_, version in versions.items()]
    numbered = [{"id": id_, "version": versions.get(id_), "changed_by": by, **stamp} for id_ in [*versions, *gone]]
    if in_force:
        connection.execute(watchlists.insert(), in_force)
    if numbered:
        connection.execute(watchlist_changes.insert(), numbered)


def _load_versions(connection: sa.Connection, wanted: Mapping[str, str]) -> Iterable[Watchlist]:
    table = watchlist_versions.c
    for pairs in _in_parts(list(wanted.items())):
        either = sa.or_(*((table.id == id_) & (table.version == version) for id_, version in pairs))
        for id_, content in connection.execute(sa.select(table.id, table.content).where(either).order_by(table.id)):
            yield _read(id_, content)


def _in_parts(rows: list[R]) -> Iterable[list[R]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _read(id_: str, content: str) -> Watchlist:
    """The watchlist as recorded; fields that a newer version wrote are passed over, unknown predicates are not."""
    try:
        watchlist = Watchlist.model_validate_json(content, extra="ignore")
    except ValidationError as error:
        raise UsageError(f"watchlist `{id_}` in the database cannot be read: {error}; apply it anew") from error
    unknown = sorted(_predicates(watchlist.rule) - set(PREDICATES))
    if unknown:
        raise UsageError(f"watchlist `{id_}` in the database asks for unknown {', '.join(unknown)}; apply it anew")
    return watchlist


def _predicates(part: Rule | Condition) -> set[str]:
    if isinstance(part, Condition):
        return {part.predicate}
    return {name for each in (*part.all, *part.any, *part.none) for name in _predicates(each)}
