"""A document of the Federal Register from its filing to print and correction: one document, one measure, told once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.alert.lifecycle.decision import decide as decide_alert
from services.classify.core import Classifier
from services.contracts.vocab import Reason
from services.ingest.core import decide
from services.ingest.pages.page import Document, ProblemKind
from services.taxonomy.load import default_taxonomy
from tests.ingest.register import (
    BIS,
    CONTROLS,
    NEXT_DAY,
    PRINTED,
    TITLE,
    act_of,
    after,
    event_of,
    filing,
    printing,
    read,
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(default_taxonomy())


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
