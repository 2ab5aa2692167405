"""Who gets the money, who is hit without being aimed at, and on what the role of a country rests."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.rulebook import RoleRule
from services.contracts.measures import Act
from services.contracts.vocab import Basis, CountryRole, Facet
from tests.classify.events import event_of

_ROLES = {Facet(role) for role in CountryRole}


def _act(classifier: Classifier, title: str, lang: str, source: str = "press-desk", body: str | None = None) -> Act:
    return classifier.classify(event_of(title, body, lang=lang, source=source)).acts[0]


def _bases(act: Act) -> dict[tuple[str, str], str]:
    """What each role rests on, by role and code, first words first."""
    found: dict[tuple[str, str], str] = {}
    for each in act.evidence:
        if each.facet in _ROLES:
            found.setdefault((each.facet, each.tag), each.basis)
    return found


@pytest.mark.parametrize(
    ("title", "lang", "imposing", "beneficiary"),
    [
        ("Japan approves grants to Korean battery makers", "en", "JP", "KR"),
        ("Japan to provide $2 billion in subsidies to Japanese battery makers", "en", "JP", "JP"),
        ("Canadian lithium miners will receive US government grants", "en", "US", "CA"),
        ("Indonesia wins a $10 billion loan from the US for nickel processing", "en", "US", "ID"),
        ("US exempts South Korea from steel tariffs", "en", "US", "KR"),
        ("EU grants duty-free access to Ukraine for steel", "en", "EU", "UA"),
        ("経産省、韓国の電池メーカーに最大1200億円の補助金を交付", "ja", "JP", "KR"),
        ("米、英国を鉄鋼関税の適用除外に", "ja", "US", "GB"),
        ("米、日本製鉄鋼の追加関税を免除", "ja", "US", "JP"),
        ("日本对印尼镍加工项目提供补贴", "zh-Hans", "JP", "ID"),
        ("美国宣布豁免韩国的钢铁关税", "zh-Hans", "US", "KR"),
        ("中国给予柬埔寨零关税待遇", "zh-Hans", "CN", "KH"),
    ],
)
def test_who_gets_the_money_or_the_preference_benefits_and_is_not_aimed_at(
    title: str, lang: str, imposing: str, beneficiary: str, classifier: Classifier
) -> None:
    act = _act(classifier, title, lang)
    assert (act.imposing, act.beneficiary, act.target) == ((imposing,), (beneficiary,), ())


@pytest.mark.parametrize(
    ("title", "lang"),
    [
        ("US raises tariffs on Korean steel", "en"),
        ("US imposes export controls on chips to South Korea", "en"),
        ("米、韓国製鉄鋼に追加関税を課す", "ja"),
        ("美国对韩国钢铁加征关税", "zh-Hans"),
    ],
)
def test_a_restriction_benefits_nobody(title: str, lang: str, classifier: Classifier) -> None:
    act = _act(classifier, title, lang)
    assert (act.target, act.beneficiary) == (("KR",), ())


def test_money_for_a_mine_abroad_makes_its_country_affected(classifier: Classifier) -> None:
    act = _act(classifier, "日本政府、豪州鉱山の探鉱事業に49億円を助成", "ja")
    assert (act.imposing, act.affected, act.beneficiary) == (("JP",), ("AU",), ())


@pytest.mark.parametrize(
    ("title", "lang", "imposing", "affected"),
    [
        ("中国、レアアース輸出を規制　日本企業に影響が及ぶ", "ja", "CN", "JP"),
        ("美国对芯片加征关税,韩国企业将受影响", "zh-Hans", "US", "KR"),
        ("China restricts rare earth exports as Japanese carmakers are hit", "en", "CN", "JP"),
    ],
)
def test_who_is_hit_is_affected(title: str, lang: str, imposing: str, affected: str, classifier: Classifier) -> None:
    act = _act(classifier, title, lang)
    assert (act.imposing, act.affected) == ((imposing,), (affected,))
    assert affected not in act.target


def test_a_country_in_which_goods_are_only_finished_is_affected_and_the_one_behind_is_aimed_at(
    classifier: Classifier,
) -> None:
    title = "Steel Strapping From Vietnam: Affirmative Final Determination of Circumvention"
    body = (
        "Commerce determines that imports of steel strapping completed in Vietnam from hot-rolled steel produced in "
        "China are circumventing the antidumping duty order on steel strapping from China."
    )
    act = _act(classifier, title, "en", "us-federal-register", body)
    assert (act.target, act.affected) == (("CN",), ("VN",))


def test_destinations_listed_beside_those_the_headline_aims_at_are_affected(classifier: Classifier) -> None:
    title = "Further Imposition of Sanctions Against Russia With the Addition of Certain Entities to the Entity List"
    body = (
        "The Department of Commerce is adding 91 entities to the Entity List under the destinations of Belize, "
        "Estonia, Russia, Singapore, and United Kingdom with this final rule."
    )
    act = _act(classifier, title, "en", "us-federal-register", body)
    assert (act.target, act.affected) == (("RU",), ("BZ", "EE", "GB", "SG"))


def test_destinations_are_aimed_at_where_the_headline_names_nobody(classifier: Classifier) -> None:
    body = "Commerce is adding entities to the Entity List under the destinations of China and Singapore."
    act = _act(classifier, "Addition of Entities to the Entity List", "en", "us-federal-register", body)
    assert (act.target, act.affected) == (("CN", "SG"), ())


@pytest.mark.parametrize(
    ("title", "lang", "source", "role", "basis"),
    [
        ("关于对镓相关物项实施出口管制的公告", "zh-Hans", "cn-mofcom", ("imposing", "CN"), Basis.ISSUER),
        ("Commerce Department bans exports of gallium", "en", "press-desk", ("imposing", "US"), Basis.AGENCY),
        ("China bans exports of gallium to Japan", "en", "press-desk", ("imposing", "CN"), Basis.SUBJECT),
        ("China bans exports of gallium to Japan", "en", "press-desk", ("target", "JP"), Basis.PREPOSITION),
        ("Pentagon bars agencies from buying Chinese drones", "en", "press-desk", ("target", "CN"), Basis.AFFIX),
        ("米政府、中国製ドローンの使用を禁止", "ja", "press-desk", ("target", "CN"), Basis.AFFIX),
        ("中国商務省、日米EU台のPOM樹脂に不当廉売の調査開始", "ja", "press-desk", ("target", "TW"), Basis.PAIR),
        ("米政府、対中投資を制限する規則を発表", "ja", "press-desk", ("target", "CN"), Basis.PAIR),
        ("美国限制对华投资", "zh-Hans", "press-desk", ("target", "CN"), Basis.PAIR),
        ("日米、量子分野の研究協力で合意", "ja", "press-desk", ("imposing", "US"), Basis.PAIR),
    ],
)
def test_a_role_says_what_it_rests_on(
    title: str, lang: str, source: str, role: tuple[str, str], basis: Basis, classifier: Classifier
) -> None:
    assert _bases(_act(classifier, title, lang, source))[role] == basis


def test_a_role_lent_by_another_clause_rests_on_discourse(classifier: Classifier) -> None:
    text = "米政府は2024年9月に半導体の輸出管理措置を実施し、10月に対中投資を制限する規則を発表した。"
    (_, rule) = classifier.classify(event_of("通商の動き", text, lang="ja")).acts
    assert _bases(rule)["imposing", "US"] == Basis.DISCOURSE


def test_only_countries_have_a_basis_and_every_country_has_one(classifier: Classifier) -> None:
    act = _act(classifier, "China bans exports of gallium to Japan", "en")
    assert all((each.basis is Basis.NONE) is (each.facet not in _ROLES) for each in act.evidence)


@pytest.mark.parametrize(
    ("rule", "basis"),
    [
        (RoleRule(id="a", role=CountryRole.TARGET, before="from $"), Basis.PREPOSITION),
        (RoleRule(id="a", role=CountryRole.TARGET, after="^製"), Basis.AFFIX),
        (RoleRule(id="a", role=CountryRole.IMPOSING, after="^ bans"), Basis.SUBJECT),
        (RoleRule(id="a", role=CountryRole.AFFECTED, inside="^tsmc", basis=Basis.FIRM), Basis.FIRM),
    ],
)
def test_the_shape_of_a_rule_says_what_its_role_rests_on(rule: RoleRule, basis: Basis) -> None:
    assert rule.rests_on is basis
