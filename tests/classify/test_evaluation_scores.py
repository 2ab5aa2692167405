from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.evaluation.bootstrap import intervals
from services.classify.evaluation.calibration import calibrate
from services.classify.evaluation.confusion import confuse
from services.classify.evaluation.scores import Rate, Score, compare

COUNTS = st.integers(0, 50)
SCORES = st.builds(Score, COUNTS, COUNTS, COUNTS)
TAGS = st.frozensets(st.sampled_from("abcdef"))
STATED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


def test_scores_add_up_and_an_empty_question_is_answered_rightly() -> None:
    assert compare({"a", "b"}, {"b", "c"}) == Score(1, 1, 1)
    assert compare({"a", "b"}, {"b", "c"}).f1 == 0.5
    assert Score().f1 == Score().precision == Score().recall == 1.0
    assert Rate().value is None


@given(TAGS, TAGS)
def test_precision_is_the_recall_of_the_question_turned_round(said: frozenset[str], wanted: frozenset[str]) -> None:
    assert compare(said, wanted).precision == compare(wanted, said).recall
    assert compare(said, wanted).f1 == compare(wanted, said).f1


@given(SCORES, SCORES)
def test_the_rates_of_a_sum_are_the_sums_of_the_rates(one: Score, other: Score) -> None:
    assert (one + other).rates == tuple(a + b for a, b in zip(one.rates, other.rates, strict=True))


@given(SCORES)
def test_f1_lies_between_precision_and_recall(score: Score) -> None:
    low, high = sorted((score.precision, score.recall))
    if score.right + score.extra and score.right + score.missed:
        assert low - 1e-12 <= score.f1 <= high + 1e-12


def test_an_interval_holds_the_rate_and_is_the_same_for_the_same_seed() -> None:
    column = [Rate(index % 4 != 0, 1) for index in range(200)]
    (found,) = intervals([column], draws=400, seed=3)
    assert found is not None
    assert found[0] < 0.75 < found[1]
    assert found[1] - found[0] == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 200) ** 0.5, rel=0.2)
    assert intervals([column], draws=400, seed=3) == [found]
    assert intervals([column], draws=400, seed=4) != [found]


def test_tags_of_one_document_count_as_one_draw() -> None:
    (alone,) = intervals([[Rate(index % 2, 1) for index in range(100)]], draws=300, seed=1)
    (together,) = intervals([[Rate(10 * (index % 2), 10) for index in range(100)]], draws=300, seed=1)
    assert alone == together


def test_nothing_to_share_has_no_interval_and_no_draw_gives_none() -> None:
    assert intervals([[Rate(), Rate()]], draws=20, seed=1) == [None]
    assert intervals([[Rate(1, 1)]], draws=0, seed=1) == [None]
    assert intervals([], draws=20, seed=1) == []


def test_a_thousand_draws_of_650_documents_take_seconds() -> None:
    columns = [[Rate(1, 1) if (index + shift) % 10 == 0 else Rate() for index in range(650)] for shift in range(90)]
    before = time.process_time()
    intervals(columns, draws=1000, seed=1)
    assert time.process_time() - before < 10


def test_a_confusion_counts_what_was_said_instead_the_most_frequent_first() -> None:
    found = confuse([("now", "now"), ("digest", "now"), ("digest", "digest"), ("digest", "digest"), ("now", "archive")])
    assert found.counts == {"digest": {"digest": 2, "now": 1}, "now": {"archive": 1, "now": 1}}
    assert list(found.counts) == ["digest", "now"]
    assert found.accuracy == Rate(3, 5)


def test_calibration_of_a_hand_computed_case() -> None:
    found = calibrate([(0.9, True), (0.9, True), (0.9, False), (0.5, True)])
    assert [(each.low, each.count) for each in found.bins] == [(0.5, 1), (0.9, 3)]
    assert found.expected_error == pytest.approx((3 * (0.9 - 2 / 3) + 0.5) / 4)
    assert found.brier == pytest.approx((2 * 0.01 + 0.81 + 0.25) / 4)
    assert found.base_brier == pytest.approx(0.75 * 0.25)


def test_nothing_stated_has_no_calibration() -> None:
    assert calibrate([]).expected_error is None
    assert calibrate([]).brier is None


@given(STATED)
def test_every_statement_falls_in_one_bin_and_certainty_that_is_right_has_no_error(
    stated: list[tuple[float, bool]],
) -> None:
    assert sum(each.count for each in calibrate(stated).bins) == len(stated)
    certain = calibrate((float(right), right) for _, right in stated)
    assert certain.expected_error in (0, None)
    assert certain.brier in (0, None)
