"""How the past of a source is asked for: windows of days, each small enough to be listed whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from services.contracts.errors import UsageError
from services.ingest.source import KINDS, Source
from services.runtime.registry import load_plugin

_NO_LIMIT = 1_000_000


@dataclass(frozen=True, order=True)
class Window:
    """Days of publication, the first and the last included."""

    since: date
    until: date

    def __str__(self) -> str:
        return f"{self.since} to {self.until}"


@dataclass(frozen=True)
class BackfillReport:
    """What was read so far: read = new + unchanged. `skipped` windows were read by an earlier run."""

    source: str
    windows: int = 0
    skipped: int = 0
    pages: int = 0
    read: int = 0
    new: int = 0
    unchanged: int = 0
    problems: tuple[str, ...] = ()


def plan_windows(since: date, until: date) -> tuple[Window, ...]:
    """The calendar months from `since` to `until`, the first and the last cut to size; raises UsageError if none."""
    if until < since:
        raise UsageError(f"--until {until} is before --since {since}; swap them")
    return tuple(_months(since, until))


def _months(since: date, until: date) -> Iterator[Window]:
    first = since
    while first <= until:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Window(first, min(following - timedelta(days=1), until))
        first = following


def halve(window: Window) -> tuple[Window, ...]:
    """The window as two; as it is where it is one day."""
    if window.since == window.until:
        return (window,)
    middle = window.since + (window.until - window.since) // 2
    return Window(window.since, middle), Window(middle + timedelta(days=1), window.until)


def first_url(source: Source, window: Window) -> str:
    """The address of the first page of a window; raises UsageError for a kind that has no history to page through."""
    ask = load_plugin(KINDS, source.kind, "backfill_url", None)
    if ask is None:
        raise UsageError(
            f"{source.key}: a source of the kind `{source.kind}` lists only what is recent and has no past to ask for; "
            "hand its archive over as JSON Lines: noroshi ingest --file archive.jsonl --backfill"
        )
    url: str = ask(source, window.since, window.until)
    return url


def window_limit(source: Source) -> int:
    """How many documents the source lists for one window; what reaches it is split in two and asked again."""
    limit: int = load_plugin(KINDS, source.kind, "BACKFILL_LIMIT", _NO_LIMIT)
    return limit


def is_of(source: Source, url: str) -> bool:
    """Whether an address that a page names is of the source's own server."""
    one, other = urlsplit(source.url), urlsplit(url)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)
