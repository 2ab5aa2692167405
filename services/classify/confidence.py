"""How sure an act is: what a reader would doubt lowers it, by weights fitted on documents that readers labelled.

`confidence` is the probability that a reader finds the document relevant and sees a measure of one of these types in
it. It says nothing of countries, goods or stage. The weights are those of a logistic regression (D. R. Cox, J. Royal
Statistical Society B 20, 1958); `python -m tests.classify.fitting` computes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import exp

from services.classify.draft import Draft
from services.classify.relevance import PLAIN
from services.classify.rulebook import Confidence
from services.contracts.vocab import CountryRole


def confidence_of(doubts: Iterable[str], weights: Confidence) -> float:
    """The confidence in an act with these doubts, 0..1, to two places; no doubt ever raises it."""
    logit = weights.base - sum(weights.doubts[doubt] for doubt in doubts)
    return round(1 / (1 + exp(-logit)), 2)


def doubts_of(draft: Draft) -> Iterator[str]:
    """What a reader would doubt an act for, in the words of `rules/confidence.yml`.

    hinted: its words only hint at a measure. stage unsaid: no words say how far it is. no target, nothing named: it
    names no country it is aimed at, and no goods or technology either. told by others: the publisher is not who acts.
    """
    if max(hit.priority for hit in draft.type_hits) < PLAIN:
        yield "hinted"
    if draft.staged.start < 0:
        yield "stage unsaid"
    if not draft.codes(CountryRole.TARGET):
        yield "no target"
        if not draft.objects:
            yield "nothing named"
    if _is_told_by_others(draft):
        yield "told by others"


def _is_told_by_others(draft: Draft) -> bool:
    """Whether the actor is not the publisher: what others did is told less exactly, and often only spoken of."""
    actors = [cast for cast in draft.casts if cast.role is CountryRole.IMPOSING and cast.code]
    return not any(cast.rule.startswith("issuer ") for cast in actors)
