"""The right to send: only one process at a time delivers from one ledger.

On SQLite it is a lock on a file beside the database, on PostgreSQL an advisory lock on a connection of its
own. Both end with the process, so a successor takes over as soon as the holder is gone.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import IO

import sqlalchemy as sa

_LOCK_NUMBER = 0x6E6F726F736869
"""The number of our advisory lock: `noroshi` in ASCII."""


class SenderLease:
    """Held by one process at a time."""

    def __init__(self, engine: sa.Engine, state_dir: Path) -> None:
        self._engine, self._path = engine, state_dir / "alert.sender"
        self._file: IO[bytes] | None = None
        self._connection: sa.Connection | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free; False if another process holds it."""
        by_dialect: dict[str, Callable[[], bool]] = {"sqlite": self._lock_file, "postgresql": self._lock_row}
        return by_dialect[self._engine.dialect.name]()

    def is_held(self) -> bool:
        """Whether the lease is still ours; a lost database connection loses it for good."""
        if self._connection is None:
            return self._file is not None
        try:
            return self._connection.scalar(sa.select(sa.literal(1))) == 1
        except sa.exc.SQLAlchemyError:
            self.release()
            return False

    def release(self) -> None:
        """Give the lease back."""
        if self._file is not None:
            self._file.close()
        if self._connection is not None:
            self._connection.close()
        self._file = self._connection = None

    def _lock_file(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def _lock_row(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK_NUMBER))):
            connection.detach()  # back in the pool it would stay open, and the lock with it
            self._connection = connection
            return True
        connection.close()
        return False
