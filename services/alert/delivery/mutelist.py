"""Mutes and holds in SQL. Every function works inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from services.alert.restraint.mutes import MuteInForce
from services.alert.tables import holds, mutes
from services.contracts.watchlists import MuteScope
from services.runtime.store import insert_ignore

FROM_FILE = "watchlist file"
"""Who set a mute that stands in a watchlist's file. Its row counts and ends; the file is in force."""


@dataclass(frozen=True)
class MuteRecord:
    """A mute a person set: what, until when, who and why, and how many alerts it silenced."""

    mute: MuteInForce
    created_by: str
    created_at: datetime
    ended_at: datetime | None = None
    hits: int = 0

    def is_over(self, now: datetime) -> bool:
        """Whether it silences nothing any more."""
        return self.ended_at is not None or (self.mute.until is not None and now >= self.mute.until)


@dataclass(frozen=True)
class Hold:
    """A watchlist whose alerts wait for a person's decision."""

    watchlist_id: str
    since: datetime
    reason: str


def add_mute(connection: Connection, mute: MuteInForce, by: str, now: datetime) -> MuteRecord:
    """Set a mute; it is in force from the next message on. A mute that is known by its id stays as it is."""
    fresh = replace(mute, mute_id=mute.mute_id or str(uuid.uuid4()))
    connection.execute(insert_ignore(connection, mutes, _row(fresh, by, now), key=["mute_id"]))
    return MuteRecord(fresh, by, now)


def list_mutes(connection: Connection) -> tuple[MuteRecord, ...]:
    """Every mute ever set, oldest first."""
    rows = connection.execute(sa.select(mutes).order_by(mutes.c.created_at, mutes.c.mute_id)).mappings()
    return tuple(_record(row) for row in rows)


def load_in_force(connection: Connection, now: datetime) -> tuple[MuteInForce, ...]:
    """The mutes set by `add_mute` that may silence something now; those of files stand in the files."""
    lasting = sa.or_(mutes.c.until.is_(None), mutes.c.until > now.isoformat())
    own = (mutes.c.ended_at.is_(None), mutes.c.created_by != FROM_FILE, lasting)
    rows = connection.execute(sa.select(mutes).where(*own)).mappings()
    return tuple(_record(row).mute for row in rows)


def end_mute(connection: Connection, mute_id: str, now: datetime) -> bool:
    """End a mute before its time; False if there is none in force with that id."""
    ended = sa.update(mutes).where(mutes.c.mute_id == mute_id, mutes.c.ended_at.is_(None))
    return bool(connection.execute(ended.values(ended_at=now.isoformat())).rowcount)


def find_ended(connection: Connection, mute_ids: Collection[str]) -> frozenset[str]:
    """Which of these mutes were ended before their time."""
    query = sa.select(mutes.c.mute_id).where(mutes.c.mute_id.in_(mute_ids), mutes.c.ended_at.is_not(None))
    return frozenset(connection.scalars(query)) if mute_ids else frozenset()


def count_hits(connection: Connection, hits: Mapping[str, int]) -> None:
    """Add to the numbers of alerts that mutes silenced."""
    for mute_id, count in hits.items():
        connection.execute(sa.update(mutes).where(mutes.c.mute_id == mute_id).values(hits=mutes.c.hits + count))


def start_hold(connection: Connection, watchlist_id: str, reason: str, now: datetime) -> None:
    """Hold the watchlist's alerts from now on."""
    connection.execute(
        sa.insert(holds).values(watchlist_id=watchlist_id, since=now.isoformat(), reason=reason[:200], outcome="")
    )


def end_hold(connection: Connection, watchlist_id: str, outcome: str, now: datetime) -> bool:
    """End the watchlist's hold with what was decided; False if there is none."""
    ended = sa.update(holds).where(holds.c.watchlist_id == watchlist_id, holds.c.ended_at.is_(None))
    return bool(connection.execute(ended.values(ended_at=now.isoformat(), outcome=outcome)).rowcount)


def list_holds(connection: Connection) -> tuple[Hold, ...]:
    """The holds that nobody has decided on yet, oldest first."""
    query = sa.select(holds).where(holds.c.ended_at.is_(None)).order_by(holds.c.since)
    rows: Sequence[RowMapping] = connection.execute(query).mappings().all()
    return tuple(Hold(row["watchlist_id"], datetime.fromisoformat(row["since"]), row["reason"]) for row in rows)


def last_decided(connection: Connection, watchlist_id: str) -> datetime | None:
    """When a person last decided on a hold of the watchlist, or None."""
    ended = connection.scalar(sa.select(sa.func.max(holds.c.ended_at)).where(holds.c.watchlist_id == watchlist_id))
    return None if ended is None else datetime.fromisoformat(ended)


def _row(mute: MuteInForce, by: str, now: datetime) -> dict[str, Any]:
    until = mute.until.isoformat() if mute.until else None
    kept = {"reason": mute.reason[:200], "created_by": by, "created_at": now.isoformat(), "hits": 0}
    return {**vars(mute), "scope": mute.scope.value, "until": until, **kept}


def _record(row: RowMapping) -> MuteRecord:
    mute = MuteInForce(
        mute_id=row["mute_id"],
        tenant=row["tenant"],
        scope=MuteScope(row["scope"]),
        value=row["value"],
        watchlist_id=row["watchlist_id"],
        destination=row["destination"],
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        until_next_stage=row["until_next_stage"],
        reason=row["reason"],
    )
    ended = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    created = datetime.fromisoformat(row["created_at"])
    return MuteRecord(mute, row["created_by"], created, ended, row["hits"])
