"""Percentile intervals of rates: documents are drawn with replacement, and every rate is computed anew.

B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979). Documents and not tags
are drawn, as the tags of one document are right or wrong together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from services.classify.evaluation.scores import Rate

LEVEL = 0.95
Interval = tuple[float, float]


def intervals(columns: Sequence[Sequence[Rate]], *, draws: int, seed: int) -> list[Interval | None]:
    """The interval of each column's rate, from `draws` resamples; the same seed gives the same answer.

    A column holds one rate a document, all columns in the same order of documents. A draw in which a column has
    nothing to share is left out of it; without any draw there is no interval.
    """
    documents = len(columns[0]) if columns else 0
    sparse = [_present(column) for column in columns]
    values: list[list[float]] = [[] for _ in columns]
    random = Random(seed)  # noqa: S311 - resampling, not a secret
    for _ in range(draws if documents else 0):
        times = Counter(random.choices(range(documents), k=documents))
        for column, reached in zip(sparse, values, strict=True):
            whole = sum(times[index] * each for index, _, each in column)
            if whole:
                reached.append(sum(times[index] * each for index, each, _ in column) / whole)
    return [_middle(sorted(reached)) for reached in values]


def _present(column: Sequence[Rate]) -> list[tuple[int, float, float]]:
    """The documents that have a say in a rate: few of many, which is what makes a thousand draws quick."""
    return [(index, rate.part, rate.whole) for index, rate in enumerate(column) if rate.whole]


def _middle(ordered: Sequence[float]) -> Interval | None:
    """The bounds that leave the same share out at either end."""
    if not ordered:
        return None
    left_out = int(len(ordered) * (1 - LEVEL) / 2)
    return ordered[left_out], ordered[len(ordered) - 1 - left_out]
