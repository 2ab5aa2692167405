"""An end of the process at any moment of a publication repeats no event on the topic, and loses none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.errors import RetryableError
from services.contracts.events import Event
from services.ingest.core import to_event
from services.ingest.memory.begun import load_begun
from services.ingest.memory.tables import begun_publications, metadata
from services.ingest.outlet import Outlet, find_landed
from services.ingest.pages.page import Document
from services.ingest.publish import encode_events, publish
from services.runtime.clock import SteppedClock
from services.runtime.handling import Consumed, Outgoing
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings


class Killed(BaseException):
    """The process ends here."""


class Topic:
    """A topic that keeps its records with their times, and a process that may end before or after a send."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock, self.records = clock, list[tuple[datetime, Outgoing]]()
        self.ends: str = ""
        self.reads = 0

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        if self.ends == "before":
            raise Killed
        self.records += [(self.clock.now(), each) for each in outgoings]
        if self.ends == "after":
            raise Killed
        if self.ends == "unconfirmed":
            raise RetryableError("no confirmation came")

    def read_since(self, moment: datetime) -> Iterable[Consumed]:
        self.reads += 1
        for offset, (at, each) in enumerate(self.records):
            if at >= moment:
                yield Consumed(each.topic.name, 0, offset, each.key, each.value, each.headers, at.timestamp())

    @property
    def events(self) -> list[tuple[str, str]]:
        found = [Event.model_validate_json(each.value) for _, each in self.records]
        return [(each.event_id, each.title) for each in found]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_engine(example_settings(tmp_path), "ingest")
    migrate(made, "ingest")
    yield made
    made.dispose()


@pytest.fixture
def topic() -> Topic:
    return Topic(SteppedClock(NOW))


def event(name: str, title: str = "題") -> Event:
    return to_event(Document("jp-example", "例", name, title), seen_at=NOW, backfill=False)


def run(engine: sa.Engine, topic: Topic, *events: Event, ends: str = "") -> bool:
    """One life of a process, which may end while it publishes these; whether they were remembered as published."""
    topic.ends = ends
    outlet = Outlet(engine, topic, topic.clock)
    remembered = False
    with suppress(Killed, RetryableError):
        publish(engine, outlet.send, list(encode_events(events, topic.clock.now())), lambda _: None)
        remembered = True
    topic.clock.step(1)
    return remembered


def test_what_reached_the_topic_is_not_sent_again_by_the_next_process(engine: sa.Engine, topic: Topic) -> None:
    run(engine, topic, event("a"), event("b"), ends="after")
    run(engine, topic, event("a"), event("b"), event("c"))
    assert [name for name, _ in topic.events] == [event(each).event_id for each in "abc"]


def test_what_did_not_reach_the_topic_is_sent_by_the_next_process(engine: sa.Engine, topic: Topic) -> None:
    run(engine, topic, event("a"), ends="before")
    run(engine, topic, event("a"))
    assert len(topic.events) == 1


def test_a_batch_without_confirmation_is_looked_for_before_it_is_sent_again(engine: sa.Engine, topic: Topic) -> None:
    run(engine, topic, event("a"), ends="unconfirmed")
    run(engine, topic, event("a"))
    assert len(topic.events) == 1


def test_the_topic_is_read_only_after_an_end_in_between_and_nothing_stays_noted(
    engine: sa.Engine, topic: Topic
) -> None:
    run(engine, topic, event("a"))
    run(engine, topic, event("a", "another text"))
    assert topic.reads == 0
    with engine.connect() as connection:
        assert connection.execute(sa.select(begun_publications)).all() == []


def test_a_document_that_comes_back_to_what_it_said_is_sent_again(engine: sa.Engine, topic: Topic) -> None:
    run(engine, topic, event("a", "one"))
    run(engine, topic, event("a", "two"))
    run(engine, topic, event("a", "one"), ends="before")
    run(engine, topic, event("a", "one"))
    assert [title for _, title in topic.events] == ["one", "two", "one"]


def test_only_the_latest_revision_of_a_document_counts_as_landed() -> None:
    records = [
        Consumed(each.topic.name, 0, place, each.key, each.value, each.headers, 0.0)
        for place, each in enumerate(encode_events([event("a", "one"), event("a", "two")], NOW))
    ]
    one, two = ((event("a").event_id, event("a", title).revision) for title in ("one", "two"))
    assert find_landed(records, [one]) == frozenset()
    assert find_landed(records, [one, two]) == {two}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "before", "after", "unconfirmed"])), max_size=12)
)
def test_whatever_the_ends_each_document_lies_on_the_topic_once(lives: list[tuple[str, str]]) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    metadata.create_all(engine)
    topic, seen = Topic(SteppedClock(NOW)), set[str]()
    for name, ends in lives:
        if name not in seen and run(engine, topic, event(name), ends=ends):
            seen.add(name)
    for name in {name for name, _ in lives} - seen:
        run(engine, topic, event(name))
    assert sorted(topic.events) == sorted((event(name).event_id, "題") for name in {name for name, _ in lives})
    with engine.connect() as connection:
        assert load_begun(connection, {(event(name).event_id, event(name).revision) for name in "abc"}) == {}
