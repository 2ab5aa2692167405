"""What another system sends is read in every form it may have, and each thing wrong with it is named with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.core import read_page
from services.ingest.pages.bodies import MAX_DOCUMENTS, BodyError, BodyTooLongError, Form, form_of, read_body
from tests.ingest.material import example_page, pushed_source

KEY = "xx-partner"


def document(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"n{number}", "source": KEY, "title": f"Notice {number}", "published": "2026-04-08", **changes}


def told(content: bytes, form: Form = Form.JSON, source: str | None = None) -> list[str]:
    return [str(each) for each in read_body(content, form, source).problems]


def ids_in(content: Any, form: Form = Form.JSON, source: str | None = None) -> list[str]:
    given = content if isinstance(content, bytes) else json.dumps(content).encode()
    return [each.document_id for each in read_body(given, form, source).documents]


def test_one_object_an_array_lines_and_an_envelope_give_the_same_documents() -> None:
    two = [document(1), document(2)]
    lines = "\n".join(map(json.dumps, two)).encode()
    envelope = {"type": "notice.published", "timestamp": "2026-04-08T00:00:00Z", "data": two}
    assert ids_in(two) == ids_in(lines, Form.LINES) == ids_in(envelope) == ["n1", "n2"]
    assert ids_in(two[0]) == ids_in({**envelope, "data": two[0]}) == ["n1"]
    assert read_body(json.dumps(two).encode(), Form.JSON) == read_body(lines, Form.LINES)


def test_a_webhook_may_leave_its_source_out_and_may_not_name_another() -> None:
    bare = {name: value for name, value in document().items() if name != "source"}
    (found,) = read_body(json.dumps(bare).encode(), Form.JSON, KEY).documents
    assert found.source == KEY
    content = json.dumps([bare, document(2, source="jp-meti")]).encode()
    assert told(content, source=KEY) == [
        "document:2: source: is 'jp-meti', and only documents of 'xx-partner' are taken here"
    ]


def test_each_bad_document_is_named_with_its_place_and_field() -> None:
    bad = [document(1), {"id": "2"}, 7, [], document(3, published="tomorrow"), document(4, identifiers={"Bad": "x"})]
    found = told(json.dumps(bad).encode())
    assert [each.rpartition(": ")[0].partition(": ")[0] for each in found] == [
        "document:2", "document:3", "document:4", "document:5", "document:6",
    ]  # fmt: skip
    assert "source: Field required" in found[0]
    assert "published" in found[3]
    lines = b'{"id": "1", "source": "xx-partner", "title": "x"}\n\nnope\n'
    assert [each.partition(": ")[0] for each in told(lines, Form.LINES)] == ["line:3"]


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        (b"", Form.JSON, "the body is empty; send documents, or \\[\\]"),
        (b" \n", Form.LINES, "the body is empty"),
        (b"{", Form.JSON, "not JSON: EOF while parsing an object at line 1 column 1"),
        (b'{"a": 1}\n{"a": 2}\n', Form.JSON, "send several lines of JSON as application/x-ndjson"),
        (b"<html>", Form.JSON, "not JSON: expected value at line 1 column 1"),
        (b'{"title": "\xff"}', Form.JSON, "not JSON: invalid"),
        (b"[" * 100_000, Form.JSON, "not JSON: recursion limit"),
        (b"[NaN]", Form.JSON, "not JSON"),
    ],
)
def test_a_body_that_is_none_says_where_it_breaks_and_how_to_mend_it(content: bytes, form: Form, words: str) -> None:
    with pytest.raises(BodyError, match=words):
        read_body(content, form)


def test_no_documents_is_a_body_too() -> None:
    assert ids_in([]) == ids_in({"type": "ping", "data": []}) == []


def test_too_many_documents_are_refused_before_they_are_all_read() -> None:
    assert len(ids_in([document(n) for n in range(MAX_DOCUMENTS)])) == MAX_DOCUMENTS
    with pytest.raises(BodyTooLongError, match="over 5000 documents; send them in several bodies"):
        ids_in([document()] * (MAX_DOCUMENTS + 1))
    with pytest.raises(BodyTooLongError):
        read_body(b"{}\n" * (MAX_DOCUMENTS + 1), Form.LINES)


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/json", Form.JSON),
        ("Application/JSON; charset=UTF-8", Form.JSON),
        ('application/json; charset="utf-8"', Form.JSON),
        ("application/x-ndjson", Form.LINES),
        ("application/jsonl", Form.LINES),
        ("application/json; charset=shift_jis", None),
        ("application/x-www-form-urlencoded", None),
        ("text/plain", None),
        ("", None),
    ],
)
def test_the_content_type_says_the_form(content_type: str, form: Form | None) -> None:
    assert form_of(content_type) is form


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from(Form), st.sampled_from([None, KEY]))
def test_whatever_json_comes_is_documents_problems_or_a_clear_refusal(
    value: object, form: Form, source: str | None
) -> None:
    content = json.dumps(value).encode()
    try:
        body = read_body(content, form, source)
    except BodyError:
        return
    assert all(each.source == (source or each.source) for each in body.documents)
    assert all(each.where.startswith(("document:", "line:")) for each in body.problems)


@given(st.binary(max_size=200), st.sampled_from(Form))
def test_whatever_bytes_come_are_documents_problems_or_a_clear_refusal(content: bytes, form: Form) -> None:
    try:
        body = read_body(content, form)
    except BodyError:
        return
    assert body.documents or body.problems or json.loads(content.decode("utf-8-sig")) in ([], {"data": []})


def test_a_saved_body_is_read_as_a_page_of_its_source() -> None:
    source = pushed_source(KEY)
    lines = "\n".join(json.dumps(document(n)) for n in (1, 2))
    for content in (json.dumps([document(1), document(2)]), lines):
        assert [each.document_id for each in read_page(source, example_page(content)).documents] == ["n1", "n2"]
    for bad in ("<html>", "", "{}", '[{"id": 1}]', json.dumps(document(source="other"))):
        assert not read_page(source, example_page(bad)).readable
