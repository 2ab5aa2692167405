"""How much a tree of markup would hold, told from its tags before it is made.

Unclosed elements make a tree's time and memory grow with the square of the page: sections are looked through at each
tag, and a formatting element (`<b id=…>`) left open is made anew in each paragraph after it, so that 50 kB of them take
4 GB (https://html.spec.whatwg.org/#reconstruct-the-active-formatting-elements).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

MAX_DEPTH = 1000
"""How deep elements may be nested; no real page comes near."""

_FREE = 100_000
_PER_TAG = 4
_ALIKE = 3
"""Of formatting elements that are alike, so many are made anew."""

_TOKEN = re.compile(
    r"""<!--(?:-?>|.*?(?:--!?>|\Z))|<(/?)([a-zA-Z][^\s/>]*)((?:[^>"'=]|=\s*"[^"]*"|=\s*'[^']*'|["'=])*+)>?""", re.S
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMPTY = _names("a area base br col embed hr img input link meta param source track wbr html head body form")
"""Elements without content, those that are there once, and links and forms, which do not nest."""

_KINDS = ("li", "dt dd", "rt rp", "td th", "option")
_ENDS = {name: frozenset(kind.split()) for kind in _KINDS for name in kind.split()} | {
    "tr": frozenset(("td", "th", "tr")),
    "optgroup": frozenset(("option",)),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset(("td", "th", "tr", "thead", "tbody", "tfoot"))),
}
"""Which elements end where the next of their kind begins; a paragraph ends where any block does."""

_NOTHING: frozenset[str] = frozenset()
_DRAWINGS = ("svg", "math")
_IN_DRAWINGS = ("foreignobject", "desc", "title", "annotation-xml")
_NOT_DRAWN = _names("blockquote center dd div dl dt h1 h2 h3 h4 h5 h6 li menu ol p pre ruby span sub sup table ul var")
"""Elements that end the drawing they stand in."""

_OF_TABLES = _names("td th tr thead tbody tfoot")
"""Elements that are nothing outside of a table."""

_FORMATTING = _names("b big code em font i nobr s small strike strong tt u")
"""Elements that go on after the block they were left open in ends; a link does not, the next one ends it."""


_WALLS = _names("table object applet marquee template")
"""Elements inside which the end of one outside does not count."""


class _Open:
    """The elements that are open at a place of the page: blocks, apart for each wall around them, and formatting."""

    def __init__(self) -> None:
        self.rooms: list[tuple[str, list[str], Counter[str]]] = [("", [], Counter())]
        self.walls: Counter[str] = Counter()
        self.formatting: dict[str, list[str]] = {}
        self.depth = 0
        self.unclosed = 0

    def begin(self, name: str, attributes: str) -> None:
        if name in _NOT_DRAWN or name in _FORMATTING:
            self._leave_drawings()
        if name in _FORMATTING:
            alike = self.formatting.setdefault(name, [])
            if alike.count(attributes) < _ALIKE:
                alike.append(attributes)
                self.unclosed += 1
        elif name in _WALLS:
            self.rooms.append((name, [], Counter()))
            self.walls[name] += 1
            self.depth += 1
        elif name not in _EMPTY and (name not in _OF_TABLES or self.rooms[-1][0] == "table"):
            ended = _ENDS.get(name, _NOTHING)
            _, blocks, named = self.rooms[-1]
            while blocks and (blocks[-1] == "p" or blocks[-1] in ended):
                self._leave_block()
            blocks.append(name)
            named[name] += 1
            self.depth += 1

    def end(self, name: str) -> None:
        if self.formatting.get(name):
            self.formatting[name].pop()
            self.unclosed -= 1
        elif name in _WALLS:
            while self.walls[name] and self._leave_room() != name:
                pass
        else:
            while self.rooms[-1][2][name] and self._leave_block() != name:
                pass

    def _leave_block(self) -> str:
        _, blocks, named = self.rooms[-1]
        closed = blocks.pop()
        named[closed] -= 1
        self.depth -= 1
        return closed

    def _leave_drawings(self) -> None:
        """A drawing ends where text begins, but for where it says that text is in it."""
        _, blocks, named = self.rooms[-1]
        while any(named[each] for each in _DRAWINGS) and blocks[-1] not in _IN_DRAWINGS:
            self._leave_block()

    def _leave_room(self) -> str:
        wall, blocks, _ = self.rooms.pop()
        self.walls[wall] -= 1
        self.depth -= 1 + len(blocks)
        return wall


@dataclass(frozen=True)
class Growth:
    """What the tree of a page would hold: its depth, its tags, and how many formatting elements are `made` anew."""

    depth: int
    tags: int
    made: int

    @property
    def is_too_much(self) -> bool:
        """Whether no page that is meant to be read grows so."""
        return self.depth > MAX_DEPTH or self.made > _FREE + _PER_TAG * self.tags


def growth(markup: str) -> Growth:
    """How the tree of the markup would grow, told up to where it is too much: in time that grows as the markup does."""
    at, now = _Open(), Growth(0, 0, 0)
    for found in _TOKEN.finditer(markup):
        closes, name = found[1], (found[2] or "").lower()
        if closes:
            at.end(name)
        elif name:
            at.begin(name, found[3])
            now = Growth(max(now.depth, at.depth), now.tags + 1, now.made + at.unclosed)
            if now.is_too_much:
                break
    return now
