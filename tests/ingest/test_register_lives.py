"""A document of the Federal Register from its filing to print and correction: one document, one measure, told once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.alert.lifecycle.decision import decide as decide_alert
from services.classify.core import Classifier
from services.contracts.errors import UsageError
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Reason
from services.ingest.backfill.history import Window, first_url
from services.ingest.core import decide, read_page
from services.ingest.memory.intake import Verdict, judge_page, remember
from services.ingest.memory.revisions import Known, known_of
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Document, Page, ProblemKind, Reading
from services.ingest.pages.registerpage import Article
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_sources
from services.runtime.store import migrate, open_engine
from services.taxonomy.load import default_taxonomy
from tests.ingest.material import example_settings, shipped_source

PRINTED = shipped_source("us_federal_register_documents")
FILED = shipped_source("us_federal_register_inspection")
COMMERCE = [{"name": "Commerce Department", "slug": "commerce-department"}]
ITA = [*COMMERCE, {"name": "International Trade Administration", "slug": "international-trade-administration"}]
BIS = [*COMMERCE, {"name": "Industry and Security Bureau", "slug": "industry-and-security-bureau"}]
TITLE = "Silicon Metal From Angola: Antidumping Duty Order"
CONTROLS = "Export Controls on Gallium Arsenide Wafers to China; Interim Final Rule"
MORNING = datetime(2026, 4, 9, 13, tzinfo=UTC)
NEXT_DAY = datetime(2026, 4, 10, 13, tzinfo=UTC)


def filing(**changes: Any) -> dict[str, Any]:
    stated = {
        "document_number": "2026-00011",
        "title": TITLE,
        "type": "Notice",
        "filed_at": "2026-04-09T08:45:00.000-04:00",
        "publication_date": "2026-04-10",
        "filing_type": "regular",
        "docket_numbers": ["A-762-001"],
        "agencies": ITA,
    }
    return {**stated, **changes}


def printing(**changes: Any) -> dict[str, Any]:
    stated = {
        "document_number": "2026-00011",
        "title": TITLE,
        "type": "Notice",
        "publication_date": "2026-04-10",
        "citation": "91 FR 99011",
        "docket_ids": ["A-762-001"],
        "agencies": ITA,
    }
    return {**stated, **changes}


def read(stated: dict[str, Any], *, filed: bool) -> Reading:
    source = FILED if filed else PRINTED
    content = json.dumps({"count": 1, "results": [stated]}).encode()
    return read_page(source, Page(content, source.url, NEXT_DAY))


def event_of(stated: dict[str, Any], *, filed: bool) -> Event:
    documents = read(stated, filed=filed).documents
    return decide(documents, {}, seen_at=MORNING if filed else NEXT_DAY).events[0]


def after(event: Event) -> dict[str, Known]:
    return {event.event_id: known_of(event)}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(default_taxonomy())


def act_of(classifier: Classifier, event: Event) -> Act:
    (act,) = classifier.classify(event).acts
    return act


def test_filing_and_printing_are_two_revisions_of_one_event() -> None:
    filed, printed = event_of(filing(), filed=True), event_of(printing(), filed=False)
    assert (filed.source, filed.event_id) == (printed.source, printed.event_id)
    assert filed.source == PRINTED.key
    assert filed.revision != printed.revision
    assert (filed.published_on, printed.published_on) == (date(2026, 4, 9), date(2026, 4, 10))


def test_a_filing_that_is_read_after_the_printing_is_older_and_never_published() -> None:
    printed = event_of(printing(), filed=False)
    late = decide(read(filing(), filed=True).documents, after(printed), seen_at=NEXT_DAY)
    assert late.events == ()
    assert [each.event_id for each in late.older] == [printed.event_id]


def test_both_have_one_measure_and_a_printing_that_says_no_more_alerts_nobody_again(classifier: Classifier) -> None:
    filed = act_of(classifier, event_of(filing(), filed=True))
    printed = act_of(classifier, event_of(printing(), filed=False))
    assert filed.measure_id == printed.measure_id
    first = decide_alert(None, filed, default_taxonomy())
    second = decide_alert(first.told, printed, default_taxonomy())
    assert (first.reason, second.reason) == (Reason.FIRST, Reason.REPEATED)


def test_a_rule_without_any_number_of_its_life_keeps_its_measure_in_print(classifier: Classifier) -> None:
    rule = {"title": CONTROLS, "type": "Rule", "agencies": BIS}
    filed = event_of(filing(**rule, docket_numbers=["Docket No. 260408-0101"]), filed=True)
    printed = event_of(printing(**rule, docket_ids=["Docket No. 260408-0101"]), filed=False)
    assert act_of(classifier, filed).measure_id == act_of(classifier, printed).measure_id


def test_a_rule_that_gets_its_rin_only_in_print_becomes_a_measure_of_its_own(classifier: Classifier) -> None:
    rule = {"title": CONTROLS, "type": "Rule", "agencies": BIS}
    filed = event_of(filing(**rule, docket_numbers=["Docket No. 260408-0101"]), filed=True)
    printed = event_of(printing(**rule, regulation_id_numbers=["0694-AK99"]), filed=False)
    with_rin = event_of(filing(**rule, docket_numbers=["260408-0101", "RIN 0694-AK99"]), filed=True)
    assert act_of(classifier, filed).measure_id != act_of(classifier, printed).measure_id
    assert act_of(classifier, with_rin).measure_id == act_of(classifier, printed).measure_id


class Memory:
    """What ingest remembers, and the page of each source as it is judged by it."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(example_settings(folder), "ingest")
        migrate(self.engine, "ingest")
        self._read: dict[str, datetime] = {}

    def take(self, *stated: dict[str, Any], filed: bool, at: datetime) -> Verdict:
        source = FILED if filed else PRINTED
        content = json.dumps({"count": len(stated), "results": stated}).encode()
        documents = read_page(source, Page(content, source.url, at)).documents
        with self.engine.begin() as connection:
            cursor = Cursor(source.key, last_success_at=self._read.get(source.key))
            verdict = judge_page(connection, documents, cursor, at)
            remember(connection, verdict.decision)
        self._read[source.key] = at
        return verdict


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(tmp_path)
    yield made
    made.engine.dispose()


def numbered(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        filing(**changes, document_number=f"2026-{number:05}", title=f"Notice No. {number}") for number in range(count)
    ]


def news(verdict: Verdict) -> list[tuple[str, bool]]:
    return [(each.document_id, each.backfill) for each in verdict.decision.events]


def test_the_first_filings_are_news_since_their_printing_will_be_none(memory: Memory, classifier: Classifier) -> None:
    memory.take(printing(document_number="2026-00001"), filed=False, at=MORNING)
    first = memory.take(filing(), filed=True, at=MORNING)
    assert (news(first), first.first) == ([("fr:2026-00011", False)], True)
    second = memory.take(printing(), filed=False, at=NEXT_DAY)
    assert news(second) == [("fr:2026-00011", False)]
    acts = [act_of(classifier, each.decision.events[0]) for each in (first, second)]
    told = decide_alert(None, acts[0], default_taxonomy())
    assert told.reason is Reason.FIRST
    assert decide_alert(told.told, acts[1], default_taxonomy()).reason is Reason.REPEATED


def test_what_was_printed_before_is_back_fill_on_a_first_page_of_filings(memory: Memory) -> None:
    assert news(memory.take(filing(), filed=True, at=datetime(2026, 4, 11, 13, tzinfo=UTC))) == [
        ("fr:2026-00011", True)
    ]


def test_the_first_page_of_what_is_printed_stays_a_baseline(memory: Memory) -> None:
    assert news(memory.take(printing(), filed=False, at=NEXT_DAY)) == [("fr:2026-00011", True)]


def test_a_list_of_filings_that_is_new_each_day_is_neither_held_nor_a_gap(memory: Memory) -> None:
    memory.take(*numbered(12), filed=True, at=MORNING)
    following = numbered(40, filed_at="2026-04-10T08:45:00.000-04:00", publication_date="2026-04-13")[12:]
    verdict = memory.take(*following, filed=True, at=NEXT_DAY)
    assert (len(verdict.decision.events), verdict.held, verdict.gap) == (28, None, False)


def test_printing_a_whole_days_filings_is_not_held_as_a_list_that_was_re_dated(memory: Memory) -> None:
    older = [printing(document_number=f"2025-{number:05}", publication_date="2026-04-09") for number in range(60)]
    memory.take(*older, filed=False, at=MORNING)
    memory.take(*numbered(40), filed=True, at=MORNING)
    printed = [printing(document_number=f"2026-{number:05}", title=f"Notice No. {number}") for number in range(40)]
    verdict = memory.take(*printed, *older, filed=False, at=NEXT_DAY)
    assert (len(verdict.decision.events), verdict.held) == (40, None)


def test_the_same_list_twice_and_after_a_restart_brings_nothing(tmp_path: Path, memory: Memory) -> None:
    memory.take(filing(), filed=True, at=MORNING)
    assert news(memory.take(filing(), filed=True, at=MORNING)) == []
    memory.take(printing(), filed=False, at=NEXT_DAY)
    again = Memory(tmp_path)
    assert news(again.take(filing(), filed=True, at=NEXT_DAY)) == []
    assert news(again.take(printing(), filed=False, at=NEXT_DAY)) == []
    again.engine.dispose()


def test_a_filing_that_was_withdrawn_is_withdrawn_and_nothing_else_is() -> None:
    note = "Withdrawn from public inspection at the request of the agency."
    filed = event_of(filing(), filed=True)
    gone = read(filing(publication_date=None, editorial_note=note), filed=True).documents
    (event,) = decide(gone, after(filed), seen_at=NEXT_DAY).events
    assert (event.event_id, event.withdrawn, event.title) == (filed.event_id, True, TITLE)
    for kept in (filing(editorial_note="This corrects a withdrawn notice."), filing(publication_date=None)):
        assert [each.withdrawn for each in read(kept, filed=True).documents] == [False]


def test_whoever_was_told_of_a_filing_is_told_of_its_withdrawal(classifier: Classifier) -> None:
    filed = event_of(filing(), filed=True)
    gone = read(filing(publication_date=None, editorial_note="Withdrawn."), filed=True).documents
    (event,) = decide(gone, after(filed), seen_at=NEXT_DAY).events
    told = decide_alert(None, act_of(classifier, filed), default_taxonomy()).told
    assert decide_alert(told, act_of(classifier, event), default_taxonomy()).reason is Reason.WITHDRAWN


def test_a_withdrawn_filing_without_any_day_is_read_and_another_without_one_is_reported() -> None:
    undated = {"filed_at": None, "publication_date": None}
    assert [each.withdrawn for each in read(filing(**undated, editorial_note="Withdrawn."), filed=True).documents] == [
        True
    ]
    found = read(filing(**undated), filed=True)
    assert (found.documents, [each.kind for each in found.problems]) == ((), [ProblemKind.BAD_ITEM])


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


CORRECTED = "https://www.federalregister.gov/api/v1/documents/2026-00011"
TITLE_OF_CORRECTION = f"{TITLE}; Correction"


def document_of(stated: dict[str, Any]) -> Document:
    (document,) = read(stated, filed=False).documents
    return document


@pytest.mark.parametrize("address", [CORRECTED, f"{CORRECTED}.json", f"{CORRECTED}/"])
def test_a_correction_carries_the_number_of_what_it_corrects(address: str) -> None:
    document = document_of(printing(document_number="C1-2026-00011", correction_of=address))
    numbers = [each.value for each in document.identifiers if each.scheme == "fr_document"]
    assert numbers == ["C1-2026-00011", "2026-00011"]
    assert document.attributes["correction_of"] == "2026-00011"
    assert document.document_id == "fr:C1-2026-00011"


def test_what_corrects_nothing_carries_one_number() -> None:
    for nothing in (None, "", "/"):
        document = document_of(printing(correction_of=nothing))
        assert [each.value for each in document.identifiers if each.scheme == "fr_document"] == ["2026-00011"]
        assert "correction_of" not in document.attributes


def test_a_correction_meets_the_measure_by_its_case_and_without_one_is_a_measure_of_its_own(
    classifier: Classifier,
) -> None:
    correction = {"document_number": "C1-2026-00011", "title": TITLE_OF_CORRECTION, "correction_of": CORRECTED}
    original = act_of(classifier, event_of(printing(), filed=False))
    met = act_of(classifier, event_of(printing(**correction), filed=False))
    assert met.measure_id == original.measure_id
    bare = {"docket_ids": [], "title": CONTROLS, "type": "Rule", "agencies": BIS}
    rule = act_of(classifier, event_of(printing(**bare), filed=False))
    alone = act_of(classifier, event_of(printing(**{**correction, **bare}), filed=False))
    assert alone.measure_id != rule.measure_id
    assert "2026-00011" in {each.value for each in alone.identifiers}
