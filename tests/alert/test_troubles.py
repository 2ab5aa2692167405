"""Troubles as they are kept: what a breaker decided is there after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.alert.delivery.breaker import Trouble
from services.alert.delivery.troubles import load_troubles, mark_told, save_changes
from services.alert.tables import metadata

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TROUBLE = Trouble("workspace:slack:default", NOW, "token_revoked", 3, NOW + timedelta(seconds=60))


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_a_trouble_is_kept_as_it_was_and_goes_when_it_ends(connection: sa.Connection) -> None:
    other = Trouble("destination:slack:default:C0AAA", NOW, "is_archived")
    save_changes(connection, {TROUBLE.scope: TROUBLE, other.scope: other})
    assert load_troubles(connection) == {TROUBLE.scope: TROUBLE, other.scope: other}
    assert load_troubles(connection, [other.scope, "destination:x"]) == {other.scope: other}
    save_changes(connection, {TROUBLE.scope: None, "destination:x": None})
    assert load_troubles(connection) == {other.scope: other}


def test_a_failure_does_not_take_back_that_people_were_told(connection: sa.Connection) -> None:
    save_changes(connection, {TROUBLE.scope: TROUBLE})
    mark_told(connection, TROUBLE, 2)
    worse = replace(TROUBLE, failures=4, failure="invalid_auth", not_before=NOW)
    save_changes(connection, {TROUBLE.scope: worse})
    assert load_troubles(connection)[TROUBLE.scope] == replace(worse, told=2)


def test_a_notice_of_an_earlier_trouble_says_nothing_of_the_one_that_began_since(connection: sa.Connection) -> None:
    later = replace(TROUBLE, since=NOW + timedelta(days=1))
    save_changes(connection, {TROUBLE.scope: later})
    mark_told(connection, TROUBLE, 1)
    assert load_troubles(connection)[TROUBLE.scope].told == 0
