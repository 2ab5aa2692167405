"""Slack's documented limits on one message, enforced as Slack enforces them.

Source: Slack's Block Kit reference and chat.postMessage reference; the total over all blocks is undocumented and
was reported by users at about 13,200 characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_TOTAL = 13_200
MAX_METADATA_BYTES = 8_000

_TEXT_LIMITS = {"header": 150, "section": 3_000, "markdown": 12_000}
_MAX_FIELDS, _MAX_FIELD = 10, 2_000
_MAX_CONTEXT, _MAX_ACTIONS = 10, 25
_MAX_ROWS, _MAX_CELLS, _MAX_TABLE = 100, 20, 10_000
_CELLS = frozenset({"raw_text", "raw_number", "rich_text"})
_MAX_BUTTON, _MAX_VALUE, _MAX_URL, _MAX_ID = 75, 2_000, 3_000, 255
_KNOWN = frozenset({"header", "section", "context", "divider", "actions", "rich_text", "image", "table", "markdown"})


def check_message(arguments: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """The error code Slack would answer with and its messages (with JSON pointers), or None if the message is fine."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks and not arguments.get("attachments"):
        return "no_text", ()
    if len(text) > MAX_TEXT:
        return "msg_too_long", ()
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "invalid_blocks_format", ()
    problems = tuple(_block_problems(blocks))
    if problems:
        return "invalid_blocks", problems
    if sum(len(piece) for block in blocks for piece in block_texts(block)) > MAX_TOTAL:
        return "msg_blocks_too_long", ()
    return _check_metadata(arguments.get("metadata"))


def _check_metadata(metadata: Any) -> tuple[str, tuple[str, ...]] | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format", ()
    if not isinstance(metadata.get("event_type"), str):
        return "invalid_metadata_schema", ()
    return ("metadata_too_large", ()) if len(json.dumps(metadata).encode()) > MAX_METADATA_BYTES else None


def block_texts(block: Any) -> Iterator[str]:
    """Every piece of text a block shows."""
    if isinstance(block, Mapping):
        for name, value in block.items():
            if name in {"text", "alt_text", "title"} and isinstance(value, str):
                yield value
            else:
                yield from block_texts(value)
    elif isinstance(block, Sequence) and not isinstance(block, str):
        for item in block:
            yield from block_texts(item)


def _block_problems(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(blocks) > MAX_BLOCKS:
        yield f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{index}"
        if block.get("type") not in _KNOWN:
            yield f"unsupported type: {block.get('type')} {where}/type]"
            continue
        if len(str(block.get("block_id", ""))) > _MAX_ID:
            yield f"must be less than {_MAX_ID + 1} characters {where}/block_id]"
        yield from _content_problems(block, where)
    yield from _table_totals([block for block in blocks if block.get("type") == "table"])


def _content_problems(block: Mapping[str, Any], where: str) -> Iterator[str]:
    kind = block["type"]
    if kind in _TEXT_LIMITS:
        yield from _text_problems(block, where, _TEXT_LIMITS[kind])
    if kind == "section":
        yield from _field_problems(block, where)
    if kind == "table":
        yield from _table_problems(block, where)
    if kind in {"context", "actions"}:
        most = _MAX_CONTEXT if kind == "context" else _MAX_ACTIONS
        elements = block.get("elements") or []
        if not 1 <= len(elements) <= most:
            yield f"must provide 1 to {most} items {where}/elements]"
        for number, element in enumerate(elements):
            yield from _element_problems(element, f"{where}/elements/{number}")


def _text_problems(block: Mapping[str, Any], where: str, most: int) -> Iterator[str]:
    given = block.get("text")
    text = given.get("text", "") if isinstance(given, Mapping) else given
    if block["type"] == "section" and not text:
        if not block.get("fields"):
            yield f"missing required field: text {where}]"
        return
    if not isinstance(text, str) or not 1 <= len(text) <= most:
        yield f"must be 1 to {most} characters {where}/text]"
    if block["type"] == "header" and isinstance(given, Mapping) and given.get("type") != "plain_text":
        yield f"must be plain_text {where}/text/type]"


def _field_problems(block: Mapping[str, Any], where: str) -> Iterator[str]:
    fields = block.get("fields") or []
    if len(fields) > _MAX_FIELDS:
        yield f"no more than {_MAX_FIELDS} items allowed {where}/fields]"
    for number, item in enumerate(fields):
        if not 1 <= len(item.get("text", "")) <= _MAX_FIELD:
            yield f"must be 1 to {_MAX_FIELD} characters {where}/fields/{number}/text]"


def _element_problems(element: Mapping[str, Any], where: str) -> Iterator[str]:
    if element.get("type") == "button":
        label = (element.get("text") or {}).get("text", "")
        if not 1 <= len(label) <= _MAX_BUTTON:
            yield f"must be 1 to {_MAX_BUTTON} characters {where}/text]"
        if len(element.get("value", "")) > _MAX_VALUE:
            yield f"must be at most {_MAX_VALUE} characters {where}/value]"
        if len(element.get("url", "")) > _MAX_URL:
            yield f"must be at most {_MAX_URL} characters {where}/url]"
    elif not element.get("text") and element.get("type") != "image":
        yield f"missing required field: text {where}]"


def _table_totals(tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One table a message, and its cells together no longer than 10,000 characters."""
    if len(tables) > 1:
        yield "only_one_table_allowed [json-pointer:/blocks]"
    if sum(len(piece) for table in tables for piece in block_texts(table.get("rows"))) > _MAX_TABLE:
        yield f"no more than {_MAX_TABLE} characters in all cells allowed [json-pointer:/blocks]"


def _table_problems(block: Mapping[str, Any], where: str) -> Iterator[str]:
    rows = block.get("rows") or []
    if not 1 <= len(rows) <= _MAX_ROWS:
        yield f"must provide 1 to {_MAX_ROWS} items {where}/rows]"
    if len(block.get("column_settings") or []) > _MAX_CELLS:
        yield f"no more than {_MAX_CELLS} items allowed {where}/column_settings]"
    for number, row in enumerate(rows):
        if not 1 <= len(row) <= _MAX_CELLS:
            yield f"must provide 1 to {_MAX_CELLS} items {where}/rows/{number}]"
        for column, cell in enumerate(row):
            yield from _cell_problems(cell, f"{where}/rows/{number}/{column}")


def _cell_problems(cell: Mapping[str, Any], where: str) -> Iterator[str]:
    if cell.get("type") not in _CELLS:
        yield f"unsupported type: {cell.get('type')} {where}/type]"
    elif cell["type"] != "raw_number" and not any(block_texts(cell)):
        yield f"must be more than 0 characters {where}]"
