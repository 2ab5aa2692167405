"""The tables of what was told, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services.alert.core import TellKey, ToldUpdate
from services.alert.lifecycle.decision import Told, decide
from services.alert.lifecycle.told import load_told, load_version, metadata, record_versions, save_told
from services.alert.watchlists.sets import watchlist_set
from services.contracts.vocab import Stage
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import MEASURE, an_act, an_event

TAXONOMY = default_taxonomy()
NOW = datetime(2025, 4, 5, tzinfo=UTC)
KEY = TellKey("default", "magnets", "slack:default:C0MAGNETS", MEASURE)
WATCHLIST = Watchlist(
    id="magnets",
    name="磁石",
    rule=Rule(any=(Rule(all=(Condition(predicate="minerals", terms=("rare_earths",)),)),)),
    destinations=(Destination(channel="slack", address="C0MAGNETS"),),
)


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def told(*stages: Stage) -> Told:
    found: Told | None = None
    for day, stage in enumerate(stages):
        found = decide(found, an_act(an_event(f"d{day}", day=day), stage=stage, effective="2025-05"), TAXONOMY).told
    assert found is not None
    return found


def test_what_was_told_comes_back_as_it_was_and_a_later_telling_replaces_it(engine: sa.Engine) -> None:
    first, second = told(Stage.PROPOSED), told(Stage.PROPOSED, Stage.ADOPTED)
    with engine.begin() as connection:
        save_told(connection, [ToldUpdate(KEY, first)], NOW)
        assert load_told(connection, MEASURE) == {KEY: first}
        save_told(connection, [ToldUpdate(KEY, second)], NOW)
        assert load_told(connection, MEASURE) == {KEY: second}


def test_only_what_was_told_of_the_measure_is_loaded_for_all_who_were_told(engine: sa.Engine) -> None:
    board = KEY._replace(destination="slack:default:C0BOARD")
    other = KEY._replace(measure_id="other")
    with engine.begin() as connection:
        save_told(connection, [ToldUpdate(key, told(Stage.ADOPTED)) for key in (KEY, board, other)], NOW)
        assert set(load_told(connection, MEASURE)) == {KEY, board}
        assert load_told(connection, "none") == {}


def test_nothing_to_record_is_recorded_without_complaint(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        save_told(connection, [], NOW)
        record_versions(connection, watchlist_set([], TAXONOMY), NOW)
        assert load_told(connection, MEASURE) == {}


def test_the_caller_owns_the_transaction(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        save_told(connection, [ToldUpdate(KEY, told(Stage.ADOPTED))], NOW)
        connection.rollback()
        assert load_told(connection, MEASURE) == {}


def test_every_version_of_a_watchlist_can_be_read_again(engine: sa.Engine) -> None:
    renamed = WATCHLIST.model_copy(update={"name": "Magnets"})
    sets = [watchlist_set([each], TAXONOMY) for each in (WATCHLIST, renamed, WATCHLIST)]
    with engine.begin() as connection:
        for each in sets:
            record_versions(connection, each, NOW)
        assert load_version(connection, "magnets", sets[0].versions["magnets"]) == WATCHLIST
        assert load_version(connection, "magnets", sets[1].versions["magnets"]) == renamed
        assert load_version(connection, "magnets", "0" * 12) is None


def test_the_tables_are_those_the_docstring_lists() -> None:
    keys = {name: [column.name for column in table.primary_key] for name, table in metadata.tables.items()}
    assert keys == {
        "told": ["tenant", "watchlist_id", "destination", "measure_id"],
        "watchlist_versions": ["id", "version"],
    }
    assert {index.name for index in metadata.tables["told"].indexes} == {"told_measure"}
