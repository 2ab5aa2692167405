"""Which watchlists an act concerns, and in words why, or why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.alert.matching.index import matched_term
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.alerts import MatchedTerm
from services.contracts.canary import is_canary
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy

MAX_TAGS_SHOWN = 6
MAX_TEXT_SHOWN = 80


@dataclass(frozen=True)
class Match:
    """A watchlist whose rule holds for an act, with every term that held."""

    watchlist: Watchlist
    matched: tuple[MatchedTerm, ...]


def match(watchlists: WatchlistSet, act: Act) -> tuple[Match, ...]:
    """Every watchlist whose rule holds, in the order of the set; whether to alert is `lifecycle`'s decision.

    A canary concerns its own watchlist alone, and that watchlist nothing else, whatever any rule says.
    """
    own = is_canary(act.event.source)
    return tuple(
        Match(watchlist, evidence) for watchlist, evidence in watchlists.holding(act) if is_canary(watchlist.id) is own
    )


@dataclass(frozen=True)
class Clause:
    """One part of a rule and whether it held: a condition with its terms, or `all`/`any`/`none` of other parts."""

    kind: Literal["condition", "rule", "any", "none"]
    holds: bool
    words: str
    matched: tuple[MatchedTerm, ...] = ()
    parts: tuple[Clause, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree as text, one line a clause, ✓ for what held and ✗ for what did not."""
        yield f"{'  ' * depth}{'✓' if self.holds else '✗'} {self.words}"
        for part in self.parts:
            yield from part.lines(depth + 1)


@dataclass(frozen=True)
class Explanation:
    """Why a watchlist's rule holds for an act or not."""

    watchlist_id: str
    holds: bool
    tree: Clause
    missing: tuple[str, ...]
    """For a rule that does not hold: each smallest part that stood in the way, in words."""

    @property
    def matched(self) -> tuple[MatchedTerm, ...]:
        """Every term that held and helped the rule to hold."""
        return tuple(dict.fromkeys(_evidence(self.tree))) if self.holds else ()


def explain(watchlist: Watchlist, act: Act, taxonomy: Taxonomy) -> Explanation:
    """The rule clause by clause: what held on which tags, and what stood in the way."""
    tree = _clause(watchlist.rule, act, taxonomy)
    missing = () if tree.holds else tuple(dict.fromkeys(_obstacles(tree, wanted=True)))
    return Explanation(watchlist.id, tree.holds, tree, missing)


def _clause(part: Rule | Condition, act: Act, taxonomy: Taxonomy) -> Clause:
    if isinstance(part, Condition):
        return _condition(part, act, taxonomy)
    every = tuple(_clause(each, act, taxonomy) for each in part.all)
    some = tuple(_clause(each, act, taxonomy) for each in part.any)
    none = tuple(_clause(each, act, taxonomy) for each in part.none)
    parts = list(every)
    if some:
        parts.append(Clause("any", any(each.holds for each in some), "at least one of:", parts=some))
    if none:
        parts.append(Clause("none", not any(each.holds for each in none), "none of:", parts=none))
    return Clause("rule", all(each.holds for each in parts), "all of:", parts=tuple(parts))


def _condition(condition: Condition, act: Act, taxonomy: Taxonomy) -> Clause:
    predicate = PREDICATES[condition.predicate]
    met = [(term, predicate.matches(act, term, taxonomy)) for term in condition.terms]
    found = (matched_term(act, (predicate.name, term), tags) for term, tags in met)
    matched = tuple(each for each in found if each is not None)
    asked = f"{predicate.name} {' or '.join(condition.terms)}"
    shown = matched and _shown(tuple(dict.fromkeys(tag for term in matched for tag in term.tags)))
    has = shown or _shown(predicate.tags(act))
    return Clause("condition", bool(matched), f"{asked}: the act has {has}", matched)


def _shown(tags: tuple[str, ...]) -> str:
    cut = [tag if len(tag) <= MAX_TEXT_SHOWN else tag[:MAX_TEXT_SHOWN] + "…" for tag in tags[:MAX_TAGS_SHOWN]]
    more = f" and {len(tags) - MAX_TAGS_SHOWN} more" if len(tags) > MAX_TAGS_SHOWN else ""
    return (", ".join(cut) or "none") + more


def _evidence(clause: Clause) -> Iterator[MatchedTerm]:
    """The terms of all parts that hold; a `none` that holds has no such part."""
    if clause.holds:
        yield from clause.matched
        for part in clause.parts:
            yield from _evidence(part)


def _obstacles(clause: Clause, *, wanted: bool) -> Iterator[str]:
    """The conditions that keep `clause` from being `wanted`; inside a `none` it is holding that stands in the way."""
    if clause.holds is wanted:
        return
    if clause.kind == "condition":
        yield clause.words if wanted else f"excluded: {clause.words}"
        return
    if not clause.parts:
        yield "excluded: a rule without conditions, which always holds"
    inside = wanted if clause.kind != "none" else not wanted
    for part in clause.parts:
        yield from _obstacles(part, wanted=inside)
