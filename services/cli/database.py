"""The alert service's database, opened for one command and closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from services.alert.settings import AlertSettings
from services.contracts.errors import RetryableError, UsageError
from services.runtime.store import is_present, open_engine, reading

_NEWEST_TABLE = "classifiers"
"""Made by the latest migration: without it the database is of an older version."""


@contextmanager
def alert_database(settings: AlertSettings) -> Iterator[sa.Engine]:
    """The database, which must be there already; raises UsageError if not, RetryableError if it does not answer."""
    if settings.database_url is None and not (settings.state_dir / "alert.db").exists():
        raise UsageError(
            f"no alert database in {settings.state_dir}; give --state-dir, or NOROSHI_DATABASE_URL, "
            "of a deployment whose alert service has run"
        )
    engine = open_engine(settings, "alert")
    try:
        if not is_present(engine, _NEWEST_TABLE):
            raise UsageError(
                "the alert database is older than this command; start the alert service of this version once"
            )
        yield engine
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the alert database does not answer: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()


@contextmanager
def reading_alerts(settings: AlertSettings) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database and changes nothing."""
    with alert_database(settings) as engine, reading(engine) as connection:
        yield connection


@contextmanager
def changing_alerts(settings: AlertSettings) -> Iterator[sa.Connection]:
    """A connection whose changes are committed together at the end."""
    with alert_database(settings) as engine, engine.begin() as connection:
        yield connection
