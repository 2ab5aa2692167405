from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fakeslack.mrkdwn import Run, parse_mrkdwn


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("*bold*", [Run("bold", bold=True)]),
        ("_it_ ~s~", [Run("it", italic=True), Run(" "), Run("s", strike=True)]),
        ("*_both_*", [Run("both", bold=True, italic=True)]),
        ("`co*d*e`", [Run("co*d*e", code=True)]),
        ("```two\nlines```", [Run("two\nlines", code=True)]),
        ("in*side*word", [Run("in*side*word")]),
        ("对*镓*出口", [Run("对*镓*出口")]),
        ("snake_case_name", [Run("snake_case_name")]),
        ("* list", [Run("* list")]),
        ("*open", [Run("*open")]),
        ("a &lt;b&gt; &amp;amp;", [Run("a <b> &amp;")]),
        ("&#60;!channel&#62;", [Run("&#60;!channel&#62;")]),
        ("&lt;!channel&gt;", [Run("<!channel>")]),
        ("<https://gov.example/?a=1&amp;b=2>", [Run("https://gov.example/?a=1&b=2", url="https://gov.example/?a=1&b=2")]),
        ("<https://gov.example|*label*>", [Run("*label*", url="https://gov.example")]),
        ("<javascript:alert(1)|x>", [Run("x")]),
        ("<!channel>", [Run("@channel", ping=True)]),
        ("<!subteam^S1|@ops>", [Run("@ops", ping=True)]),
        ("<@U123> <#C1|general>", [Run("@U123", ping=True), Run(" "), Run("general", ping=True)]),
    ],
)  # fmt: skip
def test_a_text_reads_as_in_slack(text: str, runs: list[Run]) -> None:
    assert list(parse_mrkdwn(text)) == runs


@given(st.text(alphabet="a *_~`<>&;!@#|:/\n漢", max_size=60))
def test_any_text_can_be_parsed_and_plain_words_survive(text: str) -> None:
    shown = "".join(run.text for run in parse_mrkdwn(text))
    if not set(text) & set("<&`*_~"):
        assert shown == text


def test_a_very_long_run_of_marks_is_read_in_good_time() -> None:
    assert "".join(run.text for run in parse_mrkdwn("*" * 5_000)) == "*" * 5_000


def test_a_text_full_of_emphasis_is_read_to_its_end() -> None:
    assert sum(run.bold for run in parse_mrkdwn("*a* " * 1_500)) == 1_500
