"""How every source behaves, whoever wrote it: the suite that `noroshi sources test` and our tests run on samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from services.ingest.authoring.golden import Sample, difference, page_of, results_of
from services.ingest.authoring.variants import Change, doubled, emptied, rearrange, reversed_order
from services.ingest.core import decide, read_page
from services.ingest.memory.revisions import known_of
from services.ingest.pages.page import Document, Page, Reading
from services.ingest.source import Source

Read = Callable[[Source, Page], Reading]

OF_LINES = frozenset({"jsonl", "csv"})
"""Kinds whose pages are a row after another: one that ends after a row is a shorter page, and a sound one."""

_OLDEST = date(1990, 1, 1)
_AHEAD = timedelta(days=31)
_CUTS = 60
_MOST_BYTES = 30_000_000

_SHELL = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{0}</title></head><body><h1>{0}</h1>{1}</body></html>'
_MENU = '<ul><li><a href="/">Home</a></li><li><a href="/contact">Contact</a> 2026-04-08</li></ul>'
_LOGIN = '<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>'
NO_NEWS: dict[str, bytes] = {
    "an empty page": b"",
    "a blank page": b" \r\n\t ",
    "a bad gateway": _SHELL.format("502 Bad Gateway", "<hr><center>nginx</center>").encode(),
    "a page that was not found": _SHELL.format("404 Not Found", _MENU).encode(),
    "a login form": _SHELL.format("Sign in", _MENU + _LOGIN).encode(),
    "a maintenance page": _SHELL.format("システムメンテナンスのお知らせ", "<p>しばらくお待ちください。</p>").encode(),
    "a refused visit": _SHELL.format("您的访问已被拒绝", _MENU).encode(),
    "a check of the browser": _SHELL.format("Just a moment", "<script>location.reload()</script>").encode(),
    "an error in JSON": b'{"status": 500, "error": "Internal Server Error"}',
    "an error in XML": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>",
    "an error in words": b"upstream connect error or disconnect/reset before headers",
}
"""Answers that publishers' servers give in place of a list, with status 200 too."""


@dataclass(frozen=True)
class Finding:
    """A sample on which a source does not behave: which behaviour is missed, and what came instead."""

    sample: str
    behaviour: str
    what: str

    def __str__(self) -> str:
        return f"{self.sample}: {self.behaviour}: {self.what}"


@dataclass(frozen=True)
class Case:
    """A source, one of its samples, and the page and reading that it is; `now` is when the suite runs."""

    source: Source
    sample: Sample
    page: Page
    reading: Reading
    now: datetime
    read: Read

    @property
    def documents(self) -> Sequence[Document]:
        """The documents of the page."""
        return self.reading.documents

    def read_as(self, content: bytes) -> Reading:
        """What other content would say in the page's place."""
        return self.read(self.source, replace(self.page, content=content))

    def variant(self, change: Change) -> Reading | None:
        """What the rearranged page says; None where the form has no such page."""
        content = rearrange(self.source, self.page, change)
        return None if content is None else self.read_as(content)


def examine(source: Source, samples: Iterable[Sample], now: datetime, read: Read = read_page) -> tuple[Finding, ...]:
    """Everything in which the source misses the behaviour of sources, sample by sample; empty if it behaves.

    `now` is when the suite runs; dates are held against it. Without a sample there is one finding, which says so.
    """
    cases = [_case(source, sample, now, read) for sample in samples]
    if not cases:
        return (Finding("samples/", "it has a sample", "there is none; save a page of the list as samples/list.xml"),)
    found = (_findings(case) for case in cases)
    return tuple(finding for each in found for finding in each)


def _case(source: Source, sample: Sample, now: datetime, read: Read) -> Case:
    page = page_of(source, sample, now)
    return Case(source, sample, page, read(source, page), now, read)


def _findings(case: Case) -> Iterator[Finding]:
    if not case.reading.readable or not case.documents:
        what = "; ".join(map(str, case.reading.problems)) or "no document is found"
        yield Finding(case.sample.name, "its sample is read", what)
        return
    for behaviour, check in BEHAVIOURS.items():
        yield from (Finding(case.sample.name, behaviour, what) for what in check(case))


def _as_written_down(case: Case) -> Iterator[str]:
    if case.sample.expected is None:
        yield "no results are written down; look at what is read, and accept it with `noroshi sources test --accept`"
    elif apart := difference(results_of(case.reading), case.sample.expected):
        yield f"{apart}; mend the source, or accept it with `noroshi sources test --accept`"


def _titles_apart(case: Case) -> Iterator[str]:
    titles = [each.title for each in case.documents]
    most = max(set(titles), key=titles.count)
    if len(titles) >= 3 and titles.count(most) > len(titles) / 2:
        yield f"{titles.count(most)} of {len(titles)} documents are called {most[:80]!r}; look at where the title is"


def _dates_in_sense(case: Case) -> Iterator[str]:
    for each in case.documents:
        if each.published_on and not _OLDEST <= each.published_on <= case.now.date() + _AHEAD:
            yield f"{each.title[:80]!r} is of {each.published_on}; look at where the date is, and at its form"


def _nothing_new(case: Case) -> Iterator[str]:
    first = decide(case.documents, {}, seen_at=case.now)
    seen = {event.event_id: known_of(event) for event in first.events}
    again = decide(case.documents, seen, seen_at=case.now).events
    if again:
        yield f"{len(again)} documents would be published again, the first {again[0].title[:80]!r}"
    if len(first.events) != len(case.documents):
        lost = len(case.documents) - len(first.events)
        yield f"{lost} of {len(case.documents)} documents have the id of another and would not be published"


def _same_tomorrow(case: Case) -> Iterator[str]:
    address = urlsplit(case.page.url)._replace(scheme="http").geturl()
    later = replace(case.page, fetched_at=case.page.fetched_at + timedelta(days=1), url=address)
    yield from _apart(case, case.read(case.source, later))


def _same_in_any_order(case: Case) -> Iterator[str]:
    yield from _apart(case, case.variant(reversed_order))


def _same_twice_on_a_page(case: Case) -> Iterator[str]:
    yield from _apart(case, case.variant(doubled))


def _apart(case: Case, other: Reading | None) -> Iterator[str]:
    """Where the other reading gives other events."""
    if other is None:
        return
    one, two = (_events(each, case.now) for each in (case.reading, other))
    if one != two:
        names = sorted({title for title, *_ in one ^ two})
        yield f"{len(names)} documents get another id or revision, or come or go; the first is {names[0][:80]!r}"


def _events(reading: Reading, now: datetime) -> frozenset[tuple[str, str, str]]:
    events = decide(reading.documents, {}, seen_at=now).events
    return frozenset((event.title, event.event_id, event.revision) for event in events)


def _emptied_is_unreadable(case: Case) -> Iterator[str]:
    found = case.variant(emptied)
    if found is not None and (found.documents or (found.readable and case.source.expected.min_items)):
        yield "the page without its documents passes for one on which nothing is new"


def _cut_is_unreadable(case: Case) -> Iterator[str]:
    content = case.page.content.rstrip()
    step = max(1, len(content) // max(4, min(_CUTS, _MOST_BYTES // max(1, len(content)))))
    whole = _events(case.reading, case.now)
    for length in range(0, len(content), step):
        found = case.read_as(content[:length])
        events = _events(found, case.now)
        is_shorter = case.source.kind in OF_LINES and events <= whole
        if (found.readable or events) and events != whole and not is_shorter:
            yield f"its first {length} of {len(content)} bytes are read as a list of {len(found.documents)} documents"
            return


def _no_error_is_news(case: Case) -> Iterator[str]:
    for name, body in NO_NEWS.items():
        found = case.read_as(body)
        if found.documents:
            yield f"{name} gives the document {found.documents[0].title[:80]!r}; say more closely what a document is"
        elif found.readable:
            yield f"{name} passes for a list on which nothing is new"


BEHAVIOURS: dict[str, Callable[[Case], Iterator[str]]] = {
    "its sample gives the results written down": _as_written_down,
    "its documents have titles of their own": _titles_apart,
    "its dates are within sense": _dates_in_sense,
    "the same page twice brings nothing new": _nothing_new,
    "the page a day later has the same ids": _same_tomorrow,
    "the page in another order has the same ids": _same_in_any_order,
    "a document listed twice is one": _same_twice_on_a_page,
    "an emptied page is not taken for no news": _emptied_is_unreadable,
    "a page that was cut off is unreadable": _cut_is_unreadable,
    "an error page or a login form is no document": _no_error_is_news,
}
"""What is asked of every source, in words, and the check that says in which ways a sample misses it."""
