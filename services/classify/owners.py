"""Which act of a document a place in its text belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from services.classify.document import Document
from services.classify.draft import Draft


class Owners:
    """Tells to which of several acts a code or number belongs: to the last act stated before it in its paragraph.

    What stands in no act's paragraph belongs to the acts the document as a whole states, or to all if there is none.
    """

    def __init__(self, document: Document, drafts: Sequence[Draft]) -> None:
        self._text = document.text
        self._title_end = document.title_end
        self._count = len(drafts)
        self._whole = frozenset(index for index, draft in enumerate(drafts) if draft.whole)
        stated: dict[int, set[int]] = {}
        for index, draft in enumerate(drafts):
            for sentence in draft.sentences:
                if not sentence.title:
                    stated.setdefault(sentence.start, set()).add(index)
        self._starts = sorted(stated)
        self._owners = [frozenset(stated[start]) for start in self._starts]

    def owns(self, index: int, position: int) -> bool:
        """Whether what stands at a folded position belongs to the act of that index."""
        if self._count < 2:
            return True
        return index in self._of(position)

    def _of(self, position: int) -> frozenset[int]:
        everyone = self._whole or frozenset(range(self._count))
        if position < self._title_end:
            return everyone
        place = bisect_right(self._starts, position) - 1
        if place < 0 or "\n" in self._text[self._starts[place] : position]:
            return everyone
        return self._owners[place]
