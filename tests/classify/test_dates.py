"""Dates as written, no more precise than the text, each with its role."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.clauses import split_sentences
from services.classify.core import Classifier
from services.classify.facets.dateforms import find_ambiguous
from services.classify.facets.dates import find_counted, find_dates, read_dates
from services.classify.facets.dateterms import find_terms
from services.classify.normalise import fold
from services.contracts.measures import Act
from services.contracts.vocab import DatePrecision, DateRole, Facet
from tests.classify.events import event_of, field_text

_ADOPTED, _ANNOUNCED, _COMMENT = DateRole.ADOPTED, DateRole.ANNOUNCED, DateRole.COMMENT_DEADLINE
_EFFECTIVE, _EXPIRY, _REVIEW = DateRole.EFFECTIVE, DateRole.EXPIRY, DateRole.REVIEW
_HAN = "〇一二三四五六七八九"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _values(text: str, year: int | None = None, published: date | None = None) -> list[str]:
    return [each.value for each in find_dates(fold(text).text, 0, year, published)]


def _pairs(text: str, published: date | None = date(2026, 1, 15)) -> list[tuple[str, DateRole]]:
    return [(each.value, each.role) for each in find_dates(fold(text).text, 0, None, published)]


def _han(number: int) -> str:
    """A number below 100 with places: 十, 十二, 二十, 二十三."""
    tens, ones = divmod(number, 10)
    return (_HAN[tens] if tens > 1 else "") + ("十" if tens else "") + (_HAN[ones] if ones else "")


def _written(day: date) -> tuple[str, ...]:
    """The day in every notation that leaves no doubt."""
    y, m, d = day.year, day.month, day.day
    return (
        day.isoformat(),
        f"{y}/{m}/{d}",
        f"{y}.{m:02}.{d:02}",
        f"{y}年{m}月{d}日",
        f"{y} 年 {m} 月 {d} 日",
        f"{y}年{m:02}月{d:02}日".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        "".join(_HAN[int(digit)] for digit in str(y)) + f"年{_han(m)}月{_han(d)}日",
        f"令和{y - 2018}年{m}月{d}日",
        f"令和{_han(y - 2018)}年{_han(m)}月{_han(d)}日",
        f"R{y - 2018}.{m}.{d}",
        f"民國{y - 1911}年{m}月{d}日",
        f"{_MONTHS[m - 1]} {d}, {y}",
        f"{_MONTHS[m - 1][:3]}. {d}, {y}",
        f"{d} {_MONTHS[m - 1]} {y}",
        f"the {d}th of {_MONTHS[m - 1]} {y}",
        f"{d}-{_MONTHS[m - 1][:3]}-{y}",
    )


@given(st.dates(date(2020, 1, 1), date(2037, 12, 31)))
def test_a_day_is_the_same_in_every_notation_and_its_span_is_its_words(day: date) -> None:
    for words in _written(day):
        text = fold(f"（{words}）").text
        (found,) = find_dates(text)
        assert (found.value, found.precision) == (day.isoformat(), DatePrecision.DAY), words
        assert text[found.start : found.end].strip(".") in fold(words).text


@given(
    st.text(st.characters(codec="utf-8"), max_size=80) | st.text("0123456789年月日-/. 一二十〇令和r自至起", max_size=60)
)
def test_any_text_gives_dates_that_exist_at_the_precision_they_claim(text: str) -> None:
    folded = fold(text).text
    for found in find_dates(folded, 0, None, date(2025, 6, 1)):
        assert 0 <= found.start < found.end <= len(folded)
        whole = found.value + "-01-01"[len(found.value) - 4 :] if len(found.value) < 10 else found.value
        assert date.fromisoformat(whole)
        assert (
            len(found.value) == {DatePrecision.DAY: 10, DatePrecision.MONTH: 7, DatePrecision.YEAR: 4}[found.precision]
        )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("令和元年5月1日", "2019-05-01"),
        ("㋿7年5月16日", "2025-05-16"),
        ("令和八年三月", "2026-03"),
        ("R6.4.1", "2024-04-01"),
        ("H31.4.30", "2019-04-30"),
        ("中華民國一百一十四年六月十日", "2025-06-10"),
        ("May 2025", "2025-05"),
        ("the first day of February 2027", "2027-02-01"),
        ("2025年", "2025"),
        ("2024年末", "2024-12"),
        ("2024年底前", "2024-12"),
        ("2024年度末に", "2025-03"),
        ("令和6年度末", "2025-03"),
        ("2025年5月下旬", "2025-05"),
        ("2025年5月16日頃", "2025-05"),
        ("around 12 March 2025", "2025-03"),
        ("25/03/2025", "2025-03-25"),
        ("03/25/2025", "2025-03-25"),
        ("03/03/2025", "2025-03-03"),
    ],
)
def test_a_date_is_read_at_the_precision_of_its_text(text: str, value: str) -> None:
    assert _values(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "2025-13-45", "2025年2月30日", "month of may", "12345-67-8901", "the rule may 30 firms",
        "article 5 may be waived", "起算して六月を超えない範囲内", "3个月", "6か月以内", "H20 chips",
        "no. 61 of 2025", "商务部公告2023年第23号",
        "平成三年通商産業省令第四十九号", "令和四年五月十八日法律第四十三号", "负面清单（2024年版）", "8517.71.20",
    ],
)  # fmt: skip
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert _values(text, 2025) == []


def test_a_numeric_date_that_can_be_read_two_ways_is_not_guessed() -> None:
    text = "comments are due by 12/03/2025"
    assert find_dates(text) == []
    assert [text[slice(*span)] for span in find_ambiguous(text)] == ["12/03/2025"]


def test_a_date_without_a_year_is_not_read_where_nothing_gives_one() -> None:
    assert _values("7月23日から施行する") == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2024年9月に措置を実施し、10月に規則を発表した", ["2024-09", "2024-10"]),
        ("2023年5月23日に公布し、同年7月23日に施行した", ["2023-05-23", "2023-07-23"]),
        ("2024年10月に公布し、翌年4月1日に施行する", ["2024-10", "2025-04-01"]),
        ("In October 2023 it published the rule, and on July 23 it amended it", ["2023-10", "2023-07-23"]),
        ("on May 6 and June 3, 2020, it published", ["2020-05-06", "2020-06-03"]),
        ("effective on 7, 12 and 21 October 2022", ["2022-10-07", "2022-10-12", "2022-10-21"]),
        ("March 3-7, 2025", ["2025-03-03", "2025-03-07"]),
        ("3–7 March 2025", ["2025-03-03", "2025-03-07"]),
        ("January 1 through March 31, 2025", ["2025-01-01", "2025-03-31"]),
        ("December 1 through January 31, 2025", ["2024-12-01", "2025-01-31"]),
        ("2025年12月1日から3月31日まで", ["2025-12-01", "2026-03-31"]),
        ("2025年5月1日～15日", ["2025-05-01", "2025-05-15"]),
        ("2025年5月1日至5月15日", ["2025-05-01", "2025-05-15"]),
        ("2025年5月1日から30日間", ["2025-05-01"]),
        ("2023-2025年", ["2023", "2025"]),
    ],
)  # fmt: skip
def test_a_date_takes_the_year_of_its_range_or_the_year_before_it(text: str, values: list[str]) -> None:
    assert _values(text) == values


@pytest.mark.parametrize(
    ("text", "published", "value"),
    [
        ("本年7月1日より開始します", date(2026, 6, 18), "2026-07-01"),
        ("自明年1月1日起实施", date(2025, 11, 3), "2026-01-01"),
        ("昨年10月に公布した", date(2025, 2, 1), "2024-10"),
        ("1月10日から施行する", date(2025, 12, 20), "2026-01-10"),
        ("On December 23 the ministry said", date(2026, 1, 5), "2025-12-23"),
        ("comments are due by January 15", date(2024, 12, 10), "2025-01-15"),
        ("意見の提出期限は3月5日", date(2025, 2, 4), "2025-03-05"),
    ],
)
def test_a_date_without_a_year_lies_near_the_day_of_publication_and_a_deadline_after_it(
    text: str, published: date, value: str
) -> None:
    assert _values(text, None, published) == [value]


def test_a_deadline_takes_no_year_from_a_word_like_last_year() -> None:
    text = "昨年4月24日に始めた調査の期間を延ばして7月23日までとした"
    assert _values(text, None, date(2025, 3, 28)) == ["2024-04-24", "2025-07-23"]


def test_a_year_goes_on_to_the_end_of_its_paragraph_and_no_further(classifier: Classifier) -> None:
    body = "2023年7月に調査を開始した。10月20日に措置を決定した。\n本措置は3月1日から施行する。"
    act = _act(classifier, "ガリウムの輸出管理を強化", body, source="jp-meti", published="2024-02-01")
    assert {(each.role, each.value) for each in act.dates} >= {(_ADOPTED, "2023-10-20"), (_EFFECTIVE, "2024-03-01")}


@pytest.mark.parametrize(
    ("text", "value", "role"),
    [
        ("the rule is effective on 30 May 2024", "2024-05-30", _EFFECTIVE),
        ("Effective at 12:01 a.m. Eastern Daylight Time on July 1, 2025, the duty", "2025-07-01", _EFFECTIVE),
        ("goods entered for consumption on or after March 4, 2025", "2025-03-04", _EFFECTIVE),
        ("this Regulation shall apply from 18 November 2026", "2026-11-18", _EFFECTIVE),
        ("From 1 March 2026, consignments need a certificate", "2026-03-01", _EFFECTIVE),
        ("the ban will not take effect until 1 June 2026", "2026-06-01", _EFFECTIVE),
        ("the tariffs were postponed until 9 July 2025", "2025-07-09", _EFFECTIVE),
        ("implementation is delayed to 1 May 2026", "2026-05-01", _EFFECTIVE),
        ("the suspension runs until 10 November 2026", "2026-11-10", _EXPIRY),
        ("the licence expires on 31 December 2025", "2025-12-31", _EXPIRY),
        ("tax credits remain available through 2032", "2032", _EXPIRY),
        ("comments must be received by July 1, 2024", "2024-07-01", _COMMENT),
        ("The comment period closes on 17 October 2025.", "2025-10-17", _COMMENT),
        ("submissions must be filed no later than close of business on February 17, 2026", "2026-02-17", _COMMENT),
        ("Comments are due by 11:59 p.m. Eastern Time on March 3, 2025", "2025-03-03", _COMMENT),
        ("The deadline for written submissions is extended to 3 March 2025", "2025-03-03", _COMMENT),
        ("The measures will be reviewed by 30 June 2026.", "2026-06-30", _REVIEW),
        ("The Commission shall carry out a review of this Regulation no later than 24 May 2027", "2027-05-24", _REVIEW),
        ("signed into law on August 9, 2022", "2022-08-09", _ADOPTED),
        ("Commission Implementing Regulation (EU) 2025/500 of 13 March 2025 imposing duties", "2025-03-13", _ADOPTED),
        ("on 3 May 2024 the ministry said", "2024-05-03", _ANNOUNCED),
        ("as of 12 March 2025, 300 firms had applied", "2025-03-12", _ANNOUNCED),
        ("imports from January 2023 rose", "2023-01", _ANNOUNCED),
        ("本公告自2024年9月1日起实施", "2024-09-01", _EFFECTIVE),
        ("自2025年5月16日零时起，暂停实施", "2025-05-16", _EFFECTIVE),
        ("生效日期：2025年5月16日", "2025-05-16", _EFFECTIVE),
        ("有效期至2026年11月10日", "2026-11-10", _EXPIRY),
        ("暂停实施至2026年11月10日", "2026-11-10", _EXPIRY),
        ("该措施将于2026年8月3日到期", "2026-08-03", _EXPIRY),
        ("请于2025年5月16日前将书面意见反馈我部", "2025-05-16", _COMMENT),
        ("意见反馈截止时间为2025年5月16日", "2025-05-16", _COMMENT),
        ("2026年6月底前对本办法重新评估", "2026-06", _REVIEW),
        ("2024年6月21日国务院常务会议通过", "2024-06-21", _ADOPTED),
        ("截至2025年5月16日，共有300家企业", "2025-05-16", _ANNOUNCED),
        ("自2020年以来，进口增加", "2020", _ANNOUNCED),
        ("暫停實施至2026年11月10日", "2026-11-10", _EXPIRY),
        ("自2025年6月10日起實施", "2025-06-10", _EFFECTIVE),
        ("令和6年9月8日に施行します", "2024-09-08", _EFFECTIVE),
        ("施行期日を令和6年9月2日とする政令", "2024-09-02", _EFFECTIVE),
        ("施行は令和6年11月1日です", "2024-11-01", _EFFECTIVE),
        ("7月15日（水曜日）まで継続します", "2026-07-15", _EXPIRY),
        ("令和8年3月31日限り失効する", "2026-03-31", _EXPIRY),
        ("意見は5月30日（金）17時まで受け付けます", "2026-05-30", _COMMENT),
        ("パブリックコメントの締切は令和7年5月30日（必着）", "2025-05-30", _COMMENT),
        ("2027年3月までに制度を見直す", "2027-03", _REVIEW),
        ("2022年に成立した法律", "2022", _ADOPTED),
        ("令和7年4月9日に公布し", "2025-04-09", _ADOPTED),
        ("该规则将于2026年11月17日生效,评论期为60天。", "2026-11-17", _EFFECTIVE),
        ("2026年9月15日起对部分两用物项实施出口管制", "2026-09-15", _EFFECTIVE),
        ("外交部长2026年9月20日起对日本进行访问", "2026-09-20", _ANNOUNCED),
        (
            "It delays the effective date of the rule restricting U.S. investment in chips until March 3, 2025.",
            "2025-03-03",
            DateRole.EFFECTIVE,
        ),
        (
            "The effective date of the rule published at 89 FR 90398 is delayed until March 3, 2025.",
            "2025-03-03",
            DateRole.EFFECTIVE,
        ),
        ("the effective date is delayed from January 2, 2025, to March 3, 2025.", "2025-03-03", DateRole.EFFECTIVE),
        ("ガリウムの輸出規制の施行を2025年3月3日まで延期する。", "2025-03-03", DateRole.EFFECTIVE),
    ],
)  # fmt: skip
def test_the_words_around_a_date_give_its_role(text: str, value: str, role: DateRole) -> None:
    assert _pairs(text) == [(value, role)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("有效期为2025年1月1日至2026年12月31日", [("2025-01-01", _EFFECTIVE), ("2026-12-31", _EXPIRY)]),
        ("自2025年1月1日起至2026年11月10日止", [("2025-01-01", _EFFECTIVE), ("2026-11-10", _EXPIRY)]),
        ("duties of 25 % apply from 1 May 2025 to 30 June 2026", [("2025-05-01", _EFFECTIVE), ("2026-06-30", _EXPIRY)]),
        (
            "令和7年3月29日から7月28日までの4か月間、不当廉売関税を課します",
            [("2025-03-29", _EFFECTIVE), ("2025-07-28", _EXPIRY)],
        ),
        ("意見募集期間：5月1日～5月30日", [("2026-05-01", _ANNOUNCED), ("2026-05-30", _COMMENT)]),
        ("imports rose from January 2023 through December 2024", [("2023-01", _ANNOUNCED), ("2024-12", _ANNOUNCED)]),
        (
            "effective May 1, 2025, and comments are due by June 2, 2025",
            [("2025-05-01", _EFFECTIVE), ("2025-06-02", _COMMENT)],
        ),
        ("The period of review is July 1, 2023, through June 30, 2024.", []),
        ("covering the period of review (POR) May 1, 2018 through April 30, 2019", []),
        ("倾销调查期为2023年1月1日至2023年12月31日", []),
        ("調査対象期間は2023年1月1日から12月31日まで", []),
        ("暂停实施2025年10月9日发布的六项公告", []),
        ("duties under Regulation (EU) 2016/1036 of 8 June 2016", []),
    ],
)
def test_ranges_deadlines_and_days_of_other_things_are_told_apart(text: str, pairs: list[tuple[str, DateRole]]) -> None:
    assert _pairs(text) == pairs


@pytest.mark.parametrize(
    ("text", "value", "role"),
    [
        ("The rule takes effect 30 days after publication.", "2025-07-01", _EFFECTIVE),
        ("Comments must be submitted within sixty (60) days of publication.", "2025-07-31", _COMMENT),
        ("It shall enter into force on the twentieth day following that of its publication.", "2025-06-21", _EFFECTIVE),
        ("It shall enter into force on the day following that of its publication.", "2025-06-02", _EFFECTIVE),
        ("The rule becomes effective six months after publication.", "2025-12-01", _EFFECTIVE),
        ("公布の日から起算して三十日を経過した日から施行する", "2025-07-01", _EFFECTIVE),
        ("公布の日から20日を経過した日から施行する", "2025-06-22", _EFFECTIVE),
        ("公布の日から起算して六月を経過した日から施行する", "2025-12-01", _EFFECTIVE),
        ("本办法自公布之日起30日后施行", "2025-07-02", _EFFECTIVE),
        ("自发布之日起三个月后实施", "2025-09", _EFFECTIVE),
        ("利害关系方可自本公告发布之日起20天内提交书面评论", "2025-06-21", _COMMENT),
        ("本公告自公布之日起施行", "2025-06-01", _EFFECTIVE),
        ("この省令は、公布の日から施行する", "2025-06-01", _EFFECTIVE),
    ],
)  # fmt: skip
def test_a_term_from_publication_ends_on_the_day_its_law_counts(text: str, value: str, role: DateRole) -> None:
    (found,) = find_counted(fold(text).text, 0, date(2025, 6, 1))
    assert (found.value, found.role) == (value, role)


@pytest.mark.parametrize(
    "text",
    [
        "It takes effect 10 business days after publication.",
        "本规定自发布之日起10个工作日后生效",
        "公布の日から起算して一年六月を超えない範囲内において政令で定める日から施行する",
        "公布の日から起算して六月を超えない範囲内において政令で定める日から施行する",
    ],
)
def test_a_term_nobody_can_count_has_no_day(text: str) -> None:
    assert find_counted(fold(text).text, 0, date(2025, 6, 1)) == []


@given(st.integers(1, 300), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_days_after_publication_are_added_to_it(days: int, published: date) -> None:
    (found,) = find_counted(f"the rule is effective {days} days after publication", 0, published)
    assert found.value == (published + timedelta(days=days)).isoformat()


@given(st.dates(date(2019, 12, 1), date(2030, 1, 1)), st.integers(1, 24))
def test_months_after_publication_end_in_the_month_so_many_later(published: date, months: int) -> None:
    (term,) = find_terms(f"effective {months} months after publication")
    end = term.day_after(published)
    assert end is not None
    assert (end.year * 12 + end.month) - (published.year * 12 + published.month) == months


def test_a_term_from_another_journal_s_publication_has_no_day_but_its_words() -> None:
    text = "it takes effect 60 days after publication in the federal register."
    assert find_counted(text, 0, date(2025, 6, 1)) == []
    assert [each.value for each in find_counted(text, 0, date(2025, 6, 1), journal=True)] == ["2025-07-31"]


def _act(classifier: Classifier, title: str, body: str, *, source: str, published: str | None = "2026-01-15") -> Act:
    return classifier.classify(event_of(title, body, source=source, published=published)).acts[0]


def test_a_term_is_kept_as_words_where_the_day_of_publication_is_not_known(classifier: Classifier) -> None:
    event = event_of(
        "商务部公告2030年第1号 关于对锑相关物项实施出口管制的决定",
        "决定对下列物项实施出口管制。本公告自公布之日起３０日后施行。",
        source="cn-mofcom",
        published=None,
    )
    (act,) = classifier.classify(event).acts
    assert not act.date_of(_EFFECTIVE)
    (shown,) = (each for each in act.evidence if each.facet is Facet.DATE)
    assert (shown.tag, shown.text) == ("effective P30D after publication", "公布之日起３０日后")
    assert field_text(event, shown.field)[shown.start : shown.end] == shown.text


def test_a_date_says_where_its_year_was_taken_from(classifier: Classifier) -> None:
    act = _act(classifier, "ガリウムの輸出管理を強化", "本措置は3月1日から施行する。", source="jp-meti")
    assert {each.rule for each in act.evidence if each.facet is Facet.DATE} == {"effective (year of publication)"}


def test_the_days_a_source_states_beside_the_text_count_first(classifier: Classifier) -> None:
    attributes = {"effective_on": "2026-03-01", "comments_close_on": "2026-02-20", "dates": "no day"}
    event = event_of("Export controls on gallium; interim final rule", source="us-federal-register", lang="en")
    (act,) = classifier.classify(event.model_copy(update={"attributes": attributes})).acts
    assert [(each.role, each.value) for each in act.dates] == [(_EFFECTIVE, "2026-03-01"), (_COMMENT, "2026-02-20")]
    assert act.stage == "adopted"


def test_a_day_of_effect_after_many_other_dates_is_not_lost(classifier: Classifier) -> None:
    history = " ".join(f"On {day} May 2024 the committee met." for day in range(1, 25))
    body = f"The rule adds export controls on gallium. {history} The rule is effective on 1 March 2026."
    act = _act(classifier, "Export controls on gallium; final rule", body, source="us-federal-register")
    effective = act.date_of(_EFFECTIVE)
    assert effective is not None
    assert effective.value == "2026-03-01"


def test_reading_dates_takes_time_in_step_with_the_text() -> None:
    worst = "From 1, 2, 3, 4, 5 and 6 to 7 or 8, 9, 10 and 11 and 12 and 2023, 2024年第, 1/2/3/4, 12-12-12, "

    def seconds(times: int) -> float:
        text = fold(worst * times).text
        started = time.perf_counter()
        read_dates(text, split_sentences(text, 0), date(2025, 1, 1))
        return time.perf_counter() - started

    seconds(100)
    assert seconds(2000) < max(60 * seconds(200), 2.0)


def test_a_day_of_effect_long_before_publication_is_of_an_earlier_act(classifier: Classifier) -> None:
    told = (
        "Effective July 6, 2018, the U.S. Trade Representative imposed additional duties on goods of China. "
        "The exclusions take effect on May 1, 2020."
    )
    event = event_of(
        "Notice of Product Exclusion: China's Acts, Policies, and Practices Related to Technology Transfer",
        body=told,
        source="us-federal-register",
        published="2020-04-30",
    )
    days = {
        fact.value for act in classifier.classify(event).acts for fact in act.dates if fact.role is DateRole.EFFECTIVE
    }
    assert days == {"2020-05-01"}
