"""Which pages are looked at, and when a document waits for its page no longer: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.core import to_event
from services.ingest.memory.listed import Listed, TextState
from services.ingest.pages.page import Document
from services.ingest.polling.looks import (
    MAX_LOOKS,
    after_failure,
    after_telling,
    after_text,
    choose,
    is_overdue,
    refusal,
    with_text,
)
from tests.ingest.detailsite import HOME, detail_source
from tests.ingest.material import NOW, later

SOURCE = detail_source(recheck_days=5)
HOUR = timedelta(hours=1)


def row(name: str = "a", *, backfill: bool = False, day: int = 8) -> Listed:
    document = Document("jp-example", "例", name, "題", url=f"{HOME}/{name}", published_on=date(2026, 4, day))
    return Listed(to_event(document, seen_at=NOW, backfill=backfill), TextState.WAITING, NOW, NOW)


def names(rows: list[Listed]) -> list[str]:
    return [each.event.document_id for each in rows]


def test_pages_never_looked_at_come_first_news_before_back_fill_the_oldest_first_and_known_texts_last() -> None:
    failed = after_failure(row("failed", day=1), SOURCE, "x", NOW)
    again = replace(row("again", day=1), state=TextState.READ)
    rows = [again, failed, row("past", backfill=True, day=1), row("young", day=9), row("old", day=2)]
    assert names(choose(SOURCE, rows, later(1))) == ["old", "young", "past", "failed", "again"]


@given(st.permutations(range(MAX_LOOKS + 20)))
def test_however_they_come_the_same_pages_are_chosen(order: list[int]) -> None:
    rows = [row(f"n{number:03}") for number in order]
    assert names(choose(SOURCE, rows, NOW)) == [f"n{number:03}" for number in range(MAX_LOOKS)]


@given(st.sets(st.integers(0, 99), max_size=60), st.integers(1, 6))
def test_pages_that_cannot_be_had_keep_none_from_its_turn(failing: set[int], polls: int) -> None:
    rows, had = {f"n{number:03}": row(f"n{number:03}") for number in range(100)}, set[str]()
    for poll in range(polls):
        for each in choose(SOURCE, list(rows.values()), later(poll)):
            name = each.event.document_id
            if int(name[1:]) in failing:
                rows[name] = after_failure(each, SOURCE, "x", later(poll))
            else:
                had.add(name)
                del rows[name]
    sound = 100 - len(failing)
    assert len(had) >= min(sound, MAX_LOOKS * polls - len(failing))


@pytest.mark.parametrize("ahead", [timedelta(days=-400), timedelta(days=400)])
def test_a_row_written_by_a_wrong_clock_is_looked_at_and_waits_no_longer_than_others(ahead: timedelta) -> None:
    wrong = replace(row(), listed_at=NOW + ahead, due_at=NOW + ahead)
    assert choose(SOURCE, [wrong], NOW) == [wrong]
    assert is_overdue(after_failure(wrong, SOURCE, "x", NOW), SOURCE, NOW)


def test_a_document_waits_for_its_page_as_long_as_its_source_says_and_not_a_moment_more() -> None:
    failed = after_failure(row(), SOURCE, "HTTP 404", NOW)
    assert not is_overdue(failed, SOURCE, NOW + 3 * HOUR - timedelta(seconds=1))
    assert is_overdue(failed, SOURCE, NOW + 3 * HOUR)
    assert not is_overdue(after_text(failed, "本文", NOW), SOURCE, NOW + 3 * HOUR)
    assert is_overdue(failed, detail_source(wait_hours=0), NOW)


def test_news_waits_no_longer_for_its_turn_than_for_its_page_and_back_fill_for_as_long_as_it_takes() -> None:
    assert [is_overdue(row(backfill=each), SOURCE, NOW + 9 * HOUR) for each in (False, True)] == [True, False]
    tried = after_failure(row(backfill=True), SOURCE, "HTTP 404", NOW)
    assert is_overdue(tried, SOURCE, NOW + 9 * HOUR)


def test_another_look_finds_news_and_a_first_look_what_its_list_said_it_was() -> None:
    first = after_text(row(backfill=True), "本文", later(5))
    again = after_text(replace(after_telling(first, SOURCE, later(5)), body=None), "別の本文", later(60 * 24 + 5))
    assert [with_text(each).backfill for each in (first, again)] == [True, False]
    assert [with_text(each).seen_at for each in (first, again)] == [later(5), later(60 * 24 + 5)]


@given(st.integers(0, 20), st.integers(0, 30), st.sampled_from([TextState.MISSING, TextState.READ]))
def test_looking_ends(recheck_days: int, started: int, state: TextState) -> None:
    source = detail_source(recheck_days=recheck_days)
    each, now = replace(row(), state=state), NOW + timedelta(days=started)
    looks = 0
    while (due := after_failure(each, source, "x", now).due_at) is not None:
        looks, now = looks + 1, due
    assert looks <= max(recheck_days, 7)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (None, "no link"),
        ("", "no link"),
        ("/relative", "no link"),
        ("javascript:alert(1)", "no link"),
        ("file:///etc/passwd", "no link"),
        ("https://[::1", "no address"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("https://press.example.go.jp.evil.example/a", "press.example.go.jp.evil.example"),
        ("https://press.example.go.jp@evil.example/a", "evil.example"),
    ],
)
def test_links_that_lead_nowhere_or_elsewhere_are_refused_with_the_reason(url: str | None, why: str) -> None:
    assert why in (refusal(SOURCE, url) or "")


@pytest.mark.parametrize("url", [f"{HOME}/a", "http://press.example.go.jp:80/a", "https://PRESS.example.go.jp/a"])
def test_links_to_the_host_of_the_source_are_not(url: str) -> None:
    assert refusal(SOURCE, url) is None


def test_a_reason_is_kept_short_and_clean_whatever_the_publisher_answers() -> None:
    assert len(after_failure(row(), SOURCE, "x" * 5_000, NOW).error) == 300
    assert after_failure(row(), SOURCE, "HTTP 404 \x00\x1b[31mgone\n", NOW).error == "HTTP 404 gone"
