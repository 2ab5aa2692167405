"""Documents whose list has only their titles are published with the text of their own pages, or say why without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.contracts.errors import RetryableError
from services.ingest.health import paststore
from services.ingest.memory.listed import TextState
from services.ingest.pages.page import Page
from services.ingest.polling.looks import MAX_LOOKS
from services.ingest.polling.poll import Poller
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified, PageFetched, Validators
from services.runtime.handling import Outgoing
from services.runtime.serve import Stopping
from tests.ingest.detailsite import HOME, CrashError, DetailBench, Site, detail_source, refused, statuses
from tests.ingest.material import BASE, NOW, later
from tests.ingest.test_detail import pdf

AWAY = FetchFailed("timeout", "no whole answer within 30 s")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DetailBench]:
    """A source that has made first contact with one document, `old`."""
    made = DetailBench(tmp_path, Site({"old": "旧い措置"}))
    made.settle()
    yield made
    made.close()


def test_a_document_is_published_once_with_the_text_of_its_page_which_is_asked_for_once(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.poll(times=5)
    assert bench.told == [("甲を規制", "aの本文です。")]
    assert bench.site.looked == ["a"]
    assert bench.cursor.etag == '"1"'
    assert (bench.events[0].backfill, bench.open) == (False, ())
    assert statuses(bench.events) == ["page"]


def test_an_entry_that_changes_has_its_page_read_again_and_is_a_revision_of_the_same_document(
    bench: DetailBench,
) -> None:
    bench.add({"a": "甲を規制"})
    bench.poll()
    bench.site.titles["a"] = "甲を規制(訂正)"
    bench.site.pages["a"] = "訂正した本文です。"
    bench.poll(times=2)
    assert bench.told == [("甲を規制", "aの本文です。"), ("甲を規制(訂正)", "訂正した本文です。")]
    assert len({event.event_id for event in bench.events}) == 1
    assert bench.events[0].seen_at < bench.events[1].seen_at


def test_what_furniture_a_page_has_is_no_news_even_where_its_entry_changes_back_and_forth(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.poll()
    bench.site.days["a"] = "2026-04-08T09:00:00+09:00"
    bench.poll(times=3)
    assert bench.told == [("甲を規制", "aの本文です。")]


def test_first_contact_is_a_baseline_with_texts_also_where_it_takes_several_polls(tmp_path: Path) -> None:
    bench = DetailBench(tmp_path, Site({f"n{n:03}": f"第{n}号" for n in range(MAX_LOOKS + 10)}))
    bench.poll()
    assert len(bench.events) == MAX_LOOKS
    bench.add({"live": "新しい措置"})
    bench.poll()
    assert len(bench.events) == MAX_LOOKS + 11
    assert [event.title for event in bench.events if not event.backfill] == ["新しい措置"]
    assert bench.events[MAX_LOOKS].title == "新しい措置"
    assert all(event.body for event in bench.events)
    bench.close()


def test_at_most_so_many_pages_are_asked_for_at_once_the_oldest_first_and_not_modified_hides_none_of_the_rest(
    bench: DetailBench,
) -> None:
    bench.add({f"old{n}": f"旧い措置その{n}" for n in range(9)})
    bench.poll()
    names = [f"n{n:03}" for n in range(MAX_LOOKS + 10)]
    bench.broker.records.clear()
    bench.site.looked.clear()
    bench.site.days = {name: f"2026-03-{1 + n // 3:02}" for n, name in enumerate(names)}
    bench.add({name: f"{name}の件" for name in reversed(names)})
    bench.poll()
    assert sorted(bench.site.looked) == names[:MAX_LOOKS]
    bench.site.answer = NotModified()
    bench.poll(times=2)
    assert sorted(bench.site.looked) == names
    assert sorted(event.title for event in bench.events) == [f"{name}の件" for name in names]


@pytest.mark.parametrize("answer", [NotModified(), AWAY, PageFetched(Page(b"<html/>", BASE, NOW), Validators())])
def test_pages_are_looked_for_on_whatever_the_list_answers_meanwhile(bench: DetailBench, answer: Fetched) -> None:
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = refused(404)
    bench.poll()
    del bench.site.pages["a"]
    bench.site.answer = answer
    bench.poll()
    assert bench.told == [("甲を規制", "aの本文です。")]


def test_a_document_that_falls_off_the_list_before_its_page_was_had_is_not_lost(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = refused(404)
    bench.poll()
    del bench.site.titles["a"], bench.site.pages["a"]
    bench.poll()
    assert bench.told == [("甲を規制", "aの本文です。")]


def test_a_page_that_cannot_be_had_holds_up_no_other_and_its_document_goes_without_it_once_its_time_is_over(
    bench: DetailBench,
) -> None:
    bench.add({"c": "丙を規制", "b": "乙を規制", "a": "甲を規制"})
    bench.site.pages["b"] = refused(404)
    bench.poll(times=3, minutes=60)
    assert bench.told == [("甲を規制", "aの本文です。"), ("丙を規制", "cの本文です。")]
    bench.poll()
    assert bench.told[2:] == [("乙を規制", None)]
    assert statuses(bench.events)[2:] == ["none: HTTP 404"]
    bench.poll(times=3)
    assert len(bench.events) == 3


def test_a_text_that_comes_late_is_a_revision_and_is_looked_for_once_a_day_for_a_week(bench: DetailBench) -> None:
    bench.add({"b": "乙を規制", "a": "甲を規制"})
    bench.site.pages |= {"a": refused(404), "b": refused(404)}
    bench.poll(times=2, minutes=60 * 4)
    assert bench.told == [("甲を規制", None), ("乙を規制", None)]
    bench.site.looked.clear()
    del bench.site.pages["a"]
    bench.poll(times=8, minutes=60 * 3)
    assert bench.told[2:] == [("甲を規制", "aの本文です。")]
    assert sorted(bench.site.looked) == ["a", "b"]
    assert bench.events[2].seen_at > bench.events[0].seen_at
    bench.poll(times=9, minutes=60 * 24)
    assert bench.site.looked.count("b") <= 7
    assert bench.open == ()
    assert len(bench.events) == 3


@pytest.mark.parametrize(
    ("form", "answer", "why"),
    [
        ("html", AWAY, "no whole answer within 30 s"),
        ("html", refused(410), "HTTP 410"),
        ("html", refused(503), "HTTP 503"),
        ("html", NotModified(), "nothing changed, unasked"),
        ("html", PageFetched(Page(b"", f"{HOME}/a", NOW), Validators()), ""),
        ("html", PageFetched(Page(b"<html><body>Log in", f"{HOME}/a", NOW), Validators()), ""),
        ("html", PageFetched(Page(b"<html></html>", "https://login.example/", NOW), Validators()), "login.example"),
        ("html", "", "no text"),
        ("html", "甲を規制", "no text but the title"),
        ("pdf", PageFetched(Page(pdf(""), f"{HOME}/a", NOW), Validators()), "no text layer"),
        ("pdf", "本文", "no PDF"),
    ],
)
def test_whatever_is_wrong_with_a_page_its_document_is_published_late_and_says_so(
    bench: DetailBench, form: str, answer: Fetched | str, why: str
) -> None:
    bench.source = detail_source(form=form)
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = answer
    bench.poll(times=2, minutes=90)
    assert bench.events == []
    bench.poll()
    assert bench.told == [("甲を規制", None)]
    (status,) = statuses(bench.events)
    assert status.startswith("none: ")
    assert why in status


def test_a_reader_that_fails_on_one_page_keeps_no_other_from_being_read(bench: DetailBench) -> None:
    assert bench.source.detail is not None
    broken = bench.source.detail.model_copy(update={"select": "[["})
    bench.source = bench.source.model_copy(update={"detail": broken})
    bench.add({"b": "乙を規制", "a": "甲を規制"})
    bench.poll(times=2, minutes=60 * 4)
    assert [status.partition(":")[0] for status in statuses(bench.events)] == ["none", "none"]
    with pytest.raises(ValidationError, match="no CSS selector"):
        detail_source(select="[[")


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://elsewhere.example/a", "elsewhere.example; if that is the publisher's"),
        ("ftp://press.example.go.jp/a", "no link"),
        ("https://127.0.0.1/a", "127.0.0.1"),
    ],
)
def test_a_page_elsewhere_is_never_asked_for_and_its_document_is_published_at_once(
    bench: DetailBench, link: str, why: str
) -> None:
    bench.add({link: "甲を規制"})
    bench.poll()
    assert (bench.site.looked, bench.told, bench.open) == ([], [("甲を規制", None)], ())
    assert why in statuses(bench.events)[0]


def test_a_page_on_another_host_is_asked_for_where_the_source_declares_that_host(bench: DetailBench) -> None:
    bench.source = detail_source(hosts=["documents.example"])
    bench.add({"https://documents.example/a": "甲を規制"})
    bench.poll()
    assert bench.told == [("甲を規制", "aの本文です。")]


def test_the_text_that_was_read_earlier_stays_where_an_entry_changes_and_its_page_cannot_be_had(
    bench: DetailBench,
) -> None:
    bench.add({"a": "甲を規制"})
    bench.poll()
    bench.site.titles["a"] = "甲を規制(訂正)"
    bench.site.pages["a"] = refused(404)
    bench.poll(times=2, minutes=60 * 4)
    assert bench.told[1:] == [("甲を規制(訂正)", "aの本文です。")]
    assert statuses(bench.events)[1:] == ["earlier: HTTP 404"]


def test_a_link_that_is_mended_on_the_list_is_followed_also_after_the_document_was_published_without_its_text(
    bench: DetailBench,
) -> None:
    def listing(link: str) -> PageFetched:
        named = f'<id>tag:example,2026:1</id><link href="{HOME}/{link}"/><updated>2026-04-08T00:00:00Z</updated>'
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>甲を規制</title>{named}</entry></feed>'
        return PageFetched(Page(feed.encode(), BASE, NOW), Validators())

    bench.source = detail_source(kind="atom")
    bench.site.pages["wrong"] = refused(404)
    bench.site.answer = listing("wrong")
    bench.poll(times=2, minutes=60 * 4)
    bench.site.answer = listing("right")
    bench.poll()
    assert bench.told == [("甲を規制", None), ("甲を規制", "rightの本文です。")]
    assert len({event.event_id for event in bench.events}) == 1


def test_an_entry_that_changes_at_each_poll_waits_no_longer_for_its_page(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = refused(404)
    for number in range(4):
        bench.site.titles["a"] = f"甲を規制 {number}"
        bench.poll(minutes=60)
    assert bench.told == [("甲を規制 3", None)]


def test_a_host_that_does_not_answer_is_left_for_this_time_and_each_of_its_pages_has_its_turn(
    bench: DetailBench,
) -> None:
    bench.add({"c": "丙", "b": "乙", "a": "甲"})
    bench.site.pages |= dict.fromkeys("abc", AWAY)
    bench.poll(times=4)
    assert bench.site.looked == ["a", "b", "c", "a"]


def test_pages_that_come_slowly_do_not_keep_the_list_from_being_read_in_time(bench: DetailBench) -> None:
    class Slow:
        async def fetch(self, url: str, validators: Validators) -> Fetched:
            bench.clock.step(0 if url == BASE else 6 * 60)
            return await bench.site.fetch(url, validators)

    async def run() -> None:
        await Poller(bench.settings, replace(bench.tools(), fetcher=Slow())).poll(bench.source, Stopping())

    bench.add({name: f"{name}の件" for name in "edcba"})
    began = bench.clock.now()
    asyncio.run(run())
    assert bench.clock.now() - began == timedelta(minutes=18)
    assert [title for title, _ in bench.told] == ["aの件", "bの件", "cの件"]
    bench.poll()
    assert len(bench.events) == 5


def test_a_publisher_that_asks_for_rest_has_it_and_the_documents_are_not_held_back_by_that(bench: DetailBench) -> None:
    bench.add({"b": "乙", "a": "甲"})
    bench.site.pages |= dict.fromkeys("ab", refused(429, retry_after=6 * 3600.0))
    bench.poll(times=5, minutes=70)
    assert bench.site.looked == ["a"]
    assert bench.told == [("甲", None), ("乙", None)]
    assert statuses(bench.events) == ["none: HTTP 429", "none: its turn has not come"]
    bench.site.pages.clear()
    bench.poll(times=2, minutes=60 * 24)
    assert bench.told[2:] == [("乙", "bの本文です。"), ("甲", "aの本文です。")]


@pytest.mark.parametrize("crash_at", range(1, 6))
def test_a_kill_at_any_look_loses_and_doubles_nothing(bench: DetailBench, crash_at: int) -> None:
    bench.add({name: f"{name}の件" for name in "edcba"})
    bench.site.crash_at = crash_at
    with pytest.raises(CrashError):
        bench.poll()
    assert len(bench.events) == crash_at - 1
    bench.poll(times=2)
    assert [title for title, _ in bench.told] == [f"{name}の件" for name in "abcde"]


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_kill_around_publication_repeats_the_same_ids_though_the_page_reads_differently_by_then(
    bench: DetailBench, confirmed: bool
) -> None:
    bench.add({"a": "甲を規制"})
    working = bench.broker.send

    def crash(outgoings: Sequence[Outgoing]) -> None:
        if outgoings and confirmed:
            working(outgoings)
        if outgoings:
            raise CrashError

    bench.broker.send = crash  # type: ignore[method-assign]  # the broker of this one process
    with pytest.raises(CrashError):
        bench.poll()
    bench.broker.send = working  # type: ignore[method-assign]
    bench.site.pages["a"] = "別の広告のある本文です。"
    bench.poll(times=2)
    assert bench.site.looked == ["a"]
    assert bench.told == [("甲を規制", "aの本文です。")] * (2 if confirmed else 1)
    assert len({(event.event_id, event.revision) for event in bench.events}) == 1


def test_a_stop_while_the_broker_is_away_leaves_the_text_that_was_read_to_the_next_start(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    stopping = Stopping()

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def send(outgoings: Sequence[Outgoing]) -> None:
            loop.call_soon_threadsafe(stopping.request)
            raise RetryableError("away", after_seconds=3600)

        async with asyncio.timeout(10):
            await Poller(bench.settings, replace(bench.tools(), send=send)).poll(bench.source, stopping)

    asyncio.run(run())
    assert [each.body for each in bench.open] == ["aの本文です。"]
    bench.poll()
    assert (bench.site.looked, bench.told) == (["a"], [("甲を規制", "aの本文です。")])


def test_a_page_that_never_answers_keeps_no_other_source_waiting(bench: DetailBench) -> None:
    site, hanging = bench.site, asyncio.Event()

    class Hanging:
        async def fetch(self, url: str, validators: Validators) -> Fetched:
            if url.endswith("/stuck"):
                hanging.set()
                await asyncio.Event().wait()
            return await site.fetch(url, validators)

    async def run() -> None:
        stopping, tools = Stopping(), replace(bench.tools(), fetcher=Hanging())
        poller, other = Poller(bench.settings, tools), bench.source.model_copy(update={"key": "jp-other"})
        async with asyncio.timeout(10):
            stuck = asyncio.create_task(poller.poll(bench.source, stopping))
            await hanging.wait()
            del site.titles["stuck"]
            await poller.poll(other, stopping)
            stopping.request()
            await stuck

    bench.add({"stuck": "動かない件", "z": "動く件"})
    asyncio.run(run())
    assert {event.source for event in bench.events} == {"jp-other"}
    assert len(bench.events) == 2


def test_a_list_that_was_renumbered_is_held_and_no_page_of_it_is_asked_for(tmp_path: Path) -> None:
    bench = DetailBench(tmp_path, Site({f"a{n}": f"第{n}号の措置" for n in range(20)}))
    bench.settle()
    bench.site.titles = {f"b{n}": f"第{n}号の措置" for n in range(20)}
    bench.poll(times=2)
    assert "renumbered" in bench.cursor.held_reason
    assert (bench.site.looked, bench.events) == ([], [])
    bench.close()


def test_a_list_whose_documents_were_published_by_title_before_brings_nothing_when_its_pages_are_declared(
    bench: DetailBench,
) -> None:
    bench.source = detail_source(key="jp-plain").model_copy(update={"detail": None})
    bench.add({f"n{n}": f"第{n}号" for n in range(20)})
    bench.poll()
    published = len(bench.events)
    bench.source = detail_source(key="jp-plain")
    bench.poll(times=2)
    assert (len(bench.events), bench.site.looked, bench.cursor.held_reason) == (published, [], "")


def test_what_waits_is_published_as_listed_when_the_source_no_longer_speaks_of_pages(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = refused(404)
    bench.poll()
    bench.source = bench.source.model_copy(update={"detail": None})
    bench.site.answer = NotModified()
    bench.poll(times=2)
    assert bench.told == [("甲を規制", None)]
    assert bench.open == ()


def test_documents_that_share_a_link_keep_their_ids_though_their_texts_are_those_of_the_page(
    bench: DetailBench,
) -> None:
    bench.add({"s": "甲国の措置"})
    bench.poll()
    (first,) = bench.events
    shared = [("乙国の措置", f"{HOME}/s"), ("甲国の措置", f"{HOME}/s"), ("旧い措置", f"{HOME}/old")]
    entries = "".join(
        f"<item><title>{t}</title><link>{u}</link><pubDate>2026-04-08</pubDate></item>" for t, u in shared
    )
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{entries}</channel></rss>'
    bench.site.answer = PageFetched(Page(text.encode(), BASE, NOW), Validators())
    bench.poll(times=3)
    assert [event.title for event in bench.events] == ["甲国の措置", "乙国の措置"]
    assert bench.events[1].event_id != first.event_id


def test_many_pages_that_cannot_be_read_are_a_reason_to_doubt_the_source(bench: DetailBench) -> None:
    bench.add({name: f"{name}の件" for name in "abc"})
    bench.site.pages |= dict.fromkeys("abc", refused(404))
    bench.poll(times=2)
    with bench.engine.connect() as connection:
        (day,) = paststore.load_past(connection, bench.source.key).days
    assert day.problems == 1


def test_a_document_whose_text_is_missing_is_named_as_such(bench: DetailBench) -> None:
    bench.add({"a": "甲を規制"})
    bench.site.pages["a"] = refused(404)
    bench.poll(times=2, minutes=60 * 4)
    (row,) = bench.open
    assert (row.state, row.error, row.due_at) == (TextState.MISSING, "HTTP 404", later(30 + 240) + timedelta(days=1))
