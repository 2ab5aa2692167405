"""Back-fill: the past is read whole, marked, and once, however often the run is ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.errors import RetryableError, StopError, UsageError
from services.ingest.backfill.history import BackfillReport, Window, halve, plan_windows
from services.ingest.backfill.reader import Backfill, BackfillTools
from services.ingest.pages.page import Page
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, PageFetched, Validators
from services.runtime.clock import SteppedClock
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, Broker, example_settings, example_source, shipped_source

SOURCE = shipped_source("us_federal_register_documents")
SINCE, UNTIL = date(2025, 1, 15), date(2025, 3, 10)
days = st.dates(date(2000, 1, 1), date(2030, 1, 1))


@dataclass
class Register:
    """A synthetic register: `a_day` documents each day, `per_page` a page, at most `limit` for one question."""

    a_day: int = 7
    per_page: int = 40
    limit: int = 2_000
    title: str = "Synthetic notice {number} of {day}"
    asked: list[str] = field(default_factory=list)
    strike: Callable[[int], Fetched | None] = lambda _: None

    async def fetch(self, url: str, validators: Validators) -> Fetched:
        self.asked.append(url)
        return self.strike(len(self.asked)) or PageFetched(Page(self._page(url), url, NOW), Validators())

    def _page(self, url: str) -> bytes:
        asked = parse_qs(urlsplit(url).query)
        since, until = (date.fromisoformat(asked[f"conditions[publication_date][{end}]"][0]) for end in ("gte", "lte"))
        number = int(asked.get("page", ["1"])[0])
        numbers = range((until - since).days * self.a_day + self.a_day)
        listed = numbers[(number - 1) * self.per_page : number * self.per_page]
        last = number * self.per_page >= min(len(numbers), self.limit)
        following = None if last else f"{url.partition('&page=')[0]}&page={number + 1}"
        results = [self._result(since + timedelta(days=each // self.a_day), each % self.a_day) for each in listed]
        return json.dumps({"count": len(numbers), "results": results, "next_page_url": following}).encode()

    def _result(self, day: date, number: int) -> dict[str, object]:
        title = self.title.format(number=number, day=day)
        return {"document_number": f"{day:%Y%m%d}-{number}", "title": title, "publication_date": str(day)}


class Bench:
    """A back-fill with a synthetic register, a broker that keeps records, and a real database."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(example_settings(folder), "ingest")
        migrate(self.engine, "ingest")
        self.register, self.broker, self.waits = Register(), Broker(), list[float]()

    def run(
        self, source: Source = SOURCE, since: date = SINCE, until: date = UNTIL, *, again: bool = False
    ) -> BackfillReport:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        tools = BackfillTools(self.register.fetch, self.engine, self.broker.send, SteppedClock(NOW), sleep)
        return asyncio.run(Backfill(source, tools).run(since, until, again=again))

    @property
    def ids(self) -> list[str]:
        return [event.event_id for event in self.broker.events]


DAYS = (UNTIL - SINCE).days + 1


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.engine.dispose()


def test_every_document_of_the_days_is_published_once_as_back_fill_in_order(bench: Bench) -> None:
    report = bench.run()
    events = bench.broker.events
    assert (report.windows, report.read, report.new, report.unchanged) == (3, DAYS * 7, DAYS * 7, 0)
    assert len(set(bench.ids)) == len(events) == DAYS * 7
    assert all(event.backfill for event in events)
    stated = [event.published_on for event in events if event.published_on]
    assert (stated[0], stated[-1], stated) == (SINCE, UNTIL, sorted(stated))


@pytest.mark.parametrize("ending", range(1, 11))
def test_a_run_that_ends_early_is_taken_up_where_it_was_and_loses_and_doubles_nothing(
    bench: Bench, ending: int
) -> None:
    bench.register.strike = lambda asked: FetchFailed("http_5xx", "HTTP 503") if asked >= ending else None
    with pytest.raises(RetryableError, match="run the same command again"):
        bench.run()
    bench.register = Register()
    assert bench.run().pages == 10 - (ending - 1)
    assert len(bench.ids) == len(set(bench.ids)) == DAYS * 7
    assert bench.run().pages == 0


def test_a_broker_that_does_not_confirm_leaves_the_place_where_it_was(bench: Bench) -> None:
    bench.broker.failures = [RetryableError("away")]
    with pytest.raises(RetryableError, match="away"):
        bench.run()
    bench.run()
    assert len(bench.ids) == len(set(bench.ids)) == DAYS * 7


def test_what_was_read_is_not_asked_again_unless_told_to_and_then_nothing_is_published_twice(bench: Bench) -> None:
    bench.run()
    assert bench.run().skipped == 3
    again = bench.run(again=True)
    assert (again.new, again.unchanged) == (0, DAYS * 7)


def test_a_window_that_holds_more_than_is_listed_is_read_as_two(bench: Bench) -> None:
    bench.register = Register(a_day=100, per_page=500)
    report = bench.run(since=date(2025, 1, 1), until=date(2025, 1, 31))
    assert report.new == len(set(bench.ids)) == 3_100
    assert report.problems == ()


def test_a_day_that_holds_more_than_is_listed_is_said_to_be_cut(bench: Bench) -> None:
    bench.register = Register(a_day=2_100, per_page=500)
    report = bench.run(since=date(2025, 1, 1), until=date(2025, 1, 1))
    assert ["2000 documents on one day" in each for each in report.problems] == [True]


def test_a_page_that_cannot_be_read_ends_the_run_with_what_came_before_kept(bench: Bench) -> None:
    wall = PageFetched(Page(b"<html>sign in</html>", SOURCE.url, NOW), Validators())
    bench.register.strike = lambda asked: wall if asked == 3 else None
    with pytest.raises(StopError, match="not a page of the documents API"):
        bench.run()
    assert len(bench.ids) == 80


@pytest.mark.parametrize("following", ["https://elsewhere.example/page2", None])
def test_a_page_that_leads_elsewhere_or_nowhere_is_not_followed(bench: Bench, following: str | None) -> None:
    def strike(_: int) -> Fetched:
        named = following or bench.register.asked[-1]
        body = json.dumps({"count": 1, "results": [], "next_page_url": named}).encode()
        return PageFetched(Page(body, SOURCE.url, NOW), Validators())

    bench.register.strike = strike
    with pytest.raises(StopError, match="look at both"):
        bench.run()
    assert len(bench.register.asked) == 1


def test_a_publisher_that_refuses_is_asked_more_and_more_slowly_and_never_before_it_allows(bench: Bench) -> None:
    bench.register.strike = lambda asked: FetchFailed("http_4xx", "HTTP 429", 90.0 if asked == 2 else None)
    with pytest.raises(RetryableError, match="HTTP 429"):
        bench.run()
    assert bench.waits == [2.0, 90.0, 8.0, 16.0, 32.0]


def test_a_source_without_a_past_to_ask_for_says_so(bench: Bench) -> None:
    with pytest.raises(UsageError, match="hand its archive over as JSON Lines"):
        bench.run(example_source())


@given(days, days)
def test_windows_cover_each_day_once_and_keep_to_one_month(one: date, other: date) -> None:
    since, until = min(one, other), max(one, other)
    windows = plan_windows(since, until)
    assert (windows[0].since, windows[-1].until) == (since, until)
    assert all(a.until + timedelta(days=1) == b.since for a, b in pairwise(windows))
    assert all((each.since.year, each.since.month) == (each.until.year, each.until.month) for each in windows)


@given(days, st.integers(0, 40))
def test_halves_cover_what_they_halve(since: date, length: int) -> None:
    window = Window(since, since + timedelta(days=length))
    halves = halve(window)
    assert (halves[0].since, halves[-1].until) == (window.since, window.until)
    assert len(halves) == (1 if length == 0 else 2)
    assert all(each.since <= each.until for each in halves)


def test_days_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(UsageError, match="swap them"):
        plan_windows(UNTIL, SINCE)
