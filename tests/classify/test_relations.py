"""What a measure has to do with another: on which words, and by which identifier or name."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.facets.identifiers import find_identifiers
from services.classify.facets.parts import part_of
from services.classify.facets.relations import Related, Stretch, find_relations
from services.classify.normalise import fold
from services.contracts import ids
from services.contracts.events import Identifier
from services.contracts.measures import Act
from tests.classify.events import event_of, field_text


def _find(text: str, law_before: str = "", issuer: str = "CN") -> list[Related]:
    folded = fold(text)

    def surface(start: int, end: int) -> str:
        return text[slice(*folded.origin(start, end))]

    stretch = Stretch(folded.text, 0, surface, lambda _start, _end: ())
    return find_relations(stretch, find_identifiers(folded.text, issuer), law_before)


def _said(text: str, law_before: str = "") -> list[tuple[str, str]]:
    return [(each.kind, each.identifier.value) for each in _find(text, law_before) if each.identifier]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("暂停实施商务部公告2024年第46号第二款", "suspends", "CN-MOFCOM-2024-46"),
        ("商务部公告2025年第55号自即日起至2026年11月10日暂停实施", "suspends", "CN-MOFCOM-2025-55"),
        ("废止商务部公告2023年第39号", "repeals", "CN-MOFCOM-2023-39"),
        ("修改商务部公告2024年第51号附件", "amends", "CN-MOFCOM-2024-51"),
        ("延长商务部公告2025年第70号的期限", "extends", "CN-MOFCOM-2025-70"),
        ("根据商务部公告2023年第23号", "implements", "CN-MOFCOM-2023-23"),
        ("This rule amends Executive Order 14105", "amends", "14105"),
        ("a notice suspending Executive Order 14105", "suspends", "14105"),
        ("Continuation of the national emergency declared in Executive Order 13405", "extends", "13405"),
        ("Terminating the emergency declared in Executive Order 13405", "repeals", "13405"),
        ("the rule implements Executive Order 14105", "implements", "14105"),
        ("Council Regulation (EU) 2025/1 amending Regulation (EU) No 833/2014", "amends", "833/2014"),
        ("a duty pursuant to Article 9(4) of Regulation (EU) 2016/1036", "implements", "2016/1036"),
        ("令和6年法律第47号の一部を改正する", "amends", "令和6年法律第47号"),
        ("令和6年法律第47号に基づき", "implements", "令和6年法律第47号"),
    ],
)
def test_the_words_around_an_identifier_say_what_is_done_to_it(text: str, kind: str, value: str) -> None:
    assert (kind, value) in _said(text)
    assert len(_said(text)) == 1


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("経済安全保障推進法に基づいて支援する", "implements", "経済安全保障推進法"),
        ("2022年に成立した経済安全保障推進法に基づく支援", "implements", "経済安全保障推進法"),
        ("外国為替及び外国貿易法に基づき規制する", "implements", "外国為替及び外国貿易法"),
        ("ＣＨＩＰＳ＋法に基づいて発表された", "implements", "ＣＨＩＰＳ＋法"),
        (
            "「重要経済安保情報の保護及び活用に関する法律」に基づき",
            "implements",
            "重要経済安保情報の保護及び活用に関する法律",
        ),
        (
            "経済施策を一体的に講ずることによる安全保障の確保の推進に関する法律第十条第一項の規定に基づき",
            "implements",
            "経済施策を一体的に講ずることによる安全保障の確保の推進に関する法律",
        ),
        ("政府は外国為替及び外国貿易法第四十八条に基づき", "implements", "外国為替及び外国貿易法"),
        ("輸出貿易管理令の一部を改正する", "amends", "輸出貿易管理令"),
        ("依据《芯片与科学法》公布支持", "implements", "芯片与科学法"),
        ("修订《两用物项出口管制条例》", "amends", "两用物项出口管制条例"),
        ("grants under the CHIPS and Science Act", "implements", "CHIPS and Science Act"),
        ("under section 232 of the Trade Expansion Act of 1962", "implements", "Trade Expansion Act of 1962"),
    ],
)
def test_a_law_is_known_by_its_name_as_written(text: str, kind: str, name: str) -> None:
    assert _said(text) == [(kind, name)]


def test_every_law_of_a_list_is_carried_out() -> None:
    text = "根据《中华人民共和国出口管制法》、《中华人民共和国两用物项出口管制条例》有关规定"
    assert _said(text) == [
        ("implements", "中华人民共和国出口管制法"),
        ("implements", "中华人民共和国两用物项出口管制条例"),
    ]


def test_the_same_law_is_the_one_named_before() -> None:
    assert _said("同法に基づいて指定された", "経済安全保障推進法") == [("implements", "経済安全保障推進法")]
    assert _said("同法に基づいて指定された") == []


@pytest.mark.parametrize(
    "text",
    [
        "商务部公告2025年第72号 暂停实施有关规定",
        "Commission Implementing Regulation (EU) 2024/2754 imposing a duty",
        "法令に基づき手続を進める",
        "obligations under the act",
        "to act in accordance with the rules",
        "the rule implements an act of friendship",
        "RIN 0694-AI94 amends nothing",
        "duties as amended by Executive Order 14227",
    ],
)
def test_a_document_s_own_number_and_law_in_general_are_no_other_measure(text: str) -> None:
    assert _said(text) == []


def _act(classifier: Classifier, title: str, body: str, lang: str, source: str = "press-desk") -> Act:
    return classifier.classify(event_of(title, body, lang=lang, source=source)).acts[0]


@pytest.mark.parametrize(
    ("title", "body", "lang", "of"),
    [
        ("China bans gallium exports to the US in retaliation for US chip export controls", "", "en", ("US",)),
        ("中国对美国商品加征34%关税,反制美国加征关税措施", "", "zh-Hans", ("US",)),
        (
            "通商の動き",
            "米欧による関税措置については、中国は日本からの化学樹脂の輸入に対する調査を実施すると発表するなど対抗する。",
            "ja",
            ("EU", "US"),
        ),
    ],
)
def test_a_measure_that_answers_another_says_whose(
    title: str, body: str, lang: str, of: tuple[str, ...], classifier: Classifier
) -> None:
    act = _act(classifier, title, body, lang)
    assert [(each.kind, each.to, each.of) for each in act.relations] == [("responds_to", None, of)]


def test_answering_a_request_is_no_answer_to_a_measure(classifier: Classifier) -> None:
    body = "In response to requests from domestic producers, Commerce initiates an investigation of steel from China."
    act = _act(classifier, "Steel From China: Initiation of Antidumping Investigation", body, "en", "us-doc")
    assert act.relations == ()


def test_answering_an_event_is_no_answer_to_a_measure() -> None:
    text = "in response to the coup perpetrated by the burmese military wresting control of the state"
    stretch = Stretch(text, 0, lambda start, end: text[start:end], lambda _start, _end: ("MM",))
    assert find_relations(stretch, []) == []


def test_a_suspension_leads_to_the_measure_it_suspends_on_its_own_words(classifier: Classifier) -> None:
    title = "商务部公告２０２５年第７２号　暂停实施商务部公告２０２４年第４６号第二款"
    body = "根据《中华人民共和国出口管制法》,暂停实施镓相关两用物项出口管制。"
    event = event_of(title, body, source="cn-mofcom", lang="zh-Hans")
    (act,) = classifier.classify(event).acts
    other = Identifier(scheme="announcement", value="CN-MOFCOM-2024-46")
    suspended, implemented = act.relations
    assert (suspended.kind, suspended.to) == ("suspends", other)
    assert suspended.measure_id == ids.measure_id_of_identifier(other)
    assert (implemented.kind, implemented.measure_id) == ("implements", None)
    for each in (suspended.words, implemented.words):
        assert field_text(event, each.field)[each.start : each.end] == each.text


@pytest.mark.parametrize(
    "text", ["a " * 20_000 + "act", "法" * 40_000, "による関税" * 10_000, "《" * 40_000, "報復" * 20_000]
)
def test_time_grows_with_the_sentence_and_not_faster(text: str) -> None:
    started = time.perf_counter()
    _find(text)
    assert time.perf_counter() - started < 3


@given(
    st.text(alphabet="《》「」、。法令律に基づき改正根据修改同報復措置米中,. actunderAmends12年第号公告", max_size=120)
)
def test_any_text_gives_relations_that_lie_in_it(text: str) -> None:
    length = len(fold(text).text)
    assert all(0 <= each.start < each.end <= length for each in _find(text, "外為法"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("暂停实施商务部公告2024年第46号第二款", "paragraph 2"),
        ("暂停实施《商务部公告2024年第46号(关于加强相关两用物项对美国出口管制的公告)》第二款", "paragraph 2"),
        ("废止商务部公告2024年第46号第一条第十二款", "article 1 paragraph 12"),
        ("暂停实施商务部公告2024年第46号第一款、第二款和第二十三款的规定", "paragraph 1, paragraph 2, paragraph 23"),
        ("商務部公告2024年第46号第2項の適用を停止", "paragraph 2"),
        ("令和6年法律第47号第三条の改正", "article 3"),
        ("suspending paragraph 2 of Executive Order 14105", "paragraph 2"),
        ("amending Articles 3 and 5a of Regulation (EU) No 833/2014", "article 3, article 5a"),
        ("repealing Annex IV to Regulation (EU) No 833/2014", "annex IV"),
        ("暂停实施商务部公告2024年第46号", ""),
        ("暂停实施商务部公告2024年第46号关于第二款的规定", ""),
        ("suspending part of Executive Order 14105", ""),
        ("pursuant to section 2 of Executive Order 14105", ""),
    ],
)
def test_the_part_of_the_other_that_is_changed_is_named(text: str, part: str) -> None:
    assert {each.part for each in _find(text) if each.identifier and each.identifier.scheme != "named_act"} == {part}


def test_a_relation_that_names_no_part_says_nothing_beside_one_that_does() -> None:
    text = "暂停实施商务部公告2024年第46号。自即日起,暂停实施商务部公告2024年第46号第二款"
    assert [(each.kind, each.part) for each in _find(text)] == [("suspends", "paragraph 2")]


@pytest.mark.parametrize(
    ("after", "part"),
    [
        ("规定的加征税率由34%降为10%,其余24%在90天内暂停实施", "remaining 24%"),
        ("规定的加征税率由34%降为10%", ""),
        ("第二款", "paragraph 2"),
    ],
)
def test_the_part_that_is_left_of_a_duty_is_a_part(after: str, part: str) -> None:
    assert part_of("", after) == part
