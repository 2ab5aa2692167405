"""Rules in the form the index holds them, and the evidence of a rule that holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.contracts.alerts import MatchedTerm
from services.contracts.watchlists import Condition, Rule

Evidence = tuple[MatchedTerm, ...]
Term = tuple[str, str]
"""A predicate's name and one of its terms."""
Group = tuple[Term, ...]
Ask = Callable[[Term], MatchedTerm | None]
"""Whether an act meets a term, and by which of its tags."""


class NormalRule(NamedTuple):
    """What must be so for a rule to hold: a term of each group is met, and none of `excluded`.

    If `whole`, the rule holds whenever that is so, and its evidence is the met terms of the groups in order.
    A group without terms is never met.
    """

    groups: tuple[Group, ...] = ()
    excluded: Group = ()
    whole: bool = True

    @property
    def is_group(self) -> bool:
        """Whether it asks for one group and nothing else."""
        return self.whole and len(self.groups) == 1 and not self.excluded


ANYTHING = NormalRule()
NOTHING = NormalRule(groups=((),))


def normalise(part: Rule | Condition) -> NormalRule:
    """The part's groups and exclusions; those of nested rules are taken up where they mean the same there."""
    if isinstance(part, Condition):
        return NormalRule(groups=(tuple((part.predicate, term) for term in dict.fromkeys(part.terms)),))
    parts = [*map(normalise, part.all), _any(part.any), *(_none(normalise(each)) for each in part.none)]
    return NormalRule(
        groups=tuple(group for each in parts for group in each.groups),
        excluded=tuple(dict.fromkeys(term for each in parts for term in each.excluded)),
        whole=all(each.whole for each in parts),
    )


def _any(branches: Sequence[Rule | Condition]) -> NormalRule:
    if not branches:
        return ANYTHING
    normal = [normalise(each) for each in branches]
    if len(normal) == 1:
        return normal[0]
    if not all(each.groups for each in normal):
        return NormalRule(whole=False)
    together = dict.fromkeys(term for each in normal for term in min(each.groups, key=len))
    return NormalRule(groups=(tuple(together),), whole=all(each.is_group for each in normal))


def _none(refused: NormalRule) -> NormalRule:
    if refused == ANYTHING:
        return NOTHING
    if refused.is_group:
        return NormalRule(excluded=refused.groups[0])
    if refused.whole and not refused.groups:
        # What must not be free of these terms must have one of them; it is no evidence, being refused twice.
        return NormalRule(groups=(refused.excluded,), whole=False)
    return NormalRule(whole=False)


def evidence(part: Rule | Condition, ask: Ask) -> Evidence | None:
    """The terms that held, or None if the part does not hold; a rule can hold on no term at all."""
    if isinstance(part, Condition):
        return tuple(met for term in part.terms if (met := ask((part.predicate, term)))) or None
    if any(evidence(each, ask) is not None for each in part.none):
        return None
    every = [evidence(each, ask) for each in part.all]
    some = [found for each in part.any if (found := evidence(each, ask)) is not None]
    if None in every or (part.any and not some):
        return None
    # By name, since hashing whole terms with their places takes longer than finding them.
    held = {(term.predicate, term.term): term for found in (*every, *some) for term in found or ()}
    return tuple(held.values())
