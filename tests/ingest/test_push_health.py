"""A source that speaks when it likes is missed when it does not: never heard of, silent, late, refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.health.past import Past, Sight, after_failure, after_push, await_push
from services.ingest.health.state import SourceState, expected_gap, judge
from services.ingest.memory.store import Cursor
from services.ingest.source import load_source
from services.runtime.yamlfile import YamlError
from tests.docs.pages import GUIDES, blocks
from tests.ingest.material import NOW, pushed_source

SOURCE = pushed_source("xx-partner")
HOURLY = pushed_source("xx-partner", schedule={"every_minutes": 60})
DAY = timedelta(days=1)
FILE = """\
key: xx-partner
name: Partner
publisher: Partner
country: XX
language: en
kind: push
zone: UTC
expected:
  longest_gap_days: 5
"""


def pushed(past: Past, at: datetime, *, new: int = 1, documents: int = 1) -> Past:
    return after_push(past, SOURCE, Sight(at, documents, new, documents - new))


def test_one_that_was_never_heard_of_waits_and_is_then_missed_like_any_other() -> None:
    waiting = await_push(Past(), SOURCE, NOW)
    assert judge(SOURCE, Cursor("x"), waiting, NOW + 3 * DAY).state is SourceState.WAITING
    found = judge(SOURCE, Cursor("x"), waiting, NOW + 14 * DAY)
    assert found.state is SourceState.SILENT
    assert found.reason.startswith("never heard of, and nothing new since 2026-04-10")
    assert await_push(waiting, SOURCE, NOW + 14 * DAY) == waiting


def test_one_that_brings_nothing_new_for_longer_than_its_gap_is_silent_however_often_it_calls() -> None:
    past = pushed(Past(), NOW)
    for day in range(1, 15):
        past = pushed(past, NOW + day * DAY, new=0, documents=day % 2)
    cursor = Cursor("x", last_success_at=NOW + 14 * DAY)
    assert judge(SOURCE, cursor, past, NOW + 14 * DAY).state is SourceState.SILENT
    assert judge(SOURCE, cursor, pushed(past, NOW + 14 * DAY), NOW + 15 * DAY).state is SourceState.OK


@pytest.mark.parametrize(("hours", "state"), [(1, "ok"), (2, "ok"), (2.1, "late"), (40, "late")])
def test_one_whose_file_says_how_often_it_calls_is_late_after_two_intervals(hours: float, state: str) -> None:
    past, cursor = pushed(Past(), NOW), Cursor("x", last_success_at=NOW)
    at = NOW + timedelta(hours=hours)
    assert judge(HOURLY, cursor, past, at).state == state
    assert judge(SOURCE, cursor, past, at).state is SourceState.OK


def test_pushes_that_are_refused_for_an_hour_break_it_and_one_that_is_taken_mends_it() -> None:
    past = after_failure(pushed(Past(), NOW), NOW)
    cursor = Cursor("x", last_success_at=NOW, failures=2, last_error="line:1: title: Field required")
    assert judge(SOURCE, cursor, past, NOW + timedelta(minutes=59)).state is SourceState.OK
    found = judge(SOURCE, cursor, past, NOW + timedelta(hours=1))
    assert found.state is SourceState.BROKEN
    assert "line:1: title: Field required; mend what its sender sends" in found.reason
    mended = pushed(past, NOW + timedelta(hours=1))
    assert judge(SOURCE, Cursor("x", last_success_at=NOW), mended, NOW + DAY).state is SourceState.OK


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000)), max_size=30))
def test_how_much_is_pushed_never_makes_a_source_doubtful(batches: list[tuple[int, int]]) -> None:
    past = Past()
    for day, (new, known) in enumerate(batches):
        past = pushed(past, NOW + day * DAY, new=new, documents=new + known)
        assert past.doubt is None
        found = judge(SOURCE, Cursor("x", last_success_at=NOW + day * DAY), past, NOW + day * DAY)
        assert found.state in (SourceState.OK, SourceState.SILENT)


def test_the_longest_gap_is_learned_from_pushes_as_from_pages() -> None:
    past = Past()
    for day in range(0, 90, 2):
        past = pushed(past, NOW + day * DAY)
    slow = pushed_source("xx-partner", expected={"longest_gap_days": 60})
    assert expected_gap(slow, past).learned
    cursor = Cursor("x", last_success_at=NOW + 88 * DAY)
    judged = partial(judge, slow, cursor, past)
    assert [judged(NOW + day * DAY).state for day in (90, 100)] == [SourceState.OK, SourceState.SILENT]


def write(folder: Path, text: str) -> Path:
    path = folder / "xx_partner_notices" / "source.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_shown_in_the_guide_is_one_of_such_a_source(tmp_path: Path) -> None:
    shown = [
        text for text in blocks((GUIDES / "events.md").read_text(encoding="utf-8"), "yaml") if "kind: push" in text
    ]
    assert [load_source(write(tmp_path, text)).is_pushed for text in shown] == [True]


def test_its_file_needs_neither_address_nor_schedule(tmp_path: Path) -> None:
    source = load_source(write(tmp_path, FILE))
    assert (source.is_pushed, source.url, source.has_rhythm) == (True, "", False)
    paced = load_source(write(tmp_path, FILE + "schedule:\n  every_minutes: 60\n"))
    assert (paced.has_rhythm, paced.schedule.every_minutes) == (True, 60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            FILE + "url: https://example.org/feed\n",
            "source.yml:10:6: a source of kind push is not asked; leave `url` out",
        ),
        (FILE.replace("kind: push", "kind: rss2"), "`url` is missing; add it"),
        (FILE.replace("kind: push", "kind: rss2"), "`schedule` is missing; add it"),
        (FILE + "schedule:\n  every_minutes: 0\n", "every_minutes"),
    ],
)
def test_a_mistake_in_its_file_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(YamlError) as told:
        load_source(write(tmp_path, text))
    assert words in str(told.value)
