from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.classify.confidence import confidence_of
from services.classify.core import Classifier
from services.classify.evaluation.calibration import calibrate
from services.classify.rulebook import default_rulebook
from tests.classify.events import event_of
from tests.classify.fitting import cross_validate, fit, samples

_WEIGHTS = default_rulebook().confidence
_DOUBTS = st.sets(st.sampled_from(sorted(_WEIGHTS.doubts)))


@given(_DOUBTS, _DOUBTS)
def test_a_further_doubt_never_raises_confidence(some: set[str], more: set[str]) -> None:
    assert 0 < confidence_of(some | more, _WEIGHTS) <= confidence_of(some, _WEIGHTS) < 1


def test_a_measure_told_outright_is_surer_than_one_that_is_hinted_at(classifier: Classifier) -> None:
    order = "Silicon Metal From the Republic of Kazakhstan: Antidumping Duty Order"
    (told,) = classifier.classify(event_of(order, source="us-federal-register")).acts
    (hinted,) = classifier.classify(event_of("美国限制芯片对华出口", source="cn-cctv-xwlb", lang="zh-Hans")).acts
    assert told.doubts == ()
    assert hinted.doubts
    assert hinted.confidence < told.confidence


def test_fitting_finds_the_doubt_that_matters_and_no_weight_below_zero() -> None:
    telling, idle, helpful = frozenset({"telling"}), frozenset({"idle"}), frozenset({"helpful"})
    seen = [(telling, number % 2 == 0) for number in range(200)]
    seen += [(idle, number % 10 != 0) for number in range(200)] + [
        (frozenset(), number % 10 != 0) for number in range(200)
    ]
    seen += [(helpful, True) for _ in range(50)]
    _, weights = fit(seen, ["telling", "idle", "helpful"])
    assert weights["telling"] > 1
    assert weights["idle"] < 0.3
    assert weights["helpful"] == 0


def test_confidence_can_be_believed_in_documents_nothing_was_fitted_on(classifier: Classifier) -> None:
    checked = calibrate(cross_validate(list(samples(classifier)), list(_WEIGHTS.doubts)))
    assert checked.brier is not None
    assert checked.base_brier is not None
    assert checked.expected_error is not None
    assert checked.expected_error < 0.06
    assert checked.brier < checked.base_brier * 1.03
