from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadReason

LETTER = DeadLetter(
    service="classify",
    topic="noroshi.events.v1",
    partition=2,
    offset=17,
    reason=DeadReason.UNDECODABLE,
    error="event.value: not JSON",
    at=datetime(2026, 1, 2, tzinfo=UTC),
    key=b"k",
    value=b"{",
    headers=(("noroshi-schema", b"event/1"), ("x", b"\xff")),
)


@given(value=st.none() | st.binary(), key=st.none() | st.binary(), error=st.text(max_size=50))
def test_a_dead_letter_keeps_bytes_key_headers_and_origin(value: bytes | None, key: bytes | None, error: str) -> None:
    letter = DeadLetter(
        **{**vars(LETTER), "value": value, "key": key, "error": error.encode("utf-8", "replace").decode()}
    )
    assert DeadLetter.from_record(key, value, letter.to_headers()) == letter


def test_a_record_that_is_no_dead_letter_of_ours_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="noroshi-dead-service is missing"):
        DeadLetter.from_record(None, b"", [("other", b"1")])
