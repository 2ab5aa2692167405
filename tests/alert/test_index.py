"""The bitmap index against plain sets: random rules, random acts, rules that come and go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.alert.matching.index import MAX_SLOTS, RuleIndex, matched_term
from services.alert.matching.lookup import Lookup, Posting
from services.alert.matching.match import explain, match
from services.alert.matching.predicatekinds import Predicate, Test
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.sets import WatchlistSet, changed, watchlist_set
from services.contracts.alerts import MatchedTerm, Span
from services.contracts.measures import Act, Evidence, Passage
from services.contracts.vocab import Facet, Field
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.alert.acts import an_act, an_event
from tests.alert.rules import ACTS, IDENTIFIERS, RULES, TERMS, a_watchlist, condition

TAXONOMY = default_taxonomy()
# ---- the oracle: which terms an act meets, as a set; then nothing but sets ------------------------------------------


def met(act: Act) -> frozenset[tuple[str, str]]:
    every = ((name, term) for name, terms in TERMS.items() for term in terms)
    return frozenset((name, term) for name, term in every if bound(name, term)(act))


@cache
def bound(name: str, term: str) -> Test:
    return PREDICATES[name].bind(term, TAXONOMY)


def holds(part: Rule | Condition, terms: frozenset[tuple[str, str]]) -> bool:
    if isinstance(part, Condition):
        return not terms.isdisjoint({(part.predicate, term) for term in part.terms})
    some_branch = {True} if not part.any else {holds(each, terms) for each in part.any}
    return {holds(each, terms) for each in part.all} <= {True} and True in some_branch and not _held(part.none, terms)


def _held(parts: tuple[Rule | Condition, ...], terms: frozenset[tuple[str, str]]) -> list[Rule | Condition]:
    return [each for each in parts if holds(each, terms)]


def shown(part: Rule | Condition, terms: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """The terms that helped the part to hold, in the order of the rule."""
    if isinstance(part, Condition):
        return [(part.predicate, term) for term in part.terms if (part.predicate, term) in terms]
    parts = [*part.all, *part.any]
    return [term for each in parts if holds(each, terms) for term in shown(each, terms)]


def an_index(rules: dict[str, Rule]) -> RuleIndex:
    index = RuleIndex(TAXONOMY)
    for id_, rule in rules.items():
        index.add(id_, rule)
    return index


def agree(index: RuleIndex, rules: dict[str, Rule], act: Act) -> None:
    terms = met(act)
    expected = {id_: list(dict.fromkeys(shown(rule, terms))) for id_, rule in rules.items() if holds(rule, terms)}
    found = {id_: [(each.predicate, each.term) for each in evidence] for id_, evidence in index.holding(act)}
    assert found == expected
    assert ids(index, act) == sorted(expected)
    assert len(index) == len(rules)


def ids(index: RuleIndex, act: Act) -> list[str]:
    return sorted(map(index.id_of, index.matching(act)))


# ---- equal to the oracle -------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.lists(RULES, max_size=4), ACTS)
def test_the_index_finds_what_plain_sets_find_with_the_same_evidence(rules: list[Rule], act: Act) -> None:
    numbered = {f"w{number}": rule for number, rule in enumerate(rules)}
    agree(an_index(numbered), numbered, act)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from("abcdef"), RULES),
        st.tuples(st.just("remove"), st.sampled_from("abcdef"), st.none()),
        st.tuples(st.just("ask"), st.none(), ACTS),
    ),
    max_size=10,
)


@settings(max_examples=80, deadline=None)
@given(OPERATIONS, ACTS)
def test_rules_that_come_and_go_leave_the_index_as_if_built_anew(operations: list[tuple[Any, ...]], act: Act) -> None:
    index, rules = RuleIndex(TAXONOMY), dict[str, Rule]()
    for what, id_, given_ in [*operations, ("ask", None, act)]:
        if what == "ask":
            agree(index, rules, given_)
        elif what == "add" and id_ not in rules:
            index.add(id_, given_)
            rules[id_] = given_
        elif what == "remove" and id_ in rules:
            index.remove(id_)
            del rules[id_]


ODD: dict[str, Rule] = {
    "two groups on one field": Rule(all=(condition("minerals", "gallium"), condition("minerals", "rare_earths"))),
    "the same group twice": Rule(all=(condition("minerals", "gallium", "gallium"), condition("minerals", "gallium"))),
    "more groups on one field than slots": Rule(
        all=(*[condition("minerals", "rare_earths")] * MAX_SLOTS, condition("minerals", "gallium"))
    ),
    "only none": Rule(none=(condition("minerals", "gallium"), condition("imposing", "CN"))),
    "nothing": Rule(),
    "an empty rule among any": Rule(any=(Rule(), condition("minerals", "gallium"))),
    "an empty rule among none": Rule(none=(Rule(),)),
    "an empty rule among none of none": Rule(none=(Rule(none=(Rule(),)),)),
    "a term no act can meet": Rule(all=(condition("stage", "< unknown"),)),
    "none of a term no act can meet": Rule(none=(condition("urgency", "> now"),)),
    "any over fields": Rule(any=(condition("minerals", "gallium"), condition("imposing", "CN"))),
    "any of one rule": Rule(any=(Rule(all=(condition("minerals", "gallium"), condition("imposing", "CN"))),)),
    "refused twice": Rule(none=(Rule(none=(condition("minerals", "gallium"),)),)),
    "branches of several groups": Rule(
        any=(
            Rule(all=(condition("minerals", "gallium"), condition("imposing", "CN"))),
            Rule(all=(condition("minerals", "rare_earths"), condition("imposing", "US"))),
        )
    ),
    "none of all": Rule(none=(Rule(all=(condition("minerals", "gallium"), condition("imposing", "CN"))),)),
}
ASKED = [
    an_act(minerals=minerals, imposing=imposing)
    for minerals in ((), ("gallium",), ("dysprosium",), ("dysprosium", "gallium"), ("nickel",))
    for imposing in ((), ("CN",), ("US",))
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_rule_holds_for_the_acts_it_says(name: str) -> None:
    for act in ASKED:
        agree(an_index({name: ODD[name]}), {name: ODD[name]}, act)
        agree(an_index(ODD), ODD, act)


def test_two_groups_on_one_field_must_both_be_met() -> None:
    index = an_index({"both": ODD["two groups on one field"]})
    assert ids(index, an_act(minerals=("gallium",))) == []
    assert ids(index, an_act(minerals=("dysprosium", "gallium"))) == ["both"]


def test_three_groups_on_one_field_must_all_be_met() -> None:
    index = an_index(
        {"all": Rule(all=tuple(condition("minerals", each) for each in ("gallium", "nickel", "tungsten")))}
    )
    assert ids(index, an_act(minerals=("gallium", "tungsten"))) == []
    assert ids(index, an_act(minerals=("gallium", "nickel", "tungsten"))) == ["all"]


def test_the_few_that_one_field_leaves_are_found_among_the_very_many_of_another() -> None:
    gallium, china = condition("minerals", "gallium"), condition("imposing", "CN")
    crowd = Rule(all=(condition("minerals", "nickel"), china))
    index = an_index({f"crowd{number}": crowd for number in range(2_000)})
    index.add("both", Rule(all=(gallium, china)))
    index.add("gallium", Rule(all=(gallium,)))
    index.add("another country", Rule(all=(gallium, condition("imposing", "US"))))
    assert ids(index, an_act(minerals=("gallium",), imposing=("CN",))) == ["both", "gallium"]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (Rule(all=tuple(condition("minerals", each) for each in ("gallium", "nickel", "tungsten", "cobalt"))), False),
        (Rule(all=(*[condition("minerals", "gallium")] * MAX_SLOTS, condition("minerals", "nickel"))), True),
        (Rule(all=tuple(condition(name, TERMS[name][0]) for name in list(TERMS)[: MAX_SLOTS + 2])), False),
        (Rule(any=(condition("minerals", "gallium"), condition("imposing", "CN"))), False),
        (Rule(none=(condition("minerals", "gallium"),)), False),
        (Rule(none=(Rule(all=(condition("minerals", "gallium"), condition("imposing", "CN"))),)), True),
    ],
)
def test_only_a_rule_that_bitmaps_cannot_decide_is_asked_itself(rule: Rule, asked: bool) -> None:
    index = an_index({"rule": rule})
    assert bool(index._unsure) is asked
    index.remove("rule")
    assert not index._unsure


def test_an_act_of_tags_that_no_rule_names_meets_only_rules_that_ask_nothing_of_them() -> None:
    act = an_act(minerals=("not_yet_known",), imposing=("ZZ",), types=("nor_this",))
    assert ids(an_index(ODD), act) == sorted(id_ for id_, rule in ODD.items() if holds(rule, met(act)))


@given(st.sampled_from(TERMS["keyword"]), st.text(alphabet="tin_ #1镝和ｔＴ™no", max_size=12))
@example("no_", "no_1")
@example("tin", "_tin")
@example("＃1", "x #1")
def test_a_keyword_is_looked_up_wherever_its_pattern_finds_it(term: str, title: str) -> None:
    rules = {"k": Rule(all=(condition("keyword", term),))}
    agree(an_index(rules), rules, an_act(an_event(title=title)))


@given(st.from_regex(r"[0-9]{2,8}", fullmatch=True), st.from_regex(r"[0-9]{2,4}(\.[0-9]{2}){0,2}", fullmatch=True))
@example("811292", "8112")
@example("811292", "81")
@example("81", "8112.92")
def test_a_code_is_looked_up_wherever_its_test_finds_it(term: str, code: str) -> None:
    index = an_index({"hs": Rule(all=(condition("hs", term),))})
    act = an_act(hs_codes=(code,))
    assert ids(index, act) == (["hs"] if PREDICATES["hs"].matches(act, term, TAXONOMY) else [])


def test_a_phrase_of_which_an_act_has_only_the_first_word_is_not_met() -> None:
    act = an_act(an_event(title="Routine report on gallium"))
    for terms in (("routine notice",), ("routine notice", "re:no such words")):
        assert ids(an_index({"phrase": Rule(all=(condition("keyword", *terms),))}), act) == []


class Tagged(Predicate):
    """Met by a mineral of that name; a term with a question mark by one that begins so, which no key can say."""

    name = "tagged"

    def read(self, term: str, taxonomy: Taxonomy) -> str:
        return term

    def tags(self, act: Act) -> tuple[str, ...]:
        return act.minerals

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:
        return lambda act: tuple(tag for tag in act.minerals if tag.startswith(term.rstrip("?")))

    def accepts(self, term: str, taxonomy: Taxonomy) -> frozenset[str] | None:
        return None if term.endswith("?") else frozenset({term})


def found_and_asked(predicate: Predicate, terms: list[str], act: Act, *removed: str) -> tuple[list[str], list[str]]:
    """The terms that a lookup finds, sorted, and those it had to try on the act."""
    lookup, asked = Lookup(predicate, TAXONOMY), list[str]()
    postings = [Posting(number, 1, predicate.name, term) for number, term in enumerate(terms)]
    for posting in postings:
        lookup.add(posting)
    for posting in postings:
        if posting.term in removed:
            lookup.remove(posting)

    def ask(term: tuple[str, str]) -> MatchedTerm | None:
        asked.append(term[1])
        return matched_term(act, ("minerals", term[1]), predicate.bind(term[1], TAXONOMY)(act))

    return sorted(posting.term for posting in lookup.met(act, ask)), sorted(asked)


def test_a_term_is_tried_on_an_act_only_if_its_keys_leave_it_open() -> None:
    terms, act = ["gallium", "nickel", "gal?", "nick?"], an_act(minerals=("gallium",))
    assert found_and_asked(Tagged(), terms[:2], act) == (["gallium"], [])
    assert found_and_asked(Tagged(), terms, act) == (["gal?", "gallium"], ["gal?", "nick?"])


def test_a_keyword_is_tried_only_on_texts_with_its_first_word() -> None:
    act = an_act(an_event(title="Routine report"))
    terms = ["routine notice", "routine report", "gallium"]
    assert found_and_asked(PREDICATES["keyword"], terms, act)[1] == ["routine notice", "routine report"]


def test_a_term_that_is_removed_is_not_even_tried() -> None:
    terms, act = ["gallium", "gal?", "ga?"], an_act(minerals=("gallium",))
    assert found_and_asked(Tagged(), terms, act, "gallium", "gal?") == (["ga?"], ["ga?"])
    assert found_and_asked(Tagged(), terms, act, *terms) == ([], [])


# ---- adding and removing -------------------------------------------------------------------------------------------


def test_an_id_removed_and_added_again_has_only_its_new_rule() -> None:
    index = an_index({"one": Rule(all=(condition("minerals", "gallium"),)), "two": Rule()})
    index.remove("one")
    index.add("three", Rule(all=(condition("minerals", "nickel"),)))
    index.add("one", Rule(none=(condition("minerals", "gallium"),)))
    assert ids(index, an_act(minerals=("gallium",))) == ["two"]
    assert ids(index, an_act(minerals=("nickel",))) == ["one", "three", "two"]


def test_an_id_is_added_once_and_removed_only_when_there() -> None:
    index = an_index({"one": Rule()})
    with pytest.raises(ValueError, match="`one`"):
        index.add("one", Rule())
    with pytest.raises(KeyError):
        index.remove("two")
    assert ids(index, an_act()) == ["one"]


def test_when_every_rule_is_gone_no_term_is_kept() -> None:
    index = an_index(ODD)
    for id_ in ODD:
        index.remove(id_)
    assert not index.holding(an_act())
    assert not index._postings
    assert not any(lookup._exact or lookup._beginnings or lookup._untold for lookup in index._lookups.values())


# ---- evidence: tags and places -------------------------------------------------------------------------------------


def evidence(facet: Facet, tag: str, text: str, field: Field = Field.BODY, start: int = 10) -> Evidence:
    return Evidence(facet=facet, tag=tag, field=field, start=start, end=start + len(text), text=text)


def matched(rule: Rule, act: Act) -> tuple[MatchedTerm, ...]:
    ((_, found),) = an_index({"w": rule}).holding(act)
    assert explain(a_watchlist(rule), act, TAXONOMY).matched == found
    return found


def test_a_matched_term_says_where_the_words_of_its_tags_stand() -> None:
    act = an_act(
        minerals=("dysprosium", "gallium"),
        imposing=("CN",),
        target=("CN",),
        evidence=(
            evidence(Facet.MINERAL, "dysprosium", "dysprosium"),
            evidence(Facet.MINERAL, "gallium", "Ga"),
            evidence(Facet.MINERAL, "dysprosium", "Dy", Field.TITLE, 0),
            evidence(Facet.TARGET, "CN", "China"),
            evidence(Facet.IMPOSING, "CN", "Beijing", start=50),
        ),
    )
    rare, imposing, role = matched(
        Rule(all=(condition("minerals", "rare_earths"), condition("imposing", "CN"), condition("any_role", "CN"))), act
    )
    assert rare.tags == ("dysprosium",)
    assert rare.spans == (Span(field=Field.BODY, start=10, end=20), Span(field=Field.TITLE, start=0, end=2))
    assert imposing.spans == (Span(field=Field.BODY, start=50, end=57),)
    assert role.spans == (Span(field=Field.BODY, start=10, end=15), Span(field=Field.BODY, start=50, end=57))


def test_an_identifier_stands_where_its_value_does() -> None:
    act = an_act(identifiers=IDENTIFIERS[:1], evidence=(evidence(Facet.IDENTIFIER, "0694-AJ55", "RIN 0694-AJ55"),))
    (found,) = matched(Rule(all=(condition("identifier", "rin:0694-aj55"),)), act)
    assert found.spans == (Span(field=Field.BODY, start=10, end=23),)


@pytest.mark.parametrize(
    ("term", "text", "words"),
    [
        ("NdFeB", "on NdFeB magnets", "NdFeB"),
        ("ndfeb", "　ＮｄＦｅＢ　ｍａｇｎｅｔｓ", "ＮｄＦｅＢ"),
        ("株", "では㈱が", "では㈱が"),
        ("magnets of", "the  magnets \n of iron", "magnets \n of"),
        ("re:1c\\d{3}", "ECCN 1C117 applies", "1C117"),
    ],
)
def test_a_keyword_stands_where_the_original_words_do(term: str, text: str, words: str) -> None:
    passage = Passage(field=Field.BODY, start=100, end=100 + len(text), text=text)
    act = an_act(an_event(title=""), passages=(passage,))
    rule = Rule(all=(condition("keyword", term),))
    (found,) = an_index({"w": rule}).holding(act)[0][1]
    ((start, end),) = ((span.start - 100, span.end - 100) for span in found.spans)
    assert text[start:end] == words


@given(st.text(alphabet="aＡ㈱ﬁか゛ｶﾞ 　ǆ\u0301\u0327", max_size=12), st.sampled_from(["a", "か", "株", "fi", "ガ"]))
def test_a_keyword_always_stands_inside_its_text(text: str, term: str) -> None:
    act = an_act(an_event(title=text))
    for _, found in an_index({"w": Rule(all=(condition("keyword", term),))}).holding(act):
        for span in found[0].spans:
            assert 0 <= span.start < span.end <= len(text)


# ---- sets ----------------------------------------------------------------------------------------------------------


def ids_of(watchlists: WatchlistSet, act: Act) -> list[str]:
    return [each.watchlist.id for each in match(watchlists, act)]


GALLIUM = Rule(all=(condition("minerals", "gallium"),))
NICKEL = Rule(all=(condition("minerals", "nickel"),))
LISTS = st.dictionaries(st.sampled_from("abcde"), RULES, max_size=3)


@settings(max_examples=60, deadline=None)
@given(LISTS, LISTS, st.booleans(), ACTS)
def test_a_changed_set_is_the_set_built_anew_and_the_old_one_stays(
    before: dict[str, Rule], after: dict[str, Rule], asked: bool, act: Act
) -> None:
    old = watchlist_set((a_watchlist(rule, id_) for id_, rule in before.items()), TAXONOMY)
    old_ids = ids_of(old, act) if asked else None
    new = changed(old, [a_watchlist(rule, id_) for id_, rule in after.items()], before.keys() - after.keys())
    anew = watchlist_set((a_watchlist(rule, id_) for id_, rule in after.items()), TAXONOMY)
    assert new == anew
    assert match(new, act) == match(anew, act)
    terms = met(act)
    assert ids_of(old, act) == sorted(id_ for id_, rule in before.items() if holds(rule, terms))
    assert old_ids in (None, ids_of(old, act))
    assert match(new, act) == match(anew, act)


def test_a_change_exchanges_only_the_rules_that_differ_in_one_index() -> None:
    old = watchlist_set((a_watchlist(GALLIUM, id_) for id_ in "abc"), TAXONOMY)
    match(old, an_act())
    index = old._index.index
    new = changed(old, [a_watchlist(NICKEL, "b"), a_watchlist(NICKEL, "d")], ["c"])
    assert ids_of(new, an_act(minerals=("gallium",))) == ["a"]
    assert ids_of(new, an_act(minerals=("nickel",))) == ["b", "d"]
    assert new._index.index is index
    assert (new.get("b"), new.get("c")) == (new.watchlists[1], None)


def test_a_set_that_is_never_asked_leaves_the_index_where_it_is() -> None:
    old = watchlist_set((a_watchlist(GALLIUM, id_) for id_ in "abc"), TAXONOMY)
    match(old, an_act())
    index = old._index.index
    changed(old, [a_watchlist(NICKEL, "b")])
    assert ids_of(old, an_act(minerals=("gallium",))) == ["a", "b", "c"]
    assert old._index.index is index


def test_an_index_is_taken_over_past_sets_that_were_never_asked() -> None:
    old = watchlist_set((a_watchlist(GALLIUM, id_) for id_ in "abc"), TAXONOMY)
    match(old, an_act())
    index = old._index.index
    middle = changed(old, [a_watchlist(NICKEL, "b")], ["a"])
    new = changed(middle, [a_watchlist(NICKEL, "a")], ["c"])
    assert ids_of(new, an_act(minerals=("nickel",))) == ["a", "b"]
    assert new._index.index is index
    assert ids_of(middle, an_act(minerals=("gallium",))) == ["c"]
    assert ids_of(old, an_act(minerals=("gallium",))) == ["a", "b", "c"]


def test_after_many_changes_without_an_act_the_set_is_right_all_the_same() -> None:
    latest = watchlist_set([a_watchlist(GALLIUM, "a")], TAXONOMY)
    for turn in range(2_000):
        latest = changed(latest, [a_watchlist(NICKEL if turn % 2 else GALLIUM, "a")])
    assert ids_of(latest, an_act(minerals=("nickel",))) == ["a"]


def test_only_a_watchlist_that_is_there_can_be_removed() -> None:
    with pytest.raises(ValueError, match="`gone`"):
        changed(watchlist_set([], TAXONOMY), [], ["gone"])


def test_each_act_sees_one_version_while_another_thread_changes_the_set() -> None:
    """Every watchlist of a version has the same rule, so a reader who sees two versions sees a mixture."""
    ids = [f"w{number}" for number in range(30)]
    act = an_act(minerals=("gallium",))
    versions = [watchlist_set((a_watchlist(GALLIUM, id_) for id_ in ids), TAXONOMY)]

    def reload() -> None:
        for turn in range(40):
            rule = NICKEL if turn % 2 == 0 else GALLIUM
            versions.append(changed(versions[-1], [a_watchlist(rule, id_) for id_ in ids]))

    with ThreadPoolExecutor(2) as pool:
        reloading = pool.submit(reload)
        seen = set()
        while not reloading.done():
            for version in versions[-2:]:
                expected = ids if version.watchlists[0].rule == GALLIUM else []
                seen.add(sorted(expected) == ids_of(version, act))
        reloading.result()
    assert seen <= {True}
