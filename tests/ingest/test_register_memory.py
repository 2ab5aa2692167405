"""Filings and printings against what ingest remembers: first pages, a new list each morning, restarts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.alert.lifecycle.decision import decide as decide_alert
from services.classify.core import Classifier
from services.contracts.vocab import Reason
from services.ingest.core import read_page
from services.ingest.memory.intake import Verdict, judge_page, remember
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Page
from services.runtime.store import migrate, open_engine
from services.taxonomy.load import default_taxonomy
from tests.ingest.material import example_settings
from tests.ingest.register import FILED, MORNING, NEXT_DAY, PRINTED, act_of, filing, printing


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


def test_the_first_filings_are_news_since_their_printing_will_be_none(memory: Memory) -> None:
    classifier = Classifier(default_taxonomy())
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
