"""PostgreSQL: one server process with a data folder of its own on a free loopback port, trusted there only."""

from __future__ import annotations

import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psycopg
import sqlalchemy as sa

from tests.engine import parts
from tests.engine.program import Program, free_ports

_USER = "noroshi"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
}


class Postgres:
    """A server; use it as a context manager. It has the durability of its defaults: fsync is on."""

    def __init__(self) -> None:
        initdb, server = (parts.find_program(name, "PostgreSQL") for name in ("initdb", "postgres"))
        # Not in pytest's folder: that one is closed to the user the server runs as.
        self._folder = Path(tempfile.mkdtemp(prefix="noroshi-postgres-"))
        self._user, self._port = parts.server_user(), free_ports(1)[0]
        if self._user is not None:
            shutil.chown(self._folder, self._user, self._user)
        log = self._folder / "postgres.log"
        create = [initdb, "-D", self._folder / "data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self._initdb = Program("initdb", list(map(str, create)), log, user=self._user)
        settings = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": self._port}.items()]
        command = [str(server), "-D", str(self._folder / "data"), *settings]
        self.program = Program("postgres", command, log, user=self._user, stop_signal=signal.SIGINT)
        parts.used["PostgreSQL"] = parts.describe_version(server)

    @property
    def url(self) -> str:
        """The server's own database, where others can be created."""
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start the server and return once it takes connections."""
        self.program.start()
        self.program.wait_until(lambda: takes_connections(self.url))

    def restart(self) -> None:
        """Stop the server, which breaks every connection, and start it again."""
        self.program.stop()
        self.start()

    def kill(self) -> None:
        """End the server at once; its own children follow when they notice."""
        self.program.kill()

    def __enter__(self) -> Postgres:
        try:
            self._initdb.start()
            self._initdb.wait_for_end()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.program.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


class ExistingPostgres:
    """A server that somebody else runs."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts.used["PostgreSQL"] = "the one that " + parts.EXISTING_POSTGRES + " names"


def takes_connections(url: str) -> bool:
    """Whether the server answers."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def new_database(url: str) -> Iterator[str]:
    """The URL of an empty database of its own, dropped at the end."""
    name = f"noroshi_test_{uuid.uuid4().hex[:12]}"
    _execute(url, f"CREATE DATABASE {name}")
    try:
        yield sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def end_connections(url: str) -> int:
    """End every other connection to the database, as a fail-over does; returns how many there were."""
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
        )
        return connection.execute(query, (connection.info.backend_pid,)).rowcount


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
