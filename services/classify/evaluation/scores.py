"""Counts of right, superfluous and missed decisions, and the rates that follow from them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: `part` of `whole`. It has no value where there is nothing to share."""

    part: float = 0
    whole: float = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.part + other.part, self.whole + other.whole)

    @property
    def value(self) -> float | None:
        """The share in 0..1, or None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, superfluous and missed decisions, and the usual rates of them."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.extra + other.extra, self.missed + other.missed)

    @property
    def rates(self) -> tuple[Rate, Rate, Rate]:
        """Precision, recall and F1 as shares, which add up over documents."""
        said, wanted = self.right + self.extra, self.right + self.missed
        return Rate(self.right, said), Rate(self.right, wanted), Rate(2 * self.right, said + wanted)

    @property
    def precision(self) -> float:
        """The share of what was said that is right; 1 where nothing was said."""
        return _or_one(self.rates[0])

    @property
    def recall(self) -> float:
        """The share of what should be said that was; 1 where nothing should."""
        return _or_one(self.rates[1])

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _or_one(self.rates[2])


def compare(predicted: Collection[str], wanted: Collection[str]) -> Score:
    """The score of one set against another."""
    said, want = set(predicted), set(wanted)
    return Score(len(said & want), len(said - want), len(want - said))


def _or_one(rate: Rate) -> float:
    return 1.0 if rate.value is None else rate.value
