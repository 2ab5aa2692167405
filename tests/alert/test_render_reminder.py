"""A reminder says which date is near, how near, and never more than the text does."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_message
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DatePrecision, DateRole, Stage
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import BAN, ENGLISH, GALLIUM, LIMB, UPDATE, make_alert, remind

EFFECTIVE = DateRole.EFFECTIVE
NOV = date(2026, 11, 1)


def licence(**changes: Any) -> Act:
    given = {"types": ("licence_requirement",), "minerals": ("gallium",), "target": (), **changes}
    return BAN.model_copy(update={"stage": Stage.ADOPTED, "direction": "neutral", **given})


def told(**changes: Any) -> Alert:
    return make_alert(licence(**changes), "en", "Chip metals", GALLIUM)


def render(alert: Alert, today: date = NOV, level: Level = Level.FULL) -> Message:
    return render_message(alert, level, False, default_taxonomy(), today)


def sentence(alert: Alert, today: date = NOV) -> str:
    return render(alert, today).text.partition("; this reached you because")[0]


def headline(message: Message) -> str:
    found: Any = message.blocks[0]
    return str(found["text"]["text"])


@pytest.mark.parametrize(
    ("value", "today", "start", "words"),
    [
        ("2026-12-01", NOV, "⏰ In 30 days: ", "takes effect on 1 December 2026 (in 30 days)"),
        ("2026-12-01", date(2026, 11, 30), "⏰ Tomorrow: ", "takes effect on 1 December 2026 (tomorrow)"),
        ("2026-12-01", date(2026, 12, 1), "⏰ Today: ", "takes effect on 1 December 2026 (today)"),
        ("2026-12-01", date(2026, 12, 2), "⏰ Yesterday: ", "takes effect on 1 December 2026 (yesterday)"),
        ("2026-12-01", date(2026, 12, 3), "⏰ Gallium", "takes effect on 1 December 2026"),
        ("2026-12", NOV, "⏰ Next month: ", "takes effect in December 2026 (next month)"),
        ("2026-12", date(2026, 12, 1), "⏰ This month: ", "takes effect in December 2026 (this month)"),
        ("2027-03", date(2027, 1, 30), "⏰ In 2 months: ", "takes effect in March 2027 (in 2 months)"),
        ("2027-01", date(2026, 12, 2), "⏰ Next month: ", "takes effect in January 2027 (next month)"),
        ("2027", date(2026, 12, 2), "⏰ Next year: ", "takes effect in 2027 (next year)"),
        ("2027", date(2027, 1, 1), "⏰ This year: ", "takes effect in 2027 (this year)"),
        ("2026-02-31", NOV, "⏰ Gallium", "takes effect on 2026-02-31"),
    ],
)
def test_the_distance_is_counted_in_the_unit_the_text_names(value: str, today: date, start: str, words: str) -> None:
    reminder = remind(told(), EFFECTIVE, value)
    assert sentence(reminder, today) == f"The export licence requirement by China on gallium {words}"
    assert headline(render(reminder, today)).startswith(start)


def test_a_month_never_shows_a_day() -> None:
    reminder = remind(told(dates=()), EFFECTIVE, "2027-03")
    shown = f"{render(reminder).text} {headline(render(reminder))}"
    assert "1 March" not in shown
    assert "days" not in shown


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (DateRole.EFFECTIVE, "The export licence requirement by China on gallium takes effect on"),
        (DateRole.COMMENT_DEADLINE, "Comments on the export licence requirement by China on gallium are due on"),
        (DateRole.EXPIRY, "The export licence requirement by China on gallium expires on"),
        (DateRole.REVIEW, "The export licence requirement by China on gallium is to be reviewed on"),
    ],
)
def test_each_kind_of_date_has_its_own_sentence(role: DateRole, words: str) -> None:
    assert sentence(remind(told(), role, "2026-12-01")) == f"{words} 1 December 2026 (in 30 days)"


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("ja", "2026-12-01", "中国によるガリウムの輸出許可制は2026年12月1日（あと30日）に効力が生じます"),
        ("ja", "2026-12", "中国によるガリウムの輸出許可制は2026年12月（来月）に効力が生じます"),
        ("zh", "2026-12-01", "中国对镓的出口许可于2026年12月1日（还有30天）生效"),
        ("zh", "2026-12", "中国对镓的出口许可于2026年12月（下月）生效"),
    ],
)
def test_it_speaks_the_watchlists_language(language: Literal["ja", "zh"], value: str, words: str) -> None:
    assert render(remind(told(), EFFECTIVE, value, 30, language)).text.startswith(words)


def test_several_measures_take_the_plural() -> None:
    reminder = remind(told(types=("export_ban", "licence_requirement")), DateRole.REVIEW, "2026-12-01")
    assert " are to be reviewed on" in sentence(reminder)


@pytest.mark.parametrize("stage", [Stage.CONSIDERED, Stage.INVESTIGATION, Stage.PROPOSED])
def test_what_is_not_decided_yet_is_said_to_be_so(stage: Stage) -> None:
    assert f"(so far {stage.value.replace('_', ' ')})".replace("investigation", "under investigation").replace(
        "considered", "under consideration"
    ) in sentence(remind(told(stage=stage), EFFECTIVE, "2026-12-01"))


def test_the_end_of_a_suspension_is_not_the_end_of_the_measure() -> None:
    reminder = remind(UPDATE, DateRole.EXPIRY, "2026-11-27")
    assert sentence(reminder).startswith("The suspension of the export ban by China on gallium")
    assert "Suspension ends 27 November 2026" in headline(render(reminder))
    assert "expire" not in render(reminder).text.lower()


def test_the_date_of_a_part_is_said_to_be_the_parts() -> None:
    assert sentence(remind(LIMB, DateRole.EXPIRY, "2026-11-27")).startswith(
        "The suspension of one part (paragraph 2: gallium and germanium → US) of the export ban by China"
    )


def test_it_is_short_and_stands_for_its_own() -> None:
    reminder = remind(ENGLISH, DateRole.COMMENT_DEADLINE, "2025-01-31")
    message = render(reminder, date(2025, 1, 1))
    assert [each["type"] for each in message.blocks] == [
        "header",
        "section",
        "rich_text",
        "section",
        "context",
        "context",
    ]
    assert message.delivery_id == reminder.alert_id
    assert "late" not in str(message.blocks[-1])
    compact = render(reminder, date(2025, 1, 1), Level.COMPACT)
    assert [each["type"] for each in compact.blocks] == ["header", "section", "rich_text", "context", "context"]
    words = render(reminder, date(2025, 1, 1), Level.TEXT)
    assert words.blocks == ()
    assert words.text.startswith(message.text)


def test_an_alert_whose_reason_is_no_reminder_is_news_whatever_date_it_carries() -> None:
    odd = remind(told(), EFFECTIVE, "2026-12-01").model_copy(update={"reason": UPDATE.reason})
    assert "⏰" not in headline(render(odd))


def test_facts_are_those_the_measure_has_now() -> None:
    reminder = remind(LIMB, DateRole.EXPIRY, "2026-11-27")
    assert "*Effective*\n3 December 2024" in str(render(reminder).blocks).replace("\\n", "\n")
    assert DatePrecision.DAY in {each.precision for each in LIMB.act.dates}
