"""Where the documents are on a web page: the element that comes again and again with a link, a day in or above it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.ingest.authoring.fields import day_order, is_day
from services.ingest.pages.selection import Field, find_items, value_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STATE = re.compile(r"odd|even|first|last|active|current|new|is-.*|.*\d{3,}.*", re.I)
_AROUND = ("nav", "header", "footer", "aside", "form")
_TITLES = ("h1", "h2", "h3", "h4", "h5", "strong")
_DATED = "time,span,p,div,td,th,dt,dd,em,small,b,i,font,h2,h3,h4,h5,h6,li,caption"
_CLIMB = 6
_MOST_LISTS = 10
_DAY_LENGTH = 40
_MOST_DAYS = 3


@dataclass(frozen=True)
class Repeated:
    """Elements of one name in places of one name, each with a link; `select` finds them."""

    select: str
    nodes: Sequence[LexborNode]


def list_options(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    """Options of `html_list` worth trying for the page, the likeliest first; none if no element with a link repeats."""
    for found in _lists(tree):
        days = [*_days(found, tree), None]
        for (title, link), day in product(_titles(found), days):
            made: dict[str, Any] = {"item": found.select, "title": title, "link": link}
            if day is not None:
                made |= {"date": day, **_order(found, tree, day)}
            yield made


def _lists(tree: LexborHTMLParser) -> list[Repeated]:
    """The repeated elements, those whose links say most first; of equals the outermost."""
    groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
    for anchor in tree.css("a[href]"):
        if _is_link(anchor) and not _is_around(anchor):
            said = _text(anchor)
            for level, node in enumerate(_upwards(anchor)):
                groups[_place(node.parent), node.tag or ""].add(node, level, said)
    ranked = sorted(((key, each) for key, each in groups.items() if len(each.nodes) > 1), key=lambda pair: pair[1].rank)
    return [_repeated(tree, key, list(group.nodes.values())) for key, group in ranked[:_MOST_LISTS]]


@dataclass
class _Group:
    """Elements of one name in places of one name, and what the links in them say."""

    nodes: dict[int, LexborNode] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    level: int = 0

    def add(self, node: LexborNode, level: int, said: str) -> None:
        self.nodes[node.mem_id] = node
        self.said.add(said)
        self.level = max(self.level, level)

    @property
    def rank(self) -> tuple[int, int]:
        return -sum(map(len, self.said)), -self.level


def _repeated(tree: LexborHTMLParser, key: tuple[str, str], nodes: list[LexborNode]) -> Repeated:
    place, tag = key
    select = f"{place} > {tag}{_classes(nodes)}"
    if len(tree.css(select)) > len(nodes):
        select += ":has(a)" if tag != "a" else "[href]"
    return Repeated(select, nodes)


def _upwards(node: LexborNode) -> Iterator[LexborNode]:
    """The element and those around it, up to the body."""
    at: LexborNode | None = node
    for _ in range(_CLIMB):
        if at is None or at.tag in (None, "body", "html") or at.parent is None:
            return
        yield at
        at = at.parent


def _place(node: LexborNode | None) -> str:
    """A selector of the element, from the nearest element with a name of its own on."""
    parts: list[str] = []
    while node is not None and node.tag not in (None, "html") and len(parts) < 4:
        name = node.attributes.get("id") or ""
        if _is_name(name):
            return " > ".join([f"#{name}", *parts])
        classes = _classes([node])
        parts.insert(0, f"{node.tag}{classes}")
        if classes:
            break
        node = node.parent
    return " > ".join(parts)


def _classes(nodes: Iterable[LexborNode]) -> str:
    """The classes that all have, as a selector writes them; those that tell a state apart are left out."""
    named = [{each for each in (node.attributes.get("class") or "").split() if _is_name(each)} for node in nodes]
    shared = set.intersection(*named) if named else set()
    return "".join(f".{name}" for name in sorted(shared)[:2])


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not _STATE.fullmatch(text)


def _is_link(anchor: LexborNode) -> bool:
    address = (anchor.attributes.get("href") or "").strip()
    return bool(address) and not address.startswith(("#", "javascript:", "mailto:", "tel:")) and bool(_text(anchor))


def _is_around(node: LexborNode) -> bool:
    at: LexborNode | None = node
    while at is not None:
        if at.tag in _AROUND:
            return True
        at = at.parent
    return False


def _text(node: LexborNode | None) -> str:
    return " ".join(node.text(deep=True, separator=" ").split()) if node is not None else ""


def _main_link(node: LexborNode) -> LexborNode:
    """The link of the element that says most; the element itself where it is one."""
    return max(node.css("a[href]") or [node], key=lambda each: len(_text(each)))


def _titles(found: Repeated) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Where title and link may stand."""
    mains = [_main_link(node) for node in found.nodes]
    selects = dict.fromkeys(("a[href]", f"a{_classes(mains)}", *(f"{each} a" for each in _around(mains))))
    fitting = [each for each in selects if _agrees(found, each, mains)] or ["a[href]"]
    link = {"select": fitting[0], "attribute": "href"}
    headed = next((each for each in _TITLES if all(main.css_first(each) is not None for main in mains)), None)
    if headed is not None:  # the link holds more than the title
        yield {"select": headed}, link
        return
    yield {"select": fitting[0]}, link
    for select in (*_TITLES, *_named(found, "title"), *_named(found, "ttl")):
        if all(node.css_first(select) is not None for node in found.nodes):
            yield {"select": select}, link


def _around(mains: Sequence[LexborNode]) -> Iterator[str]:
    parents = [node.parent for node in mains if node.parent is not None]
    tags = {parent.tag for parent in parents}
    if len(tags) == 1 and (classes := _classes(parents)):
        yield f"{tags.pop()}{classes}"
    yield from _TITLES


def _agrees(found: Repeated, select: str, mains: Sequence[LexborNode]) -> bool:
    """Whether the first such element is the main link, nearly everywhere."""
    firsts = [next((each for each in node.css(select) if _text(each)), None) for node in found.nodes]
    same = sum(one is not None and one.mem_id == two.mem_id for one, two in zip(firsts, mains, strict=True))
    return same >= 0.8 * len(mains)


def _named(found: Repeated, word: str) -> list[str]:
    """Classes in the first element whose names hold the word."""
    classes = [each for node in found.nodes[0].css("[class]") for each in (node.attributes.get("class") or "").split()]
    return [f".{name}" for name in dict.fromkeys(classes) if word in name.lower() and _is_name(name)][:2]


def _days(found: Repeated, tree: LexborHTMLParser) -> Iterator[dict[str, str]]:
    """Where the day may stand: in the item, by what most of them have, or above it."""
    if all(node.css_first("time[datetime]") is not None for node in found.nodes):
        yield {"select": "time[datetime]", "attribute": "datetime"}
    inside = Counter(name for node in found.nodes for name in {_inner(each) for each in _day_nodes(node)})
    yield from ({"select": name} for name, _ in inside.most_common(_MOST_DAYS))
    within = {each.mem_id for node in found.nodes for each in node.css("*")}
    body = tree.body
    above = [each for each in _day_nodes(body) if each.mem_id not in within] if body is not None else []
    names = Counter(f"{_place(each.parent)} > {_inner(each)}" for each in above)
    yield from ({"select": name, "place": "above"} for name, _ in names.most_common(_MOST_DAYS))
    if not inside:
        yield {"select": ""}


def _day_nodes(node: LexborNode) -> list[LexborNode]:
    """The innermost elements that hold a day and little else."""
    dated = [each for each in node.css(_DATED) if len(text := _text(each)) <= _DAY_LENGTH and is_day(text)]
    around = {each.parent.mem_id for each in dated if each.parent is not None}
    return [each for each in dated if each.mem_id not in around and each.mem_id != node.mem_id]


def _inner(node: LexborNode) -> str:
    return f"{node.tag}{_classes([node])}"


def _order(found: Repeated, tree: LexborHTMLParser, day: dict[str, str]) -> dict[str, str]:
    """Which of day and month comes first, where the dates are numbers alone and tell."""
    wanted = Field.model_validate(day)
    above = frozenset({wanted.select} if wanted.place == "above" else ())
    order = day_order([value_of(item, tree, wanted) for item in find_items(tree, found.select, above)])
    return {"day_order": order} if order else {}
