"""What a source's selectors find on a web page: the elements of a list, and the values in and above each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.ingest.pages.expressions import check_pattern, check_selector
from services.ingest.pages.plaintext import clean_line
from services.ingest.source import KindOptions


class Field(KindOptions):
    """Where a value of a document stands: a CSS selector, and what of the element it is.

    `place` is `item` (inside the item; without a selector the item itself), `above` (the nearest such element before
    or around the item, such as a heading with the day) or `page` (the first on the page). `attribute` takes an
    attribute instead of the text, `pattern` the first group of a regular expression, or all it matches.
    """

    select: str = ""
    attribute: str = ""
    pattern: str = ""
    place: Literal["item", "above", "page"] = "item"

    @field_validator("select")
    @classmethod
    def _sound_selector(cls, value: str) -> str:
        return check_selector(value)

    @field_validator("pattern")
    @classmethod
    def _sound_pattern(cls, value: str) -> str:
        return check_pattern(value)


@dataclass(frozen=True)
class Item:
    """One item of a list, and for each selector of a field that stands above, the nearest element found."""

    node: LexborNode
    above: dict[str, LexborNode] = field(default_factory=dict)


def find_items(tree: LexborHTMLParser, select: str, above: frozenset[str]) -> Iterator[Item]:
    """The items in the order of the page, each once."""
    latest: dict[str, LexborNode] = {}
    items = {node.mem_id for node in tree.css(select)}
    headings = {name: {node.mem_id for node in tree.css(name)} for name in above}
    seen: set[int] = set()
    for node in tree.css(", ".join((select, *sorted(above)))):
        latest.update({name: node for name, found in headings.items() if node.mem_id in found})
        if node.mem_id in items and node.mem_id not in seen:
            seen.add(node.mem_id)
            yield Item(node, dict(latest))


def values_of(item: Item, tree: LexborHTMLParser, wanted: Field | None) -> tuple[str, ...]:
    """Every value the field has for the item, in order; those that are blank or do not match are left out."""
    if wanted is None:
        return ()
    found = (_value(node, wanted) for node in _nodes(item, tree, wanted))
    return tuple(dict.fromkeys(value for value in found if value))


def value_of(item: Item, tree: LexborHTMLParser, wanted: Field | None) -> str:
    """The first value the field has for the item; empty if it has none."""
    return next(iter(values_of(item, tree, wanted)), "")


def _nodes(item: Item, tree: LexborHTMLParser, wanted: Field) -> list[LexborNode]:
    if wanted.place == "page":
        return tree.css(wanted.select)
    if wanted.place == "above":
        return [item.above[wanted.select]] if wanted.select in item.above else []
    if not wanted.select:
        return [item.node]
    within = [node for node in item.node.css(wanted.select) if node.mem_id != item.node.mem_id]
    return within or ([item.node] if _is(item.node, wanted.select) else [])


def _is(node: LexborNode, select: str) -> bool:
    """Whether the element itself is what the selector says; `css_matches` would look inside it, too."""
    around = node.parent
    return around is not None and any(each.mem_id == node.mem_id for each in around.css(select))


def _value(node: LexborNode, wanted: Field) -> str:
    stated = node.attributes.get(wanted.attribute) if wanted.attribute else node.text(deep=True, separator="")
    text = " ".join(clean_line(stated or "").split())
    if not wanted.pattern:
        return text
    found = re.search(wanted.pattern, text)
    return (found[1] if found.re.groups else found[0]) or "" if found else ""
