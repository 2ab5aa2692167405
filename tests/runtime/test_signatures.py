"""A signature of Standard Webhooks holds for the one message, secret and time it was made for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.errors import UsageError
from services.runtime.signatures import Stamp, is_signed, read_secret, read_stamp, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(AT, UTC)
HEADERS = {"webhook-id": MESSAGE, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
KEYS = st.binary(min_size=24, max_size=64)
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def test_the_published_test_vector_of_the_specification_is_made_and_recognised() -> None:
    key = read_secret(SECRET, "test")
    stamp = read_stamp(HEADERS, NOW)
    assert sign(key, MESSAGE, AT, BODY) == SIGNATURE
    assert stamp == Stamp(MESSAGE, AT, (SIGNATURE,))
    assert is_signed([key], stamp, BODY)


@given(KEYS, IDS, st.binary(max_size=200), st.integers(0, 199))
def test_a_message_changed_in_one_bit_anywhere_is_not_signed(key: bytes, name: str, body: bytes, place: int) -> None:
    stamp = Stamp(name, AT, (sign(key, name, AT, body),))
    assert is_signed([key], stamp, body)
    if body:
        place %= len(body)
        assert not is_signed([key], stamp, body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
    assert not is_signed([key], stamp, body + b" ")
    assert not is_signed([key], Stamp(name, AT + 1, stamp.signatures), body)
    assert not is_signed([key], Stamp(name + "x", AT, stamp.signatures), body)


@given(KEYS, KEYS, st.binary(max_size=50))
def test_while_a_secret_is_exchanged_either_signature_and_either_secret_will_do(
    old: bytes, new: bytes, body: bytes
) -> None:
    both = (sign(old, "m", AT, body), sign(new, "m", AT, body))
    assert is_signed([new], Stamp("m", AT, both), body)
    assert is_signed([old, new], Stamp("m", AT, both[:1]), body)
    assert is_signed([new, old], Stamp("m", AT, ("v1a,other", "v1,", both[0])), body)
    assert (old == new) == is_signed([new], Stamp("m", AT, both[:1]), body)


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed([], Stamp("m", AT, (sign(b"", "m", AT, b""),)), b"")


@pytest.mark.parametrize("minutes", [-5.0, -4.9, 0.0, 5.0])
def test_a_clock_may_be_five_minutes_off(minutes: float) -> None:
    assert read_stamp(HEADERS, NOW + timedelta(minutes=minutes)) is not None


@pytest.mark.parametrize("minutes", [-5.1, 5.1, 60 * 24 * 365])
def test_a_message_from_another_time_has_no_stamp(minutes: float) -> None:
    assert read_stamp(HEADERS, NOW + timedelta(minutes=minutes)) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "x" * 256),
        ("webhook-id", "a\nb"),
        ("webhook-id", "é"),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "1614265330.5"),
        ("webhook-timestamp", "-1614265330"),
        ("webhook-timestamp", "１６１４２６５３３０"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-signature", ""),
        ("webhook-signature", " "),
        ("webhook-signature", " ".join(["v1,x"] * 17)),
    ],
)
def test_a_stamp_without_one_of_its_parts_or_of_another_form_is_none(header: str, value: str) -> None:
    assert read_stamp({**HEADERS, header: value}, NOW) is None


@given(st.text(st.characters(), max_size=60), st.binary(max_size=40))
def test_whatever_stands_as_a_signature_is_an_answer_and_never_an_error(given: str, body: bytes) -> None:
    assert not is_signed([b"k" * 24], Stamp("m", AT, (given,)), body)


@pytest.mark.parametrize("text", ["", "whsec_", "hunter2", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_%%%%"])
def test_a_secret_of_another_form_is_refused_with_the_way_to_make_one(text: str) -> None:
    with pytest.raises(UsageError, match="x: a secret is whsec_ and the base64 of 24 to 64 random bytes; make one"):
        read_secret(text, "x")
