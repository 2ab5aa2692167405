"""Documents as a table of comma-separated values (RFC 4180): columns named as the fields of JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from services.ingest.pages.lines import MAX_LINE, Line

_NEEDED = ("id", "source", "title")
_KNOWN = (*_NEEDED, "body", "lang", "source_name", "source_url", "published", "updated", "withdrawn")
_SCHEME = "identifiers."


class TableError(ValueError):
    """The table as a whole cannot be read, or cannot be read on; the message says where, and how to mend it."""


def read_table(stream: BinaryIO, name: str) -> Iterator[Line]:
    """The rows of a table as lines of JSON, one at a time, each placed at the line it ends in.

    Empty cells are fields left out; a column `identifiers.rin` holds official numbers of that scheme. Raises TableError
    for a header that lacks a column or has an unknown one, for what is not UTF-8, and for a row that breaks off.
    """
    csv.field_size_limit(MAX_LINE)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, strict=True)
    try:
        header = _header(next(rows, []), name)
        for row in rows:
            if any(map(str.strip, row)):
                yield _line(header, row, name, rows.line_num)
    except (csv.Error, UnicodeDecodeError) as error:
        raise TableError(f"{name}:{rows.line_num + 1}: not a table in UTF-8: {error}") from error
    finally:
        with suppress(ValueError):  # the stream was closed before the rows were read to their end
            text.detach()


def _header(row: list[str], name: str) -> list[str]:
    columns = [each.strip() for each in row]
    missing = [each for each in _NEEDED if each not in columns]
    if missing:
        raise TableError(f"{name}:1: no column {', '.join(missing)}; name the columns in the first line")
    unknown = [each for each in columns if each not in _KNOWN and not each.startswith(_SCHEME)]
    if unknown or len(set(columns)) != len(columns):
        wrong = unknown or sorted({each for each in columns if columns.count(each) > 1})
        raise TableError(f"{name}:1: column {wrong[0]!r} is unknown or there twice; write {', '.join(_KNOWN)}")
    return columns


def _line(header: list[str], row: list[str], name: str, number: int) -> Line:
    if len(row) != len(header):
        raise TableError(f"{name}:{number}: the row has {len(row)} cells, the header {len(header)}")
    cells = {column: cell for column, cell in zip(header, row, strict=True) if cell.strip()}
    stated = {column: cell for column, cell in cells.items() if not column.startswith(_SCHEME)}
    numbers = {column.removeprefix(_SCHEME): cell for column, cell in cells.items() if column.startswith(_SCHEME)}
    return Line(name, number, json.dumps({**stated, "identifiers": numbers}, ensure_ascii=False).encode())
