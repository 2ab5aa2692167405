"""Documents as another system pushes them: the fields of JSON Lines, as lines, one object, an array or an envelope."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from services.ingest.pages.lines import Line, read_line, read_lines
from services.ingest.pages.page import Document, Problem, ProblemKind

MAX_DOCUMENTS = 5_000
"""The most documents of one body: they are decided on and remembered together."""


_BOM = b"\xef\xbb\xbf"


class Form(StrEnum):
    """The forms a body may have."""

    JSON = "application/json"
    LINES = "application/x-ndjson"


_FORMS = {
    "application/json": Form.JSON,
    "application/x-ndjson": Form.LINES,
    "application/ndjson": Form.LINES,
    "application/jsonl": Form.LINES,
    "application/x-jsonlines": Form.LINES,
    "application/json-lines": Form.LINES,
}


class BodyError(ValueError):
    """The body as a whole cannot be read; the message says where, and how to mend it."""


class BodyTooLongError(BodyError):
    """The body has more documents than are taken together."""


@dataclass(frozen=True)
class Body:
    """What a body holds, in its order."""

    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()


def form_of(content_type: str) -> Form | None:
    """The form that a Content-Type names; None for others, and for another charset than UTF-8."""
    kind, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().partition("charset=")[2].strip('" ') or "utf-8"
    return _FORMS.get(kind.strip().lower()) if charset in ("utf-8", "utf8", "us-ascii") else None


def read_body(content: bytes, form: Form, source: str | None = None) -> Body:
    """The documents of a body and what is wrong with those that cannot be read, placed as `line:3` or `document:3`.

    With `source`, documents without one are of that source, and those of another are problems; only the JSON form can
    leave it out. Raises BodyError if the body as a whole cannot be read.
    """
    content = content.removeprefix(_BOM)
    if not content.strip():
        raise BodyError("the body is empty; send documents, or [] to say that there are none")
    lines = _lines(content) if form is Form.LINES else _items(content, source)
    found: list[Document | Problem] = []
    for line in lines:
        if len(found) == MAX_DOCUMENTS:
            raise BodyTooLongError(f"over {MAX_DOCUMENTS} documents; send them in several bodies")
        found.append(_own(read_line(line), line, source) if isinstance(line, Line) else line)
    documents = tuple(each for each in found if isinstance(each, Document))
    return Body(documents, tuple(each for each in found if isinstance(each, Problem)))


def _lines(content: bytes) -> Iterator[Line | Problem]:
    yield from read_lines(io.BytesIO(content), "line")


def _items(content: bytes, source: str | None) -> Iterator[Line | Problem]:
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        hint = "; send several lines of JSON as application/x-ndjson" if b"\n" in content.strip() else ""
        raise BodyError(f"not JSON: {error}{hint}") from error
    if isinstance(value, dict) and "data" in value and "title" not in value:
        value = value["data"]
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        yield _item(item, number, source)


def _item(item: Any, number: int, source: str | None) -> Line | Problem:
    if not isinstance(item, dict):
        shown = "a list" if isinstance(item, list) else repr(item)[:40]
        what = f"{shown} is no document; write an object with id, source and title"
        return Problem(ProblemKind.BAD_ITEM, f"document:{number}", what)
    stated = {"source": source, **item} if source else item
    try:
        return Line("document", number, json.dumps(stated).encode())
    except ValueError as error:
        return Problem(ProblemKind.BAD_ITEM, f"document:{number}", f"cannot be read: {error}")


def _own(found: Document | Problem, line: Line, source: str | None) -> Document | Problem:
    if source and isinstance(found, Document) and found.source != source:
        message = f"source: is {found.source!r}, and only documents of {source!r} are taken here"
        return Problem(ProblemKind.BAD_ITEM, line.where, message)
    return found
