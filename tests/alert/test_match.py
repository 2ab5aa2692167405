"""Matching against brute force, and explanations that agree with it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.matching.match import explain, match
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.contracts.alerts import MatchedTerm
from services.contracts.measures import Act
from services.contracts.vocab import Stage
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import an_act
from tests.alert.rules import ACTS, RULES, a_watchlist

TAXONOMY = default_taxonomy()


def a_set(*rules: Rule) -> WatchlistSet:
    return watchlist_set((a_watchlist(rule, f"w{number:03}") for number, rule in enumerate(rules)), TAXONOMY)


def brute_force(part: Rule | Condition, act: Act) -> bool:
    if isinstance(part, Condition):
        return any(PREDICATES[part.predicate].matches(act, term, TAXONOMY) for term in part.terms)
    return (
        all(brute_force(each, act) for each in part.all)
        and (not part.any or any(brute_force(each, act) for each in part.any))
        and not any(brute_force(each, act) for each in part.none)
    )


@settings(max_examples=100)
@given(st.lists(RULES, max_size=4), ACTS)
def test_match_finds_exactly_what_trying_every_rule_finds(rules: list[Rule], act: Act) -> None:
    watchlists = a_set(*rules)
    expected = [each.id for each in watchlists.watchlists if brute_force(each.rule, act)]
    assert [found.watchlist.id for found in match(watchlists, act)] == expected


@settings(max_examples=100)
@given(RULES, ACTS)
def test_an_explanation_agrees_with_the_match_and_names_what_stood_in_the_way(rule: Rule, act: Act) -> None:
    found = match(a_set(rule), act)
    explained = explain(a_watchlist(rule), act, TAXONOMY)
    assert explained.holds == bool(found)
    if found:
        assert set(explained.matched) == set(found[0].matched)
    assert bool(explained.missing) is not explained.holds


@settings(max_examples=50)
@given(RULES, RULES, ACTS)
def test_the_algebra_of_rules_holds(one: Rule, other: Rule, act: Act) -> None:
    def holds(rule: Rule) -> bool:
        return bool(match(a_set(rule), act))

    assert holds(Rule(all=(one, other))) == (holds(one) and holds(other))
    assert holds(Rule(any=(one, other))) == (holds(one) or holds(other))
    assert holds(Rule(none=(one,))) == (not holds(one))
    assert holds(Rule(none=(Rule(none=(one,)),))) == holds(one)


def test_a_match_carries_every_term_that_held_with_the_acts_own_tags() -> None:
    rule = Rule(
        all=(Condition(predicate="minerals", terms=("rare_earths", "nickel", "dysprosium")),),
        any=(Condition(predicate="imposing", terms=("CN",)), Condition(predicate="target", terms=("JP",))),
        none=(Condition(predicate="types", terms=("subsidy",)),),
    )
    (found,) = match(a_set(rule), an_act())
    assert found.matched == (
        MatchedTerm(predicate="minerals", term="rare_earths", tags=("dysprosium",)),
        MatchedTerm(predicate="minerals", term="dysprosium", tags=("dysprosium",)),
        MatchedTerm(predicate="imposing", term="CN", tags=("CN",)),
    )


def test_an_explanation_shows_the_rule_clause_by_clause() -> None:
    rule = Rule(
        all=(Condition(predicate="minerals", terms=("nickel", "cobalt")),),
        any=(Condition(predicate="imposing", terms=("ID",)), Condition(predicate="imposing", terms=("CN",))),
        none=(Condition(predicate="stage", terms=("adopted",)),),
    )
    explained = explain(a_watchlist(rule), an_act(stage=Stage.ADOPTED), TAXONOMY)
    assert list(explained.tree.lines()) == [
        "✗ all of:",
        "  ✗ minerals nickel or cobalt: the act has dysprosium",
        "  ✓ at least one of:",
        "    ✗ imposing ID: the act has CN",
        "    ✓ imposing CN: the act has CN",
        "  ✗ none of:",
        "    ✓ stage adopted: the act has adopted",
    ]
    assert explained.missing == (
        "minerals nickel or cobalt: the act has dysprosium",
        "excluded: stage adopted: the act has adopted",
    )


def test_a_long_text_is_cut_in_an_explanation() -> None:
    rule = Rule(all=(Condition(predicate="keyword", terms=("HBM",)),))
    (missing,) = explain(a_watchlist(rule), an_act(text="长" * 1000), TAXONOMY).missing
    assert len(missing) < 200


def words(condition: Condition, act: Act) -> str:
    (part,) = explain(a_watchlist(Rule(all=(condition,))), act, TAXONOMY).tree.parts
    return part.words


MINERALS = ("cobalt", "dysprosium", "gallium", "germanium", "nickel", "tungsten", "yttrium")


def test_a_condition_that_holds_shows_the_tags_that_met_it_and_another_all_that_the_act_has() -> None:
    act = an_act(minerals=("dysprosium", "gallium"))
    asked = Condition(predicate="minerals", terms=("gallium", "nickel"))
    assert words(asked, act) == "minerals gallium or nickel: the act has gallium"
    refused = Condition(predicate="minerals", terms=("nickel",))
    assert words(refused, act) == "minerals nickel: the act has dysprosium, gallium"
    assert words(refused, an_act(minerals=())) == "minerals nickel: the act has none"


def test_six_tags_are_shown_and_the_rest_is_counted() -> None:
    lithium = Condition(predicate="minerals", terms=("lithium",))
    assert words(lithium, an_act(minerals=MINERALS[:6])).endswith("the act has " + ", ".join(MINERALS[:6]))
    assert words(lithium, an_act(minerals=MINERALS)).endswith("nickel, tungsten and 1 more")


def test_a_text_is_cut_after_eighty_characters() -> None:
    hbm = Condition(predicate="keyword", terms=("HBM",))
    assert words(hbm, an_act(text="长" * 80)).endswith(", " + "长" * 80)
    assert words(hbm, an_act(text="长" * 81)).endswith(", " + "长" * 80 + "…")


def test_an_explanation_names_its_watchlist_and_says_of_each_part_what_it_is() -> None:
    rule = Rule(
        all=(Rule(), Condition(predicate="imposing", terms=("CN",))),
        any=(Condition(predicate="minerals", terms=("nickel",)), Rule()),
        none=(Condition(predicate="stage", terms=("adopted",)),),
    )
    explained = explain(a_watchlist(rule, "mine"), an_act(), TAXONOMY)
    assert explained.watchlist_id == "mine"
    assert [explained.tree.kind, *(each.kind for each in explained.tree.parts)] == [
        "rule",
        "rule",
        "condition",
        "any",
        "none",
    ]


def test_a_term_in_a_branch_that_fails_is_no_evidence() -> None:
    half = Rule(
        all=(Condition(predicate="imposing", terms=("CN",)), Condition(predicate="minerals", terms=("nickel",)))
    )
    whole = Condition(predicate="minerals", terms=("dysprosium",))
    explained = explain(a_watchlist(Rule(any=(half, whole))), an_act(), TAXONOMY)
    assert [each.term for each in explained.matched] == ["dysprosium"]


def test_an_excluded_rule_without_conditions_is_named_as_what_stands_in_the_way() -> None:
    explained = explain(a_watchlist(Rule(none=(Rule(),))), an_act(), TAXONOMY)
    assert explained.missing == ("excluded: a rule without conditions, which always holds",)
