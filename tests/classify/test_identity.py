"""Documents of one measure share its id whatever they are called; acts of one document do not."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.facets.identifiers import as_found, find_identifiers
from services.classify.normalise import fold
from services.contracts.events import Identifier
from services.contracts.measures import Act
from services.contracts.vocab import Stage
from tests.classify.events import event_of

Doc = tuple[str, str, str]
"""Title, body, source."""
_FR, _MOFCOM, _OJ = "us-federal-register", "cn-mofcom", "eu-official-journal"


def _acts(classifier: Classifier, doc: Doc, *stated: tuple[str, str]) -> tuple[Act, ...]:
    title, body, source = doc
    event = event_of(title, body or None, source=source, document_id=title + body)
    named = tuple(Identifier(scheme=scheme, value=value) for scheme, value in stated)
    return classifier.classify(event.model_copy(update={"identifiers": named})).acts


def _thread(classifier: Classifier, docs: list[Doc]) -> list[str]:
    return [act.measure_id for doc in docs for act in _acts(classifier, doc)]


_CHIPS = "Export Controls on Advanced Computing Items"
_RODS = "Tungsten Rods From the People's Republic of China"
_BEV = "imports of new battery electric vehicles designed for the transport of persons originating in China"
_POM = "原产于美国、欧盟、台湾地区和日本的进口共聚聚甲醛"
_GLASS = "imports of 'Textured Tempered Glass' originating in or exported from Vietnam"
_ELECTRODES = "中華人民共和国産黒鉛電極"
_CLEARANCE = "重要経済安保情報の保護及び活用に関する法律"

LIVES: dict[str, list[Doc]] = {
    "a rule by its RIN, whatever docket each publication has": [
        (f"{_CHIPS}; Proposed Rule", "RIN 0694-AJ55. Docket No. 240905-0231.", _FR),
        (f"{_CHIPS}; Extension of Comment Period", "RIN: 0694–AJ55", _FR),
        (f"{_CHIPS}; Final Rule", "[Docket No. 250107-0009] RIN 0694-AJ55", _FR),
        (f"{_CHIPS}; Correction", "[Docket No. 250301-0001] RIN 0694-AJ55", _FR),
    ],
    "a rule without RIN by its docket": [
        ("Section 301 Investigation of Semiconductors From China; Initiation", "Docket Number USTR-2024-0024", _FR),
        ("Section 301 Investigation of Semiconductors From China; Action", "Docket No. USTR-2024-0024", _FR),
    ],
    "an antidumping case from initiation to its end": [
        (f"{_RODS}: Initiation of Less-Than-Fair-Value Investigation", "[A-570-999]", _FR),
        (f"{_RODS}: Preliminary Affirmative Determination of Sales at Less Than Fair Value", "[A-570-999]", _FR),
        (f"{_RODS}: Final Affirmative Determination of Sales at Less Than Fair Value", "[A-570-999]", _FR),
        (f"{_RODS}: Antidumping Duty Order", "[A-570-999]", _FR),
        (f"{_RODS}: Final Results of Antidumping Duty Administrative Review; 2028-2029", "[A-570-999]", _FR),
        (f"{_RODS}: Final Results of the Expedited Sunset Review of the Antidumping Duty Order", "[A-570-999]", _FR),
        (f"{_RODS}: Revocation of the Antidumping Duty Order", "[A-570-999]", _FR),
    ],
    "an announcement, its suspension, the longer suspension and the press": [
        (
            "商务部公告2024年第46号 关于加强相关两用物项对美国出口管制的公告",
            "禁止两用物项对美国军事用户出口。",
            _MOFCOM,
        ),
        (
            "商务部公告2025年第72号 公布暂停实施商务部公告2024年第46号第二款",
            "暂停实施镓、锗、锑对美国出口管制。",
            _MOFCOM,
        ),
        (
            "商务部公告二〇二六年第八十号",
            "商务部公告二〇二四年第四十六号第二款继续暂停实施至2027年11月27日，涉及镓、锗、锑出口管制。",
            _MOFCOM,
        ),
        ("商务部公告2027年第90号 关于恢复实施2024年第46号公告第二款的公告", "恢复镓、锗、锑对美国出口管制。", _MOFCOM),
        (
            "Beijing and gallium",
            "MOFCOM Announcement No. 46 of 2024 banned exports of gallium to the United States.",
            "press-desk",
        ),
        ("通商の動き", "中国は商務部公告2024年第46号によりガリウムの対米輸出を禁止した。", "jp-press-desk"),
    ],
    "a regulation of the Union and those that amend it": [
        ("Council Regulation (EU) No 833/2014 concerning restrictive measures in view of Russia's actions", "", _OJ),
        (
            "Council Regulation (EU) 2025/395 amending Regulation (EU) No 833/2014 concerning restrictive measures",
            "",
            _OJ,
        ),
    ],
    "a trade remedy of the Union by its product and origin": [
        (f"Notice of initiation of an anti-subsidy proceeding concerning {_BEV}", "", _OJ),
        (f"Implementing Regulation (EU) 2024/1866 imposing a provisional countervailing duty on {_BEV}", "", _OJ),
        (f"Implementing Regulation (EU) 2024/2754 imposing a definitive countervailing duty on {_BEV}", "", _OJ),
        (f"Notice of initiation of an expiry review of the countervailing measures applicable to {_BEV}", "", _OJ),
    ],
    "a trade remedy of China by its product and origin, in official and other words": [
        (f"商务部公告2024年第23号 公布对{_POM}进行反倾销立案调查", "", _MOFCOM),
        (f"商务部公告2025年第4号 公布对{_POM}反倾销调查的初步裁定", "", _MOFCOM),
        (f"商务部公告2025年第25号 公布对{_POM}反倾销调查的最终裁定", "", _MOFCOM),
        (f"商务部公告2030年第25号 关于对{_POM}所适用的反倾销措施发起期终复审调查的公告", "", _MOFCOM),
        ("中国商务部宣布", f"2024年5月19日，中国商务部宣布对{_POM}发起反倾销调查。", "press-desk"),
    ],
    "a trade remedy of Japan by its product and origin": [
        (f"{_ELECTRODES}に対する不当廉売関税に関する調査を開始する件", "", "jp-kanpo"),
        (f"{_ELECTRODES}に対する暫定的な不当廉売関税の課税を決定しました", "", "jp-meti"),
        (f"{_ELECTRODES}に対して課する不当廉売関税に関する政令", "", "jp-kanpo"),
    ],
    "a trade remedy of India by its product and origin": [
        (f"Initiation of anti-dumping investigation concerning {_GLASS}", "", "in-dgtr"),
        (f"Final findings in the anti-dumping investigation concerning {_GLASS}", "", "in-dgtr"),
    ],
    "a draft and the regulation made of it": [
        ("商务部关于《两用物项出口管制条例（征求意见稿）》公开征求意见的通知", "", _MOFCOM),
        ("国务院公布《中华人民共和国两用物项出口管制条例》", "国务院令第792号", "cn-gov"),
        ("国务院修改《两用物项出口管制条例》", "", "cn-gov"),
    ],
    "a statute from its passing to its day of effect": [
        (f"{_CLEARANCE}が成立", "セキュリティ・クリアランス制度を創設する。", "jp-cao"),
        (f"{_CLEARANCE}の施行期日を定める政令", "セキュリティ・クリアランス制度。令和六年法律第二十七号", "jp-kanpo"),
        (f"{_CLEARANCE}（令和６年法律第２７号）が施行されました", "セキュリティ・クリアランス制度。", "jp-cao"),
    ],
}


@pytest.mark.parametrize("life", LIVES)
def test_one_life_is_one_thread(life: str, classifier: Classifier) -> None:
    ids = _thread(classifier, LIVES[life])
    assert len(ids) == len(LIVES[life])
    assert len(set(ids)) == 1


def test_lives_do_not_run_into_one_another(classifier: Classifier) -> None:
    firsts = [_thread(classifier, docs[:1])[0] for docs in LIVES.values()]
    assert len(set(firsts)) == len(LIVES)


def test_what_a_source_states_and_what_a_text_says_are_one_thread(classifier: Classifier) -> None:
    order = ("Addressing Investments in Countries of Concern", "The order restricts outbound investment.", _FR)
    later = ("Amendment to Executive Order 14105 on outbound investment", "It amends Executive Order 14105.", _FR)
    (first,), (second,) = (
        _acts(classifier, order, ("eo_number", "14105")),
        _acts(classifier, later, ("eo_number", "14999")),
    )
    assert first.measure_id == second.measure_id
    steel = ("Regulation imposing export restrictions on steel to Russia", "", _OJ)
    cited = (
        "Regulation (EU) 2030/7 amending Regulation (EU) 2029/5 on export restrictions on steel to Russia",
        "",
        _OJ,
    )
    (first,), (second,) = (
        _acts(classifier, steel, ("celex", "32029R0005")),
        _acts(classifier, cited, ("celex", "32030R0007")),
    )
    assert first.measure_id == second.measure_id


def test_joint_orders_belong_to_both_their_cases(classifier: Classifier) -> None:
    joint = _acts(classifier, (f"{_RODS}: Antidumping and Countervailing Duty Orders", "[A-570-999, C-570-998]", _FR))
    dumping = _acts(classifier, (f"{_RODS}: Antidumping Duty Order", "[A-570-999]", _FR))
    subsidy = _acts(classifier, (f"{_RODS}: Countervailing Duty Order", "[C-570-998]", _FR))
    assert [(act.measure_id, act.types) for act in joint] == [
        (dumping[0].measure_id, ("anti_dumping",)),
        (subsidy[0].measure_id, ("countervailing",)),
    ]


def test_a_notice_of_many_cases_is_of_none_of_their_lives(classifier: Classifier) -> None:
    cases = ", ".join(f"A-570-{number:03}" for number in range(1, 9))
    many = _acts(
        classifier, ("Initiation of Five-Year (Sunset) Reviews of antidumping duty orders on steel", cases, _FR)
    )
    one = _acts(classifier, (f"{_RODS}: Antidumping Duty Order", "[A-570-001]", _FR))
    assert not {act.measure_id for act in many} & {act.measure_id for act in one}


def test_one_announcement_that_suspends_six_is_told_in_the_thread_of_each(classifier: Classifier) -> None:
    title = (
        "商务部公告2025年第70号 关于暂停实施商务部 海关总署公告2025年第55号、56号、57号、58号"
        "及商务部公告2025年第61号、62号的公告"
    )
    acts = _acts(classifier, (title, "自即日起至2026年11月10日暂停实施上述稀土等出口管制公告。", _MOFCOM))
    assert [act.stage for act in acts] == [Stage.SUSPENDED] * 6
    for number in (55, 58, 61):
        (own,) = _acts(classifier, (f"商务部公告2025年第{number}号 公布对稀土实施出口管制", "", _MOFCOM))
        assert own.measure_id in {act.measure_id for act in acts}


def test_authorities_count_apart(classifier: Classifier) -> None:
    (one,) = _acts(classifier, ("商务部公告2025年第61号 公布对稀土实施出口管制", "", _MOFCOM))
    (other,) = _acts(classifier, ("海关总署公告2025年第61号 公布对稀土实施出口管制", "", "cn-gacc"))
    assert one.measure_id != other.measure_id


def test_what_an_announcement_rests_on_is_not_its_measure(classifier: Classifier) -> None:
    (first,) = _acts(classifier, ("商务部公告2025年第18号 公布对稀土实施出口管制", "", _MOFCOM))
    body = "根据商务部公告2025年第18号和出口管制法，决定对稀土实施出口管制。"
    (second,) = _acts(classifier, ("商务部公告2025年第61号 公布对境外相关稀土物项实施出口管制", body, _MOFCOM))
    assert first.measure_id != second.measure_id


def test_a_ban_on_one_country_and_the_licensing_before_it_are_two_measures(classifier: Classifier) -> None:
    licensing = _acts(
        classifier, ("商务部 海关总署公告2023年第23号 关于对镓、锗相关物项实施出口管制的公告", "", _MOFCOM)
    )
    ban = _acts(classifier, LIVES["an announcement, its suspension, the longer suspension and the press"][0])
    suspension = _acts(classifier, LIVES["an announcement, its suspension, the longer suspension and the press"][1])
    assert suspension[0].measure_id == ban[0].measure_id != licensing[0].measure_id
    assert suspension[0].stage is Stage.SUSPENDED


def test_the_same_product_from_other_countries_is_another_proceeding(classifier: Classifier) -> None:
    (one,) = _acts(classifier, (f"商务部公告2024年第23号 公布对{_POM}进行反倾销立案调查", "", _MOFCOM))
    (other,) = _acts(
        classifier, ("商务部公告2024年第24号 公布对原产于韩国的进口共聚聚甲醛进行反倾销立案调查", "", _MOFCOM)
    )
    assert one.measure_id != other.measure_id


def test_further_acts_of_a_document_are_measures_of_their_own(classifier: Classifier) -> None:
    title = "Iran-related Designations; Issuance of Iran-related General License"
    acts = classifier.classify(event_of(title, source="us-ofac", lang="en")).acts
    assert len({act.measure_id for act in acts}) == len(acts) == 2
    assert {act.direction for act in acts} == {"restrictive", "liberalising"}


def test_a_revision_keeps_the_measure_of_its_document(classifier: Classifier) -> None:
    source = "cn-mofcom"
    for body in (None, "对镓相关物项实施出口管制。", "对镓、锗相关物项实施对美国出口管制。"):
        event = event_of("关于对镓相关物项实施出口管制的公告", body, source=source)
        (act,) = classifier.classify(event).acts
        assert act.measure_id == classifier.classify(event_of(event.title, source=source)).acts[0].measure_id


def test_an_act_told_in_passing_keeps_its_measure_when_another_is_put_before_it(classifier: Classifier) -> None:
    ban = "China bans exports of gallium to Japan."
    before, after = (
        {act.types: act.measure_id for act in classifier.classify(event_of("Trade this week", body)).acts}
        for body in (ban, f"The European Union imposes anti-dumping duties on steel from Russia.\n{ban}")
    )
    assert before.items() <= after.items()
    assert len(after) == 2


_STATED_AS = [
    "商务部公告2024年第46号",
    "商务部2024年第46号公告",
    "商务部公告〔2024〕46号",
    "商務部公告2024年第46號",
    "MOFCOM Announcement No. 46 of 2024",
    "公告2024年第46号",
    "2024年第46号公告",
    "Announcement No. 46 of 2024",
    "第46号",
    "Announcement No. 46",
    "商务部 海关总署公告2024年第46号",
]


@pytest.mark.parametrize("stated", _STATED_AS)
def test_an_announcement_number_of_the_record_is_that_of_the_text_however_it_is_written(
    classifier: Classifier, stated: str
) -> None:
    ban = ("关于加强相关两用物项对美国出口管制的公告", "原则上不予许可镓、锗相关两用物项对美国出口。", _MOFCOM)
    event = event_of(ban[0], ban[1], source=_MOFCOM, published="2024-12-03")
    record = event.model_copy(update={"identifiers": (Identifier(scheme="announcement", value=stated),)})
    suspension = (
        "商务部公告2025年第72号 暂停实施商务部公告2024年第46号第二款",
        "暂停实施第二款关于镓对美国出口的规定。",
        _MOFCOM,
    )
    (act,), (later,) = classifier.classify(record).acts, _acts(classifier, suspension)
    assert act.measure_id == later.measure_id


@pytest.mark.parametrize(
    ("scheme", "stated", "source"),
    [
        ("announcement", "不可靠实体清单工作机制公告2025年第6号", "cn-mofcom"),
        ("tariff_announcement", "税委会公告2025年第7号", "cn-customs-tariff-commission"),
        ("tariff_announcement", "公告2025年第7号", "cn-customs-tariff-commission"),
        ("cn_order", "国务院令第792号", "cn-state-council"),
        ("announcement", "海关总署公告2025年第7号", "cn-mofcom"),
    ],
)
def test_the_number_of_any_issuer_is_read_from_the_record_as_from_the_text(
    scheme: str, stated: str, source: str
) -> None:
    (found,) = find_identifiers(fold(stated).text, "CN", source=source)
    assert as_found(Identifier(scheme=scheme, value=stated), source, "CN", 2025) == found.identifier


@pytest.mark.parametrize("stated", ["SPEECH/23/2063", "C/2023/160", "c2025-690113", "2023重要鉱物第2号-1"])
def test_a_number_that_is_no_announcement_of_ours_stays_as_the_record_states_it(stated: str) -> None:
    identifier = Identifier(scheme="announcement", value=stated)
    assert as_found(identifier, "eu-commission", "EU", 2023) == identifier


def test_a_documents_own_number_is_no_measure_it_changes(classifier: Classifier) -> None:
    doc = ("商务部、海关总署调整石墨物项出口管制范围(公告2023年第39号)", "调整对石墨物项的出口管制。", _MOFCOM)
    (act,) = _acts(classifier, doc, ("announcement", "商务部 海关总署公告2023年第39号"))
    assert act.relations == ()


_SIX = "暂停实施2025年10月9日发布的六项出口管制决定。"
_EACH = "商务部、海关总署公告2025年第55号涉及超硬材料,第58号涉及人造石墨负极材料;商务部公告2025年第61号涉及稀土。"


def _suspended(classifier: Classifier, body: str) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """What is suspended: the items and the part by the number of the measure, of acts that name it as theirs."""
    title = "商务部、海关总署公告2025年第70号:暂停实施10月9日发布的六项出口管制公告"
    acts = _acts(classifier, (title, body, _MOFCOM))
    assert {act.stage for act in acts} == {Stage.SUSPENDED}
    own = ((act, each) for act in acts for each in act.relations if each.measure_id == act.measure_id)
    return {each.to.value: (act.minerals, act.part) for act, each in own if each.to}


def test_each_measure_a_document_suspends_by_number_is_suspended_with_what_is_said_of_it(
    classifier: Classifier,
) -> None:
    assert _suspended(classifier, f"{_SIX}其中,{_EACH}") == {
        "CN-MOFCOM-2025-55": (("superhard_materials",), ""),
        "CN-MOFCOM-2025-58": (("graphite_anode",), ""),
        "CN-MOFCOM-2025-61": (("rare_earths",), ""),
    }


def test_measures_listed_without_more_share_what_is_said_of_all(classifier: Classifier) -> None:
    body = "暂停实施商务部公告2025年第55号、第58号和商务部公告2025年第61号对超硬材料和稀土的出口管制。"
    assert _suspended(classifier, body) == dict.fromkeys(
        ("CN-MOFCOM-2025-55", "CN-MOFCOM-2025-58", "CN-MOFCOM-2025-61"), (("rare_earths", "superhard_materials"), "")
    )


def test_a_measure_the_suspension_leaves_alone_is_not_suspended(classifier: Classifier) -> None:
    spared = f"{_SIX}其中,{_EACH.removesuffix('。')},2025年第18号公告未列入此次暂停范围。"
    assert set(_suspended(classifier, spared)) == {"CN-MOFCOM-2025-55", "CN-MOFCOM-2025-58", "CN-MOFCOM-2025-61"}


def test_measures_named_in_a_later_sentence_are_not_those_suspended(classifier: Classifier) -> None:
    body = f"{_SIX}其中,{_EACH}商务部公告2025年第18号涉及中重稀土。"
    assert "CN-MOFCOM-2025-18" not in _suspended(classifier, body)


def test_each_suspension_shows_the_words_that_say_so(classifier: Classifier) -> None:
    title, body = "商务部公告2025年第70号:暂停实施六项出口管制公告", f"{_SIX}其中,{_EACH}"
    for act in _acts(classifier, (title, body, _MOFCOM)):
        (words,) = [each.words for each in act.relations if each.measure_id == act.measure_id]
        assert body[words.start : words.end] == words.text
        assert words.text.startswith("暂停实施")


def test_each_tariff_a_document_moves_has_the_stage_and_the_part_its_own_words_give(classifier: Classifier) -> None:
    title = "税委会公告2025年第7号:调整对美加征关税,24%部分暂停90天"
    body = (
        "自2025年5月14日起,调整对原产于美国的进口商品加征关税。"
        "税委会公告2025年第4号规定的加征税率由34%降为10%,其余24%在90天内暂停实施。"
        "税委会公告2025年第5号、第6号规定的加征关税措施停止实施。"
    )
    acts = _acts(classifier, (title, body, "cn-customs-tariff-commission"), ("announcement", "税委会公告2025年第7号"))
    moved = {each.to.value: (act.stage, act.part) for act in acts for each in act.relations if each.to}
    assert moved == {
        "CN-SCTC-2025-4": (Stage.SUSPENDED, "remaining 24%"),
        "CN-SCTC-2025-5": (Stage.LIFTED, ""),
        "CN-SCTC-2025-6": (Stage.LIFTED, ""),
    }
