"""The delivery protocol in every state it can come to: the published bounds, and a checker that sees."""

from __future__ import annotations

import pytest

from tests.model.check import enumerate_states
from tests.model.variants import BUDGETS, BUGS, CASES, LARGEST, LAST_WRITE, NAIVE, READ_BACK, Bug, Case
from tests.model.world import Budget


def named(each: Case | Bug | Budget) -> str:
    return str(tuple(each)) if isinstance(each, Budget) else each.variant.name


PROMISED = [(case, budget) for case in CASES for budget in BUDGETS if case.holds_with(budget)]


def judge(case: Case, budget: Budget) -> None:
    result = enumerate_states(case.variant, budget)
    assert result.sound, result
    if case.bound is not None:
        assert result.most == case.bound(budget), (result, result.trace)


@pytest.mark.parametrize(("case", "budget"), PROMISED, ids=named)
def test_nothing_is_lost_and_copies_stay_within_the_published_bound(case: Case, budget: Budget) -> None:
    judge(case, budget)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", [case for case in CASES if case.holds_with(LARGEST)], ids=named)
def test_so_it_is_with_two_kills_two_lost_answers_and_a_zombie(case: Case) -> None:
    judge(case, LARGEST)


@pytest.mark.parametrize("bug", BUGS, ids=named)
def test_a_planted_bug_is_seen(bug: Bug) -> None:
    seen = enumerate_states(bug.variant, bug.budget)
    assert bug.shown_by <= seen.faults(), seen


@pytest.mark.parametrize("bug", BUGS, ids=named)
def test_where_a_planted_bug_is_seen_what_ships_shows_nothing(bug: Bug) -> None:
    assert not enumerate_states(READ_BACK.variant, bug.budget).faults()


def test_what_most_notifiers_do_doubles_after_one_kill() -> None:
    assert enumerate_states(NAIVE.variant, Budget(1, 0, 0)).most == 2


def test_without_the_merge_rule_a_zombie_takes_back_what_was_sent() -> None:
    assert enumerate_states(LAST_WRITE.variant, Budget(0, 0, 1)).fallen
