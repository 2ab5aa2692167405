"""A part of a measure in the reader's words: which it is, what became of it, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.alert.core import TellKey, decide_alerts
from services.alert.delivery.protocol import Level
from services.alert.lifecycle.decision import Told
from services.alert.render import render_message
from services.alert.render.facts import list_changes, list_facts
from services.alert.render.parts import write_part
from services.alert.render.phrases import ReaderLanguage
from services.alert.render.reader import Reader
from services.alert.watchlists.sets import watchlist_set
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.test_lifecycle_limbs import halt, paragraph_2, the_ban

TAXONOMY = default_taxonomy()
TODAY = date(2025, 11, 10)
LANGUAGES: tuple[ReaderLanguage, ...] = ("en", "ja", "zh")


def reader(language: ReaderLanguage) -> Reader:
    return Reader(language, TAXONOMY, TODAY)


def alert_of(language: ReaderLanguage, *acts: Act) -> Alert:
    watchlist = Watchlist(
        id="gallium",
        name="Gallium",
        language=language,
        rule=Rule(all=(Condition(predicate="minerals", terms=("gallium",)),)),
        destinations=(Destination(channel="stdout", address="-"),),
    )
    told: dict[TellKey, Told] = {}
    alerts: list[Alert] = []
    for act in acts:
        decided = decide_alerts(act, watchlist_set([watchlist], TAXONOMY), told, datetime(2025, 11, 10, tzinfo=UTC))
        told |= {each.key: each.told for each in decided.told}
        alerts += decided.alerts
    return alerts[-1]


def changes(language: ReaderLanguage, *acts: Act) -> list[tuple[str, str]]:
    return [(fact.name, fact.value) for fact in list_changes(alert_of(language, *acts), reader(language))]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                ("In part: paragraph 2", "In force → Suspended"),
                ("In part: paragraph 2 · since", "none → 9 November 2025"),
                ("In part: paragraph 2 · until", "none → 27 November 2026"),
            ],
        ),
        (
            "ja",
            [
                ("部分：第2項", "施行 → 停止"),
                ("部分：第2項 · 開始日", "なし → 2025年11月9日"),
                ("部分：第2項 · 期限", "なし → 2026年11月27日"),
            ],
        ),
        (
            "zh",
            [
                ("部分：第2款", "生效 → 暂停"),
                ("部分：第2款 · 起始日", "无 → 2025年11月9日"),
                ("部分：第2款 · 截止日", "无 → 2026年11月27日"),
            ],
        ),
    ],
)
def test_what_became_of_a_part_is_told_in_the_readers_language(
    language: ReaderLanguage, said: list[tuple[str, str]]
) -> None:
    assert changes(language, the_ban(), paragraph_2()) == said


def test_a_part_without_a_name_is_told_by_its_scope() -> None:
    acts = the_ban(), halt(minerals=("gallium", "germanium"))
    assert changes("en", *acts) == [("In part: US, gallium and germanium", "In force → Suspended")]
    assert changes("ja", *acts) == [("部分：米国、ガリウム、ゲルマニウム", "施行 → 停止")]
    one = halt(minerals=("gallium",), target=())
    assert changes("en", the_ban(), one) == [("In part: gallium", "In force → Suspended")]


def test_the_dates_of_a_part_are_not_those_of_the_measure() -> None:
    alert = alert_of("en", the_ban(), paragraph_2())
    text = render_message(alert, Level.FULL, False, TAXONOMY, TODAY)
    assert "effective 9 November" not in text.text
    assert "until 27 November 2026; the rest in force" in text.text
    facts = {fact.name: fact.value for fact in list_facts(alert, reader("en"))}
    assert facts["Stage"] == "In force, partly suspended"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("article 3 paragraph 2", ("article 3 paragraph 2", "第3条第2項", "第3条第2款")),
        ("paragraph 1, paragraph 2", ("paragraph 1 and paragraph 2", "第1項、第2項", "第1款、第2款")),
        ("annex IV", ("annex IV", "別紙IV", "附件IV")),
        ("the footnote", ("the footnote", "the footnote", "the footnote")),
    ],
)
def test_the_name_of_a_part_is_translated_step_by_step(name: str, said: tuple[str, ...]) -> None:
    assert tuple(write_part(name, reader(language)) for language in LANGUAGES) == said
