"""A person's TEXT, FILE or URL as events, the way ingest would make them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from services.contracts import ids
from services.contracts.errors import UsageError
from services.contracts.events import Event, SourceKey
from services.contracts.vocab import Language
from services.ingest.core import to_event
from services.ingest.inlets.files import STDIN
from services.ingest.pages.lines import Line, read_line, read_lines
from services.ingest.pages.page import Document
from services.ingest.pages.plaintext import clean_block, clean_line, from_markup

SOURCE = "unknown"
"""The source of a text that came without one: no issuer follows from it."""


@dataclass(frozen=True)
class Hints:
    """What the person said about the text; what is None is left to the classifier."""

    title: str | None = None
    lang: str | None = None
    source: str | None = None
    published: str | None = None


def read_argument(argument: str, hints: Hints) -> Iterator[Event]:
    """The events a command-line argument stands for.

    An address, a file (text, HTML or .jsonl), `-` for the text on standard input, else the text itself.
    Raises UsageError for a file or address that cannot be read.
    """
    if argument.startswith(("http://", "https://")):
        yield _text_event(asyncio.run(_fetch(argument, _read_language(hints.lang) or Language.EN)), hints, argument)
    elif argument == STDIN:
        yield _text_event(_decoded(sys.stdin.buffer.read(), "stdin"), hints, None)
    elif _is_file(argument):
        yield from _read_file(Path(argument), hints)
    else:
        yield _text_event(argument, hints, None)


def read_jsonl(stream: BinaryIO, name: str) -> Iterator[tuple[Line, Event | str]]:
    """Each line with its event, or with what is wrong with it as file:line: message.

    Title and body are taken to the letter, so that evidence points into the text of the file.
    """
    for line in read_lines(stream, name):
        found = read_line(line)
        if isinstance(found, Document):
            event = to_event(found, seen_at=datetime.now(UTC), backfill=False)
            given = json.loads(line.value)
            yield line, event.model_copy(update={"title": given["title"], "body": given.get("body")})
        else:
            yield line, str(found)


def _is_file(argument: str) -> bool:
    try:
        return len(argument) < 1000 and Path(argument).is_file()
    except (OSError, ValueError):
        return False


def _read_file(path: Path, hints: Hints) -> Iterator[Event]:
    if path.suffix == ".jsonl":
        with path.open("rb") as stream:
            for _, found in read_jsonl(stream, str(path)):
                if isinstance(found, str):
                    raise UsageError(found)
                yield found
        return
    yield _text_event(_decoded(path.read_bytes(), str(path)), hints, None)


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start}); convert it first") from error


async def _fetch(url: str, language: Language) -> str:
    from services.cli.fetching import fetch_text  # the HTTP client is slow to import and seldom needed

    return await fetch_text(url, language)


def _text_event(text: str, hints: Hints, url: str | None) -> Event:
    """The first line is the title unless one was given; the rest is the body."""
    visible = clean_block(from_markup(text))
    first, _, rest = visible.partition("\n")
    title, body = (hints.title, visible) if hints.title else (clean_line(first), rest.strip())
    published = _read_day(hints.published)
    source = _read_source(hints.source)
    return Event(
        event_id=ids.event_id(source, url or visible),
        revision=ids.revision_of(title, body),
        source=source,
        document_id=(url or title or "text")[:1000],
        url=url,
        lang=_read_language(hints.lang),
        title=title,
        body=body or None,
        published_on=published,
        seen_at=datetime.now(UTC),
    )


def _read_source(text: str | None) -> str:
    try:
        return TypeAdapter(SourceKey).validate_python(text or SOURCE)
    except ValidationError as error:
        raise UsageError(f"--source {text!r}: write the key of a source, such as us-federal-register") from error


def _read_day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError as error:
        raise UsageError(f"--published {text!r}: write the day as 2024-12-03") from error


def _read_language(text: str | None) -> Language | None:
    if text is None:
        return None
    named = {"zh": Language.ZH_HANS, **{each.value.lower(): each for each in Language}}
    if text.lower() not in named:
        raise UsageError(f"--lang {text!r}: one of {', '.join(named)}")
    return named[text.lower()]
