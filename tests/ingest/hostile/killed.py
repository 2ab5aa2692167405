"""A process that takes in what came unasked, to be killed: `python -m tests.ingest.hostile.killed drop|push FOLDER`.

Its broker is a file, on disk before `send` returns; what it says last is the answer a sender would have had.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.contracts import codec
from services.contracts.events import Event
from services.ingest.inlets.batches import BatchIntake
from services.ingest.inlets.drop import DropFolder
from services.ingest.inlets.pushes import Push, PushIntake
from services.ingest.pages.bodies import Form, read_body
from services.ingest.publish import SERVICE
from services.runtime.clock import SteppedClock
from services.runtime.handling import Outgoing
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, example_settings, pushed_source

KEY = "xx-partner"
DOCUMENTS = [{"id": f"n{number}", "source": KEY, "title": f"Notice {number}"} for number in range(6)]
LINES = "".join(json.dumps(each) + "\n" for each in DOCUMENTS)


def main(way: str, folder: Path) -> None:
    def send(outgoings: Sequence[Outgoing]) -> None:
        with (folder / "topic").open("a", encoding="utf-8") as topic:
            for each in outgoings:
                event = codec.decode(Event, each.value)
                topic.write(f"{event.document_id} {event.event_id} {event.revision}\n")
            topic.flush()
            os.fsync(topic.fileno())

    settings = example_settings(folder, batch_size=2)
    engine = open_engine(settings, SERVICE)
    migrate(engine, SERVICE)
    pushed, clock = {KEY: pushed_source(KEY)}, SteppedClock(NOW)
    if way == "push":
        body = read_body(LINES.encode(), Form.LINES)
        report = PushIntake(engine, send, clock, pushed).take(Push(body.documents, frozenset({KEY}), message_id="m1"))
        print("answered", "taken" if report else "repeated")
        return
    drop = DropFolder(folder / "in", BatchIntake(engine, send, clock, pushed=pushed), settings)
    drop.prepare()
    print("answered", [drop.look(lambda: False) for _ in range(2)])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
