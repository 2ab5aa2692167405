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
