"""Cut a folded document into sentences, and remember which of them are its headline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SENTENCE = 1500
"""Longer stretches without an end are cut here, so that no rule ever sees unbounded text."""

_END = re.compile(
    r"[。!?！？]+[」』)\"']*"
    r"|\n"
    # The stop comes first, so that only where one stands is looked back at what it may end.
    r"|\.(?<![\s.][a-z]\.)(?<!\bno\.)(?<!\bnos\.)(?<!\binc\.)(?<!\bltd\.)(?<!\bcorp\.)(?<!\bco\.)(?<!\bst\.)"
    r"(?<!\bvs\.)(?<!\bsec\.)(?<!\bet al\.)(?<!\bart\.)(?<!\bv\.)[\"')]*(?=\s)"
)
_GAP = re.compile(r"[\s\u3000]*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the folded text; `title` marks those of the headline, `index` counts from 0."""

    index: int
    start: int
    end: int
    text: str
    title: bool


def split_sentences(text: str, title_end: int) -> tuple[Sentence, ...]:
    """The sentences of a folded text, the first `title_end` characters being its headline."""
    spans = [(0, title_end)] if title_end else []
    spans += _spans(text, title_end)
    kept = [(start, end) for start, end in _trimmed(text, spans) if end > start]
    return tuple(
        Sentence(index, start, end, text[start:end], start < title_end)
        for index, (start, end) in enumerate(each for span in kept for each in _bounded(text, *span))
    )


def _spans(text: str, start: int) -> Iterator[tuple[int, int]]:
    for match in _END.finditer(text, start):
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _trimmed(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        gap = _GAP.match(text, start, end)
        begin = gap.end() if gap else start
        yield begin, begin + len(text[begin:end].rstrip())


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut an overlong stretch at the last comma or blank before the limit."""
    while end - start > MAX_SENTENCE:
        window = text[start : start + MAX_SENTENCE]
        cut = max(window.rfind(mark) for mark in (";", "、", ",", " ")) + 1 or MAX_SENTENCE
        yield start, start + cut
        start += cut
    yield start, end
