"""A list of records that a JSON API answers with, each field named by a path; the list may go on on further pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field

from services.ingest.pages.dates import parse_published
from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.jsontext import parse_json
from services.ingest.pages.links import MAX_QUESTION, absolute_link
from services.ingest.pages.mapping import Mapped, WrongShapeError, map_records, values_at
from services.ingest.pages.page import Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.pages.writtendays import DayOrder, written_day
from services.ingest.source import KindOptions, Source


class Paging(KindOptions):
    """How the list goes on: an address that the page gives (`next`), or a parameter of our address that counts.

    `parameter` counts pages, from `first` on, or the records before the page (`counts: records`, from 0). `total`
    is the path of the number of records in all; without it the list ends with a page that has none.
    """

    next: str = ""
    parameter: str = ""
    counts: Literal["pages", "records"] = "pages"
    first: Annotated[int, Field(ge=0)] = 1
    total: str = ""
    size: Annotated[int, Field(ge=1)] | None = None


class Options(Mapped):
    """The records are at the path `results` (empty: the page itself is the list); `paging` says how the list goes on.

    `known_page_fields` does for the fields around the list what `known_fields` does for those of a record.
    """

    results: str = ""
    paging: Paging = Paging()
    known_page_fields: tuple[str, ...] = ()
    day_order: DayOrder | None = None


def read(source: Source, page: Page) -> Reading:
    """The documents of the list; raises UnreadablePageError if the page is no JSON or the list is not where it was."""
    options = Options.model_validate(source.options)
    answer = parse_json(page)
    records = _records(answer, options.results)
    problems = list(_new_page_fields(answer, options, source))
    today = page.fetched_at.astimezone(source.tz).date()
    mapped = [entry for _, entry in map_records(records, options, source, problems)]
    entries = [dated(entry, source, today, options) for entry in mapped]
    return replace(read_entries(source, page, entries, problems), next_url=_next_url(answer, records, options, page))


def dated(entry: Entry, source: Source, today: date, options: Options) -> Entry:
    """The entry with the day that its date says, where only a person would read it as one."""
    if not options.date:
        return replace(entry, undated=True)
    exact = parse_published(entry.date, source)
    return entry if exact else replace(entry, day=written_day(entry.date, today=today, order=options.day_order))


def _records(answer: Any, path: str) -> list[Any]:
    found, walked = answer, "the page"
    for part in path.split(".") if path else ():
        if not isinstance(found, Mapping) or part not in found:
            raise UnreadablePageError(f"{walked} has no {part!r}, it is an error or a new form: {_glimpse(answer)}")
        found, walked = found[part], part
    if not isinstance(found, list):
        raise UnreadablePageError(f"a list of records is expected at {path or 'the top'!r}, there is {_glimpse(found)}")
    return found


def _glimpse(value: Any) -> str:
    return f"an object with {', '.join(map(str, value))}"[:200] if isinstance(value, Mapping) else repr(value)[:80]


def _new_page_fields(answer: Any, options: Options, source: Source) -> Iterator[Problem]:
    if not options.known_page_fields or not isinstance(answer, Mapping):
        return
    paging = options.paging
    mapped = {path.partition(".")[0] for path in (options.results, paging.next, paging.total)}
    for name in sorted(set(answer) - mapped - set(options.known_page_fields)):
        message = f"the page has a new field {name[:80]!r}; add it to `known_page_fields`"
        yield Problem(ProblemKind.DRIFT, source.key, message)


def _next_url(answer: Any, records: list[Any], options: Options, page: Page) -> str | None:
    paging = options.paging
    if paging.next:
        return absolute_link(next(iter(_texts(answer, paging.next)), ""), page.url, longest=MAX_QUESTION)
    if not paging.parameter or not records:
        return None
    here = _number(dict(parse_qsl(urlsplit(page.url).query)).get(paging.parameter, ""))
    size = paging.size or len(records)
    if paging.counts == "records":
        done = following = (here or 0) + len(records)
    else:
        number = paging.first if here is None else here
        following, done = number + 1, (number - paging.first + 1) * size
    total = _number(next(iter(_texts(answer, paging.total)), ""))
    is_last = done >= total if total is not None else len(records) < size
    return None if is_last else _with_parameter(page.url, paging.parameter, following)


def _texts(answer: Any, path: str) -> tuple[str, ...]:
    try:
        return values_at(answer, path)
    except WrongShapeError:
        return ()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _with_parameter(url: str, name: str, value: int) -> str:
    parts = urlsplit(url)
    kept = [(key, each) for key, each in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, str(value))])))
