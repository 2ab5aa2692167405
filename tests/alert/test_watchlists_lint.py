"""What is said of watchlists that are right in form: broad or shadowed ones, odd times, ended mutes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.implication import Implication
from services.alert.watchlists.lint import Advice, Lint, allowances, lint
from services.alert.watchlists.sets import watchlist_set
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Rule
from tests.alert.acts import acts
from tests.alert.test_watchlists import HEAD, TAXONOMY, read

TODAY = date(2026, 11, 23)
KNOWN = Implication(TAXONOMY)
NARROW = "match: {minerals: nickel}\n"


def advice(*bodies: str, destination: str = "{slack: C0A1}") -> list[Advice]:
    heads = (f"id: w{number}\nname: W\n" for number in range(len(bodies)))
    each = [
        read(head + body + ("" if "destinations" in body else f"\ndestinations: {destination}"))
        for head, body in zip(heads, bodies, strict=True)
    ]
    return list(lint(watchlist_set(each, TAXONOMY), TODAY))


def names(*bodies: str) -> list[tuple[str, Lint]]:
    return [(each.watchlist_id, each.lint) for each in advice(*bodies)]


# ---- breadth ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "match: {imposing: CN}",
        "match: {any_role: G7, direction: restrictive, stage: '>= proposed'}",
        "any: [{minerals: nickel}, {imposing: CN}]",
        "match: {source: us-*}",
    ],
)
def test_a_watchlist_without_a_subject_is_broad_unless_it_comes_as_a_digest(body: str) -> None:
    (found,) = advice(body)
    assert (found.lint, found.severity) == (Lint.BROAD, "warning")
    assert "`cadence: daily`" in found.message
    assert advice(body + "\ncadence: daily") == []


@pytest.mark.parametrize(
    "body",
    [
        "match: {imposing: CN, types: tariff}",
        "any: [{hs: '85'}, {imposing: CN, keyword: HBM}]",
        "match: {all: [{any: [{minerals: nickel}, {eccn: 3B}]}, {target: JP}]}",
    ],
)
def test_a_watchlist_whose_every_branch_has_a_subject_is_not_broad(body: str) -> None:
    assert advice(body) == []


def test_one_that_matches_everything_is_told_of_the_daily_digest() -> None:
    (found,) = advice("match: {modality: asserted}")
    assert (found.lint, "`cadence: daily`" in found.message) == (Lint.MATCHES_EVERYTHING, True)


# ---- one within another ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("match: {minerals: dysprosium}", "match: {minerals: rare_earths}"),
        ("match: {minerals: nickel, imposing: ID}", "match: {minerals: [nickel, cobalt]}"),
        ("match: {minerals: nickel}", "match: {minerals_or_group: nickel}"),
        ("match: {imposing: JP, types: tariff}", "match: {any_role: G7, types: tariff}"),
        (
            "any: [{minerals: nickel}, {minerals: cobalt, imposing: CD}]",
            "any: [{minerals: [nickel, cobalt]}, {hs: '85'}]",
        ),
        ("match: {types: tariff, stage: '>= adopted'}", "match: {types: tariff}\nnone: {stage: considered}"),
        (
            "match: {minerals: nickel}\nnone: {stage: '<= proposed'}",
            "match: {minerals: nickel}\nnone: {stage: considered}",
        ),
        ("match: {keyword: HBM}", "match: {keyword: [HBM, HBM3]}"),
    ],
)
def test_a_watchlist_all_of_which_another_tells_the_same_channel_is_pointed_out(narrow: str, wide: str) -> None:
    assert names(narrow, wide) == [("w0", Lint.SHADOWED)]
    assert names(wide, narrow) == [("w1", Lint.SHADOWED)]


@pytest.mark.parametrize(
    "other",
    [
        "match: {minerals: rare_earths}\ndestinations: {slack: C0OTHER}",
        "match: {minerals: rare_earths}\ntenant: other",
        "match: {minerals: rare_earths}\nnews: stage_changed",
        "match: {minerals: rare_earths}\nmutes: [{item: hbm, until: 2030-01-01}]",
        "match: {minerals: gallium}",
        "match: {minerals: rare_earths, imposing: CN}",
    ],
)
def test_a_watchlist_that_says_something_of_its_own_is_not_shadowed(other: str) -> None:
    assert names("match: {minerals: dysprosium}", other) == []


TERMS = {
    "minerals": ("rare_earths", "gallium", "ndfeb_magnets"),
    "minerals_or_group": ("dysprosium", "nickel"),
    "types": ("export_control", "tariff", "export_ban"),
    "imposing": ("CN", "EU", "G7"),
    "any_role": ("CN", "G7"),
    "stage": (">= proposed", "in_force", "<= adopted"),
    "urgency": ("now", ">= digest"),
    "direction": ("restrictive", "neutral"),
    "source": ("us-*", "cn-mofcom"),
}
CONDITIONS = st.sampled_from(sorted(TERMS)).flatmap(
    lambda name: st.lists(st.sampled_from(TERMS[name]), min_size=1, max_size=2, unique=True).map(
        lambda terms: Condition(predicate=name, terms=tuple(terms))
    )
)


def _rules(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Rule]:
    several = st.lists(parts, max_size=2).map(tuple)
    return st.builds(Rule, all=several, any=several, none=several)


RULES = _rules(st.one_of(CONDITIONS, _rules(CONDITIONS)))


def holds(part: Rule | Condition, act: Act) -> bool:
    if isinstance(part, Condition):
        return any(PREDICATES[part.predicate].matches(act, term, TAXONOMY) for term in part.terms)
    some = not part.any or any(holds(each, act) for each in part.any)
    return some and all(holds(each, act) for each in part.all) and not any(holds(each, act) for each in part.none)


@settings(max_examples=150, deadline=None)
@given(RULES, RULES, st.lists(acts(), min_size=5, max_size=12))
def test_what_is_proven_of_two_rules_holds_for_every_act(one: Rule, other: Rule, found: list[Act]) -> None:
    implied, excluded = KNOWN.implies(one, other), KNOWN.excludes(one, other)
    assume(implied or excluded)
    for act in found:
        if holds(one, act):
            assert not implied or holds(other, act)
            assert not excluded or not holds(other, act)


@given(RULES)
def test_a_rule_implies_itself_with_one_more_branch_and_without_one_of_its_demands(rule: Rule) -> None:
    if rule.any:
        assert KNOWN.implies(rule, Rule(any=(*rule.any, Condition(predicate="hs", terms=("85",)))))
    for demand in rule.all:
        assert KNOWN.implies(rule, Rule(all=(demand,)))


# ---- times and mutes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("quiet_hours: {start: '07:00', end: '06:00'}", [Lint.QUIET_MOST_OF_THE_DAY]),
        ("quiet_hours: {start: '07:00', end: '03:00'}", [Lint.QUIET_MOST_OF_THE_DAY]),
        ("quiet_hours: {start: '22:00', end: '07:00'}", []),
        ("quiet_hours: {start: '22:00', end: '09:00'}", [Lint.DIGEST_IN_QUIET_HOURS]),
        ("quiet_hours: {start: '22:00', end: '09:00'}\nreminders: off", []),
        ("quiet_hours: {start: '22:00', end: '09:00'}\nreminders: off\ncadence: daily", [Lint.DIGEST_IN_QUIET_HOURS]),
        ("quiet_hours: {start: '22:00', end: '08:00'}", []),
        ("mutes: [{item: nickel, until: 2026-11-22}]", [Lint.ENDED_MUTE]),
        ("mutes: [{item: nickel, until: 2026-11-23}, {item: cobalt, until: 2026-12-01}]", []),
    ],
)
def test_times_that_swallow_the_day_and_mutes_that_ended_are_pointed_out(body: str, expected: list[Lint]) -> None:
    assert [each.lint for each in advice(NARROW + body)] == expected


# ---- allowances ------------------------------------------------------------------------------------------------


def test_a_file_allows_warnings_by_name_and_only_in_comments_of_their_own() -> None:
    text = HEAD + "# noroshi: allow broad, eu-member\n  #noroshi:allow shadowed\nname: '# noroshi: allow same-rule'\n"
    assert allowances(text) == {"broad", "eu-member", "shadowed"}


def test_the_words_of_an_advice_end_with_the_name_that_allows_it() -> None:
    assert str(advice("match: {imposing: CN}")[0]).endswith("[broad]")
