"""Whether one rule holds wherever another does: sound, not complete. Pure.

A yes is proven from the tags that the terms accept; a no only means that no proof was found.
"""

from __future__ import annotations

from services.alert.matching.predicatekinds import CountryPredicate, VocabularyPredicate
from services.alert.matching.predicates import PREDICATES
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.taxonomy import Taxonomy

Part = Rule | Condition


def implies(one: Part, other: Part, taxonomy: Taxonomy) -> bool:
    """Whether it is proven that every act that meets `one` meets `other`."""
    if isinstance(other, Rule):
        return (
            all(implies(one, each, taxonomy) for each in other.all)
            and (not other.any or _implies_one_of(one, other.any, taxonomy))
            and all(excludes(one, each, taxonomy) for each in other.none)
        )
    if isinstance(one, Condition):
        return _condition_implies(one, other, taxonomy)
    return any(implies(each, other, taxonomy) for each in one.all) or (
        bool(one.any) and all(implies(each, other, taxonomy) for each in one.any)
    )


def _implies_one_of(one: Part, branches: tuple[Part, ...], taxonomy: Taxonomy) -> bool:
    """Whether some branch always holds, or one for each branch of `one` itself."""
    if any(implies(one, each, taxonomy) for each in branches):
        return True
    if isinstance(one, Condition):
        return False
    own = [Rule(all=(*one.all, each), none=one.none) for each in one.any]
    if own and all(any(implies(case, each, taxonomy) for each in branches) for case in own):
        return True
    return any(isinstance(each, Rule) and _implies_one_of(each, branches, taxonomy) for each in one.all)


def excludes(one: Part, other: Part, taxonomy: Taxonomy) -> bool:
    """Whether it is proven that no act that meets `one` meets `other`."""
    if isinstance(one, Condition):
        return (isinstance(other, Condition) and _are_disjoint(one, other, taxonomy)) or _never(one, other, taxonomy)
    return (
        any(implies(other, each, taxonomy) for each in one.none)
        or any(excludes(each, other, taxonomy) for each in one.all)
        or (bool(one.any) and all(excludes(each, other, taxonomy) for each in one.any))
        or _never(one, other, taxonomy)
    )


def _never(one: Part, other: Part, taxonomy: Taxonomy) -> bool:
    """Whether `one` excludes some demand of `other` or each of its branches, or implies what `other` refuses."""
    if isinstance(other, Condition):
        return False
    return (
        any(excludes(one, each, taxonomy) for each in other.all)
        or (bool(other.any) and all(excludes(one, each, taxonomy) for each in other.any))
        or any(implies(one, each, taxonomy) for each in other.none)
    )


def accepted_tags(condition: Condition, taxonomy: Taxonomy) -> frozenset[str] | None:
    """The tags that meet the condition, or None where tags alone do not decide."""
    predicate = PREDICATES[condition.predicate]
    each = [predicate.accepts(term, taxonomy) for term in condition.terms]
    known = [tags for tags in each if tags is not None]
    return frozenset().union(*known) if len(known) == len(each) else None


def _condition_implies(one: Condition, other: Condition, taxonomy: Taxonomy) -> bool:
    if not _asks_no_less(one.predicate, other.predicate):
        return False
    mine, theirs = accepted_tags(one, taxonomy), accepted_tags(other, taxonomy)
    if mine is None or theirs is None:
        return one.predicate == other.predicate and set(one.terms) <= set(other.terms)
    return mine <= theirs


def _are_disjoint(one: Condition, other: Condition, taxonomy: Taxonomy) -> bool:
    if one.predicate != other.predicate or not PREDICATES[one.predicate].single:
        return False
    mine, theirs = accepted_tags(one, taxonomy), accepted_tags(other, taxonomy)
    return mine is not None and theirs is not None and not mine & theirs


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
