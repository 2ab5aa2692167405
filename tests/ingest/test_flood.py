"""Too much news to be true is held, whatever the list did to itself; a busy day and a long absence are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.core import read_page, to_event
from services.ingest.memory import store
from services.ingest.memory.begun import note_begun
from services.ingest.memory.flood import Sighting, held_reason
from services.ingest.memory.store import Release
from services.ingest.pages.page import Page
from services.runtime import metrics
from tests.ingest.material import BASE, NOW, feed_of, item
from tests.ingest.test_poll import SOURCE, Bench, page

USUAL = Sighting(documents=100, new=100, retitled=0, refacted=0, rewritten=0, busiest=8, days=0.02)


@pytest.mark.parametrize(
    ("sighting", "reason"),
    [
        (replace(USUAL, retitled=97), "renumbered: 100 of 100 documents are new, 97 have titles we know"),
        (replace(USUAL, new=0, refacted=95), "re-dated: 95 of 100 documents"),
        (replace(USUAL, new=0, rewritten=95), "rewritten: 95 of 100 documents"),
        (USUAL, "exchanged: 100 of 100 documents are new, 8 would be many"),
    ],
)
def test_a_list_that_is_all_news_is_held_and_the_reason_says_what_it_did(sighting: Sighting, reason: str) -> None:
    assert reason in (held_reason(sighting) or "")


@pytest.mark.parametrize(
    "sighting",
    [
        replace(USUAL, new=80),  # a fifth of the page is known
        replace(USUAL, documents=9, new=9, retitled=9),  # few enough to see for oneself
        replace(USUAL, documents=20, new=20),  # a busy day that flushes a short list
        replace(USUAL, days=5),  # the service was away for days
        replace(USUAL, busiest=0),  # nothing is known of its pace
    ],
)
def test_what_may_well_be_news_is_never_held(sighting: Sighting) -> None:
    assert held_reason(sighting) is None


def listing(prefix: str, *, title: str = "第{}号の措置", day: str = "2026-04-{:02}T00:00:00Z") -> str:
    entries = [(title.format(n), f"/{prefix}{n}", day.format(1 + n % 9)) for n in range(30)]
    return feed_of("rss2", entries)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, page(listing("old")), page(listing("new", day="2026-04-10T00:00:00Z"), '"2"'))
    yield made
    made.close()


def release(bench: Bench, *, as_news: bool) -> None:
    with bench.engine.begin() as connection:
        store.save_release(connection, Release(SOURCE.key, as_news, NOW))


def test_a_renumbered_feed_is_held_and_reported_and_nothing_of_it_is_published(bench: Bench) -> None:
    bench.poll(times=3)
    assert len(bench.broker.events) == 30
    assert "renumbered: 30 of 30 documents are new, 30 have titles" in bench.cursor.held_reason
    assert bench.cursor.held_since == datetime(2026, 4, 10, 3, 30, tzinfo=UTC)
    assert (bench.cursor.failures, bench.cursor.etag) == (0, None)
    assert metrics.REGISTRY.get_sample_value("noroshi_source_held", {"source": SOURCE.key}) == 1


@pytest.mark.parametrize("as_news", [False, True])
def test_a_release_lets_the_page_in_once_as_back_fill_or_as_news(bench: Bench, as_news: bool) -> None:
    bench.poll(times=2)
    release(bench, as_news=as_news)
    bench.poll(times=2)
    assert [event.backfill for event in bench.broker.events[30:]] == [not as_news] * 30
    assert len({event.event_id for event in bench.broker.events}) == 60
    assert bench.cursor.held_reason == ""
    bench.publisher.answers = [page(listing("third"))]
    bench.poll()
    assert "renumbered" in bench.cursor.held_reason


def test_a_feed_that_comes_back_as_it_was_is_held_no_longer(bench: Bench) -> None:
    bench.poll(times=2)
    release(bench, as_news=True)
    bench.publisher.answers = [page(listing("old"))]
    bench.poll()
    assert (bench.cursor.held_reason, len(bench.broker.events)) == ("", 30)
    with bench.engine.connect() as connection:
        assert store.load_release(connection, SOURCE.key) is None


def test_what_an_ended_process_was_publishing_is_not_doubted_by_the_next(bench: Bench) -> None:
    bench.publisher.answers = [page(listing("old")), page(listing("busy", title="別の第{}号"))]
    bench.poll(times=2)
    assert "exchanged" in bench.cursor.held_reason
    documents = read_page(SOURCE, Page(listing("busy", title="別の第{}号").encode(), BASE, NOW)).documents
    events = [to_event(each, seen_at=NOW, backfill=False) for each in documents]
    with bench.engine.begin() as connection:
        note_begun(connection, [(each.event_id, each.revision) for each in events], NOW)
    bench.poll()
    assert (bench.cursor.held_reason, len(bench.broker.events)) == ("", 60)


def test_a_source_that_returns_after_weeks_tells_what_came_meanwhile_as_news(bench: Bench) -> None:
    bench.publisher.answers = [page(listing("old")), page(listing("late", title="別の第{}号"))]
    bench.poll(minutes=60 * 24 * 21)
    bench.poll()
    assert [event.backfill for event in bench.broker.events] == [True] * 30 + [False] * 30


def test_a_first_page_is_a_baseline_however_much_it_brings(bench: Bench) -> None:
    bench.poll()
    assert [event.backfill for event in bench.broker.events] == [True] * 30


def release_renumbered(bench: Bench, *, as_news: bool = False) -> None:
    """Let a list go on whose documents have new addresses and are otherwise as they were."""
    bench.publisher.answers = [page(listing("old")), page(listing("new"))]
    bench.poll(times=2)
    release(bench, as_news=as_news)
    bench.poll()


def test_a_renumbered_document_goes_on_under_the_id_it_had_and_is_not_published_again(bench: Bench) -> None:
    release_renumbered(bench)
    bench.poll(times=2)
    assert (len(bench.broker.events), bench.cursor.held_reason) == (30, "")
    changed = listing("new").replace("第7号の措置</title>", "第7号の措置</title><description>改めた本文</description>")
    bench.publisher.answers = [page(changed)]
    bench.poll(times=2)
    first, last = (
        next(e for e in found if e.title == "第7号の措置") for found in (bench.broker.events, bench.broker.events[::-1])
    )
    assert len(bench.broker.events) == 31
    assert (last.event_id, last.document_id) == (first.event_id, first.document_id)
    assert (last.backfill, last.body, last.url) == (False, "改めた本文", "https://press.example.go.jp/new7")


def test_a_list_that_is_renumbered_twice_still_goes_on_under_its_first_ids(bench: Bench) -> None:
    release_renumbered(bench)
    bench.publisher.answers = [page(listing("third"))]
    bench.poll()
    release(bench, as_news=False)
    bench.poll(times=2)
    assert len(bench.broker.events) == 30


def test_what_is_new_on_a_renumbered_list_is_news_once_it_was_released(bench: Bench) -> None:
    release_renumbered(bench)
    bench.publisher.answers = [
        page(listing("new").replace("<item>", f"<item>{item('新しい措置', '/new99')}</item><item>", 1))
    ]
    bench.poll(times=2)
    assert [(event.title, event.backfill) for event in bench.broker.events[30:]] == [("新しい措置", False)]


def test_a_document_released_as_news_is_news_under_its_new_id(bench: Bench) -> None:
    release_renumbered(bench, as_news=True)
    assert [event.backfill for event in bench.broker.events[30:]] == [False] * 30
    assert len({event.event_id for event in bench.broker.events}) == 60


def test_titles_that_several_documents_have_name_none_of_them(bench: Bench) -> None:
    same = {"title": "措置の件", "day": "2026-04-08T00:00:00Z"}
    bench.publisher.answers = [page(listing("old", **same)), page(listing("new", **same))]
    bench.poll(times=2)
    release(bench, as_news=False)
    bench.poll(times=2)
    assert [event.backfill for event in bench.broker.events] == [True] * 60
    assert len({event.event_id for event in bench.broker.events}) == 60
