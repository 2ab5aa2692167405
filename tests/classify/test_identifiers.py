"""Official identifiers are read in every notation and written in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.facets.identifiers import find_identifiers, threads
from services.classify.facets.numerals import read_number
from services.classify.normalise import fold
from services.contracts.events import Identifier

_HAN = "〇一二三四五六七八九"
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def _found(text: str, issuer: str = "", source: str = "") -> list[tuple[str, str]]:
    found = find_identifiers(fold(text).text, issuer, source=source)
    return [(each.identifier.scheme, each.identifier.value) for each in found]


def _by_place(number: int) -> str:
    """A number below 10,000 with places: 百二十, 二千三百, 六十一."""
    written = ""
    for unit, char in ((1000, "千"), (100, "百"), (10, "十")):
        digit, number = divmod(number, unit)
        written += ("" if digit == 1 else _HAN[digit]) + char if digit else ""
    return written + (_HAN[number] if number else "")


def _by_digit(number: int) -> str:
    return "".join(_HAN[int(digit)] for digit in str(number))


@given(st.integers(1, 9999))
def test_a_number_is_the_same_by_place_by_digit_and_in_arabic(number: int) -> None:
    assert read_number(_by_place(number)) == read_number(_by_digit(number)) == read_number(str(number)) == number


@pytest.mark.parametrize("text", ["", "元元", "十x", "abc"])
def test_what_is_no_number_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # int() and our own digits word it differently
        read_number(text)


@given(st.integers(2000, 2039), st.integers(1, 300))
def test_an_announcement_has_one_number_in_both_digit_styles_and_both_languages(year: int, number: int) -> None:
    notations = (
        f"商务部公告{year}年第{number}号",
        f"商务部公告 {year} 年 第 {number} 号",
        f"商务部 海关总署公告{year}年第{number}号",
        f"商務部公告{year}年第{number}號",
        f"商务部公告{_by_digit(year)}年第{_by_place(number)}号",
        f"商务部公告{year}年第{number}号".translate(_WIDE),
        f"商务部{year}年第{number}号公告",
        f"商务部公告〔{year}〕{number}号",
        f"商务部公告第{number}号（{year}年）",
        f"MOFCOM Announcement No. {number} of {year}",
        f"Announcement No. {number} of {year} of the Ministry of Commerce",
        f"MOFCOM Announcement [{year}] No. {number}",
    )
    for text in notations:
        assert _found(text) == [("announcement", f"CN-MOFCOM-{year}-{number}")], text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("海关总署公告二〇二四年第四十六号", "CN-GACC-2024-46"),
        ("国务院关税税则委员会公告2025年第4号", "CN-SCTC-2025-4"),
        ("税委会公告2025年第4号", "CN-SCTC-2025-4"),
        ("财政部 税务总局公告2023年第10号", "CN-MOF-2023-10"),
        ("不可靠实体清单工作机制〔2025〕6号", "CN-UEL-2025-6"),
        ("国务院令第792号", "CN-STATE-ORDER-792"),
        ("商务部令2020年第4号", "CN-MOFCOM-ORDER-2020-4"),
        ("国家发展改革委 商务部令2024年第23号", "CN-NDRC-ORDER-2024-23"),
        ("根据海关总署公告2025年第18号", "CN-GACC-2025-18"),
    ],
)
def test_the_authority_that_leads_an_announcement_qualifies_its_number(text: str, value: str) -> None:
    assert _found(text) == [("announcement", value)]


@pytest.mark.parametrize(
    ("source", "issuer", "value"),
    [("cn-mofcom", "CN", "CN-MOFCOM-2024-46"), ("cn-state", "CN", "CN-2024-46"), ("press-desk", "", "2024-46")],
)
def test_an_announcement_of_nobody_named_is_of_its_source(source: str, issuer: str, value: str) -> None:
    assert _found("暂停实施2024年第46号公告第二款", issuer, source) == [("announcement", value)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("商务部公告2025年第55号、56号、57号", [55, 56, 57]),
        ("商务部2025年第55、56、57、58号公告", [55, 56, 57, 58]),
        ("MOFCOM Announcements Nos. 55-58, 61 and 62 of 2025", [55, 56, 57, 58, 61, 62]),
    ],
)
def test_a_list_of_numbers_names_each_announcement(text: str, numbers: list[int]) -> None:
    assert _found(text) == [("announcement", f"CN-MOFCOM-2025-{number}") for number in numbers]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RIN 0694-AI94", [("rin", "0694-AI94")]),
        ("RIN: 0694–AI94", [("rin", "0694-AI94")]),
        ("RINs 0694-AJ55 and 0694-XC103", [("rin", "0694-AJ55"), ("rin", "0694-XC103")]),
        ("[Docket No. 240905-0231]", [("docket", "240905-0231")]),
        ("Docket No.: BIS-2024-0032", [("docket", "BIS-2024-0032")]),
        ("Docket Number USTR-2024-0016", [("docket", "USTR-2024-0016")]),
        ("Docket ID OFAC-2024-0004", [("docket", "OFAC-2024-0004")]),
        ("[A-570-135, C-570-136]", [("ad_cvd_case", "A-570-135"), ("ad_cvd_case", "C-570-136")]),
        ("Investigation No. 731-TA-1657 (Final)", [("itc_case", "731-TA-1657")]),
        ("DFARS Case 2020-D007", [("dfars_case", "2020-D007")]),
        ("case AD690", [("eu_remedy_case", "AD690")]),
        ("Case No. AD (OI) - 12/2024", [("in_remedy_case", "AD-OI-12/2024")]),
        ("Case No. AD(OI)-12/2024", [("in_remedy_case", "AD-OI-12/2024")]),
        ("CELEX:32024R2754", [("celex", "32024R2754")]),
        ("Implementing Regulation (EU) 2024/2754", [("eu_act", "2024/2754")]),
        ("Regulation (EU) No 833/2014", [("eu_act", "833/2014")]),
        ("Decision (CFSP) 2024/1484", [("eu_act", "2024/1484")]),
        ("Council Decision 2014/512/CFSP", [("eu_act", "2014/512")]),
        ("欧盟委员会实施条例（EU）2024/2754", [("eu_act", "2024/2754")]),
        ("規則（EU）2024/1252", [("eu_act", "2024/1252")]),
        ("E.O. 14105", [("executive_order", "14105")]),
        ("第14105号行政令", [("executive_order", "14105")]),
        ("大統領令第14105号", [("executive_order", "14105")]),
        ("Proclamation 10908", [("proclamation", "10908")]),
        ("Pub. L. 117-167", [("public_law", "117-167")]),
        ("令和四年法律第四十三号", [("jp_law", "令和4年法律第43号")]),
        ("令和元年政令第１８号", [("jp_law", "令和元年政令第18号")]),
        ("令和四年五月十八日法律第四十三号", [("jp_law", "令和4年法律第43号")]),
        ("平成三年通商産業省令第四十九号", [("jp_law", "平成3年通商産業省令第49号")]),
        ("令和7年経済産業省告示第百二十号", [("jp_law", "令和7年経済産業省告示第120号")]),
        ("国发〔2025〕12号", [("cn_document", "国发〔2025〕12号")]),
        ("FR Doc. 2025-01234", [("fr_document", "2025-01234")]),
        ("89 Fed. Reg. 72926", [("fr_citation", "89 FR 72926")]),
        ("the committee met in 2024 on item no. 12 of 30", []),
        ("关于2024年第1号台风的公告", []),
    ],
)
def test_identifiers_are_read_in_their_own_notation(text: str, found: list[tuple[str, str]]) -> None:
    assert _found(text) == found


@pytest.mark.parametrize(
    ("scheme", "value", "thread"),
    [
        ("celex", "32024R2754", ("eu_act", "2024/2754")),
        ("celex", "32014R0833", ("eu_act", "833/2014")),
        ("celex", "32014D0512", ("eu_act", "2014/512")),
        ("eo_number", "14105", ("executive_order", "14105")),
        ("docket", "BIS-2024-0032", ("docket", "BIS-2024-0032")),
        ("docket", "240905-0231", None),
        ("fr_document", "2025-01234", None),
        ("announcement", "2024-46", None),
        ("something_new", "1", None),
    ],
)
def test_identifiers_that_name_the_same_thread_are_one_and_those_of_a_document_are_none(
    scheme: str, value: str, thread: tuple[str, str] | None
) -> None:
    found = threads(Identifier(scheme=scheme, value=value))
    assert (found and (found.scheme, found.value)) == thread


@given(
    st.text(st.characters(codec="utf-8"), max_size=60)
    | st.text("商务部公告令第号年0123456789〔〕二〇 , and no.of", max_size=40)
)
def test_any_text_gives_identifiers_whose_spans_lie_in_it(text: str) -> None:
    folded = fold(text).text
    for each in find_identifiers(folded, "CN", source="cn-mofcom"):
        assert 0 <= each.start < each.end <= len(folded)
