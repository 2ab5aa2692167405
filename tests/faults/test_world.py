"""The world's documents say what the world believes of them; else the campaigns would judge by a wrong book."""

from __future__ import annotations

import random

import pytest

from services.classify.core import Classifier
from services.contracts.events import Event
from services.contracts.vocab import DateRole, Language
from services.fakeslack.messages import StoredMessage
from services.ingest.core import to_event
from services.ingest.pages.lines import Line, read_line
from services.ingest.pages.page import Document
from services.runtime.clock import SystemClock
from services.taxonomy.load import default_taxonomy
from tests.faults.ledger import Ledger, Verdict, count_inversions
from tests.faults.world import DATED, DATED_IN_BATCH, NOISE, TEMPLATES, Facts, Item, Template, make_batch

CLASSIFIER = Classifier(default_taxonomy())


@pytest.mark.parametrize("stage", [1, 2])
@pytest.mark.parametrize("template", [*TEMPLATES, *DATED], ids=lambda each: each.title)
def test_a_document_is_read_as_it_was_meant(template: Template, stage: int) -> None:
    if stage == 2 and not template.follow_up:
        return
    facts = Facts(**{**vars(template.facts), "stage": stage})
    (act,) = CLASSIFIER.classify(event(Item("NRS1x1", "NRS-1", template, facts))).acts
    assert template.facts.mineral in act.minerals
    assert template.facts.target in act.target
    assert template.facts.type in act.types
    assert act.imposing == (template.facts.imposing,)
    assert Language(template.lang) is act.event.lang
    assert "".join(date.value for date in act.dates if date.role is DateRole.EFFECTIVE) == template.facts.effective


@pytest.mark.parametrize("template", NOISE, ids=lambda each: each.title)
def test_noise_makes_no_act(template: Template) -> None:
    assert CLASSIFIER.classify(event(Item("NRS1x1", "NRS-1", template, template.facts))).acts == ()


def test_the_same_seed_makes_the_same_batch_and_some_documents_follow_earlier_ones() -> None:
    earlier = make_batch(1, 50, [], random.Random(7))
    assert make_batch(2, 50, earlier, random.Random(8)) == make_batch(2, 50, earlier, random.Random(8))
    following = [item for item in make_batch(2, 50, earlier, random.Random(8)) if item.follows]
    assert {item.measure for item in following} <= {item.measure for item in earlier}
    assert len(following) >= 3


@pytest.mark.parametrize("seed", range(5))
def test_every_batch_has_new_measures_with_a_date_to_be_reminded_of(seed: int) -> None:
    earlier = make_batch(1, 50, [], random.Random(seed))
    for batch in (earlier, make_batch(2, 50, earlier, random.Random(seed + 1))):
        assert len([item for item in batch if item.facts.effective]) >= DATED_IN_BATCH


GRAPHITE = next(each for each in TEMPLATES if each.facts.mineral == "graphite_electrode" and each.facts.target == "RU")
FIRST = Item("NRS1x1", "NRS-1", GRAPHITE, GRAPHITE.facts)
NEXT = Item("NRS2x1", "NRS-1", GRAPHITE, Facts("anti_dumping", "US", "RU", "graphite_electrode", stage=2))
FUTURE = Item("NRS1x2", "NRS-2", DATED[0], DATED[0].facts)


def test_the_ledger_wants_one_message_in_each_channel_whose_watchlist_the_facts_meet() -> None:
    assert FIRST.channels() == {"C0GRAPHITE", "C0REMEDY", "C0RUSSIA", "C0OPS"}


def test_a_right_run_is_clean() -> None:
    assert judge(everything()).clean


def test_the_ledger_sees_what_is_lost() -> None:
    assert judge(everything()[1:]).lost == (("C0GRAPHITE", "NRS1x1"),)


def test_the_ledger_sees_what_is_doubled() -> None:
    assert judge([*everything(), message("C0OPS", "NRS2x1", 9, thread=4)]).doubled == (("C0OPS", "NRS2x1"),)


def test_the_ledger_sees_what_nobody_asked_for() -> None:
    strange = [message("C0LIGHT", "NRS1x1", 9), message("C0OPS", "NRS7x7", 10)]
    assert judge([*everything(), *strange]).phantom == (("C0LIGHT", "NRS1x1"), ("C0OPS", "NRS7x7"))


def test_the_ledger_sees_a_later_stage_that_is_not_in_its_thread() -> None:
    wrong = [each if each.ts != "8" else message("C0OPS", "NRS2x1", 8) for each in everything()]
    assert judge(wrong).misthreaded == (("C0OPS", "NRS2x1"),)


def test_the_ledger_sees_a_root_that_does_not_show_the_stage_that_its_thread_tells() -> None:
    wrong = [each if each.ts != "2" else message(each.channel, "NRS1x1", 2) for each in everything()]
    assert judge(wrong).stale == (("C0REMEDY", "NRS1x1"),)


def test_the_ledger_wants_a_reminder_in_the_thread_of_its_measure_once_it_is_due() -> None:
    assert judge_reminded([dated(shows=REMINDED), reminder(thread=1)]).clean
    assert judge_reminded([dated(shows=REMINDED)]).lost == (("C0CHINA", "NRS1x2 reminder"),)


def test_the_ledger_sees_a_reminder_that_came_twice() -> None:
    twice = [dated(shows=REMINDED), reminder(thread=1), reminder(thread=1, ts=3)]
    assert judge_reminded(twice).doubled == (("C0CHINA", "NRS1x2 reminder"),)


def test_the_ledger_sees_a_reminder_that_is_not_due() -> None:
    assert judge_dated([dated(), reminder(thread=1)]).phantom == (("C0CHINA", "NRS1x2 reminder"),)


def test_the_ledger_sees_a_reminder_that_is_not_in_its_thread() -> None:
    outside = [dated(shows=REMINDED), reminder(thread=None)]
    assert judge_reminded(outside).misthreaded == (("C0CHINA", "NRS1x2 reminder"),)


def test_the_ledger_sees_a_root_that_does_not_show_the_reminder_in_its_thread() -> None:
    assert judge_reminded([dated(), reminder(thread=1)]).stale == (("C0CHINA", "NRS1x2"),)


def test_only_documents_with_a_date_can_be_reminded_of_and_only_once() -> None:
    book = Ledger()
    book.note([FIRST, FUTURE])
    assert book.remindable == [FUTURE]
    book.note_reminders([FUTURE])
    assert book.remindable == []


def test_overtaking_is_counted_within_a_partition_only() -> None:
    messages = [message("C0OPS", "NRS1x2", 1), message("C0OPS", "NRS1x1", 2), message("C0OPS", "NRS1x3", 3)]
    assert count_inversions(messages, {"NRS1x1": (0, 1), "NRS1x2": (0, 2), "NRS1x3": (0, 3)}) == 1
    assert count_inversions(messages, {"NRS1x1": (1, 1), "NRS1x2": (0, 2), "NRS1x3": (0, 3)}) == 0


def event(item: Item) -> Event:
    document = read_line(Line("world", 1, item.line.encode()))
    assert isinstance(document, Document), document
    return to_event(document, seen_at=SystemClock().now(), backfill=False)


def judge(messages: list[StoredMessage]) -> Verdict:
    book = Ledger()
    book.note([FIRST, NEXT])
    return book.judge(messages)


def everything() -> list[StoredMessage]:
    """Both documents in all four channels, the second replying to the first."""
    channels = sorted(FIRST.channels())
    ordered = ["C0GRAPHITE", *(each for each in channels if each not in ("C0GRAPHITE", "C0OPS")), "C0OPS"]
    first = [message(channel, "NRS1x1", ts, shows=IN_FORCE) for ts, channel in enumerate(ordered, 1)]
    return [*first, *(message(channel, "NRS2x1", ts + 4, thread=ts) for ts, channel in enumerate(ordered, 1))]


IN_FORCE = "the measure is in force; 1 update below: stage changed to in force"
REMINDED = "1 update below: the effective date is near"


def judge_dated(messages: list[StoredMessage]) -> Verdict:
    book = Ledger()
    book.note([FUTURE])
    return book.judge(messages)


def judge_reminded(messages: list[StoredMessage]) -> Verdict:
    book = Ledger()
    book.note([FUTURE])
    book.note_reminders([FUTURE])
    return book.judge(messages)


def dated(shows: str = "") -> StoredMessage:
    return message("C0CHINA", "NRS1x2", 1, shows=shows)


def reminder(thread: int | None, ts: int = 2) -> StoredMessage:
    return message("C0CHINA", "NRS1x2", ts, thread=thread, shows="it takes effect on 1 August 2099")


def message(channel: str, mark: str, ts: int, thread: int | None = None, shows: str = "") -> StoredMessage:
    return StoredMessage(channel, str(ts), f"{mark}: words {shows}", thread_ts=None if thread is None else str(thread))
