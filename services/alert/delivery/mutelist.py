"""Mutes and holds in SQL. Every function works inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from services.alert.restraint.mutes import MuteInForce
from services.alert.tables import holds, mutes
from services.contracts.watchlists import MuteScope


@dataclass(frozen=True)
class MuteRecord:
    """A mute a person set: what, until when, who and why, and how many alerts it silenced."""

    mute: MuteInForce
    reason: str
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


def add_mute(connection: Connection, mute: MuteInForce, reason: str, by: str, now: datetime) -> MuteRecord:
    """Set a mute; it is in force from the next message on."""
    fresh = MuteInForce(**{**vars(mute), "mute_id": mute.mute_id or str(uuid.uuid4())})
    row = {**vars(fresh), "scope": fresh.scope.value, "until": fresh.until.isoformat() if fresh.until else None}
    kept = {"reason": reason, "created_by": by, "created_at": now.isoformat(), "hits": 0}
    connection.execute(sa.insert(mutes).values(**row, **kept))
    return MuteRecord(fresh, reason, by, now)


def list_mutes(connection: Connection) -> tuple[MuteRecord, ...]:
    """Every mute ever set, oldest first."""
    rows = connection.execute(sa.select(mutes).order_by(mutes.c.created_at, mutes.c.mute_id)).mappings()
    return tuple(_record(row) for row in rows)


def load_in_force(connection: Connection, now: datetime) -> tuple[MuteInForce, ...]:
    """The mutes that may silence something now."""
    lasting = sa.or_(mutes.c.until.is_(None), mutes.c.until > now.isoformat())
    rows = connection.execute(sa.select(mutes).where(mutes.c.ended_at.is_(None), lasting)).mappings()
    return tuple(_record(row).mute for row in rows)


def end_mute(connection: Connection, mute_id: str, now: datetime) -> bool:
    """End a mute before its time; False if there is none in force with that id."""
    ended = sa.update(mutes).where(mutes.c.mute_id == mute_id, mutes.c.ended_at.is_(None))
    return bool(connection.execute(ended.values(ended_at=now.isoformat())).rowcount)


def count_hits(connection: Connection, hits: Mapping[str, int]) -> None:
    """Add to the numbers of alerts that mutes silenced; mutes of a watchlist's file are not counted."""
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
    )
    ended = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    created = datetime.fromisoformat(row["created_at"])
    return MuteRecord(mute, row["reason"], row["created_by"], created, ended, row["hits"])
