"""The handler: one event record in, one record for each act out."""

from __future__ import annotations

import asyncio

import pytest

from services.classify.app import EVENT_HEADER, build_handler
from services.classify.core import Classifier
from services.contracts import codec
from services.contracts.errors import DeadLetterError, DeadReason
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.topics import MEASURES
from services.runtime.handling import Consumed, Outgoing
from tests.classify.events import event_of


def _record(event: Event, value: bytes | None = None) -> Consumed:
    headers = (codec.schema_header(event),)
    return Consumed("noroshi.events.v1", 0, 7, event.event_id.encode(), value or codec.encode(event), headers, 0.0)


def _handle(classifier: Classifier, record: Consumed) -> list[Outgoing]:
    handler = build_handler(classifier)

    async def run() -> list[Outgoing]:
        return list(await handler(record))

    return asyncio.run(run())


def test_each_act_is_sent_under_its_measure_id(classifier: Classifier) -> None:
    event = event_of("China bans exports of gallium to the United States", lang="en")
    (sent,) = _handle(classifier, _record(event))
    act = codec.decode(Act, sent.value)
    assert sent.topic is MEASURES
    assert sent.key == act.measure_id.encode()
    assert dict(sent.headers) == {codec.SCHEMA_HEADER: b"act/1", EVENT_HEADER: event.event_id.encode()}


def test_an_irrelevant_event_sends_nothing(classifier: Classifier) -> None:
    assert _handle(classifier, _record(event_of("Concert in the park"))) == []


def test_bytes_that_are_no_event_are_a_dead_letter(classifier: Classifier) -> None:
    with pytest.raises(DeadLetterError) as caught:
        _handle(classifier, _record(event_of("x"), b"{not json"))
    assert caught.value.reason is DeadReason.UNDECODABLE


def test_an_unexpected_failure_is_a_dead_letter_that_names_the_event() -> None:
    class Broken(Classifier):
        def __init__(self) -> None: ...

        def classify(self, event: Event) -> object:  # type: ignore[override]  # fails before it returns
            raise RuntimeError("no such rule")

    event = event_of("x")
    with pytest.raises(DeadLetterError, match=event.event_id) as caught:
        _handle(Broken(), _record(event))
    assert caught.value.reason is DeadReason.CRASHED
