"""How a table of separated values is read: its delimiter, the lines before its header, its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from services.ingest.authoring.fields import day_order, guess_fields

_DELIMITERS = (",", ";", "\t", "|")
_BEFORE = 10


def table_options(text: str) -> Iterator[dict[str, Any]]:
    """Options of `csv` worth trying; none if the text has no header with rows of as many cells."""
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        start = next((n for n in range(min(_BEFORE, len(rows) - 1)) if _is_header(rows[n], rows[n + 1])), None)
        if start is None:
            continue
        header = [name.strip() for name in rows[start]]
        records = [dict(zip(header, row, strict=False)) for row in rows[start + 1 :] if any(map(str.strip, row))]
        around: dict[str, Any] = {"delimiter": delimiter} if delimiter != "," else {}
        around |= {"skip_lines": start} if start else {}
        around |= {} if text.endswith(("\n", "\r")) else {"ended": False}
        for fields in guess_fields(records):
            order = day_order([record.get(name, "") for name in fields.get("date", ()) for record in records])
            yield {**fields, **({"day_order": order} if order else {}), **around}


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []


def _is_header(row: list[str], below: list[str]) -> bool:
    names = [name.strip() for name in row]
    return len(names) > 1 and all(names) and len(set(names)) == len(names) and len(below) == len(names)
