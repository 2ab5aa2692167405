"""What was said where something else was wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.classify.evaluation.scores import Rate


@dataclass(frozen=True)
class Confusion:
    """How often each word was said for each wanted one: `counts[wanted][said]`."""

    counts: Mapping[str, Mapping[str, int]]

    @property
    def accuracy(self) -> Rate:
        """The share of what was wanted that was said."""
        right = sum(row.get(wanted, 0) for wanted, row in self.counts.items())
        return Rate(right, sum(sum(row.values()) for row in self.counts.values()))


def confuse(pairs: Iterable[tuple[str, str]]) -> Confusion:
    """The confusion of pairs (wanted, said), the most wanted first, in a row the most said first."""
    rows: dict[str, Counter[str]] = {}
    for wanted, said in pairs:
        rows.setdefault(wanted, Counter())[said] += 1
    ranked = sorted(rows.items(), key=lambda row: (-row[1].total(), row[0]))
    return Confusion(
        {wanted: dict(sorted(row.items(), key=lambda cell: (-cell[1], cell[0]))) for wanted, row in ranked}
    )
