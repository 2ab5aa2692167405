"""JSON from outside, strictly: one value, no duplicate keys, no numbers that are none, no bottomless nesting."""

from __future__ import annotations

import json
from typing import Any

from services.ingest.pages.page import Page, UnreadablePageError


def parse_json(page: Page) -> Any:
    """The page as a JSON value; raises UnreadablePageError if it is not exactly one, in UTF-8, as RFC 8259 says."""
    try:
        text = page.content.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise UnreadablePageError(f"JSON is UTF-8, this page is not (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise UnreadablePageError(f"not JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadablePageError(f"not sound JSON: {str(error)[:200]}") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")
