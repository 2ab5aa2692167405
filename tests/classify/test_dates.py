"""Dates as written, no more precise than the text, each with its role."""

from __future__ import annotations

import pytest

from services.classify.facets.dates import find_dates
from services.classify.normalise import fold
from services.contracts.vocab import DateRole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-05-16", "2025-05-16"),
        ("2025年5月16日", "2025-05-16"),
        ("２０２５年５月１６日", "2025-05-16"),
        ("二〇二五年五月十六日", "2025-05-16"),
        ("令和7年5月16日", "2025-05-16"),
        ("令和元年5月1日", "2019-05-01"),
        ("令和八年三月", "2026-03"),
        ("R6.4.1", "2024-04-01"),
        ("民國114年6月10日", "2025-06-10"),
        ("May 16, 2025", "2025-05-16"),
        ("16 May 2025", "2025-05-16"),
        ("May 2025", "2025-05"),
        ("2025年", "2025"),
        ("2024年末", "2024-12"),
    ],
)
def test_a_date_is_read_at_the_precision_of_its_text(text: str, value: str) -> None:
    assert [each.value for each in find_dates(fold(text).text)] == [value]


def test_a_month_without_a_year_takes_the_year_before_it() -> None:
    found = find_dates("2024年9月に措置を実施し、10月に規則を発表した")
    assert [each.value for each in found] == ["2024-09", "2024-10"]


@pytest.mark.parametrize("text", ["2025-13-45", "2025年2月30日", "month of may", "12345-67-8901"])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("the rule is effective on 30 may 2024", DateRole.EFFECTIVE),
        ("comments must be received by july 1, 2024", DateRole.COMMENT_DEADLINE),
        ("本公告自2024年9月1日起实施", DateRole.EFFECTIVE),
        ("有效期至2026年11月10日", DateRole.EXPIRY),
        ("令和6年9月8日に施行します", DateRole.EFFECTIVE),
        ("7月15日まで継続します", DateRole.EXPIRY),
        ("2022年に成立した法律", DateRole.ADOPTED),
        ("on 3 may 2024 the ministry said", DateRole.ANNOUNCED),
    ],
)
def test_the_words_around_a_date_give_its_role(text: str, role: DateRole) -> None:
    (found,) = find_dates(text, default_year=2026)
    assert found.role is role
