"""Comma-separated values (RFC 4180) under a header; a table without the columns it should have is unreadable."""

from __future__ import annotations

import csv
import io
from typing import Annotated

from pydantic import Field

from services.ingest.kinds.json_list import Options as _ListOptions
from services.ingest.kinds.json_list import dated
from services.ingest.pages.charset import decode_page
from services.ingest.pages.feed import read_entries
from services.ingest.pages.mapping import expect_fields, map_records
from services.ingest.pages.page import Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.source import Source

_MAX_CELL = 1_000_000


class Options(_ListOptions):
    """Columns are named by their header. `skip_lines` are lines before the header.

    A table that does not end with a line break may have been cut off in its last row, and is not read; write
    `ended: false` only for a publisher who never ends it.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    skip_lines: Annotated[int, Field(ge=0, le=100)] = 0
    ended: bool = True


def read(source: Source, page: Page) -> Reading:
    """The documents of the table; raises UnreadablePageError if it is none, lacks a column or breaks off in a row."""
    options = Options.model_validate(source.options)
    text = decode_page(page.content, (page.charset,), source.language)
    header, rows = _table(text, options)
    expect_fields(header, options, "a table")
    problems: list[Problem] = []
    records = [_record(header, row, number, source, problems) for number, row in enumerate(rows, start=1)]
    today = page.fetched_at.astimezone(source.tz).date()
    whole = [each for each in records if each is not None]
    entries = [dated(entry, source, today, options) for _, entry in map_records(whole, options, source, problems)]
    return read_entries(source, page, entries, problems)


def _table(text: str, options: Options) -> tuple[list[str], list[list[str]]]:
    csv.field_size_limit(_MAX_CELL)
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    for _ in range(options.skip_lines):
        lines.readline()
    try:
        rows = [row for row in csv.reader(lines, delimiter=options.delimiter, strict=True) if any(map(str.strip, row))]
    except csv.Error as error:
        raise UnreadablePageError(f"not a table of separated values: {error}") from error
    if not rows:
        raise UnreadablePageError("the table is empty; not even its header is there")
    if options.ended and not text.endswith(("\n", "\r")):
        raise UnreadablePageError("the table breaks off: its last line has no end (if none ever has: `ended: false`)")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        raise UnreadablePageError("two columns of the table have the same name")
    if len(rows) > 1 and len(rows[-1]) < len(header):
        raise UnreadablePageError(f"the last row has {len(rows[-1])} of {len(header)} cells; the table breaks off")
    return header, rows[1:]


def _record(
    header: list[str], row: list[str], number: int, source: Source, problems: list[Problem]
) -> dict[str, str] | None:
    if len(row) == len(header):
        return dict(zip(header, row, strict=True))
    message = f"the row has {len(row)} cells, the header {len(header)}"
    problems.append(Problem(ProblemKind.BAD_ITEM, f"{source.key} row {number}", message))
    return None
