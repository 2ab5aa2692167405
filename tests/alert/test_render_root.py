"""The first message of a thread shows where the measure stands now."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_message, render_root
from services.contracts.alerts import Alert
from services.contracts.vocab import DateRole, Direction, Reason, Stage
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import BAN, FIRST_OF_THREAD, LIMB, STANDING, SUSPENSION, UPDATE, remind

TODAY = date(2025, 11, 9)


def render(
    latest: Alert, updates: int = 3, level: Level = Level.FULL, first: Alert = FIRST_OF_THREAD, today: date = TODAY
) -> Message:
    return render_root(first, latest, updates, level, default_taxonomy(), today)


def headline(message: Message) -> str:
    found: Any = message.blocks[0]
    return str(found["text"]["text"])


def shown(message: Message) -> str:
    return f"{message.text}\n{message.blocks}".replace("\\n", "\n")


def test_the_headline_goes_from_the_first_stage_to_the_present_one() -> None:
    assert headline(render(UPDATE)).endswith("· export ban · In force → Suspended")
    assert headline(render(UPDATE)).startswith("🔓")
    assert headline(render(LIMB)).endswith("· In force, partly suspended")


def test_facts_are_the_present_ones_and_the_document_stays_the_first() -> None:
    state = STANDING.model_copy(
        update={"stage": Stage.LIFTED, "direction": Direction.LIBERALISING, "minerals": ("gallium",), "limbs": ()}
    )
    message = render(UPDATE.model_copy(update={"state": state}))
    assert "*Stage*\nIn force → Lifted" in shown(message)
    assert "*Minerals*\ngallium'" in shown(message)
    assert BAN.event.title in shown(message)
    assert SUSPENSION.event.title not in shown(message)
    assert [each["type"] for each in message.blocks].count("rich_text") == 2
    assert "have been lifted" in message.text or "has been lifted" in message.text


def test_a_suspended_part_leaves_the_rest_and_says_until_when() -> None:
    assert "paragraph 2: gallium and germanium → US until 27 November 2026; the rest in force" in shown(render(LIMB))
    assert "is in force (suspended for paragraph 2" in render(LIMB).text


@pytest.mark.parametrize(
    ("language", "updates", "line"),
    [
        ("en", 1, "1 update below, on 9 November 2025: stage changed to suspended"),
        ("en", 3, "3 updates below, the latest on 9 November 2025: stage changed to suspended"),
        ("ja", 3, "以下に更新3件、最新は2025年11月9日：段階が「停止」に変わりました"),
        ("zh", 1, "下方有1条更新（2025年11月9日）：阶段变为“暂停”"),
    ],
)
def test_it_says_how_many_updates_stand_below_and_what_the_latest_is(
    language: Literal["en", "ja", "zh"], updates: int, line: str
) -> None:
    first = FIRST_OF_THREAD.model_copy(update={"language": language})
    for level in Level:
        assert line in shown(render(UPDATE, updates, level, first))


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        (UPDATE.model_copy(update={"reason": Reason.CORRECTED}), "the source corrected its document"),
        (UPDATE.model_copy(update={"reason": Reason.SCOPE_CHANGED}), "the scope changed"),
        (remind(LIMB, DateRole.EXPIRY, "2026-11-27"), "an end date is near"),
    ],
)
def test_other_news_is_named_by_its_reason(latest: Alert, words: str) -> None:
    assert f"on 9 November 2025: {words}" in shown(render(latest))


@pytest.mark.parametrize("level", Level)
def test_it_stays_the_same_message(level: Level) -> None:
    message = render(UPDATE, level=level)
    assert message.delivery_id == FIRST_OF_THREAD.alert_id
    assert FIRST_OF_THREAD.alert_id[:8] in shown(message)
    assert not message.text.startswith("Update")


def test_without_updates_it_is_the_message_as_it_was_posted() -> None:
    posted = render_message(FIRST_OF_THREAD, Level.FULL, False, default_taxonomy(), TODAY)
    assert render(FIRST_OF_THREAD, 0) == posted


def test_a_first_message_that_was_in_time_is_not_called_late_a_year_later() -> None:
    assert "late:" not in shown(render(UPDATE, today=TODAY + timedelta(days=365)))
    seen = FIRST_OF_THREAD.act.event.seen_at
    late = FIRST_OF_THREAD.model_copy(update={"delivered_at": seen + timedelta(hours=5)})
    assert "late: 5 h after it was seen" in shown(render(UPDATE, first=late))


def test_what_any_document_adds_beside_the_state_is_kept() -> None:
    latest = UPDATE.model_copy(update={"act": SUSPENSION.model_copy(update={"hs_codes": ("8112.92",)})})
    first = FIRST_OF_THREAD.model_copy(update={"act": BAN.model_copy(update={"hs_codes": ("2804.70",)})})
    assert "HS 2804.70 and HS 8112.92" in shown(render(latest, first=first))
