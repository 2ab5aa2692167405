"""Known traps of matching, each as the sentence it proves."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.document import read_document
from services.classify.lexicon import build_lexicon
from services.classify.rulebook import default_rulebook
from services.classify.scan import Scanner
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of, tags


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(build_lexicon(default_taxonomy(), default_rulebook()))


def _objects(scanner: Scanner, text: str, lang: str = "en") -> set[str]:
    return {hit.tag for hit in read_document(event_of(text, lang=lang), scanner).scan.objects}


def test_a_long_form_that_fails_its_boundary_does_not_swallow_the_short_one(scanner: Scanner) -> None:
    assert "gallium" in _objects(scanner, "Controls on gallium arsenidesque materials")


def test_latin_letters_before_han_are_a_word_of_their_own(scanner: Scanner) -> None:
    assert {"gpu"} <= _objects(scanner, "AI半導体の輸出規制", "ja")
    assert "artificial_intelligence" in _objects(scanner, "AI技術の輸出規制", "ja")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("ｶﾞﾘｳﾑの輸出規制", "gallium"),
        ("か\u3099リウム", ""),
        ("カ\u3099リウムの輸出規制", "gallium"),
        ("⽯墨の輸出規制", "graphite"),
        ("ＧＰＵの輸出規制", "gpu"),
        ("㈱ガリウム商会 ガリウムの輸出", "gallium"),
    ],
)
def test_compatibility_forms_are_read_as_the_characters_they_stand_for(text: str, tag: str, scanner: Scanner) -> None:
    found = _objects(scanner, text, "ja")
    assert tag in found if tag else not found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Controls on gallium arsenides", {("gallium_arsenide", "gallium arsenides")}),
        ("Controls on gallium arsenidesque materials", {("gallium", "gallium")}),
        (
            "Indium gallium arsenides, gallium nitrides",
            {("indium_gallium_arsenide", "Indium gallium arsenides"), ("gallium_nitride", "gallium nitrides")},
        ),
        ("Controls on galliumarsenide", set()),
        (
            "Controls on gal\u00adlium and gal\u00ad\nlium nitride",
            {("gallium", "gal\u00adlium"), ("gallium_nitride", "gal\u00ad\nlium nitride")},
        ),
        ("Controls on gallium \u200b nitride", {("gallium_nitride", "gallium \u200b nitride")}),
        ("ＧａＮウエハーとＳｉＣの輸出規制", {("gallium_nitride", "ＧａＮ"), ("silicon_carbide", "ＳｉＣ")}),
        ("ＡＩ半導体とＥＶの輸出規制", {("gpu", "ＡＩ半導体"), ("electric_vehicles", "ＥＶ")}),
        ("EVとAI半導体", {("gpu", "AI半導体"), ("electric_vehicles", "EV")}),
        ("経産省は㈱に対しｹﾞﾙﾏﾆｳﾑの輸出を許可", {("JP", "経産省"), ("germanium", "ｹﾞﾙﾏﾆｳﾑ")}),
        ("㍿と㈱はﾚｱｱｰｽ、ﾀﾝｸﾞｽﾃﾝを輸出", {("rare_earths", "ﾚｱｱｰｽ"), ("tungsten", "ﾀﾝｸﾞｽﾃﾝ")}),
        ("⿊鉛の輸出", {("graphite", "⿊鉛")}),
        ("⽯墨和⿊色⾦属,铅", {("graphite", "⽯墨"), ("lead", "铅")}),
        ("⽇本はガリウムを輸出", {("JP", "⽇本"), ("gallium", "ガリウム")}),
        ("黒鉛\U000e0100の輸出", {("graphite", "黒鉛")}),
        ("\u2067gallium\u2069 exports", {("gallium", "gallium")}),
    ],
)
def test_what_is_found_is_shown_in_the_words_of_the_document(
    text: str, shown: set[tuple[str, str]], scanner: Scanner
) -> None:
    document = read_document(event_of(text), scanner)
    assert {(hit.tag, document.surface(hit.start, hit.end)) for hit in document.scan.objects} == shown


def test_a_watch_on_an_element_hears_of_its_compounds_in_the_plural(classifier: Classifier, taxonomy: Taxonomy) -> None:
    (act,) = classifier.classify(event_of("China imposed export controls on gallium arsenides")).acts
    assert "gallium" in {above for tag in act.minerals for above in taxonomy.rollup("minerals", tag)}


def test_simplified_chinese_quoted_in_a_japanese_text_is_read_too(classifier: Classifier) -> None:
    text = "中国商務省は「关于加强镓、锗、锑、超硬材料出口管制的公告」を発表した。"
    result = classifier.classify(event_of(text))
    assert result.lang == "ja"
    (act,) = result.acts
    assert (act.imposing, act.types) == (("CN",), ("export_control",))
    assert act.minerals == ("antimony", "gallium", "germanium", "superhard_materials")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("インドは中国産の黒鉛に追加関税を課した。", "CN"),
        ("中国は米国産の黒鉛に追加関税を課した。", "US"),
        ("中国は日本製の黒鉛に追加関税を課した。", "JP"),
        ("中国は米国企業12社をエンティティーリストに追加した。", "US"),
    ],
)
def test_where_a_good_is_from_is_whom_a_duty_is_aimed_at(text: str, role: str, classifier: Classifier) -> None:
    assert tags(classifier.classify(event_of(text, lang="ja")).acts, "target") == {role}


@pytest.mark.parametrize("text", ["ウランバートルで会合", "銀行の決済", "亜鉛の価格"])
def test_a_form_inside_another_word_is_not_found(text: str, scanner: Scanner) -> None:
    assert not {"uranium", "silver", "lead"} & _objects(scanner, text, "ja")


def test_a_country_named_as_excluded_does_not_act(classifier: Classifier) -> None:
    acts = classifier.classify(event_of("米以外のパートナーが輸出管理措置を実施した", lang="ja")).acts
    assert "US" not in tags(acts, "imposing")


def test_a_cause_is_not_the_act_of_the_sentence_s_subject(classifier: Classifier) -> None:
    text = "中国も米政府による輸出管理措置等からの影響を局限化するために、半導体産業の自力更生を追求する。"
    acts = classifier.classify(event_of("経済安全保障の動向", text, lang="ja")).acts
    assert not [act for act in acts if "CN" in act.imposing and "export_control" in act.types]


def test_fused_one_character_countries_are_read_one_by_one(classifier: Classifier) -> None:
    text = "中国は2024年5月に日米EU台からの化学樹脂の輸入に対する調査を実施すると発表した。"
    (act,) = classifier.classify(event_of("通商の動き", text, lang="ja")).acts
    assert act.imposing == ("CN",)
    assert act.target == ("EU", "JP", "TW", "US")


def test_a_forecast_is_kept_but_never_urgent_nor_relevant_alone(classifier: Classifier) -> None:
    result = classifier.classify(event_of("見通し", "今後、輸出管理の強化が図られる可能性がある。", lang="ja"))
    assert not result.relevant
    assert {act.modality for act in result.acts} == {"forecast"}
    assert {act.urgency for act in result.acts} == {"archive"}


def test_a_preposition_parts_the_actor_from_the_country_aimed_at(classifier: Classifier) -> None:
    (act,) = classifier.classify(event_of("加拿大对美国钢铝产品加征报复性关税", source="cn-cctv-xwlb")).acts
    assert (act.imposing, act.target) == (("CA",), ("US",))


def test_a_state_form_after_a_country_keeps_it_in_its_list(classifier: Classifier) -> None:
    title = "南アフリカ共和国産及びスペイン産電解二酸化マンガンに対する不当廉売関税に関する調査開始の件"
    (act,) = classifier.classify(event_of(title, source="jp-kanpo")).acts
    assert act.target == ("ES", "ZA")


def test_a_material_is_no_forecast(classifier: Classifier) -> None:
    assert classifier.classify(event_of("国务院印发《新材料产业发展规划》", source="cn-cctv-xwlb")).relevant
