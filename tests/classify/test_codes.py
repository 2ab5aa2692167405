"""Codes of goods and substances are read where they are announced, in every notation, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.facets.codes import find_codes, refused_codes
from services.classify.normalise import fold
from services.contracts.vocab import Facet
from tests.classify.events import event_of, field_text

_CHAPTERS = st.integers(1, 97).filter(lambda chapter: chapter != 77)


def _found(text: str) -> list[tuple[str, str]]:
    return [(code.kind, code.value) for code in find_codes(fold(text).text)]


def _digits(chapter: int, rest: int, length: int) -> str:
    return f"{chapter:02}{rest:08}"[:length]


def _check_digit(digits: str) -> int:
    return sum(place * int(digit) for place, digit in enumerate(reversed(digits), 1)) % 10


@given(_CHAPTERS, st.integers(0, 10**8 - 1), st.sampled_from([4, 6, 8, 10]))
def test_a_tariff_code_is_the_same_in_every_notation(chapter: int, rest: int, length: int) -> None:
    plain = _digits(chapter, rest, length)
    grouped = ".".join([plain[:4], *(plain[at : at + 2] for at in range(4, length, 2))])
    notations = {plain, grouped, plain.translate(str.maketrans("0123456789", "０１２３４５６７８９"))}
    notations |= {plain[:4] + "." + plain[4:]} if length == 8 else {grouped.replace(".", " ")} if length > 6 else set()
    for cue in ("HS code ", "headings ", "税目：", "品目番号 "):
        for written in notations:
            assert _found(f"{cue}{written}") == [("hs", grouped)], written


@given(st.integers(10, 9_999_999), st.integers(0, 99))
def test_a_cas_number_is_read_if_and_only_if_its_check_digit_fits(first: int, second: int) -> None:
    digits = f"{first}{second:02}"
    for check in range(10):
        text = f"CAS {first}-{second:02}-{check}"
        fits = check == _check_digit(digits)
        assert bool(find_codes(text.lower())) is fits
        assert bool(list(refused_codes(text.lower()))) is not fits


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("锑矿（参考海关商品编号：2617101000、2617109001）", ["2617.10.10.00", "2617.10.90.01"]),
        ("归入《中华人民共和国进出口税则》：29024400、29024500", ["2902.44.00", "2902.45.00"]),
        ("税则号列：8112.9290、8112.9910", ["8112.92.90", "8112.99.10"]),
        ("稅則號列：81129290", ["8112.92.90"]),
        (
            "CN codes 7202 11 20 and ex 7202 19 00 (TARIC code 7202190010)",
            ["7202.11.20", "7202.19.00", "7202.19.00.10"],
        ),
        ("subheadings 8541.40.6020 through 8541.49.9500 of the HTSUS", ["8541.40.60.20", "8541.49.95.00"]),
        ("HTSUS 9903.88.01", ["9903.88.01"]),
        ("headings 2844, 2845 and 2846 in 2024", ["2844", "2845", "2846"]),
        ("heading 28.44", ["2844"]),
        ("関税定率法（明治43年法律第54号）別表第2811.22号に掲げる二酸化けい素", ["2811.22"]),
        ("統計品目番号 2811.22-000", ["2811.22.000"]),
        ("HSコード：281122000、8506.10", ["2811.22.000", "8506.10"]),
        ("HS8112.92", ["8112.92"]),
    ],
)
def test_tariff_codes_are_read_as_documents_list_them(text: str, codes: list[str]) -> None:
    assert _found(text) == [("hs", code) for code in codes]


@pytest.mark.parametrize(
    "text",
    [
        "電話番号 0335011511", "受付番号 595125001", "法人番号 1234567890123", "six months 12345678 units",
        "imports under HS in 2024 rose", "HS 2024 edition", "heading for 2024", "heading 7799.00", "HTS codes: 25%",
        "version 8541.40.6020", "price 8112.92",
    ],
)  # fmt: skip
def test_numbers_that_nothing_announces_are_no_tariff_codes(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ECCNs 3A001.b.4, 3B001.a.4 and 5D992", ["3A001.b.4", "3B001.a.4", "5D992"]),
        ("管制编码：1C902.d、3C004", ["1C902.d", "3C004"]),
        ("３Ａ０９０", ["3A090"]),
        ("model X3A001B or #3b123", []),
    ],
)
def test_export_control_codes_keep_their_paragraphs(text: str, codes: list[str]) -> None:
    assert _found(text) == [("eccn", code) for code in codes]


def test_a_day_that_happens_to_fit_is_no_cas_number_unless_it_is_called_one() -> None:
    day = next(f"2024-12-{check}" for check in range(10) if check == _check_digit("202412"))
    assert _found(f"on {day} the ministry") == []
    assert [refused.reason for refused in refused_codes(f"on {day} the ministry")] == ["reads as a day"]
    assert _found(f"CAS No. {day}") == [("cas", day)]


def test_a_document_shows_its_codes_in_its_own_characters(classifier: Classifier) -> None:
    body = "決定對下列物項實施出口管制：鎵（海關商品編號：８１１２９２９０００），CAS　７４４０－５５－３，３Ｃ００４。"
    event = event_of("商务部公告2030年第1号 关于对镓相关物项实施出口管制的公告", body, source="cn-mofcom")
    act = classifier.classify(event).acts[0]
    assert (act.hs_codes, act.cas_numbers, act.eccns) == (("8112.92.90.00",), ("7440-55-3",), ("3C004",))
    shown = {each.text for each in act.evidence if each.facet in (Facet.HS, Facet.CAS, Facet.ECCN)}
    assert shown == {"８１１２９２９０００", "７４４０－５５－３", "３Ｃ００４"}
    assert all(field_text(event, each.field)[each.start : each.end] == each.text for each in act.evidence)


def test_many_codes_of_one_kind_do_not_crowd_out_another(classifier: Classifier) -> None:
    listed = ", ".join(f"3A{number:03}" for number in range(400))
    body = f"The rule adds export controls on gallium, ECCNs {listed}. CAS 7440-55-3. HTS 8112.92.10."
    act = classifier.classify(event_of("Export controls on gallium", body, source="us-federal-register")).acts[0]
    assert act.cas_numbers == ("7440-55-3",)
    assert act.hs_codes == ("8112.92.10",)
