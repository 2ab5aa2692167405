"""What must be in Slack, what is there, and every way in which the two may differ."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.fakeslack.messages import StoredMessage
from tests.faults.world import Item, find_mark

Told = tuple[str, str]
"""A channel, and what it is told: the mark of a document, or `reminder_of` that mark."""

_REMINDS = re.compile(r"\btakes? effect on\b")
"""Words of a reminder; the message of a document says `effective` and never these."""

_SHOWS_NEXT: tuple[str, ...] = ("is in force", "stage changed to in force")
_SHOWS_REMINDER: tuple[str, ...] = ("the effective date is near",)
"""What a root says once the next stage, or the reminder, stands in its thread: the fact and the news of it."""


@dataclass(frozen=True)
class Verdict:
    """The differences; all empty is what every run must come to."""

    expected: int
    lost: tuple[Told, ...] = ()
    doubled: tuple[Told, ...] = ()
    phantom: tuple[Told, ...] = ()
    misthreaded: tuple[Told, ...] = ()
    stale: tuple[Told, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether every message is there, once, where it belongs, and every root shows the latest of its thread."""
        return not (self.lost or self.doubled or self.phantom or self.misthreaded or self.stale)


@dataclass
class Ledger:
    """Remembers every document that was put in and every reminder made due; knows not how the product works."""

    items: dict[str, Item] = field(default_factory=dict)
    reminded: set[str] = field(default_factory=set)

    def note(self, items: Iterable[Item]) -> None:
        """Remember documents before they are published."""
        self.items |= {item.mark: item for item in items}

    def note_reminders(self, items: Iterable[Item]) -> None:
        """Remember that the dates of these documents are to be reminded of, before that is due."""
        self.reminded |= {item.mark for item in items}

    @property
    def remindable(self) -> list[Item]:
        """The documents with a date that was not reminded of yet, in the order they were put in."""
        return [item for mark, item in self.items.items() if item.facts.effective and mark not in self.reminded]

    @property
    def expected(self) -> frozenset[Told]:
        """Every message that must come to be: one in each channel for a document, and one for its reminder."""
        told = {(channel, mark) for mark, item in self.items.items() for channel in item.channels()}
        return frozenset(told | {(channel, reminder_of(mark)) for channel, mark in told if mark in self.reminded})

    def judge(self, messages: Sequence[StoredMessage]) -> Verdict:
        """Hold what Slack stored against what had to be."""
        expected, stored = self.expected, Counter(map(read_message, messages))
        return Verdict(
            expected=len(expected),
            lost=tuple(sorted(expected - set(stored))),
            doubled=tuple(sorted(told for told, copies in stored.items() if copies > 1)),
            phantom=tuple(sorted(set(stored) - expected)),
            misthreaded=tuple(self._misthreaded(messages)),
            stale=tuple(self._stale(messages)),
        )

    def _misthreaded(self, messages: Sequence[StoredMessage]) -> Iterable[Told]:
        """A later stage or a reminder must reply to the first message of its measure, a first message to none."""
        roots: dict[tuple[str, str], str] = {}
        for message in messages:
            channel, told = read_message(message)
            item = self.items.get(find_mark(told) or "")
            if item is None:
                continue
            root = roots.setdefault((channel, item.measure), message.ts)
            replies = item.follows or told != item.mark
            if message.thread_ts != (root if replies else None):
                yield channel, told

    def _stale(self, messages: Sequence[StoredMessage]) -> Iterable[Told]:
        """The first message of a measure must show what was told of it since, in whichever run that was."""
        newer = {item.measure: _SHOWS_NEXT for item in self.items.values() if item.follows}
        newer |= {self.items[mark].measure: _SHOWS_REMINDER for mark in self.reminded}
        seen: set[tuple[str, str]] = set()
        for message in messages:
            channel, mark = read_message(message)
            item = self.items.get(mark)
            if item is None or (channel, item.measure) in seen:
                continue
            seen.add((channel, item.measure))
            if not all(words in _written(message) for words in newer.get(item.measure, ())):
                yield channel, mark


def reminder_of(mark: str) -> str:
    """What a reminder of the document with that mark counts as."""
    return f"{mark} reminder"


def read_message(message: StoredMessage) -> Told:
    """The channel and what a stored message tells; a message without mark tells something empty."""
    mark = find_mark(message.text) or find_mark(_written(message)) or ""
    return message.channel, reminder_of(mark) if _REMINDS.search(message.text) else mark


def _written(message: StoredMessage) -> str:
    return f"{message.text}\n{json.dumps(message.blocks, ensure_ascii=False)}"


def count_inversions(messages: Sequence[StoredMessage], places: Mapping[str, tuple[int, int]]) -> int:
    """Neighbours in a channel whose acts lie the other way round in one partition; `places` are (partition, offset)."""
    wrong = 0
    for channel in {message.channel for message in messages}:
        marks = [read_message(message)[1] for message in messages if message.channel == channel]
        by_partition: dict[int, list[int]] = {}
        for mark in marks:
            if mark in places:
                partition, offset = places[mark]
                by_partition.setdefault(partition, []).append(offset)
        wrong += sum(later < former for offsets in by_partition.values() for former, later in pairwise(offsets))
    return wrong
