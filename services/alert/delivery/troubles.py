"""The troubles in SQL; what they mean stands in `breaker`. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from services.alert.delivery.breaker import Changes, Trouble
from services.alert.tables import troubles
from services.runtime.store import portable_insert


def load_troubles(connection: Connection, scopes: Iterable[str] | None = None) -> dict[str, Trouble]:
    """The troubles of these scopes, or all of them, by scope."""
    query = sa.select(troubles).order_by(troubles.c.scope)
    if scopes is not None:
        query = query.where(troubles.c.scope.in_(tuple(scopes)))
    return {row["scope"]: _trouble(row) for row in connection.execute(query).mappings()}


def save_changes(connection: Connection, changes: Changes) -> None:
    """Store what changed: a trouble as it is now, or that it has ended."""
    for scope, trouble in changes.items():
        if trouble is None:
            connection.execute(sa.delete(troubles).where(troubles.c.scope == scope))
        else:
            _save(connection, trouble)


def mark_told(connection: Connection, trouble: Trouble, number: int) -> None:
    """Say that notice `number` of this trouble was posted; one that began anew since is left alone."""
    connection.execute(
        sa.update(troubles)
        .where(troubles.c.scope == trouble.scope, troubles.c.since == _write(trouble.since))
        .values(told=number)
    )


def _save(connection: Connection, trouble: Trouble) -> None:
    instants = {"since": _write(trouble.since), "not_before": _write(trouble.not_before)}
    row = asdict(trouble) | instants
    insert = portable_insert(connection, troubles).values(row)
    # `told` belongs to the notices: a failure that happens meanwhile must not take it back.
    changed = {name: row[name] for name in ("failure", "failures", "not_before")}
    connection.execute(insert.on_conflict_do_update(index_elements=["scope"], set_=changed))


def _write(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant is not None else None


def _trouble(row: sa.RowMapping) -> Trouble:
    not_before = datetime.fromisoformat(row["not_before"]) if row["not_before"] else None
    return Trouble(
        scope=row["scope"],
        since=datetime.fromisoformat(row["since"]),
        failure=row["failure"],
        failures=row["failures"],
        not_before=not_before,
        told=row["told"],
    )
