"""Block Kit as plain dicts, each builder within Slack's limits on its block.

Text of strangers goes into `plain_text` and `rich_text` objects, which format nothing and know no control
sequences, so it needs no escaping there. Emphasis in mrkdwn would also need spaces around it, which Chinese and
Japanese do not have. Source: Slack's Block Kit reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.alert.render.evidence import Quote
from services.alert.render.facts import Fact
from services.alert.render.safetext import inert, trim

Block = dict[str, object]

MAX_BLOCKS_TEXT = 10_000
"""The budget over all blocks, below the undocumented limit of about 13,200 that users report."""
MAX_TEXT = 3_000
MAX_HEADER = 150
MAX_FIELDS = 10
MAX_FIELD = 600
MAX_CONTEXT = 900
MAX_SECTION = 2_000


def header(text: str) -> Block:
    """The headline."""
    return {"type": "header", "text": {"type": "plain_text", "text": trim(text, MAX_HEADER), "emoji": True}}


def title(text: str, url: str | None, note: str = "") -> Block:
    """The document's title, linked to the document if an address is given, and a note after it."""
    shown: Block = {"type": "link", "url": url, "text": text} if url else {"type": "text", "text": text}
    elements = [shown | {"style": {"bold": True}}]
    if note:
        elements.append({"type": "text", "text": note})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def fields(facts: Sequence[Fact]) -> list[Block]:
    """Sections of named facts in two columns, ten in each."""
    groups = [facts[at : at + MAX_FIELDS] for at in range(0, len(facts), MAX_FIELDS)]
    return [{"type": "section", "fields": [_field(fact) for fact in group]} for group in groups]


def _field(fact: Fact) -> Block:
    value = trim(fact.value or "–", MAX_FIELD, inert)
    return {"type": "mrkdwn", "text": f"*{trim(fact.name, MAX_FIELD, inert)}*\n{value}", "verbatim": True}


def delta(reason: str, changes: Iterable[Fact]) -> Block:
    """What is new, as the first thing below the headline."""
    lines = [f"*{inert(reason)}*", *(f"{inert(each.name)}: {trim(each.value, MAX_FIELD, inert)}" for each in changes)]
    return {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}}


def quotes(label: str, quoted: Sequence[Quote]) -> Block:
    """Quotations of the document below a label."""
    elements: list[Block] = [{"type": "rich_text_section", "elements": [{"type": "text", "text": label}]}]
    elements += [{"type": "rich_text_quote", "elements": [_run(p.text, p.bold) for p in quote]} for quote in quoted]
    return {"type": "rich_text", "elements": elements}


def _run(text: str, bold: bool) -> Block:
    run: Block = {"type": "text", "text": text}
    return run | {"style": {"bold": True}} if bold else run


def context(*lines: str) -> Block:
    """Small print, one element a line."""
    elements = [{"type": "plain_text", "text": trim(line, MAX_CONTEXT), "emoji": False} for line in lines if line]
    return {"type": "context", "elements": elements}


def rich(*runs: Block) -> Block:
    """Text, bold text and links, as one paragraph or one cell of a table; never empty."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


def words(text: str, *, bold: bool = False) -> Block:
    """A run of text; what is empty becomes a dash, for Slack refuses empty text."""
    return _run(text or "–", bold)


def link(text: str, url: str | None) -> Block:
    """A run of text that leads to the address, if there is one."""
    return {"type": "link", "url": url, "text": text or "–"} if url else words(text)


def table(head: Sequence[str], rows: Iterable[Sequence[Block]]) -> Block:
    """A table with wrapped columns below bold names; cells are made by `rich`."""
    top = [rich(words(name, bold=True)) for name in head]
    settings = [{"is_wrapped": True} for _ in head]
    return {"type": "table", "column_settings": settings, "rows": [top, *(list(row) for row in rows)]}


def bullets(items: Iterable[Sequence[Block]]) -> Block:
    """A list, each item a sequence of runs."""
    elements = [{"type": "rich_text_section", "elements": list(runs)} for runs in items]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": elements}]}
