"""What is remembered of list entries and of their pages: what was found earlier overwrites nothing said later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.contracts.events import Event
from services.ingest.core import to_event
from services.ingest.memory import listed
from services.ingest.memory.intake import leave_listed, load_standing
from services.ingest.memory.listings import Listed, TextState
from services.ingest.memory.revisions import known_of
from services.ingest.memory.store import mark_seen
from services.ingest.pages.page import Document
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings

LATER = NOW + timedelta(hours=1)
SOURCE = "jp-example"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    engine = open_engine(example_settings(tmp_path), "ingest")
    migrate(engine, "ingest")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def entry(title: str, name: str = "a") -> Event:
    return to_event(Document(SOURCE, "例", name, title), seen_at=NOW, backfill=False)


def test_a_document_comes_back_as_it_was_kept(connection: sa.Connection) -> None:
    listed.expect_texts(connection, [entry("甲")], NOW)
    (row,) = listed.load_open(connection, SOURCE)
    assert row == Listed(entry("甲"), TextState.WAITING, NOW, NOW)
    full = Listed(entry("甲"), TextState.MISSING, NOW, LATER, LATER, NOW, "HTTP 404", "本文\ud800")
    listed.save_listed(connection, full)
    assert listed.load_open(connection, SOURCE) == (full,)
    assert listed.count_missing(connection, SOURCE) == 1


def test_what_was_found_of_an_earlier_entry_does_not_settle_a_later_one(connection: sa.Connection) -> None:
    listed.expect_texts(connection, [entry("甲")], NOW)
    (before,) = listed.load_open(connection, SOURCE)
    listed.expect_texts(connection, [entry("甲(訂正)")], LATER)
    listed.save_listed(connection, replace(before, state=TextState.READ, due_at=None))
    assert [(each.event.title, each.state) for each in listed.load_open(connection, SOURCE)] == [
        ("甲(訂正)", TextState.WAITING)
    ]


def test_an_entry_waits_from_when_it_first_waited_and_anew_once_it_was_told(connection: sa.Connection) -> None:
    listed.expect_texts(connection, [entry("甲")], NOW)
    listed.expect_texts(connection, [entry("乙")], LATER)
    (row,) = listed.load_open(connection, SOURCE)
    assert (row.event.title, row.listed_at) == ("乙", NOW)
    listed.save_listed(connection, replace(row, state=TextState.READ))
    listed.expect_texts(connection, [entry("丙")], LATER)
    assert [each.listed_at for each in listed.load_open(connection, SOURCE)] == [LATER]


def test_seeing_an_entry_again_leaves_what_is_to_be_done_about_its_page(connection: sa.Connection) -> None:
    listed.expect_texts(connection, [entry("甲")], NOW)
    before = listed.load_open(connection, SOURCE)
    listed.mark_listed(connection, [entry("甲")], LATER)
    assert listed.load_open(connection, SOURCE) == before
    listed.mark_listed(connection, [entry("乙", "b")], LATER)
    assert listed.load_open(connection, SOURCE) == before


def test_a_document_stands_as_listed_or_else_as_published(connection: sa.Connection) -> None:
    published, only_listed, only_published = entry("甲"), entry("甲の一覧"), entry("乙", "b")
    mark_seen(connection, [published, only_published])
    listed.expect_texts(connection, [only_listed], NOW)
    ids = [published.event_id, only_published.event_id, "unknown"]
    assert load_standing(connection, ids) == {
        published.event_id: known_of(only_listed),
        only_published.event_id: known_of(only_published),
    }


def test_only_the_source_that_is_asked_for_rest_rests_and_what_is_over_stays_so(connection: sa.Connection) -> None:
    other = to_event(Document("jp-other", "例", "x", "題"), seen_at=NOW, backfill=False)
    listed.expect_texts(connection, [entry("甲"), entry("乙", "b"), other], NOW)
    listed.drop_texts(connection, [entry("乙", "b").event_id])
    listed.postpone(connection, SOURCE, LATER)
    assert [each.due_at for each in listed.load_open(connection, SOURCE)] == [LATER]
    assert [each.due_at for each in listed.load_open(connection, "jp-other")] == [NOW]
    listed.postpone(connection, SOURCE, NOW)
    assert [each.due_at for each in listed.load_open(connection, SOURCE)] == [LATER]


def test_a_back_fill_leaves_alone_what_a_list_named_whichever_id_it_goes_by(connection: sa.Connection) -> None:
    listed.expect_texts(connection, [entry("甲", "a"), entry("乙", "b#shared")], NOW)
    past = [
        Document(SOURCE, "例", "a", "甲"),
        Document(SOURCE, "例", "b", "乙", shared_id="b#shared"),
        Document(SOURCE, "例", "c", "丙"),
    ]
    assert [each.document_id for each in leave_listed(connection, past)] == ["c"]
