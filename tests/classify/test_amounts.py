"""Sums of money as written: value, currency, how exact, and the very words."""

from __future__ import annotations

import itertools
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.facets.amounts import find_amounts, read_quantity
from services.classify.normalise import fold
from services.contracts.vocab import Facet, Field
from tests.classify.events import event_of


def _read(text: str, issuer: str = "") -> list[tuple[str, str, str]]:
    return [
        (each.amount.currency, each.amount.value, str(each.amount.bound))
        for each in find_amounts(fold(text).text, 0, issuer)
    ]


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("49億円の助成", "JPY", 4_900_000_000),
        ("４９億円", "JPY", 4_900_000_000),
        ("1兆2,000億円", "JPY", 1_200_000_000_000),
        ("4兆9千億円", "JPY", 4_900_000_000_000),
        ("五百億円", "JPY", 50_000_000_000),
        ("475億米ドル", "USD", 47_500_000_000),
        ("2億5000万ドル", "USD", 250_000_000),
        ("5百万ユーロ", "EUR", 5_000_000),
        ("注册资本3440亿元", "CNY", 344_000_000_000),
        ("人民币3440亿元", "CNY", 344_000_000_000),
        ("三千四百四十亿元人民币", "CNY", 344_000_000_000),
        ("1.2万亿元", "CNY", 1_200_000_000_000),
        ("3万5千亿元", "CNY", 3_500_000_000_000),
        ("475亿美元", "USD", 47_500_000_000),
        ("49亿日元", "JPY", 4_900_000_000),
        ("新台幣500億元", "TWD", 50_000_000_000),
        ("港币10亿元", "HKD", 1_000_000_000),
        ("4,900 万 美元", "USD", 49_000_000),
        ("US$6.6 billion", "USD", 6_600_000_000),
        ("$1,234,567.89", "USD", "1234567.89"),
        ("€43bn", "EUR", 43_000_000_000),
        ("£1.2m", "GBP", 1_200_000),
        ("JPY 4.9 billion", "JPY", 4_900_000_000),
        ("A$2 billion", "AUD", 2_000_000_000),
        ("500 million euros", "EUR", 500_000_000),
        ("one billion dollars", "USD", 1_000_000_000),
        ("5 trillion won", "KRW", 5_000_000_000_000),
        ("Rs 76,000 crore", "INR", 760_000_000_000),
        ("₹1,00,000 crore", "INR", 1_000_000_000_000),
        ("1.97 lakh crore rupees", "INR", 1_970_000_000_000),
        ("¥500 billion", "JPY", 500_000_000_000),
        ("￥500亿", "CNY", 50_000_000_000),
    ],
)
def test_a_sum_is_read_in_the_notation_of_its_country(text: str, currency: str, value: int | str) -> None:
    assert _read(text) == [(currency, str(value), "exact")]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("約49億円", "about"),
        ("约49亿日元", "about"),
        ("about JPY 4.9 billion", "about"),
        ("an estimated $5 million", "about"),
        ("10兆円規模", "about"),
        ("最大7320億円", "up_to"),
        ("up to $52.7 billion", "up_to"),
        ("不超过10亿元", "up_to"),
        ("超过1000亿元", "at_least"),
        ("more than €1 billion", "at_least"),
        ("1000億円以上", "at_least"),
        ("20多亿美元", "at_least"),
    ],
)
def test_a_sum_is_no_more_exact_than_its_text(text: str, bound: str) -> None:
    assert [each[2] for each in _read(text)] == [bound]


@pytest.mark.parametrize(
    "text",
    [
        "三元锂电池", "関東一円", "令和元年", "第3元", "数百億円", "数十亿元", "亿元", "港元",
        "每吨300元", "US$1,234/MT", "$300 per tonne", "2 million pounds of uranium", "won 3 awards", "3 CAD models",
        "PHP 8 and RS 232", "半導体ドライバ", "10億ドルビー", "2025元旦",
    ],
)  # fmt: skip
def test_a_price_a_weight_or_another_word_is_no_sum(text: str) -> None:
    assert _read(text) == []


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("$5-10 billion", "5000000000", "10000000000"),
        ("$5 billion to $10 billion", "5000000000", "10000000000"),
        ("50～100億円", "5000000000", "10000000000"),
        ("10亿至20亿元", "1000000000", "2000000000"),
    ],
)
def test_a_range_is_both_its_ends_in_one_scale(text: str, low: str, high: str) -> None:
    assert [each[1] for each in _read(text)] == [low, high]


def test_a_bare_dollar_is_that_of_the_country_whose_document_it_is() -> None:
    assert [_read("$2 billion", code)[0][0] for code in ("US", "CA", "AU", "JP", "")] == [
        "USD", "CAD", "AUD", "USD", "USD",
    ]  # fmt: skip
    assert [_read("¥2 billion", code)[0][0] for code in ("CN", "JP")] == ["CNY", "JPY"]


_NUMERALS = "〇一二三四五六七八九"


def _han(value: int) -> str:
    """The number in Chinese numerals, as an independent writer of what the reader reads."""
    words = ""
    for scale, name in ((10**12, "兆"), (10**8, "億"), (10**4, "万"), (1, "")):
        section = value // scale % 10**4
        for unit, letter in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = section // unit % 10
            if digit:
                words += ("" if digit == 1 and letter else _NUMERALS[digit]) + letter
        words += name if section else ""
    return words


@given(st.integers(1, 10**16 - 1))
def test_chinese_numerals_are_read_back(value: int) -> None:
    assert read_quantity(_han(value)) == value


@given(
    st.integers(1, 9_999),
    st.sampled_from([("万", 10**4), ("億", 10**8), ("亿", 10**8), ("兆", 10**12), ("万亿", 10**12)]),
    st.sampled_from([("円", "JPY"), ("元", "CNY"), ("美元", "USD"), ("ユーロ", "EUR")]),
)
def test_number_scale_and_unit_multiply(number: int, scale: tuple[str, int], unit: tuple[str, str]) -> None:
    assert _read(f"{number:,}{scale[0]}{unit[0]}") == [(unit[1], str(number * scale[1]), "exact")]


@given(
    st.decimals("0.1", "999.9", places=1),
    st.sampled_from([("million", 10**6), ("bn", 10**9), (" trillion", 10**12), (" crore", 10**7)]),
    st.sampled_from([("US$", "USD"), ("€", "EUR"), ("£", "GBP"), ("₹", "INR")]),
)
def test_sign_number_and_scale_multiply(number: Decimal, scale: tuple[str, int], sign: tuple[str, str]) -> None:
    ((currency, value, _),) = _read(f"{sign[0]}{number}{scale[0]}")
    assert (currency, Decimal(value)) == (sign[1], number * scale[1])


@given(st.text(alphabet="0123456789,.$€元円億万兆亿ドル美一二十百千~-を約 abUS", max_size=80))
def test_any_text_gives_sums_that_lie_in_it_in_order(text: str) -> None:
    folded = fold(text).text
    found = find_amounts(folded)
    assert all(0 <= each.start < each.end <= len(folded) for each in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(Decimal(each.amount.value) > 0 for each in found)


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "1," * 50_000, "億" * 100_000, "$" * 100_000, "1億" * 50_000, "一 " * 50_000]
)
def test_time_grows_with_the_text_and_not_faster(text: str) -> None:
    started = time.perf_counter()
    find_amounts(text)
    assert time.perf_counter() - started < 2


def test_an_act_carries_the_sums_of_its_own_sentences_with_their_words(classifier: Classifier) -> None:
    event = event_of(
        "半導体支援", "政府は半導体工場の新設に最大７３２０億円の補助金を交付する。\n為替は１兆円。", lang="ja"
    )
    (act,) = classifier.classify(event).acts
    assert [(each.currency, each.value, each.bound) for each in act.amounts] == [("JPY", "732000000000", "up_to")]
    (shown,) = (each for each in act.evidence if each.facet is Facet.AMOUNT)
    assert (shown.field, shown.text) == (Field.BODY, "７３２０億円")
