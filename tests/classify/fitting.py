"""Fit the weights of `rules/confidence.yml` on the composed documents that no rule was written from.

    python -m tests.classify.fitting [--write]

Rules do better on documents they were mended with than on others, so only unread ones tell how far they can be
believed; a handful of weights learns nothing of a single document. Logistic regression by gradient descent, each
weight held at or above 0 (a doubt never raises confidence) and drawn softly towards 0, since some are seldom seen.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log
from pathlib import Path

from services.classify import rulebook
from services.classify.confidence import confidence_of
from services.classify.core import Classifier
from services.classify.evaluation.calibration import calibrate
from services.classify.evaluation.judgement import judge
from services.classify.evaluation.labels import Label
from services.taxonomy.load import default_taxonomy
from tests.classify.corpora import corpus_lines, was_read
from tests.classify.events import event_of_line

STEPS = 4_000
RATE = 0.5
PULL = 0.02
"""How strongly a weight is drawn to 0, in units of the mean loss per squared weight."""

Sample = tuple[frozenset[str], bool]


def samples(classifier: Classifier) -> Iterator[Sample]:
    """The doubts of each act found in a relevant document, and whether a reader saw such a measure."""
    taxonomy = default_taxonomy()
    for line, label_line in corpus_lines("own", "blind"):
        label = Label.model_validate(label_line)
        if was_read(line["id"]) or not label.counts:
            continue
        event = event_of_line(line)
        found = classifier.classify(event)
        judged = judge(event, found, label, taxonomy).acts
        for act, truth in zip(found.acts, judged, strict=True):
            yield frozenset(act.doubts), truth.kind_right


def fit(seen: Iterable[Sample], doubts: Iterable[str]) -> tuple[float, dict[str, float]]:
    """The base and the weights of the doubts that make the seen samples likeliest."""
    counted = Counter(seen)
    total = sum(counted.values())
    share = sum(count for (_, right), count in counted.items() if right) / total
    base, weights = log(share / (1 - share)), dict.fromkeys(doubts, 0.0)
    for _ in range(STEPS):
        slopes = dict.fromkeys(weights, 0.0)
        slope = 0.0
        for (marks, right), count in counted.items():
            wrong = count * (right - 1 / (1 + exp(-(base - sum(weights[mark] for mark in marks)))))
            slope += wrong
            for mark in marks:
                slopes[mark] -= wrong
        base += RATE * slope / total
        for mark, value in weights.items():
            weights[mark] = max(0.0, value + RATE * (slopes[mark] / total - PULL * value))
    return base, weights


def cross_validate(seen: Sequence[Sample], doubts: Sequence[str], folds: int = 5) -> list[tuple[float, bool]]:
    """What is stated of each sample by weights fitted on the other folds, and whether it was right."""
    stated = []
    for fold in range(folds):
        base, weights = fit([each for number, each in enumerate(seen) if number % folds != fold], doubts)
        fitted = rulebook.Confidence(base=base, doubts=weights)
        stated += [(confidence_of(marks, fitted), right) for marks, right in seen[fold::folds]]
    return stated


def _write(path: Path, base: float, weights: Mapping[str, float]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    fitted = [f"base: {base:.2f}", "doubts:", *(f"  {mark}: {weight:.2f}" for mark, weight in weights.items())]
    path.write_text("\n".join([*comments, *fitted]) + "\n", encoding="utf-8")


def main() -> None:
    """Print the fitted weights; with `--write` put them into the rule file."""
    rules = rulebook.default_rulebook()
    seen = list(samples(Classifier(default_taxonomy(), rules)))
    base, weights = fit(seen, rules.confidence.doubts)
    print(f"{len(seen)} acts, {sum(right for _, right in seen)} of them right; base {base:.2f}")
    checked = calibrate(cross_validate(seen, list(rules.confidence.doubts)))
    print(f"cross-validated: calibration error {checked.expected_error:.3f}, Brier {checked.brier:.3f}", end=" ")
    print(f"(a constant reaches {checked.base_brier:.3f})")
    for mark, weight in weights.items():
        marked = [right for marks, right in seen if mark in marks]
        print(f"  {mark:<20} {weight:5.2f}   {len(marked):4} acts, {sum(marked):4} right")
    if "--write" in sys.argv[1:]:
        _write(Path(rulebook.__file__).parent / "rules" / "confidence.yml", base, weights)


if __name__ == "__main__":
    main()
