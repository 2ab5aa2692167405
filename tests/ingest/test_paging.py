"""A list is read past its first page as far as it is news, and as a whole or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.ingest.core import read_page
from services.ingest.pages.page import Document, Page, ProblemKind, Reading
from services.ingest.polling.paging import MAX_PAGES, read_on
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified, PageFetched, Validators
from tests.ingest.material import NOW, shipped_source

SOURCE = shipped_source("us_federal_register_documents")
PER_PAGE = 3


@dataclass
class Register:
    """A synthetic register of so many documents, the newest first; `known` are those seen before."""

    documents: int
    known: frozenset[str] = frozenset()
    faults: dict[int, Fetched] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def page(self, number: int) -> Page:
        listed = range(self.documents - (number - 1) * PER_PAGE, max(self.documents - number * PER_PAGE, 0), -1)
        results = [
            {
                "document_number": f"2026-{each:05}",
                "title": f"Synthetic notice {each}",
                "publication_date": "2026-04-08",
            }
            for each in listed
        ]
        url = f"{SOURCE.url.replace('per_page=200', f'per_page={PER_PAGE}')}&page={{}}"
        following = url.format(number + 1) if number * PER_PAGE < self.documents else None
        content = {"count": self.documents, "results": results, "next_page_url": following}
        return Page(json.dumps(content).encode(), url.format(number), NOW)

    async def fetch(self, url: str) -> Fetched:
        number = int(url.rpartition("=")[2])
        self.asked.append(number)
        return self.faults.get(number) or PageFetched(self.page(number), Validators())

    async def knows(self, documents: Sequence[Document]) -> bool:
        return any(each.document_id in self.known for each in documents)

    def read(self) -> Reading | FetchFailed:
        return asyncio.run(read_on(SOURCE, read_page(SOURCE, self.page(1)), self.fetch, self.knows))


def numbers(found: Reading | FetchFailed) -> list[int]:
    assert isinstance(found, Reading)
    return [int(each.document_id.rpartition("-")[2]) for each in found.documents]


def test_a_first_page_with_something_known_is_all_that_is_read() -> None:
    register = Register(30, known=frozenset({"fr:2026-00028"}))
    assert numbers(register.read()) == [28, 29, 30]
    assert register.asked == []


def test_pages_are_read_up_to_one_that_holds_something_known_and_come_as_one_the_oldest_first() -> None:
    register = Register(30, known=frozenset({"fr:2026-00023"}))
    assert numbers(register.read()) == list(range(22, 31))
    assert register.asked == [2, 3]


def test_a_list_of_which_nothing_is_known_is_read_to_its_end() -> None:
    register = Register(8)
    assert numbers(register.read()) == list(range(1, 9))
    assert register.asked == [2, 3]


def test_a_page_that_does_not_come_or_is_none_fails_the_whole() -> None:
    away = FetchFailed("http_5xx", "HTTP 503", retry_after=60.0)
    login = PageFetched(Page(b"<html><body>Log in</body></html>", SOURCE.url, NOW), Validators())
    found = [Register(9, faults={2: fault}).read() for fault in (away, login, NotModified())]
    assert found[0] == FetchFailed("http_5xx", "page 2: HTTP 503", retry_after=60.0)
    assert [each.outcome for each in found if isinstance(each, FetchFailed)] == ["http_5xx", "parse_error", "network"]


def test_an_endless_list_is_left_after_so_many_pages_and_says_how_to_get_the_rest() -> None:
    register = Register(PER_PAGE * (MAX_PAGES + 5))
    found = register.read()
    assert len(numbers(found)) == PER_PAGE * MAX_PAGES
    assert isinstance(found, Reading)
    (problem,) = (each for each in found.problems if each.kind is ProblemKind.DRIFT)
    assert "noroshi backfill us-federal-register" in problem.message
