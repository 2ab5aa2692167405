"""Whole messages as they are sent, kept as files a person has read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_digest, render_message, render_root
from services.contracts.vocab import DateRole, DigestCause
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import ENGLISH, EXAMPLES, FIRST_OF_THREAD, LIMB, TODAY, remind, watched_by

TAXONOMY = default_taxonomy()
GOLDEN = Path(__file__).parent / "golden"


def _as_sent(message: Message) -> str:
    return json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=1) + "\n"


def _other(name: str) -> Message:
    """Digests, roots and reminders, named `kind-language`."""
    kind, language = name.split("-")
    spoken: Literal["en", "ja", "zh"] = "ja" if language == "ja" else "zh" if language == "zh" else "en"
    first, limb = (each.model_copy(update={"language": spoken}) for each in (FIRST_OF_THREAD, LIMB))
    if kind == "limb":
        return render_message(limb, Level.FULL, False, TAXONOMY, date(2025, 11, 9))
    if kind == "root":
        return render_root(first, limb, 3, Level.FULL, TAXONOMY, date(2025, 11, 9))
    if kind == "reminder":
        return render_message(
            remind(limb, DateRole.EXPIRY, "2026-11-27", 30, spoken), Level.FULL, False, TAXONOMY, date(2026, 10, 28)
        )
    alerts = [first, limb, watched_by(ENGLISH.model_copy(update={"language": spoken}), "memory")]
    level = Level.COMPACT if kind == "list" else Level.TEXT if kind == "lines" else Level.FULL
    return render_digest("0a1b2c3d-digest", alerts, DigestCause.STORM, level, False, TAXONOMY, date(2025, 11, 9))


def _compare(name: str, message: Message) -> None:
    sent, kept = _as_sent(message), GOLDEN / f"render-{name}.json"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(sent, encoding="utf-8")
        pytest.fail(f"wrote {kept.name}; read it as a receiver would, then run again")
    assert sent == kept.read_text(encoding="utf-8"), f"if the change is meant, delete {kept.name}, run and read it"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_message_is_the_one_that_was_read_and_found_good(name: str) -> None:
    today = date(2025, 11, 9) if name == "update" else TODAY
    _compare(name, render_message(EXAMPLES[name], Level.FULL, False, TAXONOMY, today))


@pytest.mark.parametrize("language", ["en", "ja", "zh"])
@pytest.mark.parametrize("kind", ["limb", "root", "reminder", "digest"])
def test_every_other_kind_of_message_is_the_one_that_was_read_and_found_good(kind: str, language: str) -> None:
    _compare(f"{kind}-{language}", _other(f"{kind}-{language}"))


@pytest.mark.parametrize("kind", ["list", "lines"])
def test_a_digest_without_a_table_is_the_one_that_was_read_and_found_good(kind: str) -> None:
    _compare(f"{kind}-en", _other(f"{kind}-en"))
