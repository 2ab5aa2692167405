"""Topics as code: what is planned for which difference."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.errors import RetryableError, UsageError
from services.contracts.topics import DEAD, EVENTS, TOPICS, Topic
from services.runtime import topics_admin
from services.runtime.broker.noida import NoidaBroker
from services.runtime.topics_admin import AddPartitions, Alter, Create, Lag, LiveTopic, Refused, Unknown, plan
from tests.runtime.echo_worker import make_topic


def as_live(topic: Topic, replication: int = 1) -> LiveTopic:
    return LiveTopic(topic.name, topic.partitions, replication, topic.configs())


def test_on_an_empty_broker_every_topic_is_created_as_the_code_says() -> None:
    assert plan([], [EVENTS], replication=3) == (Create(EVENTS.name, EVENTS.partitions, 3, EVENTS.configs()),)


@given(st.lists(st.sampled_from(TOPICS), unique=True), st.integers(1, 3))
def test_a_broker_that_has_what_was_planned_needs_nothing_more(wanted: list[Topic], replication: int) -> None:
    created = [change for change in plan([], wanted, replication=replication) if isinstance(change, Create)]
    live = [LiveTopic(each.name, each.partitions, each.replication, each.configs) for each in created]
    assert plan(live, wanted, replication=replication) == ()


def test_more_partitions_are_added_and_fewer_refused() -> None:
    live = as_live(EVENTS)
    assert plan([replace(live, partitions=1)], [EVENTS]) == (AddPartitions(EVENTS.name, 1, EVENTS.partitions),)
    (refused,) = plan([replace(live, partitions=9)], [EVENTS])
    assert isinstance(refused, Refused)
    assert "cannot be removed" in str(refused)


def test_another_number_of_copies_is_refused() -> None:
    (refused,) = plan([as_live(EVENTS, replication=1)], [EVENTS], replication=3)
    assert isinstance(refused, Refused)


def test_a_config_that_differs_is_set_and_one_that_we_do_not_name_is_left_alone() -> None:
    configs = {**EVENTS.configs(), "retention.ms": "5", "segment.ms": "7"}
    (change,) = plan([replace(as_live(EVENTS), configs=configs)], [EVENTS])
    assert change == Alter(EVENTS.name, {"retention.ms": ("5", str(EVENTS.retention_ms))})


def test_a_topic_of_ours_that_the_code_does_not_know_is_named_and_others_are_not() -> None:
    live = [as_live(EVENTS), LiveTopic("noroshi.old.v0", 1, 1), LiveTopic("someone.else", 1, 1)]
    assert plan(live, [EVENTS]) == (Unknown("noroshi.old.v0"),)


def test_every_change_is_a_sentence_with_the_name_of_its_topic() -> None:
    live = [replace(as_live(DEAD), partitions=9, configs={}), LiveTopic("noroshi.old.v0", 1, 1)]
    changes = plan(live, TOPICS)
    assert {type(change) for change in changes} == {Create, Refused, Alter, Unknown}
    assert all("noroshi." in str(change) for change in changes)


def test_lag_is_counted_from_the_start_where_nothing_was_committed() -> None:
    assert Lag("g", "t", 0, None, 5).records == 5
    assert Lag("g", "t", 0, 5, 5).records == 0
    assert Lag("g", "t", 0, 7, 5).records == 0


def test_a_broker_that_is_not_there_is_named_with_what_to_do() -> None:
    with (
        pytest.raises(RetryableError, match=r"broker 127\.0\.0\.1:9: .*NOROSHI_BROKER"),
        topics_admin.open_admin("127.0.0.1:9", timeout_seconds=0.3),
    ):
        pass


@pytest.mark.broker
def test_nothing_is_changed_if_anything_would_have_to_shrink(broker: NoidaBroker) -> None:
    wide = make_topic("noroshi.wide.v1", partitions=4)
    topics_admin.apply(broker.bootstrap, [wide])
    narrow = replace(make_topic(wide.name, partitions=1), retention_ms=5)
    with pytest.raises(UsageError, match="cannot be removed"):
        topics_admin.apply(broker.bootstrap, [narrow, make_topic("noroshi.other.v1")])
    live = {topic.name: topic for topic in topics_admin.read_topics(broker.bootstrap)}
    assert live[wide.name].configs["retention.ms"] == str(wide.retention_ms)
    assert "noroshi.other.v1" not in live
