"""The same page with its records in another order, doubled or gone: what a publisher may send tomorrow."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, TypeVar

from selectolax.lexbor import LexborHTMLParser

from services.ingest.kinds.csv import Options as TableOptions
from services.ingest.kinds.html_list import Options as HtmlOptions
from services.ingest.pages.charset import decode_page
from services.ingest.pages.htmlpage import parse_fragment, parse_page
from services.ingest.pages.page import Page
from services.ingest.source import Source

T = TypeVar("T")
Change = Callable[[Sequence[int]], Sequence[int]]
"""From the places of the records to those that the other page has, in its order."""

_RECORD = re.compile(rb"<(item|entry|url)\b[^>]*>.*?</\1\s*>", re.S)


def emptied(places: Sequence[int]) -> Sequence[int]:
    """No record."""
    return places[:0]


def reversed_order(places: Sequence[int]) -> Sequence[int]:
    """The last record first."""
    return places[::-1]


def doubled(places: Sequence[int]) -> Sequence[int]:
    """Each record twice, the whole list after itself."""
    return (*places, *places)


def rearrange(source: Source, page: Page, change: Change) -> bytes | None:
    """The page of another list of its records; None where the form does not tell records apart, or order has a meaning.

    On a web page whose items stand under headings with their day, the order is part of what they say.
    """
    if source.kind == "html_list":
        return _of_items(source, page, change)
    if source.kind == "csv":
        return _of_rows(source, page, change)
    if source.kind == "jsonl":
        return b"".join(_picked(page.content.splitlines(keepends=True), change))
    if page.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _of_json(page.content, change)
    return _of_elements(page.content, change)


def _picked(records: Sequence[T], change: Change) -> list[T]:
    return [records[place] for place in change(range(len(records)))]


def _of_elements(content: bytes, change: Change) -> bytes | None:
    """The elements stay bytes, so that no encoding is lost."""
    found = list(_RECORD.finditer(content))
    if not found:
        return None
    between = [content[one.end() : two.start()] for one, two in pairwise(found)]
    if any(each.strip() for each in between):
        return None
    records = b"\n".join(_picked([each[0] for each in found], change))
    return content[: found[0].start()] + records + content[found[-1].end() :]


def _of_json(content: bytes, change: Change) -> bytes | None:
    try:
        answer = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        return None
    found = find_records(answer)
    if found is None:
        return None
    _, records = found
    records[:] = _picked(records, change)
    return json.dumps(answer, ensure_ascii=False).encode()


def find_records(answer: Any) -> tuple[str, list[Any]] | None:
    """The list of objects nearest to the top of a JSON value, the longest of those equally near, with its dotted path.

    None where there is none.
    """
    level: list[tuple[str, Any]] = [("", answer)]
    while level:
        lists = [(path, each) for path, each in level if _is_records(each)]
        if lists:
            return max(lists, key=lambda pair: len(pair[1]))
        level = [
            (f"{path}.{name}" if path else str(name), child)
            for path, each in level
            if isinstance(each, Mapping)
            for name, child in each.items()
        ]
    return None


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _of_rows(source: Source, page: Page, change: Change) -> bytes:
    options = TableOptions.model_validate(source.options)
    text = decode_page(page.content, (page.charset,), source.language).removeprefix("\ufeff")
    lines = io.StringIO(text, newline="")
    before = [lines.readline() for _ in range(options.skip_lines)]
    header, *rows = csv.reader(lines, delimiter=options.delimiter)
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=options.delimiter).writerows([header, *_picked([each for each in rows if each], change)])
    return ("".join(before) + made.getvalue()).encode()


def _of_items(source: Source, page: Page, change: Change) -> bytes | None:
    options = HtmlOptions.model_validate(source.options)
    if options.within:
        return _within(page.content, options, change)
    made = _of_tree(parse_page(source, page, end=options.end), options, change)
    return None if made is None else made.replace("<head>", '<head><meta charset="utf-8">', 1).encode()


def _within(content: bytes, options: HtmlOptions, change: Change) -> bytes | None:
    """The answer with another list in it."""
    answer = json.loads(content.decode("utf-8-sig"))
    *path, last = options.within.split(".")
    holder = reduce(lambda found, name: found[name], path, answer)
    made = _of_tree(parse_fragment(holder[last]), options, change)
    holder[last] = made
    return None if made is None else json.dumps(answer, ensure_ascii=False).encode()


def _of_tree(tree: LexborHTMLParser, options: HtmlOptions, change: Change) -> str | None:
    items = tree.css(options.item)
    around = {item.parent.mem_id for item in items if item.parent is not None}
    is_ordered = any(each.place == "above" for each in options.fields().values())
    places = change(range(len(items)))
    if not items or (places and (len(around) != 1 or is_ordered)):
        return None
    for place in places:
        if (parent := items[place].parent) is not None:
            parent.insert_child(items[place])  # a copy
    for item in items:
        item.decompose()
    return tree.html or ""
