"""Log lines: one shape, one line a record, no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.log import REDACTED, Redactor, configure_logging, escape_controls
from services.runtime.settings import RuntimeSettings

SECRET = "canary-5f1c"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def start(log_format: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    settings = RuntimeSettings.model_validate({"log_format": log_format, "log_level": level})
    configure_logging("classify", settings, [SECRET], stream)
    return stream


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_have_the_same_keys() -> None:
    stream = start()
    structlog.get_logger("noroshi.worker").warning("retry", attempt=2)
    logging.getLogger("aiokafka.consumer").warning("heartbeat %s", "late")
    ours, theirs = records(stream)
    common = {"event", "level", "logger", "timestamp", "service"}
    assert set(ours) == common | {"attempt"}
    assert set(theirs) == common
    assert theirs["event"] == "heartbeat late"


def test_libraries_are_heard_from_warning_on_and_at_debug_in_full() -> None:
    quiet, chatty = start(), start(level="debug")
    logging.getLogger("faust").debug("bootstrapping")
    assert quiet.getvalue() == ""
    assert records(chatty)[0]["event"] == "bootstrapping"


@pytest.mark.parametrize(
    "text",
    [
        f"token {SECRET} refused",
        "xoxb-123456-abcdef",
        "Authorization: Bearer abc.def-123",
        "postgresql://noroshi:hunter2@db/noroshi",
        "https://hooks.slack.com/services/T0/B0/abcdef",
        "nrs_0123456789",
    ],
)
def test_secrets_are_kept_out_of_message_fields_and_tracebacks(text: str) -> None:
    stream = start()
    log = structlog.get_logger("noroshi")
    try:
        raise ValueError(text)
    except ValueError:
        log.exception(text, field=text, nested={"list": [text], text: 1})
    for part in (SECRET, "xoxb-1", "abc.def", "hunter2", "abcdef", "nrs_0"):
        assert part not in stream.getvalue()
    assert REDACTED in records(stream)[0]["exception"]


FORGED = 'x\n{"event": "forged", "level": "info"}\r\x1b[2J\u2028\u202e\x85\x00end'


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_text_from_outside_cannot_forge_a_line(log_format: str) -> None:
    stream = start(log_format)
    structlog.get_logger("noroshi").warning("fetched", title=FORGED, **{FORGED: 1})
    logging.getLogger("faust").warning(FORGED)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


def test_json_keeps_the_text_itself_so_that_a_reader_gets_it_back() -> None:
    stream = start()
    structlog.get_logger("noroshi").warning(FORGED)
    assert records(stream)[0]["event"] == FORGED


def test_on_a_console_a_traceback_stands_indented_below_its_line() -> None:
    stream = start("console")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        structlog.get_logger("noroshi").exception("crashed")
    first, *rest = stream.getvalue().splitlines()
    assert "crashed" in first
    assert rest
    assert all(line.startswith("    | ") for line in rest)


@given(st.text())
def test_escaped_text_is_one_line(text: str) -> None:
    assert len(escape_controls(text).splitlines()) <= 1


@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_is_found_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert Redactor([secret])(before + secret + after).count(secret) <= REDACTED.count(secret) + (
        before + REDACTED + after
    ).count(secret)
