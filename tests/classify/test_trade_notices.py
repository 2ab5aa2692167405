"""Notices of the trade and security agencies: the steps of a measure, and the paper around it."""

from __future__ import annotations

import pytest

from services.classify.core import Classification, Classifier
from tests.classify.events import event_of

_REGISTER = "us-federal-register"


def _read(classifier: Classifier, title: str, body: str | None = None) -> Classification:
    return classifier.classify(event_of(title, body, lang="en", source=_REGISTER))


@pytest.mark.parametrize(
    "title",
    [
        "Modifying Reciprocal Tariff Rates To Reflect Discussions With the Republic of Iceland",
        "Amendments to Adjusting Imports of Nickel Into the United States",
    ],
)
def test_a_change_of_what_is_due_at_the_border_alerts_at_once(classifier: Classifier, title: str) -> None:
    found = _read(classifier, title)
    assert found.urgency == "now"
    assert [act.stage for act in found.acts] == ["amended"]


def test_the_handling_of_exclusions_from_a_duty_waits_for_the_digest(classifier: Classifier) -> None:
    found = _read(classifier, "Procedures for Exclusion Requests: Section 232 Duties on Nickel Products")
    assert found.relevant
    assert found.urgency == "digest"


def test_no_injury_found_ends_the_case(classifier: Classifier) -> None:
    found = _read(
        classifier,
        "Cobalt Powder From Norway; Determinations",
        "The Commission determines that an industry in the United States is not materially injured by reason of "
        "imports of cobalt powder from Norway.",
    )
    assert [(act.stage, act.direction) for act in found.acts] == [("lifted", "liberalising")]


def test_a_duty_the_opening_names_stands_beside_that_of_the_headline(classifier: Classifier) -> None:
    found = _read(
        classifier,
        "Cobalt Powder From Norway; Determinations",
        "The Commission determines that there is a reasonable indication that an industry is materially injured by "
        "reason of imports of cobalt powder from Norway that are alleged to be sold in the United States at less than "
        "fair value and to be subsidized by the government of Norway.",
    )
    assert {tag for act in found.acts for tag in act.types} == {"anti_dumping", "countervailing"}
    assert {act.stage for act in found.acts} == {"proposed"}


def test_suspended_relief_is_a_restriction_and_a_suspended_restriction_is_relief(classifier: Classifier) -> None:
    relief = _read(classifier, "Suspending Duty-Free De Minimis Treatment for Parcels From Norway")
    control = _read(classifier, "Two-Year Suspension of Expansion of End-User Controls")
    assert [act.direction for act in relief.acts] == ["restrictive"]
    assert [(act.direction, act.stage) for act in control.acts] == [("liberalising", "suspended")]


@pytest.mark.parametrize(
    "title",
    [
        "Administrative Protective Order and Document Submission Procedures in Countervailing Duty Proceedings",
        "Adjustment of Civil Monetary Penalties Under the Export Administration Regulations",
        "Modification of a Ruling Letter Concerning the Tariff Classification of Cobalt Powder",
        "Critical Minerals Trade Mission to the Andes",
        "Action Affecting Export Privileges; A Freight Forwarder; Order Modifying the Denial Order",
    ],
)
def test_the_paper_around_trade_measures_is_no_news(classifier: Classifier, title: str) -> None:
    assert not _read(classifier, title).relevant
