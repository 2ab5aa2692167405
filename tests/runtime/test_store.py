"""The state of a service: durable settings, portable inserts, migrations that can be repeated."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from services.contracts.errors import StopError, UsageError
from services.runtime.ports import free_ports
from services.runtime.settings import RuntimeSettings
from services.runtime.store import (
    database_url,
    insert_ignore,
    is_present,
    migrate,
    migrate_from,
    open_engine,
    portable_insert,
    reading,
    wait_for_server,
)

TABLE = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False, unique=True),
)

FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("notes", sa.Column("id", sa.String, primary_key=True))
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    with op.batch_alter_table("notes") as batch:
        batch.add_column(sa.Column("text", sa.String))
"""
BROKEN = """
from alembic import op
revision, down_revision = "0003", "0002"
def upgrade():
    op.drop_table("notes")
    op.execute("not sql")
"""


def engine_at(folder: Path) -> sa.Engine:
    return open_engine(RuntimeSettings(state_dir=folder / "deep" / "state"), "ingest")


def write_versions(folder: Path, **files: str) -> Path:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "versions" / f"{name}.py").write_text(text)
    return folder


def test_the_default_is_a_file_of_its_own_per_service(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    with engine.begin() as connection:
        connection.execute(sa.text("create table t (x)"))
    engine.dispose()
    assert (tmp_path / "deep" / "state" / "ingest.db").is_file()


def test_sqlite_is_set_up_so_that_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    with engine_at(tmp_path).connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _PRAGMAS}
    assert found == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_plain_postgresql_url_gets_the_driver_we_ship() -> None:
    settings = RuntimeSettings(database_url=SecretStr("postgresql://u:p@db/noroshi"))
    assert database_url(settings, "alert").drivername == "postgresql+psycopg"


def test_a_url_that_is_none_is_refused_without_showing_it() -> None:
    settings = RuntimeSettings(database_url=SecretStr("hunter2"))
    with pytest.raises(UsageError, match="database_url") as refused:
        database_url(settings, "alert")
    assert "hunter2" not in str(refused.value)


def test_two_writers_wait_for_each_other_instead_of_failing(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    TABLE.metadata.create_all(engine)

    def write(name: str) -> None:
        for number in range(20):
            with engine.begin() as connection:
                found = connection.scalar(sa.select(sa.func.count()).select_from(TABLE))
                connection.execute(sa.insert(TABLE).values(id=f"{name}{number}", text=f"{found}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        counts = sorted(int(text) for text in connection.scalars(sa.select(TABLE.c.text)))
    assert counts == list(range(40))  # each saw all that were committed before it began


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    TABLE.metadata.create_all(engine)
    with engine.begin() as writer:
        writer.execute(sa.insert(TABLE).values(id="1", text="a"))
        with reading(engine) as reader:
            assert reader.scalar(sa.select(sa.func.count()).select_from(TABLE)) == 0


def test_a_row_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    TABLE.metadata.create_all(engine)
    with engine.begin() as connection:
        new = [
            connection.execute(insert_ignore(connection, TABLE, {"id": "1", "text": text}, key=["id"])).rowcount
            for text in ("a", "b")
        ]
        many = [{"id": "1", "text": "c"}, {"id": "2", "text": "d"}]
        new.append(connection.execute(insert_ignore(connection, TABLE, many, key=["id"])).rowcount)
        texts = connection.execute(sa.select(TABLE.c.text).order_by(TABLE.c.id)).scalars().all()
    assert (new, texts) == ([1, 0, 1], ["a", "d"])


def test_the_breach_of_another_constraint_is_still_an_error(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    TABLE.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(TABLE).values(id="1", text="a"))
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(insert_ignore(connection, TABLE, {"id": "2", "text": "a"}, key=["id"]))


def test_an_update_on_conflict_is_spelled_the_same_on_postgresql() -> None:
    postgres = sa.create_mock_engine("postgresql+psycopg://", lambda *_: None)
    statement = insert_ignore(postgres, TABLE, {"id": "1", "text": "a"}, key=["id"])  # type: ignore[arg-type]  # mock
    assert "ON CONFLICT (id) DO NOTHING" in str(statement.compile(dialect=postgres.dialect))
    insert = portable_insert(postgres, TABLE)  # type: ignore[arg-type]  # a mock engine has what is needed: a dialect
    updating = insert.values(id="1", text="a").on_conflict_do_update(index_elements=["id"], set_={"text": "b"})
    assert "ON CONFLICT (id) DO UPDATE SET text" in str(updating.compile(dialect=postgres.dialect))


def test_migrations_run_in_order_once_and_further_when_there_are_more(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    folder = write_versions(tmp_path / "m", one=FIRST)
    migrate_from(engine, "ingest", folder)
    migrate_from(engine, "ingest", folder)
    write_versions(folder, two=SECOND)
    migrate_from(engine, "ingest", folder)
    assert {each["name"] for each in sa.inspect(engine).get_columns("notes")} == {"id", "text"}
    assert is_present(engine, "ingest_migrations")
    assert not is_present(engine, "alembic_version")


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    folder = write_versions(tmp_path / "m", one=FIRST, two=SECOND, three=BROKEN)
    with pytest.raises(sa.exc.OperationalError):
        migrate_from(engine, "ingest", folder)
    assert not is_present(engine, "notes")


def test_a_database_that_cannot_be_opened_stops_the_service_in_words(tmp_path: Path) -> None:
    (tmp_path / "alert.db").mkdir()
    engine = open_engine(RuntimeSettings(state_dir=tmp_path), "alert")
    with pytest.raises(StopError, match=r"alert\.db cannot be opened or changed: unable to open database file; see to"):
        migrate(engine, "alert")


def test_a_service_waits_for_its_database_server_and_at_last_says_what_is_wrong() -> None:
    (port,) = free_ports(1)
    url = SecretStr(f"postgresql://nobody@127.0.0.1:{port}/none")
    engine = open_engine(RuntimeSettings(database_url=url), "alert")
    waits: list[float] = []
    wait_for_server(engine, patience_seconds=40.0, sleep=waits.append)
    assert waits == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    with pytest.raises(StopError, match="cannot be opened"):
        migrate(engine, "alert")


def test_sqlite_has_no_server_to_wait_for(tmp_path: Path) -> None:
    waits: list[float] = []
    wait_for_server(open_engine(RuntimeSettings(state_dir=tmp_path), "alert"), sleep=waits.append)
    assert waits == []
