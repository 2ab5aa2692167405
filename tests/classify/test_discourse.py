"""What the clauses of press and commentary say of one another."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.contracts.measures import Act
from tests.classify.events import event_of, tags


def _acts(classifier: Classifier, text: str, lang: str) -> tuple[Act, ...]:
    return classifier.classify(event_of("通商の動き" if lang != "en" else "Weekly", text, lang=lang)).acts


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("米政府は半導体の輸出管理措置を実施した。今後、投資審査が厳格化される可能性がある。", "ja"),
        ("The US imposed export controls on chips. Investment screening could be tightened further.", "en"),
        ("美国对芯片实施出口管制。今后投资审查可能进一步收紧。", "zh-Hans"),
    ],
)
def test_a_forecast_that_names_nobody_borrows_no_actor(text: str, lang: str, classifier: Classifier) -> None:
    hedged = [act for act in _acts(classifier, text, lang) if act.modality == "forecast"]
    assert [(act.types, act.imposing) for act in hedged] == [(("inbound_investment_screening",), ())]


def test_an_asserted_clause_still_takes_the_actor_of_the_one_before(classifier: Classifier) -> None:
    text = "米政府は9月に半導体の輸出管理措置を実施し、10月に対中投資を制限する規則を発表した。"
    assert [act.imposing for act in _acts(classifier, text, "ja")] == [("US",), ("US",)]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("日本でも半導体のサプライチェーン再編の試みが加速化した。", "ja"),
        ("Efforts to rebuild the semiconductor supply chain have gathered pace in Japan.", "en"),
        ("日本重组半导体供应链的努力正在加速。", "zh-Hans"),
    ],
)
def test_a_trend_is_no_act(text: str, lang: str, classifier: Classifier) -> None:
    assert _acts(classifier, text, lang) == ()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("米国では法律に基づいて半導体産業への補助金が次々と発表された。", "ja"),
        ("The United States has announced one grant after another for its chip industry.", "en"),
        ("美国相继公布对半导体产业的补贴。", "zh-Hans"),
    ],
)
def test_support_announced_time_and_again_is_in_force(text: str, lang: str, classifier: Classifier) -> None:
    assert [act.stage for act in _acts(classifier, text, lang)] == ["in_force"]


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("米政府は2024年9月に新たな輸出管理措置を実施した。", "ja", "2024-09"),
        ("In September 2024 the US government put in place export controls on chips.", "en", "2024-09"),
        ("2024年9月,美国政府对芯片实施了新的出口管制措施。", "zh-Hans", "2024-09"),
    ],
)
def test_the_date_at_which_a_measure_is_put_to_work_is_that_of_effect(
    text: str, lang: str, value: str, classifier: Classifier
) -> None:
    dates = [(fact.role, fact.value) for act in _acts(classifier, text, lang) for fact in act.dates]
    assert dates == [("effective", value)]


def test_the_day_a_step_was_announced_is_not_that_of_effect(classifier: Classifier) -> None:
    text = "中国は2024年5月に化学樹脂の輸入に対する調査を実施すると発表した。"
    assert [fact.role for act in _acts(classifier, text, "ja") for fact in act.dates] == ["announced"]


def test_a_start_planned_later_in_the_sentence_belongs_to_the_work_it_is_about(classifier: Classifier) -> None:
    text = "日本では2024年末に半導体の第2工場が着工され、2027年稼働予定とされる。"
    dates = {(fact.role, fact.value) for act in _acts(classifier, text, "ja") for fact in act.dates}
    assert ("effective", "2027") in dates


def test_a_call_to_prepare_gives_its_deadline_to_the_measure_it_comes_back_to(classifier: Classifier) -> None:
    text = (
        "日本では2024年5月にセキュリティクリアランス制度を法制化した法律が成立した。\n"
        "セキュリティクリアランス制度の2025年の運用開始までに企業は準備を加速する必要がある。"
    )
    (act,) = _acts(classifier, text, "ja")
    assert {(fact.role, fact.value) for fact in act.dates} == {("adopted", "2024-05"), ("effective", "2025")}
    assert act.modality == "asserted"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("日本と韓国は協調が必要になる。こうした連携を実現するために米国が強制的な措置をとる可能性もある。", "ja"),
        (
            "Japan and South Korea have yet to agree. "
            "The United States could take coercive measures to bring about such coordination.",
            "en",
        ),
        ("日本和韩国尚未达成一致。为实现这种协调,美国可能采取强制性措施。", "zh-Hans"),
    ],
)
def test_measures_to_make_others_follow_are_aimed_at_those_just_named(
    text: str, lang: str, classifier: Classifier
) -> None:
    coercive = [act for act in _acts(classifier, text, lang) if "JP" in act.target]
    assert [(act.imposing, act.target, act.modality) for act in coercive] == [(("US",), ("JP", "KR"), "forecast")]


def test_the_name_of_the_field_in_a_heading_is_no_measure(classifier: Classifier) -> None:
    assert _acts(classifier, "## 第10章 国家間競争時代の経済安全保障\n競争は続く。", "ja") == ()


def test_a_chinese_name_in_the_middle_of_a_japanese_word_is_not_read(classifier: Classifier) -> None:
    acts = _acts(classifier, "都市鉱山の回収・再生技術の開発に補助金を交付した。", "ja")
    assert acts
    assert tags(acts, "technologies") == set()
