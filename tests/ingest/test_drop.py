"""A dropped file is waited for until it is whole, taken in once, and moved with a report that names each bad line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.contracts.errors import RetryableError, UsageError
from services.ingest.health import paststore
from services.ingest.inlets.batches import BatchIntake
from services.ingest.inlets.drop import DropFolder
from services.ingest.inlets.resting import Entry, free_name, survey
from services.ingest.pages.lines import read_line
from services.ingest.pages.page import Document
from services.ingest.pages.tablelines import TableError, read_table
from services.ingest.publish import SERVICE
from services.runtime.clock import SteppedClock
from services.runtime.metrics import PUSHES
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, Broker, example_settings, pushed_source

KEY = "xx-partner"


def line(number: int, **changes: Any) -> str:
    return json.dumps({"id": f"n{number}", "source": KEY, "title": f"Notice {number}", **changes})


class Drop:
    """A drop folder with its broker and database."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder, self.broker = folder / "in", Broker()
        self.folder.mkdir()
        self.settings = example_settings(folder, **changes)
        self.engine = open_engine(self.settings, SERVICE)
        migrate(self.engine, SERVICE)
        self.clock = SteppedClock(NOW)
        self.restart()

    def restart(self) -> None:
        intake = BatchIntake(self.engine, self.broker.send, self.clock, pushed={KEY: pushed_source(KEY)})
        self.drop = DropFolder(self.folder, intake, self.settings)
        self.drop.prepare()

    def put(self, name: str, *lines: str) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
        return path

    def look(self, times: int = 2) -> int:
        return sum(self.drop.look(lambda: False) for _ in range(times))

    def names(self, place: str = "") -> list[str]:
        return sorted(path.name for path in (self.folder / place).iterdir() if path.name not in ("done", "failed"))

    def report(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / path).read_text(encoding="utf-8"))
        return found

    @property
    def titles(self) -> list[str]:
        return [event.title for event in self.broker.events]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path, batch_size=2)


# ---- taking in -------------------------------------------------------------------------------------------------


def test_a_file_is_taken_in_and_moved_with_its_report(drop: Drop) -> None:
    drop.put("a.jsonl", *map(line, range(5)))
    assert drop.look() == 1
    assert drop.titles == [f"Notice {n}" for n in range(5)]
    assert (drop.names(), drop.names("done")) == ([], ["a.jsonl", "a.jsonl.report.json"])
    report = drop.report("done/a.jsonl.report.json")
    assert (report["file"], report["read"], report["new"], report["error"]) == ("a.jsonl", 5, 5, "")


def test_a_file_with_bad_lines_goes_to_failed_each_of_them_named_and_its_good_lines_are_taken(drop: Drop) -> None:
    drop.put("a.jsonl", line(1), "nope", line(3), '{"id": "4"}')
    drop.look()
    assert drop.titles == ["Notice 1", "Notice 3"]
    report = drop.report("failed/a.jsonl.report.json")
    assert (report["new"], report["dead"]) == (2, 2)
    assert [each.partition(": ")[0] for each in report["problems"]] == ["a.jsonl:2", "a.jsonl:4"]


def test_a_file_of_something_else_is_not_poured_into_the_dead_letters(drop: Drop) -> None:
    drop.put("a.jsonl", *["<xml/>"] * 50)
    drop.put("b.jsonl")
    drop.look()
    assert "is this a file of JSON Lines?" in drop.report("failed/a.jsonl.report.json")["error"]
    assert drop.report("failed/b.jsonl.report.json")["error"] == "the file holds no document"
    assert len(drop.broker.records) <= 20


def test_the_same_name_again_gets_a_number_and_brings_nothing_twice(drop: Drop) -> None:
    for _ in range(3):
        drop.put("a.jsonl", line(1))
        drop.look()
    assert drop.titles == ["Notice 1"]
    assert drop.names("done") == [
        "a.2.jsonl", "a.2.jsonl.report.json", "a.3.jsonl", "a.3.jsonl.report.json", "a.jsonl", "a.jsonl.report.json",
    ]  # fmt: skip


def test_files_are_taken_in_the_order_in_which_they_were_written(drop: Drop) -> None:
    for place, name in enumerate(["z.jsonl", "m.jsonl", "a.jsonl"]):
        path = drop.put(name, line(1, title=name))
        os.utime(path, ns=(place, place))
    drop.look()
    assert drop.titles == ["z.jsonl", "m.jsonl", "a.jsonl"]


def test_a_table_with_the_same_columns_is_read_like_lines(drop: Drop) -> None:
    drop.put(
        "a.CSV", "id,source,title,published,identifiers.rin,withdrawn", f'n1,{KEY},"Notice, 1",2026-04-08,0694-AJ55,'
    )
    drop.look()
    (event,) = drop.broker.events
    assert (event.title, str(event.published_on)) == ("Notice, 1", "2026-04-08")
    assert [(each.scheme, each.value) for each in event.identifiers] == [("rin", "0694-AJ55")]


# ---- waiting ---------------------------------------------------------------------------------------------------


def test_a_file_that_is_being_written_is_waited_for(drop: Drop) -> None:
    path = drop.put("a.jsonl", line(1))
    assert drop.look(1) == 0
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line(2) + "\n")
    assert drop.look(1) == 0
    assert drop.look(1) == 1
    assert drop.titles == ["Notice 1", "Notice 2"]


def test_a_file_under_an_unfinished_name_is_taken_once_it_has_its_own(drop: Drop) -> None:
    path = drop.put("a.jsonl.part", line(1))
    assert drop.look(3) == 0
    path.rename(drop.folder / "a.jsonl")
    assert drop.look(2) == 1


def test_a_file_that_is_replaced_while_it_is_read_is_read_again_and_no_version_is_lost(drop: Drop) -> None:
    path = drop.put("a.jsonl", line(1))
    send = drop.broker.send

    def replace_then_send(outgoings: Any) -> None:
        other = drop.put("other.part", line(1), line(2))
        other.rename(path)
        drop.broker.send = send  # type: ignore[method-assign]  # once only
        send(outgoings)

    drop.broker.send = replace_then_send  # type: ignore[method-assign]  # the moment between reading and moving
    drop.restart()
    drop.look()
    assert drop.names() == ["a.jsonl"]
    drop.restart()
    drop.look()
    assert drop.titles == ["Notice 1", "Notice 2"]
    assert drop.names("done") == ["a.jsonl", "a.jsonl.report.json"]


def test_what_is_no_file_of_ours_is_left_alone_and_said_once(drop: Drop) -> None:
    drop.put(".hidden.jsonl", line(1))
    drop.put("notes.txt", line(2))
    drop.put("long" + "x" * 220 + ".jsonl", line(3))
    (drop.folder / "folder.jsonl").mkdir()
    outside = drop.folder.parent / "outside.jsonl"
    outside.write_text(line(4), encoding="utf-8")
    (drop.folder / "link.jsonl").symlink_to(outside)
    os.mkfifo(drop.folder / "pipe.jsonl")
    (drop.folder / os.fsdecode(b"bad\xff.jsonl")).write_text(line(5), encoding="utf-8")
    before = drop.names()
    with capture_logs() as logs:
        assert drop.look(4) == 0
    assert (drop.names(), drop.broker.records) == (before, [])
    said = [each["name"] for each in logs if each["event"] == "drop_left_alone"]
    assert len(said) == len(before) == 7


def test_a_file_that_never_becomes_whole_or_that_nobody_reads_is_said_and_counted_once(drop: Drop) -> None:
    before = [float(PUSHES.labels("drop", each)._value.get()) for each in ("timeout", "unsupported")]
    path, _ = drop.put("a.jsonl.part", line(1)), drop.put("notices.json", line(2))
    for minute in range(0, 130, 10):
        drop.put("b.jsonl", line(3), *([""] * minute))
        drop.look(1)
        drop.clock.step(600)
    after = [float(PUSHES.labels("drop", each)._value.get()) for each in ("timeout", "unsupported")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1]
    path.rename(drop.folder / "a.jsonl")
    assert drop.look() == 2


# ---- crashes ---------------------------------------------------------------------------------------------------


def test_a_broker_that_is_away_leaves_the_file_and_the_next_look_takes_it(drop: Drop) -> None:
    drop.put("a.jsonl", *map(line, range(5)))
    drop.broker.failures = [RetryableError("away")]
    with pytest.raises(RetryableError, match="away"):
        drop.look()
    assert drop.names() == ["a.jsonl"]
    assert drop.look(1) == 1
    assert drop.titles == [f"Notice {n}" for n in range(5)]


def test_a_crash_in_the_middle_of_a_file_repeats_no_event_that_was_remembered_and_loses_none(drop: Drop) -> None:
    drop.put("a.jsonl", *map(line, range(5)))
    send, calls = drop.broker.send, []

    def crash(outgoings: Any) -> None:
        calls.append(outgoings)
        if len(calls) == 2:
            send(outgoings)
            raise KeyboardInterrupt
        send(outgoings)

    drop.broker.send = crash  # type: ignore[method-assign]  # the second batch is confirmed and not remembered
    drop.restart()
    with pytest.raises(KeyboardInterrupt):
        drop.look()
    drop.broker.send = send  # type: ignore[method-assign]  # as before
    drop.restart()
    assert drop.look() == 1
    published = [(event.event_id, event.revision) for event in drop.broker.events]
    assert (len(published), len(set(published))) == (7, 5)
    assert drop.report("done/a.jsonl.report.json")["unchanged"] == 2


def test_a_crash_between_report_and_move_leaves_one_file_and_one_report(drop: Drop) -> None:
    drop.put("a.jsonl", line(1))
    (drop.folder / "done" / "a.jsonl.report.json").write_text("{}", encoding="utf-8")
    drop.look()
    assert drop.names("done") == ["a.jsonl", "a.jsonl.report.json"]
    assert drop.report("done/a.jsonl.report.json")["read"] == 1


def test_a_stop_leaves_the_rest_of_a_long_file_to_the_next_start(drop: Drop) -> None:
    drop.put("a.jsonl", *map(line, range(6)))
    drop.look(1)
    assert drop.drop.look(lambda: True) == 0
    assert (drop.titles, drop.names()) == (["Notice 0", "Notice 1"], ["a.jsonl"])
    drop.restart()
    drop.look()
    assert drop.titles == [f"Notice {n}" for n in range(6)]


def test_a_state_that_does_not_answer_leaves_the_file(drop: Drop) -> None:
    drop.put("a.jsonl", line(1))
    with drop.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE seen_revisions RENAME TO away"))
    with pytest.raises(RetryableError, match="the ingest database does not answer"):
        drop.look()
    assert drop.names() == ["a.jsonl"]


def test_an_error_of_ours_in_one_file_holds_up_no_other(drop: Drop) -> None:
    drop.put("a.jsonl", line(1))
    drop.put("b.jsonl", line(2))
    drop.broker.failures = [AssertionError("a bug")]
    assert drop.look() == 2
    assert drop.report("failed/a.jsonl.report.json")["error"] == "an error of ours, see the log of ingest: a bug"
    assert drop.titles == ["Notice 2"]


def test_a_folder_that_is_not_there_or_whose_places_are_links_is_refused_at_the_start(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    (drop.folder / "done").rmdir()
    (drop.folder / "done").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="done: make it a writable folder and no link"):
        drop.drop.prepare()
    drop.folder = tmp_path / "none"
    with pytest.raises(UsageError, match="none: no such folder; make it"):
        drop.restart()


def test_a_pushed_source_is_heard_of_by_its_files(drop: Drop) -> None:
    drop.put("a.jsonl", line(1))
    drop.look()
    with drop.engine.begin() as connection:
        assert [each.new for each in paststore.load_past(connection, KEY).days] == [1]


# ---- the decisions ---------------------------------------------------------------------------------------------

entries = st.lists(
    st.builds(
        Entry,
        st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=6).flatmap(
            lambda stem: st.sampled_from([f"{stem}.jsonl", f"{stem}.csv", f"{stem}.part", stem])
        ),
        st.booleans(),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    max_size=8,
    unique_by=lambda each: each.name,
)


@given(entries, entries)
def test_only_a_regular_file_that_looked_the_same_before_is_ever_ready(before: list[Entry], now: list[Entry]) -> None:
    found = survey(before, now)
    assert all(each in before and each.is_file for each in found.ready)
    groups = [{each.name for each in found.ready}, set(found.left), set(found.unfit), set(found.waiting)]
    assert sum(map(len, groups)) == len(set().union(*groups)) == len({each.name for each in now})
    assert survey([], now).ready == ()
    again = {each.name for each in survey(now, now).ready}
    assert all(each.name in again for each in found.ready)


@given(st.sets(st.sampled_from(["a.jsonl", "a.2.jsonl", "a.3.jsonl", "b.jsonl"])))
def test_a_free_name_is_free_and_keeps_its_ending(taken: set[str]) -> None:
    name = free_name("a.jsonl", taken)
    assert name not in taken
    assert name.endswith(".jsonl")


# ---- tables ----------------------------------------------------------------------------------------------------


def rows(content: bytes, folder: Path) -> list[Any]:
    path = folder / "t.csv"
    path.write_bytes(content)
    with path.open("rb") as stream:
        return [read_line(each) for each in read_table(stream, "t.csv")]


def test_a_row_that_cannot_be_read_is_placed_at_its_line(tmp_path: Path) -> None:
    found = rows(b"\xef\xbb\xbfid,source,title\nn1,xx-a,One\n\nn2,XX,Two\n", tmp_path)
    assert isinstance(found[0], Document)
    assert str(found[1]).startswith("t.csv:4: source: ")
    assert len(found) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "t.csv:1: no column id, source, title; name the columns in the first line"),
        (b"id,source,titel\n", "t.csv:1: no column title"),
        (b"id,source,title,Body\n", "t.csv:1: column 'Body' is unknown or there twice"),
        (b"id,source,title,title\n", "t.csv:1: column 'title' is unknown or there twice"),
        (b"id,source,title\nn1,xx-a\n", "t.csv:2: the row has 2 cells, the header 3"),
        (b'id,source,title\nn1,xx-a,"open\n', "t.csv:3: not a table in UTF-8: unexpected end of data"),
        (b"id,source,title\nn1,xx-a,\x93\xfa\n", "not a table in UTF-8"),
    ],
)
def test_a_table_that_is_none_says_where_and_how_to_mend_it(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(TableError) as told:
        rows(content, tmp_path)
    assert words in str(told.value)
