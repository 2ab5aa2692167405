"""Where the phrases stand that deny a form or allow it, answered without walking through all their places."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate

Span = tuple[int, int]

_PLURAL = 2
"""A phrase may stand with a plural ending of at most so many letters."""


class Covers:
    """The spans of each phrase in one document, by rising start; `sentence_of` gives the sentence of a position."""

    def __init__(self, spans: Mapping[str, Sequence[Span]], sentence_of: Callable[[int], int]) -> None:
        self._spans, self._sentence_of = spans, sentence_of
        self._sentences: dict[str, frozenset[int]] = {}

    def touches(self, phrase: str, start: int, end: int) -> bool:
        """Whether the phrase overlaps the span or stands right beside it."""
        return phrase in self._spans and any(stop >= start for stop in self._stops(phrase, start, end))

    def holds(self, phrase: str, start: int, end: int) -> bool:
        """Whether the phrase contains the span."""
        return phrase in self._spans and any(stop >= end for stop in self._stops(phrase, end, start))

    def _stops(self, phrase: str, reached: int, last_start: int) -> Iterable[int]:
        """The ends of those that may reach the first position and start no later than the second."""
        spans = self._spans[phrase]
        first = bisect_left(spans, (reached - len(phrase) - _PLURAL, 0))
        return (stop for _, stop in spans[first : bisect_right(spans, last_start, lo=first, key=_start)])

    def in_sentence(self, phrase: str, sentence: int) -> bool:
        """Whether the phrase begins in the sentence."""
        if phrase not in self._spans:
            return False
        if phrase not in self._sentences:
            spans = self._spans[phrase]
            self._sentences[phrase] = frozenset(self._sentence_of(start) for start, _ in spans)
        return sentence in self._sentences[phrase]


class Mask:
    """The stretches of a document in which no cue counts."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def holds(self, start: int, end: int) -> bool:
        """Whether one of the stretches contains the span."""
        if not self._starts:
            return False
        before = bisect_right(self._starts, start)
        return before > 0 and self._reach[before - 1] >= end


def _start(span: Span) -> int:
    return span[0]
