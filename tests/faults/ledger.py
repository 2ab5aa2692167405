"""What must be in Slack, what is there, and every way in which the two may differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.fakeslack.messages import StoredMessage
from tests.faults.world import Item, find_mark

Told = tuple[str, str]
"""A channel and the mark of a document."""


@dataclass(frozen=True)
class Verdict:
    """The differences; all empty is what every run must come to."""

    expected: int
    lost: tuple[Told, ...] = ()
    doubled: tuple[Told, ...] = ()
    phantom: tuple[Told, ...] = ()
    misthreaded: tuple[Told, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether every message is there, once, where it belongs."""
        return not (self.lost or self.doubled or self.phantom or self.misthreaded)


@dataclass
class Ledger:
    """Remembers every document that was put in; knows nothing of how the product works."""

    items: dict[str, Item] = field(default_factory=dict)

    def note(self, items: Iterable[Item]) -> None:
        """Remember documents before they are published."""
        self.items |= {item.mark: item for item in items}

    @property
    def expected(self) -> frozenset[Told]:
        """Every message that must come to be."""
        return frozenset((channel, mark) for mark, item in self.items.items() for channel in item.channels())

    def judge(self, messages: Sequence[StoredMessage]) -> Verdict:
        """Hold what Slack stored against what had to be."""
        expected, stored = self.expected, Counter(map(read_message, messages))
        return Verdict(
            expected=len(expected),
            lost=tuple(sorted(expected - set(stored))),
            doubled=tuple(sorted(told for told, copies in stored.items() if copies > 1)),
            phantom=tuple(sorted(set(stored) - expected)),
            misthreaded=tuple(self._misthreaded(messages)),
        )

    def _misthreaded(self, messages: Sequence[StoredMessage]) -> Iterable[Told]:
        """A later stage must reply to the first message of its measure, a first message to none."""
        roots: dict[tuple[str, str], str] = {}
        for message in messages:
            channel, mark = read_message(message)
            item = self.items.get(mark)
            if item is None:
                continue
            root = roots.setdefault((channel, item.measure), message.ts)
            if message.thread_ts != (root if item.follows else None):
                yield channel, mark


def read_message(message: StoredMessage) -> Told:
    """The channel and the mark a stored message carries; a message without mark has an empty one."""
    return message.channel, find_mark(message.text) or find_mark(json.dumps(message.blocks)) or ""


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
