"""The authorities of East Asia that make the measures: each is asked, and what it lists is read as its own act."""

from __future__ import annotations

from functools import cache

import pytest

from services.classify.core import Classifier
from services.contracts.measures import Act
from services.ingest.authoring.folder import sample_files
from services.ingest.core import to_event
from services.ingest.pages.detail import read_detail
from services.ingest.pages.page import Document, Page
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_sources
from services.taxonomy.load import default_taxonomy
from tests.ingest.material import SOURCE_FOLDERS, shipped_source
from tests.ingest.samples import FETCHED_AT, read_sample


@cache
def classifier() -> Classifier:
    return Classifier(default_taxonomy())


@cache
def listed(folder: str) -> dict[str, Document]:
    """The documents of a folder's samples by their titles."""
    (path,) = (each for each in SOURCE_FOLDERS if each.name == folder)
    return {document.title: document for sample in sample_files(path) for document in read_sample(sample).documents}


def acts_of(folder: str, words: str) -> tuple[Act, ...]:
    (document,) = (each for title, each in listed(folder).items() if words in title)
    return tuple(classifier().classify(to_event(document, seen_at=FETCHED_AT, backfill=False)).acts)


@pytest.mark.parametrize(
    ("country", "publisher"),
    [
        ("CN", "Ministry of Commerce"),
        ("CN", "Export Control Information"),
        ("CN", "General Administration of Customs"),
        ("CN", "Ministry of Industry and Information Technology"),
        ("CN", "National Development and Reform Commission"),
        ("CN", "Customs Tariff Commission"),
        ("CN", "State Council"),
        ("JP", "trade control"),
        ("JP", "Customs and Tariff Bureau"),
        ("JP", "economic security"),
        ("JP", "Metals and Energy Security"),
        ("JP", "e-Gov"),
        ("JP", "Official Gazette"),
        ("KR", "Ministry of Trade"),
        ("KR", "Korea Customs Service"),
        ("TW", "International Trade Administration"),
        ("TW", "strategic high-tech commodities"),
    ],
)
def test_the_authority_has_a_source(country: str, publisher: str) -> None:
    sources = load_sources([DEFAULT_SOURCES])
    assert [each.key for each in sources if each.country == country and publisher in each.publisher]


@pytest.mark.parametrize(
    ("folder", "words", "kind", "imposing", "target"),
    [
        ("cn_mofcom_announcements", "2025年第61号", "export_control", "CN", ()),
        ("cn_mofcom_announcements", "2024年第33号", "export_control", "CN", ()),
        ("cn_mofcom_announcements", "2024年第46号", "export_control", "CN", ("US",)),
        ("cn_mofcom_security", "不可靠实体清单", "entity_listing", "CN", ("US",)),
        ("cn_mofcom_security", "反制措施", "sanction", "CN", ("US",)),
        ("cn_mofcom_exportcontrol", "2023年第23号", "export_control", "CN", ()),
        ("cn_mofcom_exportcontrol", "荷兰", "export_control", "NL", ()),
        ("cn_mofcom_exportcontrol", "日本", "export_control", "JP", ()),
        ("cn_gacc_announcements", "两用物项", "export_control", "CN", ()),
        ("cn_gacc_announcements", "第260号", "tariff", "CN", ()),
        ("cn_mof_tariff", "关于对原产于美国", "tariff", "CN", ("US",)),
        ("cn_gov_policies", "两用物项出口管制条例", "export_control", "CN", ()),
        ("cn_ndrc_orders", "负面清单", "market_opening", "CN", ()),
        ("jp_meti_anpo", "輸出貿易管理令", "export_control", "JP", ()),
        ("jp_meti_anpo", "外国ユーザーリスト", "entity_listing", "JP", ()),
        ("jp_mof_remedies", "仮の決定", "anti_dumping", "JP", ("CN",)),
        ("tw_customs_news", "輸出許可證", "licence_requirement", "TW", ()),
        ("tw_trade_shtc", "新增213個實體", "entity_listing", "TW", ()),
    ],
)
def test_a_document_is_read_as_the_act_of_who_makes_it(
    folder: str, words: str, kind: str, imposing: str, target: tuple[str, ...]
) -> None:
    (act,) = acts_of(folder, words)
    assert (act.types[0], act.imposing, act.target) == (kind, (imposing,), target)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("cn_mofcom_announcements", "培训班"),
        ("cn_miit_documents", "互联网应用程序备案"),
        ("cn_ndrc_notices", "供水价格"),
        ("cn_ndrc_orders", "电力重大事故"),
    ],
)
def test_what_the_same_lists_say_of_other_things_is_no_act(folder: str, words: str) -> None:
    assert acts_of(folder, words) == ()


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("cn_mofcom_announcements", "cn_mofcom_security", "2025年第18号"),
        ("cn_mofcom_announcements", "cn_mofcom_exportcontrol", "2024年第46号"),
    ],
)
def test_an_announcement_that_two_lists_of_a_ministry_carry_is_one_measure(first: str, second: str, words: str) -> None:
    (here,), (there,) = acts_of(first, words), acts_of(second, words)
    assert here.measure_id == there.measure_id
    assert here.event.event_id != there.event.event_id


TEXTS = {
    "cn_mofcom_announcements": '<div class="art-con" ergodic="article"><div>{}</div></div>',
    "cn_mofcom_security": '<div class="art-con" ergodic="article"><p>{}</p></div>',
    "cn_mofcom_exportcontrol": '<div class="bd"><script>var title = "x";</script><p>{}</p></div>',
    "cn_gacc_announcements": '<div class="easysite-news-peruse"><p>{}</p></div>',
    "cn_gov_policies": '<div id="UCAP-CONTENT"><p>{}</p></div>',
    "cn_miit_documents": '<div id="con_con" class="ccontent"><p>{}</p></div>',
    "cn_mof_tariff": '<div class="my_doccontent"><div class="TRS_Editor"><p>{}</p></div></div>',
    "cn_ndrc_announcements": '<div class="article_con"><div class="TRS_Editor"><p>{}</p></div></div>',
    "cn_ndrc_notices": '<div class="article_con"><div class="TRS_Editor"><p>{}</p></div></div>',
    "cn_ndrc_orders": '<div class="article_con"><div class="TRS_Editor"><p>{}</p></div></div>',
}
"""How a page of a document holds its text, as public programs that read these sites select it; composed."""
TARIFF = "税委会公告2025年第4号</p><p>经国务院批准，自2025年4月10日12时01分起，对原产于美国的所有进口商品加征34%关税。"


def text_of(folder: str, text: str) -> Document:
    """The first document of a folder with the text of its own page, under a heading and above a foot."""
    source, document = shipped_source(folder), next(iter(listed(folder).values()))
    content = f"<html><body><h1>{document.title}</h1>{TEXTS[folder].format(text)}<p>主办单位 网站地图</p></body></html>"
    return read_detail(source, document, Page(content.encode(), document.url or source.url, FETCHED_AT))


@pytest.mark.parametrize("folder", TEXTS)
def test_the_page_of_a_document_gives_its_text_once_and_nothing_around_it(folder: str) -> None:
    assert (text_of(folder, "第一条</p><p>第二条").body or "").split() == ["第一条", "第二条"]


def test_every_chinese_list_that_has_only_titles_says_where_a_document_has_its_text() -> None:
    chinese = {each.name for each in SOURCE_FOLDERS if each.name.startswith("cn_")} - {"cn_mofcom_policy"}
    assert {folder for folder in chinese if shipped_source(folder).detail} == chinese == set(TEXTS)


def test_the_tariff_commissions_number_stands_in_the_text_and_names_the_measure() -> None:
    (act,) = classifier().classify(to_event(text_of("cn_mof_tariff", TARIFF), seen_at=FETCHED_AT, backfill=False)).acts
    assert [(each.scheme, each.value) for each in act.identifiers] == [("announcement", "CN-SCTC-2025-4")]
    assert (act.types, act.imposing, act.target) == (("tariff",), ("CN",), ("US",))
