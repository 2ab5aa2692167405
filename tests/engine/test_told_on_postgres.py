"""What is proved of the tables of what was told, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from services.runtime.store import migrate
from tests.alert.test_told import *  # noqa: F403  # every test of that module, on another engine
from tests.engine.test_state_on_postgres import open_database

pytestmark = pytest.mark.integration


@pytest.fixture  # type: ignore[no-redef]  # it takes the place of the one on SQLite
def engine(database: str) -> Iterator[sa.Engine]:
    engine = open_database(database)
    migrate(engine, "alert")
    yield engine
    engine.dispose()
