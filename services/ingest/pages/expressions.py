"""Selectors and patterns as people write them into a `source.yml`, checked before a page is read by them."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, SelectolaxError


def check_pattern(value: str) -> str:
    """The pattern as it is; raises ValueError if it is no regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return value


def check_selector(value: str) -> str:
    """The selector as it is; raises ValueError if it is no CSS selector."""
    try:
        if value:
            LexborHTMLParser("<p>").css(value)
    except SelectolaxError as error:
        raise ValueError(f"no CSS selector: {value!r}") from error
    return value
