"""Killed with SIGKILL around the broker's confirmation and around its memory, no way in loses or doubles an event."""

from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path

import pytest

from services.runtime.failpoint import arm, read_fired
from tests.ingest.hostile import killed
from tests.ingest.hostile.killed import DOCUMENTS, LINES, FileTopic

POINTS = ["ingest.before_produce", "ingest.after_produce", "ingest.after_save"]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([killed.__name__])


def run(way: str, folder: Path) -> int | None:
    """Take in, in a process of its own; returns how it ended."""
    process = PROCESSES.Process(target=killed.take_in, args=(way, folder))
    process.start()
    process.join(60)
    return process.exitcode


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("way", "passes"), [("push", 1), ("drop", 1), ("drop", 2), ("drop", 3)])
def test_a_kill_at_any_point_loses_no_event_and_doubles_none(tmp_path: Path, way: str, passes: int, point: str) -> None:
    for name in ("points", "in"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(LINES, encoding="utf-8")
    arm(tmp_path / "points", point, passes)
    assert run(way, tmp_path) == -signal.SIGKILL
    assert list(read_fired(tmp_path / "points")) == [point]
    assert not (tmp_path / "answer").exists()
    assert run(way, tmp_path) == 0
    answer = (tmp_path / "answer").read_text(encoding="utf-8")
    events = FileTopic(tmp_path / "topic").events()
    assert sorted(each.document_id for each in events) == [each["id"] for each in DOCUMENTS]
    if way == "push":
        assert answer == ("repeated" if point == "ingest.after_save" else "taken")
    else:
        assert answer == "1 moved"
        assert (tmp_path / "in" / "done" / "a.jsonl").read_text(encoding="utf-8") == LINES
