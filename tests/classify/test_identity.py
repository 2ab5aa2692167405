"""Documents of one measure share its id; acts of one document do not."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.facets.identifiers import find_identifiers
from services.contracts.measures import Act
from tests.classify.events import event_of


def _first(classifier: Classifier, title: str, body: str, source: str, document_id: str) -> Act:
    return classifier.classify(event_of(title, body, source=source, document_id=document_id)).acts[0]


@pytest.mark.parametrize(
    ("text", "scheme", "value"),
    [
        ("rin 0694-ai94", "rin", "0694-AI94"),
        ("case a-570-135", "ad_cvd_case", "A-570-135"),
        ("商务部公告2024年第46号", "announcement", "CN-2024-46"),
        ("海关总署公告二〇二四年第四十六号", "announcement", "CN-2024-46"),
        ("implementing regulation (eu) 2024/2754", "eu_act", "2024/2754"),
        ("令和4年法律第43号", "jp_law", "令和4年法律第43号"),
        ("executive order 14105", "executive_order", "14105"),
        ("dfars case 2020-d007", "dfars_case", "2020-D007"),
    ],
)
def test_official_identifiers_are_read_in_their_own_notation(text: str, scheme: str, value: str) -> None:
    assert [(each.identifier.scheme, each.identifier.value) for each in find_identifiers(text, "CN")] == [
        (scheme, value)
    ]


def test_a_proposal_and_its_final_rule_share_a_measure(classifier: Classifier) -> None:
    source = "us-federal-register"
    proposed = _first(classifier, "Export controls on gallium; proposed rule", "RIN 0694-ZZ01.", source, "a")
    final = _first(classifier, "Export controls on gallium; final rule", "This is RIN 0694-ZZ01.", source, "b")
    assert proposed.measure_id == final.measure_id
    assert proposed.act_id != final.act_id


def test_a_suspension_joins_the_measure_it_suspends(classifier: Classifier) -> None:
    source = "cn-mofcom"
    first = _first(
        classifier,
        "商务部公告2024年第46号 关于加强两用物项对美国出口管制的公告",
        "禁止两用物项对美国军事用户出口。",
        source,
        "a",
    )
    later = _first(
        classifier, "商务部公告2025年第72号 暂停实施2024年第46号公告第二款", "暂停实施两用物项出口管制。", source, "b"
    )
    assert first.measure_id == later.measure_id
    assert later.stage == "suspended"


def test_further_acts_of_a_document_are_measures_of_their_own(classifier: Classifier) -> None:
    title = "Iran-related Designations; Issuance of Iran-related General License"
    acts = classifier.classify(event_of(title, source="us-ofac", lang="en")).acts
    assert len({act.measure_id for act in acts}) == len(acts) == 2
    assert {act.direction for act in acts} == {"restrictive", "liberalising"}
