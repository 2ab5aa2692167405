from __future__ import annotations

import pytest
from rich.cells import cell_len

from services.fakeslack.blocks_text import MIN_WIDTH, render_text
from tests.alert.hostile import TITLES
from tests.fakeslack.messages import (
    CONTEXT,
    EVERYTHING,
    FIELDS,
    HEADER,
    QUOTE,
    TABLE,
    TS,
    cell,
    make_message,
    section,
    table,
)


def test_a_message_reads_from_top_to_bottom() -> None:
    assert render_text(EVERYTHING, 72, False).split("\n") == [
        "Gallium *CN* → US",
        "why",
        "Stage     In force",
        "Aimed at  US",
        "─" * 72,
        "│ 对*镓*",
        "small <print>",
        "[Open]  [Run]",
    ]


def test_a_table_has_columns_and_its_addresses_beneath_it() -> None:
    assert render_text(make_message("", TABLE), 60, False).split("\n") == [
        "Measure           Document",
        "─" * 28,
        "镓 · export ban   No. 46 [1]",
        "Germanium         7",
        "[1] https://gov.example/46",
    ]


def test_a_table_without_room_for_columns_is_a_list() -> None:
    assert render_text(make_message("", TABLE), 30, False).split("\n") == [
        "• 镓 · export ban",
        "  No. 46",
        "  <https://gov.example/46>",
        "• Germanium",
        "  7",
    ]


def test_a_narrow_terminal_gets_names_and_values_on_one_line() -> None:
    assert render_text(make_message("", FIELDS), 40, False) == "Stage: In force\nAimed at: US"


def test_a_reply_is_indented_below_its_root() -> None:
    reply = make_message("", HEADER, CONTEXT, ts="1733217001.0", thread_ts=TS)
    assert render_text(reply, 60, False) == "  ↳ Gallium *CN* → US\n    small <print>"


def test_a_message_without_blocks_shows_its_text() -> None:
    text = "one &amp; two\n> quoted\n<https://gov.example|label>"
    assert render_text(make_message(text), 60, False) == "one & two\n│ quoted\nlabel <https://gov.example>"


def test_colour_comes_only_if_asked_for() -> None:
    assert "\x1b" not in render_text(EVERYTHING, 72, False)
    coloured = render_text(make_message("", QUOTE), 72, True)
    assert "\x1b[1m镓" in coloured


@pytest.mark.parametrize("width", [1, 24, 40, 41, 80])
def test_no_line_is_wider_than_the_terminal_counting_wide_characters_as_two(width: int) -> None:
    wide = make_message("", section("輸出管理の対象となる镓と锗 " * 10), FIELDS, QUOTE, TABLE, thread_ts="1.0")
    lines = render_text(wide, width, False).split("\n")
    assert max(map(cell_len, lines)) <= max(width, MIN_WIDTH)


def test_nothing_a_terminal_would_obey_is_left() -> None:
    for title in TITLES:
        shown = render_text(
            make_message(title, section(title or "x"), HEADER, table([cell(title)], [cell(title)])), 60, False
        )
        assert all(character == "\n" or character.isprintable() for character in shown), title[:60]
