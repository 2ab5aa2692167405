"""What ingest remembers, and when it asks again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.events import Event
from services.ingest.core import to_event
from services.ingest.memory.revisions import known_of
from services.ingest.memory.store import (
    Cursor,
    load_cursor,
    load_events,
    load_known,
    mark_seen,
    save_cursor,
)
from services.ingest.memory.tables import metadata
from services.ingest.pages.page import Document
from services.ingest.polling.schedule import seconds_to_first, seconds_to_next
from services.ingest.settings import IngestSettings
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_engine(example_settings(tmp_path), "ingest")
    migrate(made, "ingest")
    yield made
    made.dispose()


def event(body: str, name: str = "a") -> Event:
    return to_event(Document("jp-example", "例", name, "題", body=body), seen_at=NOW, backfill=False)


def test_the_migrations_make_the_tables_the_code_uses(engine: sa.Engine) -> None:
    found = sa.inspect(engine)
    for table in metadata.tables.values():
        made = {column["name"]: (str(column["type"]), column["nullable"]) for column in found.get_columns(table.name)}
        meant = {column.name: (str(column.type), bool(column.nullable)) for column in table.columns}
        assert made == meant
        assert {index["name"] for index in found.get_indexes(table.name)} == {index.name for index in table.indexes}


def test_a_cursor_comes_back_as_it_was_saved(engine: sa.Engine) -> None:
    full = Cursor("jp-b", 'W/"x"', "Wed", NOW, NOW, NOW, NOW, NOW, "why", 3, "held", NOW)
    with engine.begin() as connection:
        assert load_cursor(connection, "jp-b") == Cursor("jp-b")
        save_cursor(connection, Cursor("jp-a", failures=1))
        save_cursor(connection, Cursor("jp-b"))
        save_cursor(connection, full)
        assert load_cursor(connection, "jp-b") == full
        assert [load_cursor(connection, key) for key in ("jp-a", "jp-b")] == [Cursor("jp-a", failures=1), full]


def test_the_latest_revision_is_the_one_marked_last_also_when_it_comes_back(engine: sa.Engine) -> None:
    first, second = event("一"), event("二")
    with engine.begin() as connection:
        for marked in (first, second, second, first):
            mark_seen(connection, [marked])
            assert load_known(connection, [first.event_id]) == {first.event_id: known_of(marked)}
            assert load_events(connection, [first.event_id]) == {first.event_id: marked}
        rows = connection.execute(sa.text("select count(*) from seen_revisions")).scalar_one()
    assert rows == 2


def test_many_events_are_looked_up_at_once(engine: sa.Engine) -> None:
    events = [event("一", str(number)) for number in range(1201)]
    with engine.begin() as connection:
        mark_seen(connection, events)
        found = load_known(connection, {each.event_id for each in events} | {"unknown"})
    assert found == {each.event_id: known_of(each) for each in events}


@given(st.floats(60, 604_800), st.integers(0, 60), st.none() | st.floats(0, 86_400), st.floats(0, 1, exclude_max=True))
def test_the_next_fetch_is_never_sooner_than_planned_or_asked_for(
    every: float, failures: int, asked: float | None, jitter: float
) -> None:
    seconds = seconds_to_next(every, failures=failures, retry_after=asked, jitter=jitter)
    assert seconds >= every * 0.9
    assert seconds >= (asked or 0)
    assert seconds <= max(every, 6 * 3600) * 1.1 or seconds == asked


def test_failures_double_the_wait_up_to_six_hours() -> None:
    assert [seconds_to_next(1800, failures=each) for each in (0, 1, 2, 3, 9)] == [1800, 1800, 3600, 7200, 21_600]


def test_a_restart_asks_nobody_sooner_than_planned() -> None:
    tried, held = NOW - timedelta(minutes=10), NOW + timedelta(hours=2)
    assert seconds_to_first(1800, now=NOW, last_tried_at=tried, not_before=None, jitter=0.9) == 1200
    assert seconds_to_first(1800, now=NOW, last_tried_at=tried, not_before=held, jitter=0.9) == 7200
    assert seconds_to_first(1800, now=NOW, last_tried_at=None, not_before=None, jitter=0.5) == 30


def test_live_polling_needs_a_contact_that_can_be_sent() -> None:
    with pytest.raises(ValidationError, match="NOROSHI_INGEST_CONTACT"):
        IngestSettings(live=True)
    with pytest.raises(ValidationError, match="ASCII"):
        IngestSettings(contact="ops@example.org\r\nX: y")
    assert IngestSettings(live=True, contact="ops@example.org").live
