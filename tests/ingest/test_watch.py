"""Sources that freeze, empty, change or start anew, through the poller and the database: what is seen, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.ingest.health import paststore
from services.ingest.health.past import Day, Doubt, Past
from services.ingest.health.state import SourceState
from services.ingest.health.watch import Watch
from services.ingest.memory.tables import source_health
from services.ingest.source import Source
from services.ingest.wire.fetch import Fetched, FetchFailed, NotModified
from services.runtime import metrics
from tests.ingest.material import NOW, example_source, item, rss2
from tests.ingest.test_poll import Bench, page

EXPECTED = {"longest_gap_days": 3}
SOURCE = example_source(expected=EXPECTED, publishes={"holidays": "JP"})
HALF_DAY = 12 * 60.0


def listing(names: str, shelf: str = "") -> Fetched:
    """A list of one synthetic document for each letter, each under an address of its own."""
    return page(rss2(*(item(f"規制{name}", f"/{shelf}{name}", day="2026-04-07") for name in names)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, listing("abcdef"))
    yield made
    made.close()


def watch(bench: Bench, *sources: Source) -> Watch:
    return Watch(sources, bench.engine, bench.clock)


def state_of(source: Source) -> list[str]:
    """The states that the metric shows; there must be just one."""
    return [
        state
        for state in metrics.SOURCE_STATES
        if metrics.REGISTRY.get_sample_value("noroshi_source_state", {"source": source.key, "state": state})
    ]


def follow(bench: Bench, polls: int, minutes: float = 30, source: Source = SOURCE) -> list[str]:
    """The state after each of so many polls."""
    seen: list[str] = []
    for _ in range(polls):
        bench.poll(source, minutes=minutes)
        bench.clock.step(-minutes * 60)
        watch(bench, source).look()
        seen += state_of(source)
        bench.clock.step(minutes * 60)
    return seen


@pytest.mark.parametrize("answer", [listing("abcdef"), NotModified()], ids=["the same page", "not modified"])
def test_a_frozen_source_is_silent_once_its_gap_has_passed_in_working_days(bench: Bench, answer: Fetched) -> None:
    source = example_source(
        expected=EXPECTED, publishes={"holidays": "JP"}, schedule={"every_minutes": HALF_DAY}
    )  # fmt: skip
    bench.publisher.answers.append(answer)
    # Its last news is of Tuesday the 7th; Friday the 10th, the third working day, ends in Tokyo at 15:00 UTC.
    assert follow(bench, 3, HALF_DAY, source) == ["ok", "silent", "silent"]
    bench.publisher.answers = [listing("abcdefg")]
    assert follow(bench, 1, HALF_DAY, source) == ["ok"]


@pytest.mark.parametrize("text", [rss2(), "<html><body>新しいページ</body></html>"], ids=["emptied", "redesigned"])
def test_an_emptied_or_redesigned_source_is_late_then_broken_after_three_intervals(bench: Bench, text: str) -> None:
    bench.publisher.answers.append(page(text))
    assert follow(bench, 6) == ["ok", "ok", "ok", "late", "broken", "broken"]
    bench.publisher.answers = [listing("abcdef")]
    assert follow(bench, 1) == ["ok"]


def test_a_source_whose_documents_all_have_new_addresses_is_broken_at_once(bench: Bench) -> None:
    source = example_source(publishes={"days": ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
    assert set(follow(bench, 12, 24 * 60, source)) == {"ok"}
    bench.publisher.answers = [listing("abcdef", shelf="new/")]
    bench.clock.step(-23.5 * 3600)
    with capture_logs() as said:
        assert follow(bench, 2, source=source) == ["broken", "broken"]
    (told,) = [each for each in said if each["event"] == "source_state"]
    assert (told["state"], told["was"]) == ("broken", "ok")
    assert "none of its 6 documents was known before" in told["reason"]


def test_a_source_that_fails_does_not_touch_another(bench: Bench) -> None:
    good, bad = example_source(key="jp-good"), example_source(key="jp-bad")
    for _ in range(6):
        bench.publisher.answers = [listing("abc")]
        bench.poll(good, minutes=0)
        bench.publisher.answers = [FetchFailed("timeout", "no answer")]
        bench.poll(bad, minutes=30)
    with bench.engine.begin() as connection:
        connection.execute(sa.insert(source_health).values(source="jp-odd", doubt="of another version"))
    bench.clock.step(-1800)
    with capture_logs() as said:
        watch(bench, example_source(key="jp-odd"), bad, good).look()
    assert (state_of(good), state_of(bad)) == (["ok"], ["broken"])
    assert [(each["event"], each["source"]) for each in said] == [
        ("source_not_judged", "jp-odd"),
        ("source_state", "jp-bad"),
        ("source_state", "jp-good"),
    ]


def test_a_change_of_state_is_said_once_also_by_the_next_process(bench: Bench) -> None:
    follow(bench, 1)
    bench.clock.step(3600)
    with capture_logs() as said:
        watch(bench, SOURCE).look()
        bench.clock.step(3600)
        watch(bench, SOURCE).look()
    assert [(each["was"], each["state"], each["log_level"]) for each in said] == [("ok", "late", "warning")]
    with bench.engine.connect() as connection:
        since = bench.clock.now() - timedelta(hours=1)
        assert paststore.load_state(connection, SOURCE.key) == (SourceState.LATE, since)


def test_the_expected_gap_is_a_metric(bench: Bench) -> None:
    watch(bench, SOURCE).look()
    shown = metrics.REGISTRY.get_sample_value("noroshi_source_expected_gap_workdays", {"source": SOURCE.key})
    assert (shown, state_of(SOURCE)) == (3.0, ["waiting"])


def test_every_state_is_a_value_of_the_metric() -> None:
    assert set(metrics.SOURCE_STATES) == set(SourceState)


def test_a_past_comes_back_as_it_was_and_the_state_beside_it_stays(bench: Bench) -> None:
    days = (Day(date(2025, 3, 1), 1, 2, 3, 4), Day(date(2026, 4, 9), 5, 6), Day(date(2026, 4, 10), 5, 6, 1))
    full = Past(NOW, Doubt.COUNT, NOW, "few", date(2026, 4, 10), days)
    with bench.engine.begin() as connection:
        assert paststore.load_past(connection, "jp-a") == Past()
        paststore.save_state(connection, "jp-a", SourceState.OK, NOW)
        for n in range(1, 4):
            paststore.change_past(connection, "jp-a", lambda _, n=n: Past(days=full.days[:n]))  # type: ignore[misc]  # n is bound here
        paststore.change_past(connection, "jp-a", lambda _: full)
        assert paststore.load_past(connection, "jp-a") == Past(
            **{**vars(full), "days": days[1:]}
        )  # the first is too old
        assert paststore.load_state(connection, "jp-a") == (SourceState.OK, NOW)
