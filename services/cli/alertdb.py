"""The alert service's database, for commands that look into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from services.alert.settings import AlertSettings
from services.contracts.errors import RetryableError, UsageError
from services.runtime.store import is_present, open_engine


@contextmanager
def alert_database(settings: AlertSettings) -> Iterator[sa.Engine]:
    """The engine of the alert service; raises UsageError where there is no database of it yet."""
    if settings.database_url is None and not (settings.state_dir / "alert.db").exists():
        raise UsageError(
            f"no alerts were decided here: there is no alert.db in {settings.state_dir}; name the state folder of the "
            "running services with --state-dir"
        )
    engine = open_engine(settings, "alert")
    try:
        if not is_present(engine, "troubles"):
            raise UsageError("the alert database is of an older version; start the alert service once, it migrates")
        yield engine
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the alert database does not answer: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()
