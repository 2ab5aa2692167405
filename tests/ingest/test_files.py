"""Files and the sample go the way of a polled page, in batches, and again without effect."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.contracts.deadletters import DeadLetter
from services.contracts.errors import RetryableError, UsageError
from services.contracts.events import Event
from services.contracts.topics import DEAD, EVENTS
from services.ingest.core import decide, read_page
from services.ingest.inlets.batches import Report
from services.ingest.inlets.files import ingest_files, ingest_sample, read_events, sample_paths
from services.ingest.pages.page import Page, Problem
from services.ingest.settings import DEFAULT_SOURCES
from services.runtime.clock import SteppedClock
from tests.ingest.material import NOW, Broker, example_settings, shipped_source

CLOCK = SteppedClock(NOW)


def line(number: int, **changes: object) -> str:
    fields = {"id": f"x:{number}", "source": "jp-example", "title": f"第{number}号", "published": "2026-04-08"}
    return json.dumps({**fields, **changes}, ensure_ascii=False)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "in.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_line_is_published_once_however_often_the_file_is_read(tmp_path: Path) -> None:
    path, broker = write(tmp_path, *map(line, range(5))), Broker()
    settings = example_settings(tmp_path, batch_size=2)
    progress: list[Report] = []
    first = ingest_files([path], settings, send=broker.send, clock=CLOCK, progress=progress.append)
    again = ingest_files([path, str(path)], settings, send=broker.send, clock=CLOCK)
    assert first == Report(read=5, new=5)
    assert again == Report(read=10, unchanged=10)
    assert [each.read for each in progress] == [2, 4, 5]
    assert [event.document_id for event in broker.events] == [f"x:{number}" for number in range(5)]
    assert all(not event.backfill and event.seen_at == NOW for event in broker.events)


def test_a_record_is_keyed_by_its_event_and_names_its_schema(tmp_path: Path) -> None:
    broker = Broker()
    ingest_files([write(tmp_path, line(1))], example_settings(tmp_path), send=broker.send)
    (record,), (event,) = broker.records, broker.events
    assert record.topic is EVENTS
    assert record.key == event.event_id.encode()
    assert record.headers == (("noroshi-schema", b"event/1"),)


def test_a_backfill_is_marked_as_such(tmp_path: Path) -> None:
    broker = Broker()
    ingest_files([write(tmp_path, line(1))], example_settings(tmp_path), backfill=True, send=broker.send)
    assert [event.backfill for event in broker.events] == [True]


def test_a_bad_line_becomes_a_dead_letter_with_its_bytes_and_place_and_the_others_go_on(tmp_path: Path) -> None:
    bad = '{"id": "x:2", "source": "jp-example"}'
    path, broker = write(tmp_path, line(1), bad, "", line(3)), Broker()
    report = ingest_files([path], example_settings(tmp_path), send=broker.send, clock=CLOCK)
    assert (report.read, report.new, report.dead) == (3, 2, 1)
    assert report.problems == (f"{path}:2: title: Field required",)
    (dead,) = [each for each in broker.records if each.topic is DEAD]
    letter = DeadLetter.from_record(dead.key, dead.value, dead.headers)
    assert letter.value == bad.encode()
    assert (letter.service, letter.topic, letter.offset, letter.at) == ("ingest", f"file:{path}:2", 2, NOW)
    assert letter.error == report.problems[0]


def test_a_document_is_cut_to_fit_its_topic(tmp_path: Path) -> None:
    path, broker = write(tmp_path, line(1, body="規" * 1_500_000)), Broker()
    report = ingest_files([path], example_settings(tmp_path), send=broker.send)
    assert report.new == 1
    assert len(broker.events[0].body or "") == 250_000


def test_an_event_too_large_to_travel_is_put_aside_once(tmp_path: Path) -> None:
    identifiers = {
        "docket": ["x" * 299 + str(each) for each in range(10)],
        "rin": ["y" * 290 + str(n) for n in range(4000)],
    }
    path, broker = write(tmp_path, line(1, identifiers=identifiers)), Broker()
    settings = example_settings(tmp_path)
    assert ingest_files([path], settings, send=broker.send).dead == 1
    assert [each.topic for each in broker.records] == [DEAD]
    assert len(broker.records[0].value) <= 900_000
    assert ingest_files([path], settings, send=broker.send).unchanged == 1


def test_standard_input_is_read_from_its_stream(tmp_path: Path) -> None:
    broker = Broker()
    stdin = io.BytesIO((line(1) + "\nnope\n").encode())
    report = ingest_files(["-"], example_settings(tmp_path), send=broker.send, stdin=stdin)
    assert (report.new, report.problems[0].partition(": ")[0]) == (1, "stdin:2")


def test_a_table_is_read_like_lines_and_one_without_its_columns_is_refused(tmp_path: Path) -> None:
    table, broker = tmp_path / "in.csv", Broker()
    table.write_text("id,source,title\nx:1,jp-example,第1号\nx:2,jp-example,\n", encoding="utf-8")
    report = ingest_files([table], example_settings(tmp_path), send=broker.send)
    assert (report.new, report.problems) == (1, (f"{table}:3: title: Field required",))
    table.write_text("id,source\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"in\.csv:1: no column title"):
        ingest_files([table], example_settings(tmp_path), send=broker.send)


def test_a_missing_file_is_told_before_anything_is_published(tmp_path: Path) -> None:
    broker = Broker()
    with pytest.raises(UsageError, match=r"none\.jsonl: no such file"):
        ingest_files([write(tmp_path, line(1)), tmp_path / "none.jsonl"], example_settings(tmp_path), send=broker.send)
    assert broker.records == []


def test_a_file_of_something_else_is_refused_and_not_poured_into_the_dead_letters(tmp_path: Path) -> None:
    broker = Broker()
    path = write(tmp_path, *["<xml/>"] * 50)
    with pytest.raises(UsageError, match="is this a file of JSON Lines"):
        ingest_files([path], example_settings(tmp_path), send=broker.send)
    assert broker.records == []


def test_a_broker_that_does_not_confirm_leaves_everything_to_the_next_run(tmp_path: Path) -> None:
    path, broker = write(tmp_path, *map(line, range(4))), Broker(failures=[RetryableError("away")])
    settings = example_settings(tmp_path, batch_size=2)
    with pytest.raises(RetryableError):
        ingest_files([path], settings, send=broker.send)
    assert ingest_files([path], settings, send=broker.send).new == 4


def test_the_sample_is_published_in_the_order_of_publication_without_a_bad_line(tmp_path: Path) -> None:
    broker = Broker()
    report = ingest_sample(example_settings(tmp_path), send=broker.send)
    days = [event.published_on for event in broker.events if event.published_on]
    assert report.dead == 0
    assert report.new == report.read == len(days) > 100
    assert days == sorted(days)
    assert ingest_sample(example_settings(tmp_path), send=broker.send).new == 0


def test_the_sample_has_every_language() -> None:
    assert {path.name.split(".")[1] for path in sample_paths()} == {"en", "ja", "zh"}


def test_a_document_from_a_file_is_the_same_event_as_from_the_live_source(tmp_path: Path) -> None:
    source = shipped_source("us_federal_register_documents")
    sample = DEFAULT_SOURCES / "us_federal_register_documents" / "samples" / "page.json"
    live = decide(read_page(source, Page(sample.read_bytes(), source.url, NOW)).documents, {}, seen_at=NOW).events
    (from_file,) = read_events([write(tmp_path, line(1, id="fr:2026-99001", source="us-federal-register"))])
    assert isinstance(from_file, Event)
    assert from_file.event_id in {event.event_id for event in live}


def test_events_can_be_read_without_broker_or_state(tmp_path: Path) -> None:
    found = list(read_events([write(tmp_path, line(1), "nope")], clock=CLOCK))
    assert isinstance(found[0], Event)
    assert isinstance(found[1], Problem)


def test_loading_the_settings_and_sources_stays_light() -> None:
    code = (
        "import sys, services.ingest.settings, services.ingest.core;"
        "heavy = {'aiohttp', 'sqlalchemy', 'kafka', 'faust', 'prometheus_client', 'slack_sdk'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
