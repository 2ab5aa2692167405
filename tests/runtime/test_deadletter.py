"""Dead letters are listed with what is wrong and go back as they came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from kafka import KafkaConsumer, TopicPartition

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadReason
from services.contracts.topics import DEAD
from services.runtime.broker.noida import NoidaBroker
from services.runtime.deadletter import (
    REPLAY_HEADER,
    DeadFilter,
    StoredLetter,
    Unreadable,
    list_dead,
    replay,
    replayed_message,
)
from services.runtime.handling import Message
from services.runtime.producer import EventProducer
from services.runtime.topics_admin import apply
from tests.runtime.echo_worker import make_topic

AT = datetime(2026, 1, 2, 3, tzinfo=UTC)
LETTER = DeadLetter(
    service="classify",
    topic="noroshi.replays.v1",
    partition=1,
    offset=7,
    reason=DeadReason.CRASHED,
    error="KeyError: 'x'",
    at=AT,
    key=b"\x00k",
    value=b"\xff\x00 value",
    headers=(("noroshi-schema", b"event/1"),),
)
STORED = StoredLetter(0, 5, LETTER)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (DeadFilter(), True),
        (DeadFilter(reason=DeadReason.CRASHED, service="classify", topic="noroshi.replays.v1"), True),
        (DeadFilter(reason=DeadReason.INVALID), False),
        (DeadFilter(service="alert"), False),
        (DeadFilter(topic="noroshi.events.v1"), False),
        (DeadFilter(offsets=(5, 5)), True),
        (DeadFilter(offsets=(6, 9)), False),
        (DeadFilter(since=AT), True),
        (DeadFilter(since=AT + timedelta(seconds=1)), False),
    ],
)
def test_a_filter_holds_for_the_letters_it_describes(wanted: DeadFilter, holds: bool) -> None:
    assert wanted.holds(STORED) is holds


def test_a_replay_carries_the_original_and_one_mark_however_often_it_died() -> None:
    once = replayed_message(STORED, AT)
    assert (once.topic, once.key, once.value) == (LETTER.topic, LETTER.key, LETTER.value)
    assert once.headers == (*LETTER.headers, (REPLAY_HEADER, b"noroshi.dead.v1/0:5 2026-01-02T03:00:00+00:00"))
    again = replayed_message(StoredLetter(0, 9, replace(LETTER, headers=once.headers)), AT)
    assert [name for name, _ in again.headers] == ["noroshi-schema", REPLAY_HEADER]


@pytest.mark.broker
def test_letters_are_listed_and_replayed_byte_for_byte_and_strangers_are_named(broker: NoidaBroker) -> None:
    origin = make_topic("noroshi.replays.v1", 1)
    apply(broker.bootstrap, [origin, DEAD])
    letters = [LETTER, replace(LETTER, value=None, offset=8), replace(LETTER, key=None, offset=9)]
    with EventProducer(broker.bootstrap) as producer:
        producer.send_messages([Message(DEAD.name, each.key, each.value, each.to_headers()) for each in letters])
        producer.send_messages([Message(DEAD.name, b"stray", b"not ours")])
        found = list(list_dead(broker.bootstrap, DeadFilter(topic=origin.name)))
        stored = [each for each in found if isinstance(each, StoredLetter)]
        assert [each.letter for each in stored] == letters
        assert any("not a dead letter of ours" in each.why for each in found if isinstance(each, Unreadable))
        assert replay(stored, producer, AT) == 3
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(origin.name, 0)])
    back = [next(consumer) for _ in letters]
    consumer.close()
    assert [(each.key, each.value) for each in back] == [(each.key, each.value) for each in letters]
    assert all(dict(each.headers)["noroshi-schema"] == b"event/1" for each in back)


@pytest.mark.broker
def test_a_topic_without_letters_lists_none(broker: NoidaBroker) -> None:
    apply(broker.bootstrap, [DEAD])
    assert list(list_dead(broker.bootstrap, DeadFilter(service="nobody", offsets=(0, 0)))) == [
        each for each in list_dead(broker.bootstrap, DeadFilter(service="nobody")) if isinstance(each, Unreadable)
    ]
