"""Documents of each kind of publisher are read by the practice of that publisher; every text here is composed."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Stage, Urgency
from tests.classify.events import event_of


def _act(classifier: Classifier, title: str, body: str | None = None, *, source: str) -> Act:
    acts = classifier.classify(event_of(title, body, source=source)).acts
    assert acts, title
    return acts[0]


@pytest.mark.parametrize(
    ("source", "title", "stage"),
    [
        (
            "eu-official-journal",
            "Notice of initiation of an expiry review of the anti-dumping measures on imports of molybdenum wire",
            Stage.INVESTIGATION,
        ),
        (
            "eu-official-journal",
            "Notice of the expiry of certain anti-dumping measures: tungsten electrodes",
            Stage.LIFTED,
        ),
        (
            "eu-official-journal",
            "Regulation (EU) 2030/1 on the screening of foreign investments and repealing Regulation (EU) 2019/452",
            Stage.ADOPTED,
        ),
        (
            "us-federal-register",
            "Copper Foil From China: Initiation of Circumvention Inquiries on the Antidumping Duty Orders",
            Stage.INVESTIGATION,
        ),
        (
            "us-federal-register",
            "Nickel Powder From Norway: Affirmative Preliminary Determination in the Antidumping Duty Investigation",
            Stage.PROPOSED,
        ),
        ("in-pib", "DGTR recommends anti-dumping duty on imports of solar glass from Vietnam", Stage.PROPOSED),
        ("gta", "Peru: Quota on zinc concentrate exports lifted", Stage.LIFTED),
        ("gta", "Peru: Government considers a halt to copper concentrate exports", Stage.CONSIDERED),
        ("gta", "Peru: Export tax on copper concentrate", Stage.IN_FORCE),
        (
            "cn-mofcom",
            "商务部公告2030年第1号 关于对原产于日本的进口丙烯腈继续征收反倾销税的公告",
            Stage.EXTENDED,
        ),
        ("cn-mofcom", "关于暂停对部分美国商品加征关税措施的公告", Stage.SUSPENDED),
    ],
)
def test_the_stage_follows_the_practice_of_the_publisher(
    classifier: Classifier, source: str, title: str, stage: Stage
) -> None:
    assert _act(classifier, title, source=source).stage is stage


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("us-federal-register", "Scope Ruling Applications Filed in May 2030 Under Antidumping Duty Orders"),
        ("us-federal-register", "Privacy Act of 1974; System of Records; Security Clearance Files"),
        ("cn-mofcom", "商务部召开例行新闻发布会，谈稀土出口许可"),
        ("cn-mofcom-exportcontrol", "《两用物项出口管制条例》解读"),
        ("cn-mofcom-list", "供港活牛出口配额安排的通知"),
        ("jp-kanpo", "〔告示〕家畜伝染病予防法に基づく鶏肉等の輸入停止措置の解除"),
    ],
)
def test_paperwork_briefings_and_animal_health_are_no_measures(classifier: Classifier, source: str, title: str) -> None:
    assert not classifier.classify(event_of(title, source=source)).relevant


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (
            "us-federal-register",
            "Tin Bars From Peru: Postponement of Preliminary Determination in the LTFV Investigation",
        ),
        ("us-federal-register", "Section 232 Investigation of Imports of Robots: Extension of the Comment Period"),
        (
            "us-federal-register",
            "Uranium From Kazakhstan: Amendment to the Agreement Suspending the Antidumping Investigation",
        ),
    ],
)
def test_a_postponement_or_longer_deadline_can_wait_for_a_digest(
    classifier: Classifier, source: str, title: str
) -> None:
    assert _act(classifier, title, source=source).urgency is Urgency.DIGEST


def test_a_preliminary_determination_that_postpones_the_final_one_cannot_wait(classifier: Classifier) -> None:
    title = (
        "Tin Bars From Peru: Preliminary Affirmative Determination of Sales at Less Than Fair Value and Postponement"
    )
    assert _act(classifier, title, source="us-federal-register").urgency is Urgency.NOW


@pytest.mark.parametrize(
    ("source", "issuer"),
    [("us-gov-news", "US"), ("uk-gov-news", "GB"), ("au-gov-news", "AU"), ("un-press", "UN")],
)
def test_a_government_that_names_no_actor_tells_of_its_own_acts(
    classifier: Classifier, source: str, issuer: str
) -> None:
    act = _act(classifier, "New sanctions and export controls on drone components for Russia", source=source)
    assert act.imposing == (issuer,)


def test_the_press_has_no_act_of_its_own(classifier: Classifier) -> None:
    act = _act(classifier, "New export controls on drone components for Russia", source="uk-press-desk")
    assert act.imposing == ()


def test_suspending_a_ban_aims_at_the_country_that_was_cut_off(classifier: Classifier) -> None:
    title = "China suspends its ban on exports of gallium to the United States"
    for source in ("press-desk", "us-gov-news", "gta"):
        act = _act(classifier, title, source=source)
        assert (act.stage, act.imposing, act.target) == (Stage.SUSPENDED, ("CN",), ("US",))


def test_the_countries_a_banned_good_was_made_in_are_aimed_at(classifier: Classifier) -> None:
    act = _act(
        classifier,
        "Defense Federal Acquisition Regulation Supplement: Restriction on Acquisition of Tungsten",
        "The final rule prohibits the acquisition of tungsten powder mined or refined in North Korea or Russia.",
        source="us-federal-register",
    )
    assert set(act.target) == {"KP", "RU"}


@pytest.mark.parametrize("source", ["press-desk", "us-bis"])
def test_a_sentence_of_its_own_gives_the_comment_deadline(classifier: Classifier, source: str) -> None:
    title = "BIS proposes export controls on gallium"
    act = _act(classifier, title, "Comments are due by 30 September 2026.", source=source)
    assert [each.value for each in act.dates if each.role is DateRole.COMMENT_DEADLINE] == ["2026-09-30"]


@pytest.mark.parametrize("words", ["自公布之日起", "自当日起", "即日起", "自發布之日起"])
def test_the_day_of_publication_is_the_day_of_effect_where_the_text_says_so(classifier: Classifier, words: str) -> None:
    body = f"决定对下列物项实施出口管制。本公告{words}正式实施。"
    act = _act(classifier, "商务部公告2030年第1号 关于对锑相关物项实施出口管制的决定", body, source="cn-mofcom")
    assert [each.value for each in act.dates if each.role is DateRole.EFFECTIVE] == ["2026-01-15"]
    assert act.stage is Stage.IN_FORCE


def test_thirty_days_after_publication_is_not_the_day_of_publication(classifier: Classifier) -> None:
    body = "决定对下列物项实施出口管制。本公告自公布之日起30日后施行。"
    act = _act(classifier, "商务部公告2030年第1号 关于对锑相关物项实施出口管制的决定", body, source="cn-mofcom")
    assert [each.value for each in act.dates if each.role is DateRole.EFFECTIVE] == ["2026-02-15"]
    assert act.stage is Stage.ADOPTED
