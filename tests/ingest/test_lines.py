"""JSON Lines: what is relied on, what is tolerated, what is put aside."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events import Identifier
from services.contracts.vocab import Language
from services.ingest.core import to_event
from services.ingest.pages.lines import MAX_LINE, Line, read_line, read_lines
from services.ingest.pages.page import Document, Problem
from tests.ingest.material import NOW

SOUND = {"id": "x:1", "source": "jp-example", "title": "輸出規制を強化"}


def read(**changes: Any) -> Document | Problem:
    return read_line(Line("a.jsonl", 7, json.dumps({**SOUND, **changes}).encode()))


def document(**changes: Any) -> Document:
    found = read(**changes)
    assert isinstance(found, Document)
    return found


def test_a_full_line_is_read() -> None:
    found = document(
        body="本文",
        lang="ja",
        source_name="例",
        source_url="https://x.example/a?utm_source=b",
        published="2026-04-08",
        identifiers={"rin": "0694-AI94", "docket": ["A-1", "A-2"]},
        licence="ignored",
        raw={"any": [1, None]},
    )
    assert (found.document_id, found.source, found.source_name) == ("x:1", "jp-example", "例")
    assert (found.title, found.body, found.lang) == ("輸出規制を強化", "本文", Language.JA)
    assert (found.url, found.published_on, found.published_at) == ("https://x.example/a", date(2026, 4, 8), None)
    assert [(each.scheme, each.value) for each in found.identifiers] == [
        ("rin", "0694-AI94"),
        ("docket", "A-1"),
        ("docket", "A-2"),
    ]


@pytest.mark.parametrize(
    ("published", "day", "instant"),
    [
        ("2026-04-08", date(2026, 4, 8), None),
        ("2026-04-08T23:30:00-05:00", date(2026, 4, 8), datetime(2026, 4, 9, 4, 30, tzinfo=UTC)),
        ("2026-04-08T00:00:00Z", date(2026, 4, 8), datetime(2026, 4, 8, tzinfo=UTC)),
        ("2026-04-08T09:00:00", date(2026, 4, 8), None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_day_and_an_instant_are_kept_apart(published: str | None, day: date | None, instant: datetime | None) -> None:
    found = document(published=published)
    assert (found.published_on, found.published_at) == (day, instant)


@pytest.mark.parametrize(
    ("lang", "language"),
    [("en", Language.EN), ("en-US", Language.EN), ("ja", Language.JA), ("ja_JP", Language.JA), ("zh", Language.ZH_HANS),
     ("zh-CN", Language.ZH_HANS), ("zh-Hans", Language.ZH_HANS), ("zh-TW", Language.ZH_HANT),
     ("zh-Hant", Language.ZH_HANT), ("zh-xx", Language.OTHER), ("fr", Language.OTHER), ("", None), (None, None)],
)  # fmt: skip
def test_language_tags_are_understood(lang: str | None, language: Language | None) -> None:
    assert document(lang=lang).lang is language


def test_an_absent_or_unusable_address_is_none() -> None:
    assert document(source_url=None).url is None
    assert document(source_url="javascript:alert(1)").url is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"not json", "JSON"),
        (b"[]", "line"),
        (b'{"id": "a"', "JSON"),
        (b'{"source": "jp-example", "title": "t"}', "id: "),
        (b'{"id": "", "source": "jp-example", "title": "t"}', "id: "),
        (b'{"id": "a", "source": "JP Example", "title": "t"}', "source: "),
        (b'{"id": "a", "source": "jp-example", "title": "  "}', "title: "),
        (b'{"id": "a", "source": "jp-example", "title": 5}', "title: "),
        (b'{"id": "a", "source": "jp-example", "title": "t", "published": "8 April"}', "published: "),
        (b'{"id": "a", "source": "jp-example", "title": "t", "published": 20260408}', "published: "),
        (b'{"id": "a", "source": "jp-example", "title": "t", "identifiers": ["rin"]}', "identifiers: "),
        (b'{"id": "a", "source": "jp-example", "title": "t", "identifiers": {"Bad Scheme": "x"}}', "scheme"),
        (b'{"id": "a", "source": "jp-example", "title": "\xff\xfe"}', "line: "),
        (b'{"id": "a", "source": "jp-example", "title": "\\ud800"}', "line: "),
        (b'{"id": "a", "source": "jp-example", "title": "\\u200b\\u202e"}', "title"),
        (b"[" * 100_000, "line: "),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_where_and_keeps_its_bytes(line: bytes, words: str) -> None:
    found = read_line(Line("a.jsonl", 7, line))
    assert isinstance(found, Problem)
    assert found.where == "a.jsonl:7"
    assert words in found.message
    assert found.value == line


def test_odd_values_in_ignored_fields_do_not_matter() -> None:
    line = b'{"id": "a", "source": "jp-example", "title": "t", "raw": {"n": NaN, "deep": [[[[{}]]]]}}'
    assert isinstance(read_line(Line("a.jsonl", 1, line)), Document)


def test_lines_are_numbered_as_an_editor_numbers_them() -> None:
    stream = io.BytesIO(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}\n{"c":3}')
    assert [(line.number, line.value) for line in read_lines(stream, "x")] == [
        (1, b'{"a":1}'),
        (4, b'{"b":2}'),
        (5, b'{"c":3}'),
    ]


def test_a_line_without_end_is_bounded_and_the_next_is_read() -> None:
    stream = io.BytesIO(b'{"title": "' + b"x" * (2 * MAX_LINE) + b'"}\n{"b":2}\n')
    first, second = read_lines(stream, "x")
    assert first.cut
    assert len(first.value) <= 64_000
    assert isinstance(read_line(first), Problem)
    assert (second.number, second.value) == (2, b'{"b":2}')


class Counted(io.BytesIO):
    """A stream that knows how much was read of it."""

    def readline(self, size: int | None = -1, /) -> bytes:
        return super().readline(size)


def test_a_file_is_read_as_it_is_needed() -> None:
    stream = Counted(b'{"a":1}\n' * 1000)
    next(read_lines(stream, "x"))
    assert stream.tell() < 100


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*SOUND, "body", "lang", "published", "source_url", "identifiers"]), json_values)
)
def test_whatever_a_line_holds_it_is_a_document_that_makes_an_event_or_a_problem(changes: dict[str, Any]) -> None:
    found = read(**changes)
    if isinstance(found, Document):
        to_event(found, seen_at=NOW, backfill=False).model_dump_json().encode()
    else:
        assert found.value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(content: bytes) -> None:
    for line in read_lines(io.BytesIO(content), "x"):
        assert isinstance(read_line(line), Document | Problem)


def test_identifiers_without_a_value_are_left_out() -> None:
    assert document(identifiers={"rin": " ", "docket": ["", "A-1"]}).identifiers == (
        Identifier(scheme="docket", value="A-1"),
    )
