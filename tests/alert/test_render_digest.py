"""Many alerts in one message: nothing is missing, nothing is too long, each is findable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import MAX_ALERTS, MAX_ROWS, fits, render_delivery, render_digest, render_message
from services.contracts.alerts import Alert
from services.contracts.vocab import DateRole, DeliveryKind, DigestCause
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import (
    CHINESE,
    ENGLISH,
    FIRST_OF_THREAD,
    JAPANESE,
    LIMB,
    UPDATE,
    remind,
    watched_by,
)
from tests.alert.slackview import find_links

TODAY = date(2025, 11, 9)
CHIPS = "Chip metals"


def render(
    alerts: Sequence[Alert], level: Level = Level.FULL, cause: DigestCause = DigestCause.STORM, doubt: bool = False
) -> Message:
    return render_digest("d1600000-x", alerts, cause, level, doubt, default_taxonomy(), TODAY)


def table(message: Message) -> list[list[str]]:
    """The cells of the message's table, its first row left out."""
    (found,) = (each for each in message.blocks if each["type"] == "table")
    rows: Any = found["rows"]
    return [[_words(cell) for cell in row] for row in rows[1:]]


def names(message: Message) -> list[str]:
    (found,) = (each for each in message.blocks if each["type"] == "table")
    rows: Any = found["rows"]
    return [_words(cell) for cell in rows[0]]


def _words(cell: Any) -> str:
    return "".join(run["text"] for run in cell["elements"][0]["elements"])


def everything(message: Message) -> str:
    return f"{message.text}\n{message.blocks}"


def headline(message: Message) -> str:
    found: Any = message.blocks[0]
    return str(found["text"]["text"])


def copies(count: int, alert: Alert = FIRST_OF_THREAD) -> list[Alert]:
    """Alerts of as many measures."""
    return [
        alert.model_copy(
            update={
                "alert_id": f"{number:08x}-0",
                "act": alert.act.model_copy(update={"measure_id": f"measure-{number}"}),
            }
        )
        for number in range(count)
    ]


def test_a_measure_is_a_row_with_its_news_its_date_and_its_document() -> None:
    assert names(render([ENGLISH])) == ["Measure", "News", "Effective", "Document"]
    ((measure, news, effective, document),) = table(render([ENGLISH]))
    assert measure == (
        "High bandwidth memory and advanced computing · US → China · export control and export licence requirement"
    )
    assert (news, effective) == ("New: Proposed", "2025")
    assert document == f"{ENGLISH.act.event.title} {ENGLISH.alert_id[:8]}"


def test_several_alerts_of_one_measure_are_one_row_with_the_newest_stage_last() -> None:
    second = UPDATE.model_copy(update={"alert_id": "22222222-0"})
    ((_, news, effective, document),) = table(render([FIRST_OF_THREAD, second]))
    assert news == "New, stage: In force → Suspended"
    assert effective == "9 November 2025 (today)"
    assert document.endswith(f" {FIRST_OF_THREAD.alert_id[:8]} 22222222")


def test_rows_of_one_watchlist_stand_together_in_the_order_they_were_decided() -> None:
    alerts = [watched_by(ENGLISH, "b"), watched_by(FIRST_OF_THREAD, "a"), watched_by(FIRST_OF_THREAD, "b")]
    message = render(alerts)
    assert names(message)[0] == "Watchlist"
    assert [row[0] for row in table(message)] == ["b", "b", "a"]


def test_a_part_and_a_reminder_are_told_in_their_row() -> None:
    alerts = [LIMB, remind(LIMB, DateRole.EXPIRY, "2026-11-27", 383)]
    ((_, news, effective, _),) = table(render(alerts))
    assert news == "⏰ Suspension ends 27 November 2026 (in 383 days); Stage: In force, partly suspended"
    assert effective == "3 December 2024 (341 days ago)"


@pytest.mark.parametrize(
    ("cause", "words", "why"),
    [
        (DigestCause.CADENCE, "digest", "asks for one digest"),
        (DigestCause.STORM, "many at once", "Many alerts came at once"),
        (DigestCause.BUDGET, "budget is spent", "budget of messages"),
        (DigestCause.RELEASED, "released after a hold", "a person has released them"),
        (DigestCause.REREAD, "found in older documents", "read again"),
        (DigestCause.BROAD, "once a day", "more alerts a day"),
    ],
)
def test_the_headline_counts_and_says_why_they_come_together(cause: DigestCause, words: str, why: str) -> None:
    message = render([FIRST_OF_THREAD, watched_by(ENGLISH, "example")], cause=cause)
    assert headline(message).startswith("📋 2 alerts · “")
    assert headline(message).endswith(words)
    assert why in message.text
    assert why in str(message.blocks[1])


def test_the_sentence_names_the_watchlist_and_the_first_measures() -> None:
    message = render(copies(12))
    assert message.text.startswith(f"12 alerts for “{CHIPS}”: Gallium, antimony, germanium and 1 more · China → US")
    assert "; 9 more. Many alerts came at once" in message.text


@pytest.mark.parametrize(("language", "words"), [("ja", "通知2件"), ("zh", "2条通知")])
def test_it_speaks_the_language_all_alerts_share(language: Literal["ja", "zh"], words: str) -> None:
    alerts = [each.model_copy(update={"language": language}) for each in (FIRST_OF_THREAD, ENGLISH)]
    assert words in headline(render(alerts))


def test_alerts_in_several_languages_come_in_english() -> None:
    assert headline(render([JAPANESE, CHINESE])).startswith("📋 2 alerts · ")


@pytest.mark.parametrize("level", Level)
def test_every_alert_is_findable_at_every_level_however_many_there_are(level: Level) -> None:
    alerts = copies(MAX_ROWS)
    alerts += [each.model_copy(update={"alert_id": f"{number:08x}-1"}) for number, each in enumerate(alerts, 1_000)]
    assert fits(alerts) == len(alerts) == MAX_ALERTS
    shown = everything(render(alerts, level))
    assert [each.alert_id for each in alerts if each.alert_id[:8] not in shown] == []
    assert "noroshi explain d1600000" in shown


def test_without_a_table_the_rows_are_a_list_and_without_blocks_lines() -> None:
    alerts = [FIRST_OF_THREAD, watched_by(ENGLISH, "memory")]
    assert [each["type"] for each in render(alerts, Level.COMPACT).blocks] == [
        "header",
        "context",
        "rich_text",
        "context",
    ]
    lines = render(alerts, Level.TEXT)
    assert lines.blocks == ()
    assert [line[0] for line in lines.text.split("\n")] == ["📋", "•", "•", "2"]


@pytest.mark.parametrize("level", Level)
def test_each_document_is_linked_and_nothing_else(level: Level) -> None:
    alerts = [FIRST_OF_THREAD, watched_by(ENGLISH, "memory")]
    assert set(find_links(render(alerts, level))) == {each.act.event.url for each in alerts}


@pytest.mark.parametrize("level", Level)
def test_a_possible_duplicate_is_marked(level: Level) -> None:
    assert "Possible duplicate" in everything(render([FIRST_OF_THREAD], level, doubt=True))
    assert "Possible duplicate" not in everything(render([FIRST_OF_THREAD], level))


@pytest.mark.parametrize("level", Level)
def test_the_message_hands_over_its_alerts(level: Level) -> None:
    alerts = [FIRST_OF_THREAD, LIMB]
    assert render(alerts, level).alerts == (FIRST_OF_THREAD, LIMB)
    given: Any = (level, False, default_taxonomy(), TODAY)
    assert render_message(LIMB, *given).alerts == (LIMB,)
    reminder = remind(LIMB, DateRole.EXPIRY, "2026-11-27")
    assert render_message(reminder, *given).alerts == (reminder,)


def test_why_it_came_is_said_for_the_first_watchlists() -> None:
    shown = everything(render([watched_by(FIRST_OF_THREAD, str(number)) for number in range(9)]))
    assert shown.count("Why you: watchlist") == 5
    assert "9 alerts on 1 measure in this message" in shown


def test_how_many_alerts_fit_is_counted_by_rows_and_by_alerts() -> None:
    assert fits([]) == 0
    assert fits(copies(MAX_ROWS + 5)) == MAX_ROWS
    assert fits([FIRST_OF_THREAD] * 500) == MAX_ALERTS
    assert fits([*copies(MAX_ROWS), *copies(3), *copies(MAX_ROWS + 1)[-1:]]) == MAX_ROWS + 3


def test_a_delivery_is_rendered_by_its_kind() -> None:
    given: Any = ("d1600000-x", [FIRST_OF_THREAD], None, Level.FULL, False, default_taxonomy(), TODAY)
    alone = render_message(FIRST_OF_THREAD, Level.FULL, False, default_taxonomy(), TODAY)
    assert render_delivery(DeliveryKind.ALERT, *given) == alone
    assert render_delivery(DeliveryKind.DIGEST, *given) == render([FIRST_OF_THREAD], cause=DigestCause.CADENCE)
    with pytest.raises(ValueError, match="d1600000-x carries no alert"):
        render_delivery(DeliveryKind.DIGEST, "d1600000-x", [], *given[2:])
