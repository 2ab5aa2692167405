"""The Federal Register beyond one page of published documents: pages, the window, public inspection, corrections."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from services.ingest.core import read_page
from services.ingest.pages.page import Page, ProblemKind, Reading
from tests.ingest.material import NOW, example_source, shipped_source

API = "https://www.federalregister.gov/api/v1/documents.json"
DOCUMENT = {"document_number": "2026-00001", "title": "t", "publication_date": "2026-04-08"}


def read(answer: dict[str, Any], query: str = "") -> Reading:
    source = example_source(kind="federal_register", country="US", language="en", zone="America/New_York")
    return read_page(source, Page(json.dumps(answer).encode(), f"{API}{query}", NOW))


def test_the_list_goes_on_at_the_address_that_the_api_gives() -> None:
    found = read({"count": 50, "results": [DOCUMENT], "next_page_url": f"{API}?page=2"})
    assert (found.next_url, found.problems) == (f"{API}?page=2", ())
    assert read({"count": 1, "results": [DOCUMENT], "next_page_url": None}).next_url is None


def test_the_end_of_the_window_is_reported_and_not_passed_over() -> None:
    answer = {"count": 9000, "results": [DOCUMENT], "next_page_url": f"{API}?page=11&per_page=200"}
    assert read(answer, "?per_page=200&page=9").problems == ()
    last = read(answer, "?per_page=200&page=10")
    assert last.next_url is None
    assert [each.kind for each in last.problems] == [ProblemKind.DRIFT]
    assert "9000 documents and pages through 2000" in str(last.problems[0])
    assert "pages through 1000" in str(read({**answer, "next_page_url": None}, "?page=50").problems[0])


def test_a_document_on_public_inspection_is_dated_by_its_filing() -> None:
    stated = {
        "document_number": "2026-00002",
        "title": None,
        "toc_subject": "Export Controls",
        "toc_doc": "Entity List (synthetic)",
        "filed_at": "2026-04-08T08:45:00.000-04:00",
        "publication_date": "2026-04-10",
        "filing_type": "regular",
        "docket_numbers": ["Docket No. 260408-0001"],
        "type": "Rule",
    }
    found = read({"count": 1, "results": [stated]})
    document = found.documents[0]
    assert (document.document_id, document.title) == ("fr:2026-00002", "Export Controls: Entity List (synthetic)")
    assert (document.published_on, document.published_at) == (
        date(2026, 4, 8),
        datetime(2026, 4, 8, 12, 45, tzinfo=UTC),
    )
    assert document.attributes == {"publication_date": "2026-04-10", "filing_type": "regular"}
    assert ("docket", "260408-0001") in [(each.scheme, each.value) for each in document.identifiers]


def test_a_correction_names_the_document_that_it_corrects() -> None:
    stated = "https://www.federalregister.gov/api/v1/documents/2026-00001.json"
    found = read({"count": 1, "results": [{**DOCUMENT, "document_number": "C1-2026-00001", "correction_of": stated}]})
    assert found.documents[0].attributes["correction_of"] == "2026-00001"


def test_a_document_without_any_day_is_reported() -> None:
    found = read({"count": 2, "results": [DOCUMENT, {"document_number": "2026-00003", "title": "t"}]})
    assert len(found.documents) == 1
    assert [each.kind for each in found.problems] == [ProblemKind.BAD_ITEM]


def test_a_long_address_with_many_conditions_goes_on_to_its_next_page() -> None:
    source = shipped_source("us_federal_register_documents")
    following = f"{source.url}&page=2"
    assert len(following) > 1000
    result = {"document_number": "2026-1", "title": "Synthetic notice", "publication_date": "2026-04-08"}
    content = json.dumps({"count": 500, "results": [result], "next_page_url": following}).encode()
    found = read_page(source, Page(content, source.url, NOW))
    assert found.next_url is not None
    assert found.next_url.endswith("page=2")
    assert found.problems == ()
