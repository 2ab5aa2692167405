"""What a reader of a Slack message meets: links, pings, formatting; found the way Slack parses its objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.alert.channel import Message

_SEQUENCE = re.compile(r"<([^<>]*)>")
_BARE_ADDRESS = re.compile(r"[a-z]+://", re.IGNORECASE)


def mrkdwn_texts(message: Message) -> list[str]:
    """Every text Slack parses as mrkdwn, the top-level text among them."""
    return [message.text, *(each["text"] for each in _objects(message.blocks) if each.get("type") == "mrkdwn")]


def literal_texts(message: Message) -> list[str]:
    """Every text Slack shows as it is."""
    literal = ("plain_text", "text", "link")
    return [each["text"] for each in _objects(message.blocks) if each.get("type") in literal]


def find_links(message: Message) -> list[str]:
    """Every address a click could lead to."""
    linked = [str(each["url"]) for each in _objects(message.blocks) if "url" in each]
    written = [found for text in mrkdwn_texts(message) for found in _sequences(text) if found[0] not in "!@#"]
    return linked + [_read(each.partition("|")[0]) for each in written]


def find_pings(message: Message) -> list[str]:
    """Everything that would notify somebody or name a channel."""
    elements = [str(each["type"]) for each in _objects(message.blocks) if each.get("type") in {"user", "broadcast"}]
    return elements + [found for text in mrkdwn_texts(message) for found in _sequences(text) if found[0] in "!@#"]


def find_bare_addresses(message: Message) -> list[str]:
    """Addresses in the top-level text that a client might turn into links."""
    outside = _SEQUENCE.sub("", message.text)
    return _BARE_ADDRESS.findall(outside)


def _read(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _sequences(text: str) -> Iterator[str]:
    yield from (found for found in _SEQUENCE.findall(text) if found)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for each in value:
            yield from _objects(each)
