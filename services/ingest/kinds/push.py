"""What another system pushes: never asked for; a saved body is read as the inlet reads it."""

from __future__ import annotations

from services.ingest.pages.bodies import BodyError, Form, read_body
from services.ingest.pages.page import Page, Reading, UnreadablePageError
from services.ingest.source import Source


def read(source: Source, page: Page) -> Reading:
    """The documents of a body in either form; raises UnreadablePageError if none of it can be read."""
    try:
        body = read_body(page.content, Form.JSON, source.key)
    except BodyError as as_json:
        try:
            body = read_body(page.content, Form.LINES, source.key)
        except BodyError as as_lines:
            raise UnreadablePageError(str(as_lines)) from as_json
    if body.problems and not body.documents:
        raise UnreadablePageError(f"none of {len(body.problems)} documents can be read; the first: {body.problems[0]}")
    return Reading(body.documents, body.problems)
