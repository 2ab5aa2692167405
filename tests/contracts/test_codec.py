from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts import codec
from services.contracts.errors import DeadLetterError, DeadReason
from services.contracts.events import Event
from services.contracts.measures import Act, Evidence
from services.contracts.records import Record
from services.contracts.vocab import Facet, Field, Stage
from tests.contracts.examples import ACT, EVENT, RECORDS

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("example", RECORDS, ids=lambda example: example.kind)
def test_decoding_what_was_encoded_gives_the_same_record(example: Record) -> None:
    assert codec.decode(type(example), codec.encode(example), codec.schema_header(example)[1]) == example


@given(title=TEXT, body=st.none() | TEXT, attributes=st.dictionaries(TEXT, TEXT, max_size=3))
def test_any_text_survives_the_round_trip(title: str, body: str | None, attributes: dict[str, str]) -> None:
    event = EVENT.model_copy(update={"title": title, "body": body, "attributes": attributes})
    assert codec.decode(Event, codec.encode(event)) == event


def test_a_field_only_a_newer_writer_knows_is_ignored_when_read_and_refused_when_written() -> None:
    newer = json.loads(codec.encode(EVENT)) | {"mood": "calm"}
    assert codec.decode(Event, json.dumps(newer).encode()) == EVENT
    with pytest.raises(ValidationError, match="mood"):
        Event.model_validate(newer)


def test_a_word_only_a_newer_writer_knows_reads_as_unknown_and_is_refused_when_written() -> None:
    newer = json.loads(codec.encode(ACT)) | {"stage": "half_suspended"}
    assert codec.decode(Act, json.dumps(newer).encode()).stage is Stage.UNKNOWN
    with pytest.raises(ValidationError, match="stage"):
        Act.model_validate(newer)


@pytest.mark.parametrize(
    ("value", "header", "reason", "says"),
    [
        (b"{", None, DeadReason.UNDECODABLE, "event.value"),
        (b"\xff\xfe", None, DeadReason.UNDECODABLE, "event.value"),
        (None, None, DeadReason.UNDECODABLE, "no value"),
        (b"{}", None, DeadReason.INVALID, "and 5 more"),
        (b"[]", b"event/1", DeadReason.INVALID, "event.value"),
        (b"{}", b"event/2", DeadReason.NEWER_SCHEMA, "newer than 1"),
        (b"{}", b"act/1", DeadReason.INVALID, "kind 'event'"),
        (b"{}", b"event/x", DeadReason.NEWER_SCHEMA, "'x'"),
    ],
)
def test_bytes_that_hold_no_event_are_dead_letters_that_say_why(
    value: bytes | None, header: bytes | None, reason: DeadReason, says: str
) -> None:
    with pytest.raises(DeadLetterError, match=says) as caught:
        codec.decode(Event, value, header)
    assert caught.value.reason is reason


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_dead_letter(value: bytes) -> None:
    with pytest.raises(DeadLetterError, match=r"^act\."):
        codec.decode(Act, value)


def test_a_record_too_large_for_the_broker_is_refused_before_it_is_sent() -> None:
    with pytest.raises(DeadLetterError, match="over the limit") as caught:
        codec.encode(EVENT.model_copy(update={"body": "x" * codec.MAX_BYTES}))
    assert caught.value.reason is DeadReason.TOO_LARGE


def test_text_without_a_utf8_form_is_a_dead_letter() -> None:
    with pytest.raises(DeadLetterError, match="UTF-8"):
        codec.encode(EVENT.model_copy(update={"title": "\ud800"}))


def test_evidence_whose_span_does_not_fit_its_text_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="does not fit"):
        Evidence(facet=Facet.MINERAL, tag="gallium", field=Field.TITLE, start=0, end=2, text="镓")
