"""`noroshi why` shows the rule clause by clause, with the words, and says in its exit code whether it holds."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli import noroshi
from services.contracts import codec
from services.contracts.measures import Act, Evidence, Passage
from services.contracts.vocab import Facet, Field, Modality
from tests.alert.acts import an_act, an_event

MAGNETS = """\
id: magnets
name: Magnets
match:
  minerals: [rare_earths, nickel]
  none: [{stage: lifted}]
  any: [{imposing: [US]}, {keyword: [exports of]}]
destinations: [{stdout: '-'}]
"""
TEXT = "Exports of dysprosium need a licence."


def the_act() -> Act:
    words = Evidence(facet=Facet.MINERAL, tag="dysprosium", field=Field.BODY, start=111, end=121, text="dysprosium")
    passage = Passage(field=Field.BODY, start=100, end=100 + len(TEXT), text=TEXT)
    return an_act(an_event(title="Announcement No. 18"), evidence=(words,), passages=(passage,))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one watchlist in force and a file of acts; no broker answers."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "magnets.yml").write_text(MAGNETS, encoding="utf-8")
    other = an_act(an_event("doc-2"), minerals=("gallium",), modality=Modality.FORECAST, measure_id="a-measure")
    (tmp_path / "acts.jsonl").write_bytes(b"\n".join(map(codec.encode, (the_act(), other))) + b"\n")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NOROSHI_BROKER", f"127.0.0.1:{closed.getsockname()[1]}")
    monkeypatch.setenv("NOROSHI_ALERT_WATCHLISTS", str(tmp_path / "lists"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(noroshi, ["why", *arguments])


def test_a_rule_that_holds_is_shown_with_its_words_and_their_places(folder: Path) -> None:
    act = the_act()
    done = run(act.act_id, "magnets", "--file", "acts.jsonl")
    assert done.output.splitlines() == [
        "2025-04-04  Announcement No. 18",
        f"  act {act.act_id}, measure {act.measure_id}",
        "  the rule of magnets holds",
        "    ✓ all of:",
        "      ✓ minerals rare_earths or nickel: the act has dysprosium",
        "          rare_earths: “dysprosium”  body 111–121",
        "      ✓ at least one of:",
        "        ✗ imposing US: the act has CN",
        "        ✓ keyword exports of: the act has exports of",
        "            exports of: “Exports of”  body 100–110",
        "      ✓ none of:",
        "        ✗ stage lifted: the act has adopted",
    ]
    assert done.exit_code == 0


@pytest.mark.parametrize("name", ["a-measure", "a-meas", "doc-2"])
def test_a_rule_that_does_not_hold_names_what_stood_in_the_way(folder: Path, name: str) -> None:
    done = run(name, "magnets", "--file", "acts.jsonl")
    assert done.exit_code == 1
    assert "  the rule of magnets does not hold" in done.output
    shown = done.output.splitlines()
    assert "    minerals rare_earths or nickel: the act has gallium" in shown[shown.index("  what stood in the way") :]
    assert shown[-1] == "  such an act alerts nobody by itself: it is forecast, its urgency now"


def test_an_id_of_several_acts_shows_them_all_and_one_that_holds_suffices(folder: Path) -> None:
    event = an_event("doc-1")
    acts = [an_act(event, measure_id="one"), an_act(event, measure_id="two", minerals=())]
    Path("both.jsonl").write_bytes(b"\n".join(map(codec.encode, acts)))
    Path("rule.yml").write_text(MAGNETS.replace("exports of", "管制"), encoding="utf-8")
    done = run(event.event_id[:8], "rule.yml", "--file", "both.jsonl", "--json")
    assert done.exit_code == 0
    shown = [json.loads(line) for line in done.output.splitlines()]
    assert [(each["measure_id"], each["holds"]) for each in shown] == [("one", True), ("two", False)]
    words = [part["matched"][0] for part in shown[0]["rule"]["parts"][1]["parts"] if part["holds"]]
    assert words == [
        {
            "predicate": "keyword",
            "term": "管制",
            "tags": ["管制"],
            "spans": [{"field": "title", "start": 15, "end": 17, "text": "管制"}],
        }
    ]


def test_documents_of_a_file_and_the_sample_are_classified_now(folder: Path) -> None:
    line = {"id": "d:1", "source": "press-desk", "lang": "en", "title": "China bans exports of neodymium"}
    Path("events.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = run("d:1", "magnets", "--file", "events.jsonl")
    assert done.exit_code == 0, done.output
    assert "rare_earths: “neodymium”  title 22–31" in done.output


def test_what_cannot_be_read_is_named_and_the_rest_is_used(folder: Path) -> None:
    Path("acts.jsonl").write_bytes(codec.encode(the_act()) + b'\n{"act_id": 1}\n')
    done = run(the_act().act_id, "magnets", "--file", "acts.jsonl")
    assert done.exit_code == 0
    assert "not read: acts.jsonl:2: act.act_id: Input should be a valid string" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-act", "magnets", "--file", "acts.jsonl"], "no-such-act: acts.jsonl holds no such id"),
        (["doc-2", "magnet", "--file", "acts.jsonl"], "did you mean `magnets`"),
        (["doc-2", "magnets", "--file", "none.jsonl"], "none.jsonl"),
        (["doc-2", "magnets", "--topic"], "nobody takes a connection"),
    ],
)
def test_a_mistake_is_one_clear_message(folder: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code != 0
    assert message in str(done.exception)
