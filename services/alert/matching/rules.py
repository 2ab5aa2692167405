"""Rules made ready to run: each term bound to its test once, and an index that spares rules that cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from services.alert.matching.predicatekinds import Test
from services.alert.matching.predicates import PREDICATES
from services.contracts.alerts import MatchedTerm
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.taxonomy import Taxonomy

Evidence = tuple[MatchedTerm, ...]
Check = Callable[[Act], Evidence | None]
"""The terms that held, or None if the rule does not hold; a rule can hold on no term at all."""

Key = tuple[str, str]
"""A predicate and a tag of an act."""


def ready(part: Rule | Condition, taxonomy: Taxonomy) -> Check:
    """The check of a rule or condition, with every group of the taxonomy expanded."""
    if isinstance(part, Condition):
        predicate = PREDICATES[part.predicate]
        tests = [(term, predicate.bind(term, taxonomy)) for term in part.terms]
        return partial(_condition, part.predicate, tests)
    every, some, none = ([ready(each, taxonomy) for each in group] for group in (part.all, part.any, part.none))
    return partial(_rule, every, some, none)


def _condition(predicate: str, tests: list[tuple[str, Test]], act: Act) -> Evidence | None:
    met = ((term, test(act)) for term, test in tests)
    held = tuple(MatchedTerm(predicate=predicate, term=term, tags=tags) for term, tags in met if tags)
    return held or None


def _rule(every: list[Check], some: list[Check], none: list[Check], act: Act) -> Evidence | None:
    if any(check(act) is not None for check in none):
        return None
    held: list[MatchedTerm] = []
    for check in every:
        evidence = check(act)
        if evidence is None:
            return None
        held.extend(evidence)
    branches = [evidence for check in some if (evidence := check(act)) is not None]
    if some and not branches:
        return None
    return tuple(dict.fromkeys([*held, *(term for branch in branches for term in branch)]))


def needs(part: Rule | Condition, taxonomy: Taxonomy) -> frozenset[Key] | None:
    """Tags of which an act must have at least one for the rule to hold; None if no such set is known."""
    if isinstance(part, Condition):
        accepted = [PREDICATES[part.predicate].accepts(term, taxonomy) for term in part.terms]
        known = [each for each in accepted if each is not None]
        if len(known) < len(accepted):
            return None
        return frozenset({(part.predicate, tag) for tags in known for tag in tags})
    wanted = [found for each in part.all if (found := needs(each, taxonomy)) is not None]
    some = [needs(each, taxonomy) for each in part.any]
    known_branches = [each for each in some if each is not None]
    if some and len(known_branches) == len(some):
        wanted.append(frozenset().union(*known_branches))
    return min(wanted, key=len, default=None)


@dataclass(frozen=True)
class RuleIndex:
    """Rules by position, found through the tags they need; exactly as trying every rule, only sooner."""

    checks: tuple[Check, ...]
    by_tag: Mapping[Key, tuple[int, ...]]
    always: tuple[int, ...]
    predicates: tuple[str, ...]

    def holding(self, act: Act) -> tuple[tuple[int, Evidence], ...]:
        """The position and the evidence of every rule that holds, in order."""
        keys = [(name, tag) for name in self.predicates for tag in PREDICATES[name].tags(act)]
        candidates = {position for key in keys for position in self.by_tag.get(key, ())}
        checked = ((position, self.checks[position](act)) for position in sorted(candidates.union(self.always)))
        return tuple((position, evidence) for position, evidence in checked if evidence is not None)


def index_rules(rules: Iterable[Rule], taxonomy: Taxonomy) -> RuleIndex:
    """The index over the rules, in the order given."""
    given = tuple(rules)
    by_tag: dict[Key, list[int]] = {}
    always: list[int] = []
    for position, rule in enumerate(given):
        needed = needs(rule, taxonomy)
        if needed is None:
            always.append(position)
        for key in needed or ():
            by_tag.setdefault(key, []).append(position)
    return RuleIndex(
        checks=tuple(ready(rule, taxonomy) for rule in given),
        by_tag={key: tuple(positions) for key, positions in by_tag.items()},
        always=tuple(always),
        predicates=tuple(sorted({name for name, _ in by_tag})),
    )
