"""What a process does that takes in what came unasked and is killed at it.

Its broker is a file, on disk before `send` returns; its last word is the answer that a sender would have had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.contracts import codec
from services.contracts.events import Event
from services.ingest.inlets.batches import BatchIntake
from services.ingest.inlets.drop import DropFolder
from services.ingest.inlets.pushes import Push, PushIntake
from services.ingest.outlet import Outlet
from services.ingest.pages.bodies import Form, read_body
from services.ingest.publish import SERVICE
from services.runtime.clock import SteppedClock
from services.runtime.failpoint import FOLDER
from services.runtime.handling import Consumed, Outgoing
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings, pushed_source

KEY = "xx-partner"
DOCUMENTS = [{"id": f"n{number}", "source": KEY, "title": f"Notice {number}"} for number in range(6)]
LINES = "".join(json.dumps(each) + "\n" for each in DOCUMENTS)


@dataclass(frozen=True)
class FileTopic:
    """The events topic as a file of one JSON event a line."""

    path: Path

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        with self.path.open("ab") as topic:
            topic.writelines(each.value + b"\n" for each in outgoings)
            topic.flush()
            os.fsync(topic.fileno())

    def read_since(self, moment: datetime) -> Iterator[Consumed]:
        for event in self.events() if self.path.exists() else ():
            yield Consumed("", 0, 0, event.event_id.encode(), codec.encode(event), (), 0.0)

    def events(self) -> list[Event]:
        return [codec.decode(Event, each) for each in self.path.read_bytes().splitlines()]


def take_in(way: str, folder: Path) -> None:
    """Take in by `push` or `drop`, with the failpoints of the folder; leaves the answer there."""
    os.environ[FOLDER] = str(folder / "points")
    settings = example_settings(folder, batch_size=2)
    engine = open_engine(settings, SERVICE)
    migrate(engine, SERVICE)
    pushed, clock = {KEY: pushed_source(KEY)}, SteppedClock(NOW)
    send = Outlet(engine, FileTopic(folder / "topic"), clock).send
    if way == "push":
        body = read_body(LINES.encode(), Form.LINES)
        report = PushIntake(engine, send, clock, pushed).take(Push(body.documents, frozenset({KEY}), message_id="m1"))
        (folder / "answer").write_text("taken" if report else "repeated", encoding="utf-8")
        return
    drop = DropFolder(folder / "in", BatchIntake(engine, send, clock, pushed=pushed), settings)
    drop.prepare()
    looks = [drop.look(lambda: False) for _ in range(2)]
    (folder / "answer").write_text(f"{sum(looks)} moved", encoding="utf-8")
