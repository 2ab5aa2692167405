"""Messages to look at."""

from __future__ import annotations

from typing import Any

from services.fakeslack.messages import MessageStore, StoredMessage

TS = "1733217000.000000"


def make_message(text: str = "words", *blocks: dict[str, Any], **fields: Any) -> StoredMessage:
    """A stored message in #C0CRITMIN."""
    given: dict[str, Any] = {"channel": "C0CRITMIN", "ts": TS, **fields}
    return StoredMessage(text=text, blocks=blocks, **given)


def make_store(*messages: StoredMessage) -> MessageStore:
    """A store that holds the messages."""
    return MessageStore(messages=list(messages))


def section(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    """A section block."""
    return {"type": "section", "text": {"type": kind, "text": text}}


HEADER = {"type": "header", "text": {"type": "plain_text", "text": "Gallium *CN* → US"}}
FIELDS = {
    "type": "section",
    "fields": [{"type": "mrkdwn", "text": "*Stage*\nIn force"}, {"type": "mrkdwn", "text": "*Aimed at*\nUS"}],
}
CONTEXT = {"type": "context", "elements": [{"type": "plain_text", "text": "small <print>"}]}
QUOTE = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_quote",
            "elements": [{"type": "text", "text": "对"}, {"type": "text", "text": "镓", "style": {"bold": True}}],
        }
    ],
}
BUTTONS = {
    "type": "actions",
    "elements": [
        {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://gov.example/"},
        {"type": "button", "text": {"type": "plain_text", "text": "Run"}, "url": "javascript:alert(1)"},
    ],
}
EVERYTHING = make_message("fallback", HEADER, section("_why_"), FIELDS, {"type": "divider"}, QUOTE, CONTEXT, BUTTONS)


def cell(text: str, url: str = "") -> dict[str, Any]:
    """A cell of a table, of rich text."""
    run = {"type": "link", "url": url, "text": text} if url else {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [run]}]}


def table(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A table block."""
    return {"type": "table", "rows": list(rows)}


TABLE = table(
    [cell("Measure"), cell("Document")],
    [cell("镓 · export ban"), cell("No. 46", "https://gov.example/46")],
    [{"type": "raw_text", "text": "Germanium"}, {"type": "raw_number", "value": 7}],
)
