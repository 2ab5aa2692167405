"""Documents of the Federal Register as filed and as printed, built rather than stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from services.classify.core import Classifier
from services.contracts.events import Event
from services.contracts.measures import Act
from services.ingest.core import decide, read_page
from services.ingest.memory.revisions import Known, known_of
from services.ingest.pages.page import Page, Reading
from tests.ingest.material import shipped_source

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


def act_of(classifier: Classifier, event: Event) -> Act:
    (act,) = classifier.classify(event).acts
    return act
