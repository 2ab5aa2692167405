"""Canaries leave at once and then every few minutes, and nothing that comes in may call itself one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.contracts import codec
from services.contracts.canary import KEY, is_canary_record
from services.contracts.errors import RetryableError
from services.contracts.events import Event
from services.contracts.topics import EVENTS
from services.ingest.canary import canary_task, make_canary, write_canary
from services.ingest.pages.lines import Line, read_line
from services.ingest.pages.page import Problem
from services.ingest.settings import IngestSettings
from services.ingest.source import load_source
from services.runtime.clock import SteppedClock
from services.runtime.handling import Outgoing
from services.runtime.metrics import REGISTRY
from services.runtime.yamlfile import YamlError

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Broker:
    """Takes records as a producer does, or refuses as many sends as it was told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.taken: list[Outgoing] = []
        self.is_closed = False
        self._refusals = refusals

    def send_confirmed(self, outgoings: Sequence[Outgoing]) -> None:
        self._refusals -= 1
        if self._refusals >= 0:
            raise RetryableError("broker did not confirm")
        self.taken += outgoings

    def close(self) -> None:
        self.is_closed = True


class Hours:
    """Stands in for what ends a service: waits on the clock, and ends after so many waits."""

    def __init__(self, clock: SteppedClock, waits: int) -> None:
        self.waited: list[float] = []
        self._clock, self._waits = clock, waits

    @property
    def requested(self) -> bool:
        return len(self.waited) >= self._waits

    async def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self._clock.step(seconds)
        return self.requested


def run(minutes: int, waits: int, broker: Broker) -> Hours:
    """Let the task run for so many waits."""
    clock = SteppedClock(NOW)
    hours = Hours(clock, waits)
    asyncio.run(canary_task(minutes, broker, clock)(hours))  # type: ignore[arg-type]  # both have all that is used
    return hours


def test_a_canary_leaves_at_once_and_then_every_so_many_minutes_each_a_document_of_its_own() -> None:
    broker = Broker()
    assert run(5, 3, broker).waited == [300.0, 300.0, 300.0]
    events = [codec.decode(Event, each.value) for each in broker.taken]
    assert [each.published_at for each in events] == [datetime(2026, 1, 5, 9, m, tzinfo=UTC) for m in (0, 5, 10)]
    assert len({each.event_id for each in events}) == 3
    assert all(each.topic is EVENTS and is_canary_record(each.headers) for each in broker.taken)
    assert REGISTRY.get_sample_value("noroshi_canary_interval_seconds") == 300
    assert broker.is_closed


def test_a_canary_that_the_broker_did_not_take_is_followed_by_a_fresh_one_and_never_sent_late() -> None:
    broker = Broker(refusals=2)
    assert run(5, 3, broker).waited == [30.0, 30.0, 300.0]
    (event,) = (codec.decode(Event, each.value) for each in broker.taken)
    assert event.published_at == datetime(2026, 1, 5, 9, 1, tzinfo=UTC)


def test_no_canary_leaves_where_they_are_turned_off() -> None:
    broker = Broker()
    assert run(0, 3, broker).waited == []
    assert broker.taken == []
    assert REGISTRY.get_sample_value("noroshi_canary_interval_seconds") == 0


def test_the_same_moment_makes_the_same_canary() -> None:
    assert write_canary(make_canary(NOW), NOW) == write_canary(make_canary(NOW), NOW)


def test_the_canary_is_published_as_news_of_the_day_and_says_what_it_is() -> None:
    event = make_canary(NOW)
    assert (event.source, event.backfill, event.withdrawn, event.published_on) == (KEY, False, False, NOW.date())
    assert event.title.startswith("Test of Noroshi itself, no news")


def test_a_line_of_a_file_cannot_pass_itself_off_as_a_canary() -> None:
    line = Line("in.jsonl", 3, json.dumps({"id": "1", "source": KEY, "title": "China bans gallium"}).encode())
    problem = read_line(line)
    assert isinstance(problem, Problem)
    assert "in.jsonl:3" in str(problem)
    assert "kept for Noroshi's own test events; choose another" in str(problem)


def test_a_source_cannot_have_the_canary_s_key(tmp_path: Path) -> None:
    folder = tmp_path / "us_test"
    folder.mkdir()
    (folder / "source.yml").write_text(
        f"key: {KEY}\nname: Test\npublisher: Test\ncountry: US\nlanguage: en\nkind: rss2\nurl: https://a.example/\n"
        "zone: UTC\nschedule: {every_minutes: 5}\nexpected: {longest_gap_days: 9}\n",
        encoding="utf-8",
    )
    with pytest.raises(YamlError, match=r"source\.yml:1:\d+: .*kept for Noroshi's own test events"):
        load_source(folder / "source.yml")


def test_minutes_below_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="canary_minutes"):
        IngestSettings(canary_minutes=-1)
