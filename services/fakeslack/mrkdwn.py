"""Slack's mrkdwn as pieces to show: what is bold, what is a link, what would ping somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

_SEQUENCE = re.compile(r"<([^<>\n]+)>|(```.+?```|`[^`\n]+`)", re.DOTALL)
_BEFORE, _AFTER = r"(?<![^\s\W]|[*_~])", r"(?![^\s\W]|[*_~])"
_STYLES = tuple(
    (name, re.compile(rf"{_BEFORE}{re.escape(mark)}(?=\S)([^\n{re.escape(mark)}]+?)(?<=\S){re.escape(mark)}{_AFTER}"))
    for name, mark in (("bold", "*"), ("italic", "_"), ("strike", "~"))
)


@dataclass(frozen=True)
class Run:
    """A stretch of text with its look; `ping` says that it would notify somebody or name a channel."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str = ""
    ping: bool = False


def parse_mrkdwn(text: str) -> Iterator[Run]:
    """The runs of a mrkdwn text, entities read."""
    at = 0
    for found in _SEQUENCE.finditer(text):
        yield from _styled(text[at : found.start()])
        yield _sequence(found[1]) if found[1] else Run(_read(found[2].strip("`")), code=True)
        at = found.end()
    yield from _styled(text[at:])


def parse_text(given: Any) -> list[Run]:
    """The runs of a text object: `plain_text` as it stands, `mrkdwn` parsed."""
    if not isinstance(given, Mapping):
        return []
    text = str(given.get("text", ""))
    return [Run(text)] if given.get("type") == "plain_text" else list(parse_mrkdwn(text))


def parse_element(element: Mapping[str, Any]) -> Run:
    """One element of a rich text section: text, link, or something that pings."""
    kind = element.get("type")
    look = element.get("style") or {}
    bold, italic, strike, code = (bool(look.get(name)) for name in ("bold", "italic", "strike", "code"))
    run = Run(str(element.get("text", "")), bold, italic, strike, code)
    if kind == "link":
        url = str(element.get("url", ""))
        return replace(run, text=run.text or url, url=safe_url(url))
    if kind == "emoji":
        return replace(run, text=f":{element.get('name', '')}:")
    if kind in {"user", "usergroup", "channel", "broadcast"}:
        named = next((str(value) for name, value in element.items() if name.endswith("_id") or name == "range"), "")
        return replace(run, text=f"@{named}", ping=True)
    return run


def safe_url(url: str) -> str:
    """The address if a page may link to it, else nothing."""
    try:
        return url if urlsplit(url).scheme in {"http", "https", "mailto"} else ""
    except ValueError:
        return ""


def _sequence(content: str) -> Run:
    target, _, label = content.partition("|")
    if target.startswith(("!", "@", "#")):
        return Run(_read(label or "@" + target.lstrip("!@#")), ping=True)
    return Run(_read(label or target), url=safe_url(_read(target)))


def _styled(text: str) -> Iterator[Run]:
    """Emphasis, the outermost first; a mark inside a word is a plain character, as in Slack."""
    at = 0
    while found := _first_style(text, at):
        name, match = found
        if match.start() > at:
            yield Run(_read(text[at : match.start()]))
        yield from (_with_style(run, name) for run in _styled(match[1]))
        at = match.end()
    if at < len(text):
        yield Run(_read(text[at:]))


def _first_style(text: str, at: int) -> tuple[str, re.Match[str]] | None:
    found = [(name, match) for name, mark in _STYLES if (match := mark.search(text, at))]
    return min(found, key=lambda item: item[1].start(), default=None)


def _with_style(run: Run, name: str) -> Run:
    return replace(
        run,
        bold=run.bold or name == "bold",
        italic=run.italic or name == "italic",
        strike=run.strike or name == "strike",
    )


def _read(text: str) -> str:
    """Slack reads exactly three entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text
