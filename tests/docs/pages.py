"""The documentation as the tests read it: pages, fenced blocks, tables and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = DOCS / "guides"

_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_SHELL = {"console", "sh", "bash", "shell", ""}
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Command:
    """One `noroshi …` of a page, as arguments; `whole` says that it was shown to be typed and not only named."""

    page: str
    arguments: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: noroshi {' '.join(self.arguments)}"


def pages() -> tuple[Path, ...]:
    """Every page a reader meets: the read-me and all below docs/."""
    return (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))


def name_of(page: Path) -> str:
    """The page's path inside the repository."""
    return str(page.relative_to(ROOT))


def blocks(text: str, kind: str) -> tuple[str, ...]:
    """The fenced blocks whose info string is `kind`."""
    return tuple(body for _, info, body in _FENCE.findall(text) if info.strip() == kind)


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """The cells of every table row."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield tuple(cell.strip() for cell in line.strip("|").split("|"))


def first_cells(text: str) -> frozenset[str]:
    """What stands in the first column of the tables."""
    return frozenset(row[0] for row in rows(text))


def words(text: str) -> frozenset[str]:
    """Everything set as code in the prose."""
    return frozenset(_INLINE.findall(prose(text)))


def commands(page: Path) -> Iterator[Command]:
    """Every `noroshi …` in shell blocks and in the prose of a page."""
    text = page.read_text(encoding="utf-8")
    for info, body in ((info.strip(), body) for _, info, body in _FENCE.findall(text)):
        if info in _SHELL:
            for line in body.replace("\\\n", " ").splitlines():
                yield from _commands(name_of(page), line.strip().removeprefix("$ "), whole=True)
    for code in _INLINE.findall(prose(text)):
        if re.match(r"noroshi [a-z-]", code):
            yield from _commands(name_of(page), code, whole=False)


def _commands(page: str, line: str, *, whole: bool) -> Iterator[Command]:
    if "noroshi " not in line:
        return
    for words_ in _simple_commands(line):
        while words_ and _ASSIGNMENT.match(words_[0]):
            words_ = words_[1:]
        if len(words_) > 1 and words_[0].rpartition("/")[2] == "noroshi":
            yield Command(page, _before_ellipsis(words_[1:]), whole)


def _simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a shell line; redirections end a command."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("();<>|&"):
                yield found
                found = []
            else:
                found.append(word)
    except ValueError:  # an apostrophe: the line is a sentence and no command
        return
    yield found


def _before_ellipsis(arguments: list[str]) -> tuple[str, ...]:
    """The arguments up to one that is left out, without an option that then lacks its value."""
    for place, word in enumerate(arguments):
        if word == _ELLIPSIS:
            kept = arguments[:place]
            return tuple(kept[:-1] if kept and kept[-1].startswith("--") else kept)
    return tuple(arguments)
