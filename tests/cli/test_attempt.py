"""`noroshi try --explain` shows what was rejected and why; without it the report stays short."""

from __future__ import annotations

import json

from click.testing import CliRunner

from services.cli import noroshi

_TEXT = "Graphite spyware is sold; China bans exports of gallium from 12/03/2026."


def _lines(*more: str) -> list[str]:
    done = CliRunner().invoke(noroshi, ["try", "--published", "2026-01-15", *more, _TEXT])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_the_rejected_words_stand_with_reason_and_rule() -> None:
    lines = _lines("--explain")
    shown = lines[lines.index("  found and rejected") :]
    assert "    “Graphite”  not mineral graphite: in “graphite spyware” it means something else" in "\n".join(shown)
    assert any("12/03/2026" in line and "[ambiguous date]" in line for line in shown)


def test_the_short_report_lists_nothing_rejected() -> None:
    assert "  found and rejected" not in _lines()


def test_the_json_form_lists_the_rejected_words() -> None:
    (line,) = _lines("--json")
    rejected = json.loads(line)["rejected"]
    assert {"Graphite", "12/03/2026"} <= {each["words"] for each in rejected}
    assert all(each["rule"] and each["reason"] for each in rejected)


def test_the_json_form_gives_codes_numbers_and_every_date_with_its_role_and_precision() -> None:
    text = "MOFCOM Announcement No. 46 of 2024 bans exports of gallium (HTS 8112.92) from March 2026."
    done = CliRunner().invoke(noroshi, ["try", "--json", "--published", "2026-01-15", text])
    (act,) = json.loads(done.output)["acts"]
    assert act["hs_codes"] == ["8112.92"]
    assert act["identifiers"] == [{"scheme": "announcement", "value": "CN-MOFCOM-2024-46"}]
    assert act["dates"] == [{"role": "effective", "value": "2026-03", "precision": "month"}]
