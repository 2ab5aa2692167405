"""Text from outside, made safe to keep: no markup, no control or invisible characters, bounded length.

Nothing else is changed: evidence must later point into the words as they were published.
"""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_TITLE = 2_000
MAX_BODY = 250_000

_BREAK = re.compile(r"[\n\r\t\x85\u2028\u2029]+")
_ANSI = re.compile("\x1b\\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\\\-_]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ufffd\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKUP = re.compile(r"<[a-zA-Z!/]|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);")
_BLOCKS = "p,div,br,li,tr,h1,h2,h3,h4,h5,h6,blockquote,pre,dd,dt"
_UNSEEN = ("script", "style", "template", "noscript", "iframe")
_OPENING = re.compile(r"<[a-zA-Z]")
_MOST_TAGS = 1000
"""More than these are not made into a tree: its time and memory may grow with the square of them (50 kB of unclosed
`<b id=…>` and `<p>` make four gigabytes), while dropping tags takes their number."""

_HIDDEN = re.compile(rf"<!--.*?(?:-->|\Z)|<({'|'.join(_UNSEEN)})\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_TAG = re.compile(r"""<[!/?]?([a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*+>?""")


def clean_line(text: str, limit: int = MAX_TITLE) -> str:
    """The text as one line: no invisible characters, a space for each line break, at most `limit` characters."""
    parts = (part.strip() for part in _BREAK.split(strip_invisible(text)))
    return " ".join(part for part in parts if part)[:limit].rstrip()


def clean_block(text: str, limit: int = MAX_BODY) -> str:
    """The text with its line breaks, without invisible characters, at most `limit` characters."""
    return strip_invisible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()[:limit].rstrip()


def strip_invisible(text: str) -> str:
    """The text without control, direction-changing, zero-width and replacement characters and terminal escapes."""
    return _INVISIBLE.sub("", _ANSI.sub("", text))


def from_markup(text: str) -> str:
    """The visible text of an HTML fragment, a line break after each block; plain text comes back as it is."""
    if not _MARKUP.search(text):
        return text
    return _without_tags(text) if _has_many_tags(text) else _of_tree(text)


def _has_many_tags(text: str) -> bool:
    return any(number > _MOST_TAGS for number, _ in enumerate(_OPENING.finditer(text), start=1))


def _of_tree(text: str) -> str:
    tree = LexborHTMLParser(text)
    tree.strip_tags(list(_UNSEEN), recursive=True)
    for block in tree.css(_BLOCKS):
        block.insert_after("\n")
    return tree.body.text(deep=True, separator="") if tree.body is not None else ""


def _without_tags(text: str) -> str:
    """The same words as the tree has, without one; only line breaks and broken markup may come out otherwise."""
    blocks = frozenset(_BLOCKS.split(","))
    words = _TAG.sub(lambda tag: "\n" if tag[1].lower() in blocks else "", _HIDDEN.sub("", text))
    return unescape(words)
