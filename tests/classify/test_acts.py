"""What an act says: types, direction, stage, roles and the words for each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from services.classify.core import Classifier, to_json
from services.contracts.measures import Act
from services.contracts.vocab import Facet
from tests.classify.events import event_of, tags


def _act(classifier: Classifier, text: str, **more: str) -> Act:
    return classifier.classify(event_of(text, **more)).acts[0]


@pytest.mark.parametrize(
    ("title", "stage", "direction"),
    [
        ("Tungsten Rods From China: Initiation of Less-Than-Fair-Value Investigation", "investigation", "restrictive"),
        (
            "Tungsten Rods From China: Preliminary Affirmative Determination of Sales at Less Than Fair Value",
            "proposed",
            "restrictive",
        ),
        ("Tungsten Rods From China: Final Affirmative Countervailing Duty Determination", "in_force", "restrictive"),
        ("Tungsten Rods From China: Antidumping Duty Order", "in_force", "restrictive"),
        (
            "Tungsten Rods From China: Final Results of the Expedited Sunset Review of the Antidumping Duty Order",
            "extended",
            "restrictive",
        ),
        (
            "Tungsten Rods From China: Final Results of Antidumping Duty Administrative Review; 2021-2022",
            "amended",
            "restrictive",
        ),
        (
            "Tungsten Rods From China: Final Results and Partial Rescission of Antidumping Administrative Review",
            "amended",
            "restrictive",
        ),
        (
            "Tungsten Rods From China: Final Negative Determination of Sales at Less Than Fair Value",
            "lifted",
            "liberalising",
        ),
    ],
)
def test_trade_remedies_follow_the_practice_of_their_authorities(
    title: str, stage: str, direction: str, classifier: Classifier
) -> None:
    act = _act(classifier, title, source="us-federal-register", lang="en")
    assert (act.stage, act.direction, act.imposing, act.target, act.minerals) == (
        stage, direction, ("US",), ("CN",), ("tungsten",),
    )  # fmt: skip


def test_roles_follow_the_words_when_the_countries_are_swapped(classifier: Classifier) -> None:
    one = _act(classifier, "China bans exports of gallium to Japan", lang="en")
    other = _act(classifier, "Japan bans exports of gallium to China", lang="en")
    assert (one.imposing, one.target) == (("CN",), ("JP",))
    assert (other.imposing, other.target) == (("JP",), ("CN",))
    assert (one.types, one.minerals) == (other.types, other.minerals) == (("export_ban",), ("gallium",))


def test_a_suspended_restriction_is_liberalising(classifier: Classifier) -> None:
    act = _act(classifier, "商务部公告2025年第70号 暂停实施稀土出口管制", source="cn-mofcom", lang="zh-Hans")
    assert (act.stage, act.direction) == ("suspended", "liberalising")


def test_a_stated_day_of_effect_decides_between_adopted_and_in_force(classifier: Classifier) -> None:
    body = "决定对镓相关物项实施出口管制。本公告自2024年9月1日起正式实施。"
    stages = [
        _act_of(classifier, "关于对镓相关物项实施出口管制的公告", body, published).stage
        for published in ("2024-08-15", "2024-09-01")
    ]
    assert stages == ["adopted", "in_force"]


def _act_of(classifier: Classifier, title: str, body: str, published: str) -> Act:
    event = event_of(title, body, source="cn-mofcom", lang="zh-Hans", published=published)
    return classifier.classify(event).acts[0]


def test_a_digest_of_a_foreign_measure_is_that_country_s_act(classifier: Classifier) -> None:
    act = _act(
        classifier, "荷兰政府把更多先进半导体制造设备纳入出口管制", source="cn-mofcom-exportcontrol", lang="zh-Hans"
    )
    assert act.imposing == ("NL",)


def test_every_tag_has_words_that_show_it(classifier: Classifier) -> None:
    act = _act(classifier, "China bans exports of gallium and germanium to the United States", lang="en")
    shown = {(each.facet, each.tag) for each in act.evidence}
    wanted = {(Facet.TYPE, tag) for tag in act.types} | {(Facet.MINERAL, tag) for tag in act.minerals}
    wanted |= {(Facet.IMPOSING, "CN"), (Facet.TARGET, "US"), (Facet.STAGE, act.stage)}
    assert wanted <= shown


@pytest.mark.parametrize(
    "title",
    [
        "Agency Information Collection Activities; Request for Investigation Under Section 232",
        "Foreign-Trade Zone 17; Authorization of Production Activity; Lithium-Ion Battery Cells",
        "Certain Semiconductor Devices and Components Thereof; Institution of Investigation Under Section 337",
        "Order Temporarily Denying Export Privileges; Example Trading Ltd.",
        "Materials and Equipment Technical Advisory Committee; Notice of Partially Closed Meeting",
    ],
)
def test_look_alikes_are_kept_out_and_say_why(title: str, classifier: Classifier) -> None:
    result = classifier.classify(event_of(title, source="us-federal-register", lang="en"))
    assert not result.relevant
    assert result.acts == ()
    assert result.rejected[0].words


def test_the_printed_form_carries_the_id_of_the_input(classifier: Classifier) -> None:
    printed = to_json(classifier.classify(event_of("China bans exports of gallium", lang="en", document_id="doc:7")))
    assert printed["id"] == "doc:7"
    assert printed["acts"][0]["types"] == ["export_ban"]


@pytest.fixture(scope="module")
def acceptance(shared_data: Path) -> dict[str, list[dict[str, object]]]:
    text = (shared_data / "seed" / "acceptance.yaml").read_text(encoding="utf-8")
    table: dict[str, list[dict[str, object]]] = yaml.safe_load(text)
    return table


def test_one_measure_in_two_languages_has_the_same_tags(
    acceptance: dict[str, dict[str, list[dict[str, str]]]], classifier: Classifier
) -> None:
    different = {}
    for case in acceptance["parity"]["cases"]:
        english, chinese = (
            classifier.classify(event_of(case[key], lang=lang, published="2024-11-28")).acts
            for key, lang in (("en", "en"), ("zh", "zh-Hans"))
        )
        for facet in ("types", "imposing", "target", "technologies"):
            if tags(english, facet) != tags(chinese, facet):
                different[str(case["rows"]), facet] = (tags(english, facet), tags(chinese, facet))
    assert different == {}


def test_the_founding_commentary_is_read_act_by_act(shared_data: Path, classifier: Classifier) -> None:
    (path,) = (shared_data / "seed").glob("000_*.txt")
    event = event_of("戦略アウトルック2025", path.read_text(encoding="utf-8"), lang="ja", published="2024-11-28")
    acts = [act for act in classifier.classify(event).acts if act.modality == "asserted"]
    gallium = [act for act in acts if "gallium" in act.minerals]
    assert [(act.types, act.imposing) for act in gallium] == [(("export_control",), ("CN",))]
    assert {act.types for act in acts if act.imposing == ("US",) and "export_control" in act.types} == {
        ("export_control",)
    }
    assert [act.target for act in acts if "JP" in act.target] == [("EU", "JP", "TW", "US")]
    assert [act.imposing for act in acts if "US" in act.target and "TW" not in act.target] == [("CN",)]
    assert {act.affected for act in acts if {"nickel", "cobalt"} & set(act.minerals)} == {("AU",)}
