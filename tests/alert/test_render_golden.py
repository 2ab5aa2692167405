"""Whole messages as they are sent, kept as files a person has read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_message
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import EXAMPLES, TODAY

GOLDEN = Path(__file__).parent / "golden"


def _as_sent(message: Message) -> str:
    return json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_message_is_the_one_that_was_read_and_found_good(name: str) -> None:
    today = date(2025, 11, 9) if name == "update" else TODAY
    sent = _as_sent(render_message(EXAMPLES[name], Level.FULL, False, default_taxonomy(), today))
    kept = GOLDEN / f"render-{name}.json"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(sent, encoding="utf-8")
        pytest.fail(f"wrote {kept.name}; read it as a receiver would, then run again")
    assert sent == kept.read_text(encoding="utf-8"), f"if the change is meant, delete {kept.name}, run and read it"
