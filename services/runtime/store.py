"""SQL state: one engine per service, SQLite by default and PostgreSQL by URL, migrated from the package itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite

from services.contracts.errors import StopError, UsageError
from services.runtime.settings import RuntimeSettings

log = structlog.get_logger("noroshi.store")

_BUSY_SECONDS = 10
_READ = "noroshi_read"
_PLACE = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_NOTADB", "SQLITE_CORRUPT")
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_SECONDS * 1000}")


def database_url(settings: RuntimeSettings, service: str) -> sa.URL:
    """Where the service keeps its state: what the settings say, else a file of its own in the state folder."""
    if settings.database_url is None:
        return sa.URL.create("sqlite+pysqlite", database=str(settings.state_dir / f"{service}.db"))
    try:
        url = sa.make_url(settings.database_url.get_secret_value())
    except sa.exc.ArgumentError as error:
        raise UsageError("database_url: not an SQLAlchemy URL; write postgresql://user:password@host/name") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def open_engine(settings: RuntimeSettings, service: str) -> sa.Engine:
    """The engine of a service, its folder made if need be; raises UsageError where the driver is missing.

    On SQLite every transaction takes the write lock as it begins (BEGIN IMMEDIATE), so that it cannot fail
    half-way for the lock; use `reading` for those that only read.
    """
    url = database_url(settings, service)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f'database_url: the driver {error.name} is not installed; run: pip install "noroshi[postgres]"'
        ) from error


def _open_sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver's own transactions would begin too late
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READ) else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for reads that must see one state and must not wait for a writer."""
    with engine.connect().execution_options(**{_READ: True}) as connection, connection.begin():
        yield connection


def portable_insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`, on SQLite and PostgreSQL alike."""
    kind: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    insert: sqlite.Insert = kind(table)  # both dialects spell the clause the same way
    return insert


def insert_ignore(
    connection: sa.Connection,
    table: sa.Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
) -> sqlite.Insert:
    """An INSERT that leaves a row alone whose `key` columns are there already, on SQLite and PostgreSQL.

    The result's `rowcount` tells how many rows were new; a breach of any other constraint is still an error.
    """
    rows = dict(values) if isinstance(values, Mapping) else [dict(row) for row in values]
    insert = portable_insert(connection, table).values(rows).on_conflict_do_nothing(index_elements=list(key))
    return insert.execution_options(preserve_rowcount=True)  # without it, the count is -1 on PostgreSQL


def is_present(engine: sa.Engine, table: str) -> bool:
    """Whether the table exists, e.g. whether migrations ran."""
    return sa.inspect(engine).has_table(table)


def wait_for_server(
    engine: sa.Engine, *, patience_seconds: float = 600.0, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Return once the database server takes connections; at the latest after `patience_seconds`, as it then is.

    A service that starts while its server is away would else end at once, and be given up by its supervisor.
    SQLite has no server.
    """
    waited, pause = 0.0, 1.0
    while engine.dialect.name != "sqlite" and waited < patience_seconds:
        try:
            engine.connect().close()
        except sa.exc.OperationalError as error:
            log.warning("database_away", error=str(error.orig).strip(), waited_seconds=waited)
        else:
            return
        sleep(pause)
        waited, pause = waited + pause, min(2 * pause, 15.0)


def migrate(engine: sa.Engine, service: str) -> None:
    """Bring the tables of a service to the newest version; safe to repeat and to run in two processes at once.

    Runs the files in `services/<service>/migrations/versions/` with the version table `<service>_migrations`;
    no configuration file is needed, so it works from an installed wheel.
    """
    with as_file(files(f"services.{service}") / "migrations") as folder:
        migrate_from(engine, service, folder)


@contextmanager
def _said_plainly(engine: sa.Engine) -> Iterator[None]:
    """Turn what the database refuses at the start (no space, no rights, no server) into words for a person."""
    try:
        yield
    except sa.exc.OperationalError as error:
        if not _is_the_place(error.orig):
            raise
        where = engine.url.render_as_string(hide_password=True)
        raise StopError(
            f"the database {where} cannot be opened or changed: {str(error.orig).strip()}; "
            "see to its disk space, its rights or its server, then start again"
        ) from error


def _is_the_place(refusal: BaseException | None) -> bool:
    """Whether the refusal is about where the database is, and not about what it was told to do."""
    name = getattr(refusal, "sqlite_errorname", None)
    return name is None or name.startswith(_PLACE)


def migrate_from(engine: sa.Engine, service: str, folder: Path) -> None:
    """Like `migrate`, with the folder that holds `versions/` given; all of it in one transaction."""
    scripts = ScriptDirectory(str(folder))

    def upgrade(revision: Any, _: Any) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001  # what alembic's own `upgrade` command calls

    with (
        _said_plainly(engine),
        EnvironmentContext(Config(), scripts, fn=upgrade) as context,
        engine.begin() as connection,
    ):
        if connection.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"noroshi-{service}"))
            connection.execute(sa.select(lock))
        context.configure(connection=connection, version_table=f"{service}_migrations", render_as_batch=True)
        context.run_migrations()
