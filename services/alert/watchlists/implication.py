"""Whether one rule holds wherever another does: sound, not complete. Pure.

A yes is proven from the tags that the terms accept; a no only means that no proof was found.
"""

from __future__ import annotations

from functools import cache

from services.alert.matching.predicatekinds import CountryPredicate, VocabularyPredicate
from services.alert.matching.predicates import PREDICATES
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.taxonomy import Taxonomy

Part = Rule | Condition


class Implication:
    """Answers for rules under one taxonomy, and remembers what their terms accept."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._accepted: dict[Condition, frozenset[str] | None] = {}

    def implies(self, one: Part, other: Part) -> bool:
        """Whether it is proven that every act that meets `one` meets `other`."""
        if isinstance(other, Rule):
            return (
                all(self.implies(one, each) for each in other.all)
                and (not other.any or self._implies_one_of(one, other.any))
                and all(self.excludes(one, each) for each in other.none)
            )
        if isinstance(one, Condition):
            return self._condition_implies(one, other)
        return any(self.implies(each, other) for each in one.all) or (
            bool(one.any) and all(self.implies(each, other) for each in one.any)
        )

    def _implies_one_of(self, one: Part, branches: tuple[Part, ...]) -> bool:
        """Whether some branch always holds, or one for each branch of `one` itself."""
        if any(self.implies(one, each) for each in branches):
            return True
        if isinstance(one, Condition):
            return False
        own = [Rule(all=(*one.all, each), none=one.none) for each in one.any]
        if own and all(any(self.implies(case, each) for each in branches) for case in own):
            return True
        return any(isinstance(each, Rule) and self._implies_one_of(each, branches) for each in one.all)

    def excludes(self, one: Part, other: Part) -> bool:
        """Whether it is proven that no act that meets `one` meets `other`."""
        if isinstance(one, Condition):
            return (isinstance(other, Condition) and self.are_disjoint(one, other)) or self._never(one, other)
        return (
            any(self.implies(other, each) for each in one.none)
            or any(self.excludes(each, other) for each in one.all)
            or (bool(one.any) and all(self.excludes(each, other) for each in one.any))
            or self._never(one, other)
        )

    def _never(self, one: Part, other: Part) -> bool:
        """Whether `one` excludes some demand of `other` or each of its branches, or implies what `other` refuses."""
        if isinstance(other, Condition):
            return False
        return (
            any(self.excludes(one, each) for each in other.all)
            or (bool(other.any) and all(self.excludes(one, each) for each in other.any))
            or any(self.implies(one, each) for each in other.none)
        )

    def accepted_tags(self, condition: Condition) -> frozenset[str] | None:
        """The tags that meet the condition, or None where tags alone do not decide."""
        if condition not in self._accepted:
            predicate = PREDICATES[condition.predicate]
            each = [predicate.accepts(term, self._taxonomy) for term in condition.terms]
            known = [tags for tags in each if tags is not None]
            self._accepted[condition] = frozenset().union(*known) if len(known) == len(each) else None
        return self._accepted[condition]

    def _condition_implies(self, one: Condition, other: Condition) -> bool:
        if not _asks_no_less(one.predicate, other.predicate):
            return False
        mine, theirs = self.accepted_tags(one), self.accepted_tags(other)
        if mine is None or theirs is None:
            return one.predicate == other.predicate and set(one.terms) <= set(other.terms)
        return mine <= theirs

    def are_disjoint(self, one: Condition, other: Condition) -> bool:
        """Whether two demands for the one tag of an act contradict each other."""
        if one.predicate != other.predicate or not PREDICATES[one.predicate].single:
            return False
        mine, theirs = self.accepted_tags(one), self.accepted_tags(other)
        return mine is not None and theirs is not None and not mine & theirs


@cache
def _asks_no_less(one: str, other: str) -> bool:
    """Whether every tag that `one` looks at is one that `other` looks at."""
    if one == other:
        return True
    first, second = PREDICATES[one], PREDICATES[other]
    if isinstance(first, VocabularyPredicate) and isinstance(second, VocabularyPredicate):
        return first.facet == second.facet
    if isinstance(first, CountryPredicate) and isinstance(second, CountryPredicate):
        return set(first.roles) <= set(second.roles)
    return False
