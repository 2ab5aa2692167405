"""A bounded load: events made in advance, put on the topic at a steady pace, and timed on their way to Slack."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.contracts.events import Event
from services.fakeslack.messages import StoredMessage
from services.ingest.inlets.files import read_events
from services.ingest.publish import encode_events
from services.runtime.producer import EventProducer
from tests.engine.pipeline import WATCHED, document

_MARK = "C0LOAD"
_TICK_SECONDS = 0.25


def make_events(folder: Path, count: int, watched_every: int) -> list[Event]:
    """So many events; one in `watched_every` gives an alert, one in four a measure nobody watches."""
    path = folder / "load.jsonl"
    path.write_text("\n".join(document(number, _title(number, watched_every)) for number in range(count)), "utf-8")
    return [each for each in read_events([path]) if isinstance(each, Event)]


def _title(number: int, watched_every: int) -> str:
    if number % watched_every == 0:
        return f"{_MARK}-{number}: {WATCHED}"
    if number % 4 == 0:
        return f"{_MARK}-{number}: Commerce imposes antidumping duties on frozen shrimp from Vietnam"
    return f"{_MARK}-{number}: Sunshine Act meeting notice of the week"


@dataclass(frozen=True)
class Load:
    """What was put on the topic: events a second, and by the place of an event in the load when it was seen."""

    per_second: float
    seen: Mapping[int, float]


def produce(bootstrap: str, events: Sequence[Event], per_second: float) -> Load:
    """Put the events on their topic, confirmed, at that pace, and return what was reached."""
    step = max(1, round(per_second * _TICK_SECONDS))
    started, seen = time.monotonic(), dict[int, float]()
    with EventProducer(bootstrap, client_id="noroshi-load") as producer:
        for first in range(0, len(events), step):
            time.sleep(max(0.0, started + first / per_second - time.monotonic()))
            now = datetime.now(UTC)
            fresh = [each.model_copy(update={"seen_at": now}) for each in events[first : first + step]]
            seen |= dict.fromkeys(range(first, first + len(fresh)), now.timestamp())
            producer.send_confirmed(list(encode_events(fresh, now)))
    return Load(len(events) / (time.monotonic() - started), seen)


def number_of(message: StoredMessage) -> int | None:
    """Which event of the load a message tells of."""
    found = re.search(rf"{_MARK}-(\d+)", json.dumps(message.blocks))
    return int(found[1]) if found else None


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
