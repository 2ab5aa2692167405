"""What the lists of the Federal Register are asked for, and what is kept of an answer."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.contracts.errors import UsageError
from services.ingest.backfill.history import Window, first_url
from services.ingest.core import decide, read_page
from services.ingest.pages.page import Page
from services.ingest.pages.registerpage import Article
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_sources
from tests.ingest.material import shipped_source
from tests.ingest.register import BIS, FILED, NEXT_DAY, PRINTED, after, event_of, filing, printing, read


@pytest.mark.parametrize(
    ("agencies", "kept"),
    [
        (BIS, True),
        ([{"name": "Transportation Department", "slug": "transportation-department"}], False),
        ([{"raw_name": "An Office Nobody Knows"}], True),
        ([], True),
    ],
    ids=["wanted", "another", "without a slug", "none"],
)
def test_what_is_filed_is_kept_by_agency_and_what_cannot_be_told_apart_is_kept(agencies: Any, kept: bool) -> None:
    found = read(filing(agencies=agencies), filed=True)
    assert len(found.documents) == kept
    assert found.problems == ()


def test_a_fault_in_a_document_of_another_agency_is_nobodys_problem_and_in_a_wanted_one_is() -> None:
    other = [{"slug": "transportation-department"}]
    assert read(filing(document_number=None, agencies=other), filed=True).problems == ()
    assert len(read(filing(document_number=None), filed=True).problems) == 1
    assert len(read(filing(agencies="BIS"), filed=True).problems) == 1


def test_a_day_without_filings_of_these_agencies_is_an_empty_list_and_an_error_page_is_none() -> None:
    empty = read_page(FILED, Page(b'{"count": 0, "results": []}', FILED.url, NEXT_DAY))
    assert (empty.readable, empty.documents) == (True, ())
    assert not read_page(FILED, Page(b'{"errors": ["x"]}', FILED.url, NEXT_DAY)).readable
    assert not read_page(FILED, Page(b'{"count": 300}', FILED.url, NEXT_DAY)).readable


def test_what_is_filed_comes_as_a_whole_and_is_not_paged() -> None:
    content = json.dumps({"count": 300, "results": [filing()] * 300}).encode()
    found = read_page(FILED, Page(content, FILED.url, NEXT_DAY))
    assert (len(found.documents), found.next_url, found.problems) == (1, None, ())


def test_the_past_of_a_list_of_filings_is_that_of_the_printed_source() -> None:
    with pytest.raises(UsageError, match="ask us-federal-register, where"):
        first_url(FILED, Window(date(2026, 1, 1), date(2026, 1, 31)))


def test_every_other_list_of_the_register_gives_its_documents_to_a_source_that_exists() -> None:
    sources = {each.key: each for each in load_sources([DEFAULT_SOURCES]) if each.kind == "federal_register"}
    others = {key: each.options["documents_of"] for key, each in sources.items() if each.options}
    assert others == {
        "us-federal-register-energy": "us-federal-register",
        "us-federal-register-inspection": "us-federal-register",
    }
    assert set(others.values()) <= set(sources)


def test_a_document_on_two_lists_is_one_event_and_the_second_sight_is_no_news() -> None:
    document = printing(agencies=[{"name": "Energy Department", "slug": "energy-department"}])
    source = shipped_source("us_federal_register_energy")
    content = json.dumps({"count": 1, "results": [document]}).encode()
    (found,) = read_page(source, Page(content, source.url, NEXT_DAY)).documents
    known = event_of(document, filed=False)
    assert decide([found], after(known), seen_at=NEXT_DAY).events == ()


ASKED = parse_qs(urlsplit(PRINTED.url).query)
ISSUERS = {
    "BIS": "industry-and-security-bureau",
    "ITA": "international-trade-administration",
    "USTR": "trade-representative-office-of-united-states",
    "OFAC": "foreign-assets-control-office",
    "CFIUS and outbound investment": "investment-security-office",
    "DOE, export of nuclear technology": "national-nuclear-security-administration",
    "DOE, nuclear fuel": "nuclear-energy-office",
    "DoD": "defense-department",
    "DoD, acquisition rules": "defense-acquisition-regulations-system",
    "CBP": "u-s-customs-and-border-protection",
    "the President": "executive-office-of-the-president",
    "the Trade Commission": "international-trade-commission",
    "State": "state-department",
}


@pytest.mark.parametrize("agency", ISSUERS.values(), ids=ISSUERS)
def test_the_register_is_asked_for_each_agency_in_print_and_on_filing(agency: str) -> None:
    assert agency in ASKED["conditions[agencies][]"]
    assert agency in FILED.options["agencies"]


def test_filing_and_print_are_asked_for_the_same_agencies() -> None:
    assert sorted(FILED.options["agencies"]) == sorted(ASKED["conditions[agencies][]"])


def test_no_kind_of_document_is_left_out_and_every_field_that_is_read_is_asked_for() -> None:
    conditions = {name for name in ASKED if name.startswith("conditions")}
    assert conditions == {"conditions[agencies][]"}, "no condition on type, term or day: corrections come too"
    of_filing_only = {"filed_at", "filing_type", "editorial_note", "docket_numbers"}
    assert set(ASKED["fields[]"]) == set(Article.model_fields) - of_filing_only
    assert ASKED["order"] == ["newest"]


def test_energy_treasury_and_standards_are_asked_by_words_since_whole_they_bring_dozens_a_day() -> None:
    asked = parse_qs(urlsplit(shipped_source("us_federal_register_energy").url).query)
    assert asked["conditions[agencies][]"] == [
        "energy-department",
        "treasury-department",
        "national-institute-of-standards-and-technology",
    ]
    (term,) = asked["conditions[term]"]
    assert {"critical minerals", "outbound investment"} <= {each.strip(' "') for each in term.split("|")}
    assert asked["fields[]"] == ASKED["fields[]"]
