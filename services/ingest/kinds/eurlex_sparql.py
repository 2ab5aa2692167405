"""Results of a query to CELLAR's SPARQL endpoint, a document a CELEX number.

The form is https://www.w3.org/TR/sparql11-results-json/; the query is part of the source's address. It selects
one row a document, or several where it has several authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.contracts.events import Identifier
from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.jsontext import parse_json
from services.ingest.pages.page import Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.source import KindOptions, Source

_CELEX = re.compile(r"[0-9CE]\d{4}[A-Z]{1,2}\d{4,5}(?:\(\d\d\))?(?:R\(\d\d\))?")
_CORRIGENDUM = re.compile(r"R\(\d\d\)$")
_URL = "https://eur-lex.europa.eu/legal-content/{language}/TXT/?uri=CELEX:{celex}"


class Options(KindOptions):
    """The variables of the query; those that are empty are not selected."""

    celex: str = "celex"
    title: str = "title"
    date: str = "date"
    type: str = "type"
    author: str = ""
    eli: str = ""


def read(source: Source, page: Page) -> Reading:
    """The documents of the results; raises UnreadablePageError if they are none, or lack a variable of the query."""
    options = Options.model_validate(source.options)
    rows = _rows(parse_json(page), options)
    problems: list[Problem] = []
    by_number: dict[str, list[dict[str, str]]] = {}
    for number, each in enumerate(rows, start=1):
        where = f"{source.key} row {number}"
        row = _values(each)
        celex = row.get(options.celex, "")
        if not _CELEX.fullmatch(celex):
            problems.append(Problem(ProblemKind.BAD_ITEM, where, f"{celex[:60]!r} is no CELEX number"))
            continue
        by_number.setdefault(celex, []).append(row)
    entries = [_entry(celex, rows_of, options, source) for celex, rows_of in by_number.items()]
    return read_entries(source, page, entries, problems)


def _rows(answer: Any, options: Options) -> list[Any]:
    try:
        selected, rows = answer["head"]["vars"], answer["results"]["bindings"]
        missing = {each for each in options.model_dump().values() if each} - set(selected)
    except (KeyError, TypeError, IndexError) as error:
        raise UnreadablePageError(f"no query results, with head.vars and results.bindings: {error}") from error
    if missing:
        raise UnreadablePageError(f"the query in `url` does not select {', '.join(sorted(missing))}")
    if not isinstance(rows, list):
        raise UnreadablePageError("no results of a query: `results.bindings` is no list")
    return rows


def _values(row: Any) -> dict[str, str]:
    if not isinstance(row, Mapping):
        return {}
    bound = {str(name): each.get("value") for name, each in row.items() if isinstance(each, Mapping)}
    return {name: value.strip() for name, value in bound.items() if isinstance(value, str)}


def _entry(celex: str, rows: list[dict[str, str]], options: Options, source: Source) -> Entry:
    row = rows[0]
    stated = row.get(options.type, "").rpartition("/")[2]
    corrected = _CORRIGENDUM.sub("", celex)
    return Entry(
        title=row.get(options.title, ""),
        link=_URL.format(language=source.language.value[:2].upper(), celex=celex),
        id=f"celex:{celex}",
        date=row.get(options.date, ""),
        agencies=tuple(dict.fromkeys(_authors(rows, options, source))),
        document_type=source.lookups.document_type.get(stated, stated),
        identifiers=tuple(_identifiers(celex, corrected, rows, options)),
        attributes={"correction_of": corrected} if corrected != celex else {},
    )


def _authors(rows: Iterable[Mapping[str, str]], options: Options, source: Source) -> Iterator[str]:
    for each in rows:
        if name := each.get(options.author, "").rpartition("/")[2]:
            yield source.lookups.agency.get(name, name)


def _identifiers(
    celex: str, corrected: str, rows: Iterable[Mapping[str, str]], options: Options
) -> Iterator[Identifier]:
    """A corrigendum carries the number of what it corrects, so that both are one thread."""
    yield from (Identifier(scheme="celex", value=value) for value in dict.fromkeys((corrected, celex)))
    for each in rows:
        if eli := each.get(options.eli, ""):
            yield Identifier(scheme="eli", value=eli[:300])
