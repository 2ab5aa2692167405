"""Warnings about watchlists that are right in form but hardly what their owner means. Pure.

A warning never keeps a watchlist out of force: an owner may mean it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from services.alert.matching.predicatekinds import EU_MEMBERS, EnumPredicate
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.vocab import Modality, Urgency
from services.contracts.watchlists import Condition, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy

NEVER_ALERTS = {
    "modality": frozenset({Modality.FORECAST.value, Modality.RECOMMENDED.value}),
    "urgency": frozenset({Urgency.ARCHIVE.value}),
}
"""Tags of acts that alert nobody, whatever matches them."""


@dataclass(frozen=True, order=True)
class Advice:
    """One thing about a watchlist that its owner should look at."""

    watchlist_id: str
    message: str

    def __str__(self) -> str:
        return f"{self.watchlist_id}: {self.message}"


def lint(watchlists: WatchlistSet) -> tuple[Advice, ...]:
    """Every warning about the set, sorted by watchlist."""
    taxonomy = watchlists.taxonomy
    each_alone = (
        Advice(watchlist.id, message)
        for watchlist in watchlists.watchlists
        for message in _messages(watchlist, taxonomy)
    )
    return tuple(sorted({*each_alone, *_doubles(watchlists)}))


def _messages(watchlist: Watchlist, taxonomy: Taxonomy) -> Iterator[str]:
    match _certain(watchlist.rule, taxonomy):
        case True:
            yield "matches everything; name a mineral, a technology, a country or a type"
        case False:
            yield "can never alert: its conditions contradict each other, or name only what alerts nobody"
    for condition in _conditions(watchlist.rule):
        yield from _narrow_terms(condition, taxonomy)


def _narrow_terms(condition: Condition, taxonomy: Taxonomy) -> Iterator[str]:
    """Terms that mean less than a reader would think."""
    name = condition.predicate
    for term in condition.terms:
        entry = taxonomy.minerals.get(term) if name == "minerals" else None
        if entry and entry.kind == "umbrella" and len(taxonomy.members("minerals", term)) == 1:
            yield f"`minerals: {term}` has no members here, so only texts that say so meet it; name the minerals too"
        national = name in ("imposing", "target") and term in taxonomy.group_members(EU_MEMBERS)
        if national and "EU" not in condition.terms:
            yield f"`{name}: {term}` is not met by measures that name the EU as a whole; add EU if they matter"


def _conditions(part: Rule | Condition) -> Iterator[Condition]:
    if isinstance(part, Condition):
        yield part
        return
    for each in (*part.all, *part.any):
        yield from _conditions(each)


# ---- what can be said of a rule without an act -----------------------------------------------------------------


def _certain(part: Rule | Condition, taxonomy: Taxonomy) -> bool | None:
    """True if every act that may alert meets it, False if none can, None if it depends."""
    if isinstance(part, Condition):
        return _certain_condition(part, taxonomy)
    if _contradicts(part, taxonomy):
        return False
    every = [_certain(each, taxonomy) for each in part.all]
    some = [_certain(each, taxonomy) for each in part.any]
    none = [_certain(each, taxonomy) for each in part.none]
    if False in every or True in none or (some and not any(each is not False for each in some)):
        return False
    sure = all(every) and (not some or True in some) and all(each is False for each in none)
    return True if sure else None


def _certain_condition(condition: Condition, taxonomy: Taxonomy) -> bool | None:
    predicate = PREDICATES[condition.predicate]
    accepted = _accepted(condition, taxonomy)
    if accepted is None or not isinstance(predicate, EnumPredicate):
        return None
    possible = {word.value for word in predicate.words} - NEVER_ALERTS.get(condition.predicate, frozenset())
    if not accepted & possible:
        return False
    return True if possible <= accepted else None


def _contradicts(rule: Rule, taxonomy: Taxonomy) -> bool:
    """Whether two demands of the rule exclude each other."""
    demands = [each for each in rule.all if isinstance(each, Condition)]
    nested = [each for each in rule.all if isinstance(each, Rule)]
    demands += [each for inner in nested for each in inner.all if isinstance(each, Condition)]
    refusals = [each for each in rule.none if isinstance(each, Condition)]
    refusals += [each for inner in nested for each in inner.none if isinstance(each, Condition)]
    return any(_disjoint(one, other, taxonomy) for one, other in combinations(demands, 2)) or any(
        _covered(demand, refusal, taxonomy) for demand in demands for refusal in refusals
    )


def _disjoint(one: Condition, other: Condition, taxonomy: Taxonomy) -> bool:
    if one.predicate != other.predicate or not PREDICATES[one.predicate].single:
        return False
    left, right = _accepted(one, taxonomy), _accepted(other, taxonomy)
    return left is not None and right is not None and not left & right


def _covered(demand: Condition, refusal: Condition, taxonomy: Taxonomy) -> bool:
    if demand.predicate != refusal.predicate:
        return False
    wanted, refused = _accepted(demand, taxonomy), _accepted(refusal, taxonomy)
    if wanted is None or refused is None:
        return set(demand.terms) <= set(refusal.terms)
    return wanted <= refused


def _accepted(condition: Condition, taxonomy: Taxonomy) -> frozenset[str] | None:
    predicate = PREDICATES[condition.predicate]
    each = [predicate.accepts(term, taxonomy) for term in condition.terms]
    known = [tags for tags in each if tags is not None]
    return frozenset().union(*known) if len(known) == len(each) else None


# ---- across watchlists -----------------------------------------------------------------------------------------


def _doubles(watchlists: WatchlistSet) -> Iterator[Advice]:
    """Two watchlists with the same rule and a destination in common: one of them says everything twice."""
    for one, other in combinations(watchlists.watchlists, 2):
        shared = {each.key for each in one.destinations} & {each.key for each in other.destinations}
        if shared and one.rule == other.rule and one.tenant == other.tenant:
            where = ", ".join(sorted(shared))
            yield Advice(other.id, f"has the same rule as `{one.id}`, so {where} hears everything twice; merge them")
