"""How far a stated confidence can be believed.

Expected calibration error over ten bins of equal width: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well
calibrated probabilities using Bayesian binning", AAAI 2015. Score: G. W. Brier, Monthly Weather Review 78 (1950).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The statements with a confidence in low..high: how many, how sure on average, and what share was right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """The reliability of `count` statements; both errors are 0 at best, and None where nothing was stated.

    `base_brier` is the Brier score of saying the share that is right of everything: a confidence that does not
    get below it tells right statements from wrong ones no better than a constant.
    """

    count: int
    bins: tuple[Bin, ...]
    expected_error: float | None
    brier: float | None
    base_brier: float | None


def calibrate(stated: Iterable[tuple[float, bool]]) -> Calibration:
    """The calibration of pairs (confidence in 0..1, whether it was right); bins without statements are left out."""
    pairs = list(stated)
    if not pairs:
        return Calibration(0, (), None, None, None)
    filled: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in pairs:
        filled.setdefault(min(int(confidence * BINS + 1e-9), BINS - 1), []).append((confidence, right))
    bins = tuple(_bin(number, inside) for number, inside in sorted(filled.items()))
    share = sum(right for _, right in pairs) / len(pairs)
    return Calibration(
        len(pairs),
        bins,
        sum(each.count * abs(each.right - each.confidence) for each in bins) / len(pairs),
        sum((confidence - right) ** 2 for confidence, right in pairs) / len(pairs),
        share * (1 - share),
    )


def _bin(number: int, inside: Sequence[tuple[float, bool]]) -> Bin:
    count = len(inside)
    confidence = sum(each for each, _ in inside) / count
    return Bin(number / BINS, (number + 1) / BINS, count, confidence, sum(right for _, right in inside) / count)
