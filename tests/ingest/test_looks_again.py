"""Pages that were read are looked at again where their source says so; a document whose page is gone is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import ValidationError

from services.ingest.pages.page import Page
from services.ingest.polling.poll import Poller
from services.ingest.wire.fetch import Fetcher, FetchFailed, PageFetched, Validators
from services.runtime.serve import Stopping
from tests.ingest.detailsite import HOME, DetailBench, Site, detail_source, refused
from tests.ingest.material import BASE, NOW, example_settings, item, rss2
from tests.ingest.test_fetch import publisher

DAY = 60 * 24
LINK = f'<link href="{HOME}/a"/><updated>2026-04-08T00:00:00Z</updated>'
ENTRY = f"<entry><title>甲を規制</title><id>tag:example,2026:1</id>{LINK}</entry>"
TOMB = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
DELETED = f'<at:deleted-entry {TOMB} ref="tag:example,2026:1" when="2026-04-09T00:00:00Z"/>'


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DetailBench]:
    """Three documents whose pages were read at first contact, and are looked at for ten days."""
    made = DetailBench(tmp_path, Site({"a": "甲を規制", "b": "乙を規制", "c": "丙を規制"}))
    made.source = detail_source(recheck_days=10, withdrawal="gone")
    made.poll(minutes=DAY)
    made.broker.records.clear()
    made.site.looked.clear()
    yield made
    made.close()


def withdrawals(bench: DetailBench) -> list[tuple[str, bool]]:
    return [(event.title, event.withdrawn) for event in bench.events]


def test_a_page_with_another_text_is_a_revision_and_news_also_of_a_document_of_the_baseline(bench: DetailBench) -> None:
    bench.site.pages["a"] = "官報で訂正された本文です。"
    bench.poll(times=2, minutes=DAY)
    assert bench.told == [("甲を規制", "官報で訂正された本文です。")]
    assert [event.backfill for event in bench.events] == [False]


def test_each_page_is_looked_at_once_a_day_for_as_many_days_and_other_furniture_is_no_news(bench: DetailBench) -> None:
    bench.poll(times=4, minutes=DAY / 2)
    assert sorted(bench.site.looked) == ["a", "a", "b", "b", "c", "c"]
    bench.poll(times=12, minutes=DAY)
    assert bench.site.looked.count("a") == 10
    assert (bench.events, bench.open) == ([], ())


def test_a_page_that_is_gone_at_two_looks_a_day_apart_withdraws_its_document_with_the_text_it_had(
    bench: DetailBench,
) -> None:
    bench.site.pages["a"] = refused(404)
    bench.poll(minutes=DAY)
    assert bench.events == []
    bench.poll(times=3, minutes=DAY)
    assert withdrawals(bench) == [("甲を規制", True)]
    assert (bench.told, bench.events[0].backfill) == ([("甲を規制", "aの本文です。")], False)


def test_a_page_that_comes_back_ends_the_withdrawal(bench: DetailBench) -> None:
    bench.site.pages["a"] = refused(410)
    bench.poll(times=2, minutes=DAY)
    del bench.site.pages["a"]
    bench.poll(times=2, minutes=DAY)
    assert withdrawals(bench) == [("甲を規制", True), ("甲を規制", False)]


@pytest.mark.parametrize(
    "trouble",
    [
        FetchFailed("timeout", "x"),
        refused(503),
        refused(403),
        PageFetched(Page(b"<html><body>Log in</body></html>", f"{HOME}/a", NOW), Validators()),
    ],
)
def test_a_page_in_any_other_trouble_withdraws_nothing(bench: DetailBench, trouble: FetchFailed | PageFetched) -> None:
    bench.site.pages["a"] = trouble
    bench.poll(times=4, minutes=DAY)
    assert bench.events == []


def test_a_page_that_was_gone_once_only_withdraws_nothing(bench: DetailBench) -> None:
    for _ in range(3):
        bench.site.pages["a"] = refused(404)
        bench.poll(minutes=DAY)
        del bench.site.pages["a"]
        bench.poll(minutes=DAY)
    assert bench.events == []


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_a_site_most_of_whose_pages_are_gone_has_moved_and_withdraws_nothing(bench: DetailBench, names: str) -> None:
    bench.site.pages |= dict.fromkeys(names, refused(404))
    bench.poll(times=4, minutes=DAY)
    assert bench.events == []


def test_a_site_whose_older_pages_all_are_gone_has_moved_however_many_new_ones_it_has(bench: DetailBench) -> None:
    bench.site.pages |= dict.fromkeys("abc", refused(404))
    bench.add({f"new{n}": f"新しい措置その{n}" for n in range(5)})
    bench.poll(times=4, minutes=DAY)
    assert [event.title for event in bench.events if event.withdrawn] == []
    assert len(bench.events) == 5


def test_a_document_that_only_left_the_list_is_not_withdrawn(bench: DetailBench) -> None:
    del bench.site.titles["a"]
    bench.poll(times=4, minutes=DAY)
    assert bench.events == []


def test_without_being_told_to_no_page_that_is_gone_withdraws_anything(bench: DetailBench) -> None:
    bench.source = detail_source(recheck_days=10)
    bench.site.pages["a"] = refused(404)
    bench.poll(times=4, minutes=DAY)
    assert bench.events == []
    with pytest.raises(ValidationError, match="recheck_days"):
        detail_source(withdrawal="gone")


def list_entries(bench: DetailBench, part: str) -> None:
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{part}</feed>'
    bench.site.answer = PageFetched(Page(feed.encode(), BASE, NOW), Validators())
    bench.poll()


def test_what_its_list_withdraws_is_published_at_once_with_the_text_of_its_page(tmp_path: Path) -> None:
    bench = DetailBench(tmp_path, Site({}))
    bench.source = detail_source(kind="atom")
    for part in (ENTRY, DELETED, DELETED, ENTRY.replace("04-08", "04-10")):
        list_entries(bench, part)
    assert withdrawals(bench) == [("甲を規制", False), ("甲を規制", True), ("甲を規制", False)]
    assert [event.body for event in bench.events] == ["aの本文です。"] * 3
    assert bench.site.looked == ["a", "a"]
    bench.close()


def test_what_its_list_withdraws_before_its_page_was_had_is_named_as_listed_and_looked_for_no_more(
    tmp_path: Path,
) -> None:
    bench = DetailBench(tmp_path, Site({}, pages={"a": refused(404)}))
    bench.source = detail_source(kind="atom")
    for part in (ENTRY, DELETED, DELETED):
        list_entries(bench, part)
    assert withdrawals(bench) == [("甲を規制", True)]
    assert (bench.site.looked, bench.open) == (["a"], ())
    bench.close()


@pytest.mark.asyncio
async def test_over_real_sockets_pages_are_read_missed_and_refused_where_they_lead_elsewhere(tmp_path: Path) -> None:
    bench = DetailBench(tmp_path, Site({}))

    async def answer(request: web.Request) -> web.StreamResponse:
        name = request.path.strip("/")
        if name == "feed":
            return web.Response(body=rss2(*(item(f"{each}の件", f"/{each}") for each in "abc")).encode())
        if name == "b":
            raise web.HTTPFound(f"http://localhost:{request.url.port}/a")
        if name == "c":
            raise web.HTTPNotFound
        return web.Response(body=bench.site.article("本文です。", str(request.url)).page.content)

    async with publisher(answer) as (address, requests):
        bench.source = detail_source(url=f"{address}/feed")
        settings = example_settings(tmp_path, allow_private=True, contact="ops@example.org")
        async with Fetcher(settings, bench.clock) as fetcher:
            poller = Poller(settings, replace(bench.tools(), fetcher=fetcher))
            await poller.poll(bench.source, Stopping())
    assert bench.told == [("aの件", "本文です。")]
    assert [each.path for each in requests] == ["/feed", "/a", "/b", "/a", "/c"]
    assert [row.error.partition(";")[0] for row in bench.open] == ["its page is on localhost", "HTTP 404"]
    bench.close()
