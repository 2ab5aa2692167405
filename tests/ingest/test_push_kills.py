"""Killed with SIGKILL around the broker's confirmation and around its memory, no way in loses or doubles an event."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.failpoint import FOLDER, arm, read_fired
from tests.ingest.hostile.killed import DOCUMENTS, LINES, FileTopic

POINTS = ["ingest.before_produce", "ingest.after_produce", "ingest.after_save"]


def take_in(way: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.ingest.hostile.killed", way, str(folder)]
    environment = {**os.environ, FOLDER: str(folder / "points")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("way", "passes"), [("push", 1), ("drop", 2)])
def test_a_kill_at_any_point_loses_no_event_and_doubles_none(tmp_path: Path, way: str, passes: int, point: str) -> None:
    for name in ("points", "in"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(LINES, encoding="utf-8")
    arm(tmp_path / "points", point, passes)
    killed = take_in(way, tmp_path)
    assert (killed.returncode, killed.stdout.count("answered")) == (-signal.SIGKILL, 0)
    assert read_fired(tmp_path / "points").keys() == {point}
    again = take_in(way, tmp_path)
    assert again.returncode == 0, again.stderr
    events = FileTopic(tmp_path / "topic").events()
    assert sorted(each.document_id for each in events) == [each["id"] for each in DOCUMENTS]
    if way == "push":
        assert again.stdout.split()[-1] == ("repeated" if point == "ingest.after_save" else "taken")
    else:
        assert (tmp_path / "in" / "done" / "a.jsonl").read_text(encoding="utf-8") == LINES
