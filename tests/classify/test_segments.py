"""A notice with three measures gives three acts, and a commentary each of its measures with what is its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.normalise import fold
from services.classify.segments import find_segments
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Field, RelationKind, Stage
from tests.classify.events import event_of, field_text


@dataclass(frozen=True)
class Said:
    """What an act must say: a type, whom it is aimed at, its objects, its day of effect, codes and numbers."""

    type: str
    target: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    effective: str | None = None
    codes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def _said(act: Act) -> Said:
    effective = act.date_of(DateRole.EFFECTIVE)
    return Said(
        act.types[0],
        act.target,
        (*act.minerals, *act.technologies),
        effective.value if effective else None,
        (*act.hs_codes, *act.eccns),
        tuple(each.value for each in act.identifiers),
    )


_ENGLISH = """The Ministry of Trade today adopted the following measures.
1. Exports of gallium (HS code 8112.92) to Japan are prohibited from 1 March 2026.
2. Anti-dumping duties of 25 % are imposed on imports of steel from Vietnam from 3 April 2026.
3. Grants of EUR 2 billion will be awarded to makers of battery cells."""
_ENGLISH_WORDS = (
    "The Ministry of Trade today adopted three measures. First, exports of gallium (HS code 8112.92) to Japan are "
    "prohibited from 1 March 2026. Second, anti-dumping duties of 25 % are imposed on imports of steel from Vietnam "
    "from 3 April 2026. Third, grants of EUR 2 billion will be awarded to makers of battery cells."
)
_CHINESE = """现将有关事项公告如下：
一、自2026年3月1日起，禁止镓（海关商品编号：81129290）相关物项对日本出口。
二、自2026年4月3日起，对原产于越南的进口不锈钢征收反倾销税。
三、对动力电池生产企业给予补贴。"""
_TAIWANESE = """公告事項如下：
（一）自2026年3月1日起，禁止鎵（稅則號列：81129290）相關貨品對日本出口。
（二）自2026年4月3日起，對原產於越南的不鏽鋼課徵反傾銷稅。
（三）對動力電池生產企業給予補貼。"""
_JAPANESE = """経済産業省は、本日、次の措置を決定しました。
（１）日本から中国へのガリウム（ＨＳコード：8112.92）の輸出を令和8年3月1日から許可制とします。
（２）ベトナム産鉄鋼に不当廉売関税を令和8年4月3日から課します。
（３）蓄電池の国内生産に1,000億円を助成します。"""
_NOTICES = {
    "english numbers": ("Ministry adopts three trade measures", _ENGLISH, "au-trade"),
    "english words": ("Ministry adopts three trade measures", _ENGLISH_WORDS, "au-trade"),
    "chinese": ("商务部 海关总署公告2026年第10号 关于实施三项措施的公告", _CHINESE, "cn-mofcom"),
    "traditional chinese": ("經濟部公告三項措施", _TAIWANESE, "tw-moea"),
    "japanese": ("経済安全保障に関する三つの措置を決定しました", _JAPANESE, "jp-meti"),
}


@pytest.mark.parametrize("notice", _NOTICES)
def test_a_notice_with_three_measures_gives_three_acts_each_with_what_is_its_own(
    notice: str, classifier: Classifier
) -> None:
    title, body, source = _NOTICES[notice]
    found = classifier.classify(event_of(title, body, source=source))
    first, second, third = found.acts
    export = "licence_requirement" if notice == "japanese" else "export_ban"
    assert (first.types, second.types, third.types) == ((export,), ("anti_dumping",), ("subsidy",))
    assert (first.minerals, second.minerals, third.technologies) == (("gallium",), ("steel",), ("batteries",))
    assert (first.target, second.target, third.target) == (("CN",) if notice == "japanese" else ("JP",), ("VN",), ())
    assert [_said(act).effective for act in found.acts] == ["2026-03-01", "2026-04-03", None]
    assert [len(_said(act).codes) for act in found.acts] == [1, 0, 0]
    assert len({act.imposing for act in found.acts}) == 1
    assert len({act.measure_id for act in found.acts}) == 3
    assert found.urgency == "now"


def test_the_passages_and_evidence_of_an_item_lie_in_it(classifier: Classifier) -> None:
    title, body, source = _NOTICES["english numbers"]
    event = event_of(title, body, source=source)
    for act, line in zip(classifier.classify(event).acts, body.splitlines()[1:], strict=True):
        start = body.index(line)
        spans = [(each.field, each.start, each.end, each.text) for each in act.evidence]
        spans += [(each.field, each.start, each.end, each.text) for each in act.passages]
        for field, first, last, text in spans:
            assert field_text(event, field)[first:last] == text
            assert field is Field.TITLE or start <= first < last <= start + len(line)


def test_a_closing_line_gives_all_items_their_day_of_effect(classifier: Classifier) -> None:
    body = "一、禁止镓对日本出口。\n二、对动力电池生产企业给予补贴。\n本公告自2026年5月1日起实施。"
    event = event_of("商务部公告2026年第10号 关于实施若干措施的公告", body, source="cn-mofcom")
    acts = classifier.classify(event).acts
    assert [(act.types, _said(act).effective, act.stage) for act in acts] == [
        (("export_ban",), "2026-05-01", Stage.ADOPTED),
        (("subsidy",), "2026-05-01", Stage.ADOPTED),
    ]


def test_a_document_s_own_number_names_the_first_item_and_qualifies_the_others(classifier: Classifier) -> None:
    title, body, source = _NOTICES["chinese"]
    ids = [act.measure_id for act in classifier.classify(event_of(title, body, source=source, document_id="a")).acts]
    again = [act.measure_id for act in classifier.classify(event_of(title, body, source=source, document_id="b")).acts]
    later = classifier.classify(
        event_of("商务部公告2027年第3号 关于暂停实施2026年第10号公告第一款对日本出口管制的公告", source=source)
    )
    assert ids == again
    assert later.acts[0].measure_id == ids[0]


@pytest.mark.parametrize(
    ("title", "body", "source"),
    [
        (
            "商务部公告2024年第46号 关于加强相关两用物项对美国出口管制的公告",
            "一、禁止两用物项对美国军事用户出口。\n二、原则上不予许可镓、锗、锑对美国出口。\n三、违反规定的，依法处罚。",
            "cn-mofcom",
        ),
        (
            "商务部公告2024年第21号 关于对有关物项实施出口管制措施的公告",
            "一、下列物项未经许可不得出口：\n（一）燃气轮机制造装备。\n（二）石墨相关物项。\n二、出口经营者应当申请许可。",
            "cn-mofcom",
        ),
        (
            "Export Controls on Quantum Items; Interim Final Rule",
            "This rule (1) adds ECCNs for quantum computers, (2) imposes a licence requirement on their export, and "
            "(3) requests comments. It also describes anti-dumping duties.",
            "us-federal-register",
        ),
        ("ガリウムの輸出管理措置について", "1. ガリウムの輸出を許可制とする。\n2. 施行は3月1日である。", "jp-meti"),
    ],
)
def test_a_list_within_one_measure_stays_one_act(title: str, body: str, source: str, classifier: Classifier) -> None:
    assert len(classifier.classify(event_of(title, body, source=source)).acts) == 1


_COMMENTARIES = {
    "en": (
        "Outlook",
        "China banned exports of gallium to the United States (HTS 8112.92) under Announcement No. 46 of 2024 of the "
        "Ministry of Commerce from 3 December 2024. The European Union imposed countervailing duties on electric "
        "vehicles from China by Regulation (EU) 2024/2754 from 30 October 2024. In May 2024 Japan enacted a law "
        "creating a security clearance system.",
    ),
    "zh-Hans": (
        "一周动态",
        "中国自2024年12月3日起禁止镓（海关商品编号：811292）对美国出口（商务部公告2024年第46号）。欧盟依据条例（EU）2024/2754"
        "对原产于中国的电动汽车征收反补贴税，自2024年10月30日起执行。2024年5月，日本通过法律，建立安全许可制度。",
    ),
    "ja": (
        "経済安保の動き",
        "中国は2024年12月3日からガリウム（HSコード：8112.92）の対米輸出を禁止した（商務部公告2024年第46号）。"
        "EUは2024年10月30日から規則（EU）2024/2754により中国からの電気自動車に相殺関税を課した。"
        "日本では2024年5月にセキュリティクリアランス制度を法制化した法律が成立した。",
    ),
}


@pytest.mark.parametrize("lang", _COMMENTARIES)
def test_a_commentary_gives_each_of_its_measures_with_what_is_its_own(lang: str, classifier: Classifier) -> None:
    title, body = _COMMENTARIES[lang]
    acts = classifier.classify(event_of(title, body, lang=lang, published="2025-02-01")).acts
    assert [act.imposing for act in acts] == [("CN",), ("EU",), ("JP",)]
    assert [_said(act) for act in acts[:2]] == [
        Said("export_ban", ("US",), ("gallium",), "2024-12-03", ("8112.92",), ("CN-MOFCOM-2024-46",)),
        Said("countervailing", ("CN",), ("electric_vehicles",), "2024-10-30", (), ("2024/2754",)),
    ]
    clearance = _said(acts[2])
    assert (clearance.type, clearance.codes, clearance.numbers) == ("security_clearance", (), ())
    assert [(each.value, str(each.role)) for each in acts[2].dates] in (
        [("2024-05", "adopted")],
        [("2024-05", "announced")],
    )


def test_one_measure_has_one_thread_in_the_commentaries_of_three_languages(classifier: Classifier) -> None:
    ids = {
        lang: [act.measure_id for act in classifier.classify(event_of(title, body, lang=lang, document_id=lang)).acts]
        for lang, (title, body) in _COMMENTARIES.items()
    }
    assert len({measures[0] for measures in ids.values()}) == 1
    assert len({measures[1] for measures in ids.values()}) == 1


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Preamble.\n1. One\n2. Two\n3. Three\nEnd", ["One", "Two", "Three"]),
        ("Preamble: (1) one; (2) two; (3) three.", ["one;", "two;", "three."]),
        ("序：\n一、甲。\n二、乙。\n（一）丙。\n（二）丁。\n三、戊。", ["甲。", "乙。\n(一)丙。\n(二)丁。", "戊。"]),
        ("措施：一是甲；二是乙；三是丙。", ["甲;", "乙;", "丙。"]),
        ("前文。第一に、甲。第二に、乙。", ["甲。", "乙。"]),
        ("前文\n①甲\n②乙", ["甲", "乙"]),
        ("前文\n・甲\n・乙", ["甲", "乙"]),
        ("We act. First, we ban. Second, we fund.", ["we ban.", "we fund."]),
        ("Only one:\n1. One", []),
        ("It starts at 2:\n2. Two\n3. Three", []),
        ("On 3 May 2026 it met. In 2.5 years it will meet.", []),
    ],
)
def test_the_items_of_a_list_are_found_in_each_style(text: str, items: list[str]) -> None:
    folded = fold(text).text
    assert [folded[start:end].strip() for start, end in find_segments(folded, 0)] == [fold(item).text for item in items]


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1, max_size=20), min_size=2, max_size=9)
)
def test_items_follow_one_another_and_cover_what_was_listed(items: list[str]) -> None:
    text = fold("Preamble.\n" + "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))).text
    spans = find_segments(text, 0)
    assert len(spans) == len(items)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("title", "body", "lang"),
    [
        (
            "China bans exports of gallium",
            "China bans exports of gallium and germanium to Japan from 1 March 2026.",
            "en",
        ),
        ("中国禁止镓出口", "中国自2026年3月1日起禁止镓、锗对日本出口。", "zh-Hans"),
        ("中国、ガリウムの輸出を禁止", "中国は2026年3月1日からガリウムとゲルマニウムの対日輸出を禁止する。", "ja"),
    ],
)
def test_a_headline_and_the_fuller_sentence_of_its_body_are_one_act(
    title: str, body: str, lang: str, classifier: Classifier
) -> None:
    (brief,) = classifier.classify(event_of(title, lang=lang)).acts
    (act,) = classifier.classify(event_of(title, body, lang=lang)).acts
    assert (act.target, act.minerals) == (("JP",), ("gallium", "germanium"))
    assert {each.field for each in act.evidence} == {Field.TITLE, Field.BODY}
    assert act.measure_id == brief.measure_id


def test_a_headline_of_another_measure_stays_an_act(classifier: Classifier) -> None:
    body = "Separately, the European Union imposed anti-dumping duties on steel from Russia."
    assert len(classifier.classify(event_of("China bans exports of gallium", body, lang="en")).acts) == 2


def test_a_headline_that_counts_its_announcements_speaks_for_none_of_them(classifier: Classifier) -> None:
    body = (
        "一、对钨、碲相关物项实施出口管制，自2026年12月1日起施行（商务部公告2026年第80号）。\n"
        "二、将美国10家企业列入不可靠实体清单，即日起实施（商务部公告2026年第81号）。\n"
        "三、暂停实施商务部公告2024年第46号第二款，至2027年11月27日（商务部公告2026年第82号）。"
    )
    event = event_of("商务部公布三项出口管制公告", body, source="cn-mofcom", published="2026-11-20")
    acts = classifier.classify(event).acts
    assert [(act.types, act.stage, act.target, act.minerals) for act in acts] == [
        (("export_control",), Stage.ADOPTED, (), ("tellurium", "tungsten")),
        (("entity_listing",), Stage.IN_FORCE, ("US",), ()),
        (("export_control",), Stage.SUSPENDED, (), ()),
    ]
    assert [[each.kind for each in act.relations] for act in acts] == [[], [], [RelationKind.SUSPENDS]]
    assert len({act.measure_id for act in acts}) == 3
