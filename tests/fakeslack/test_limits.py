"""The stand-in refuses a table where Slack does."""

from __future__ import annotations

from typing import Any

import pytest

from services.fakeslack.limits import check_message
from tests.fakeslack.messages import TABLE, cell, table


def problems(*blocks: dict[str, Any]) -> tuple[str, ...]:
    found = check_message({"text": "x", "blocks": list(blocks)})
    if found is None:
        return ()
    code, messages = found
    assert code == "invalid_blocks"
    return messages


def test_a_table_of_every_kind_of_cell_is_taken() -> None:
    assert problems(TABLE) == ()
    assert problems(table(*[[cell("x")] * 20] * 100)) == ()


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (table(), "must provide 1 to 100 items [json-pointer:/blocks/0/rows]"),
        (table(*[[cell("x")]] * 101), "must provide 1 to 100 items [json-pointer:/blocks/0/rows]"),
        (table([cell("x")] * 21), "must provide 1 to 20 items [json-pointer:/blocks/0/rows/0]"),
        (table([]), "must provide 1 to 20 items [json-pointer:/blocks/0/rows/0]"),
        (table([cell("")]), "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0]"),
        (table([{"type": "mrkdwn", "text": "x"}]), "unsupported type: mrkdwn [json-pointer:/blocks/0/rows/0/0/type]"),
        (
            table([cell("x")]) | {"column_settings": [{}] * 21},
            "no more than 20 items allowed [json-pointer:/blocks/0/column_settings]",
        ),
        (
            table([cell("x" * 5_001), cell("x" * 5_000)]),
            "no more than 10000 characters in all cells allowed [json-pointer:/blocks]",
        ),
    ],
)
def test_a_table_beyond_a_limit_is_refused_with_its_place(block: dict[str, Any], problem: str) -> None:
    assert problem in problems(block)


def test_a_message_has_one_table() -> None:
    assert problems(TABLE, TABLE) == ("only_one_table_allowed [json-pointer:/blocks]",)
