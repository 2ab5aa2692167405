"""What is proved of the watchlists in force, on PostgreSQL; and two people who apply at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from services.alert.watchlists.inforce import load_changes, load_in_force
from services.contracts.watchlists import Watchlist
from services.runtime.store import migrate
from tests.alert.test_watchlists_inforce import *  # noqa: F403  # every test of that module, on another engine
from tests.alert.test_watchlists_inforce import apply, one
from tests.engine.test_state_on_postgres import at_once, open_database

pytestmark = pytest.mark.integration


@pytest.fixture  # type: ignore[no-redef]  # it takes the place of the one on SQLite
def engine(database: str) -> Iterator[sa.Engine]:
    engine = open_database(database)
    migrate(engine, "alert")
    yield engine
    engine.dispose()


def test_of_two_sets_applied_at_once_one_is_in_force_whole_and_whoever_follows_ends_there(engine: sa.Engine) -> None:
    seq = 0
    held: dict[str, Watchlist] = {}
    for number in range(20):
        first = [one("a", "nickel"), one(f"b{number}")]
        second = [one("a", "cobalt"), one(f"c{number}")]
        at_once(partial(apply, engine, *first), partial(apply, engine, *second))
        with engine.connect() as connection:
            found = [each.watchlist for each in load_in_force(connection)]
            news = load_changes(connection, seq)
        seq, held = news.seq, {id_: each for id_, each in held.items() if id_ not in news.removed}
        held |= {each.id: each for each in news.taken_up}
        assert found in (first, second)
        assert sorted(held.values(), key=lambda each: each.id) == found
