from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.classify.evaluation.labels import Label, read_label
from services.cli import main, noroshi
from services.taxonomy.load import default_taxonomy
from tests.conftest import ROOT
from tests.docs.pages import GUIDES, blocks

GALLIUM = {
    "id": "a:1",
    "source": "press-desk",
    "lang": "en",
    "title": "China bans exports of gallium to the United States",
}
WEATHER = {"id": "a:2", "source": "press-desk", "lang": "en", "title": "Rain is expected on Sunday"}
BAN = {
    "id": "a:1",
    "relevant": "yes",
    "urgency": "now",
    "acts": [
        {"types": ["export_ban"], "stage": "announced", "imposing": ["CN"], "target": ["US"], "minerals": ["gallium"]}
    ],
}
NOTHING = {"id": "a:2", "relevant": "no", "urgency": "archive", "acts": []}


def write(path: Path, *lines: dict[str, Any] | str) -> str:
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines), encoding="utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(noroshi, ["evaluate", *arguments], catch_exceptions=False)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return write(tmp_path / "events.jsonl", GALLIUM, WEATHER), write(tmp_path / "labels.jsonl", BAN, NOTHING)


def test_a_person_sees_tables_without_colour_in_a_pipe(files: tuple[str, str]) -> None:
    done = run(*files, "--draws", "20")
    assert done.exit_code == 0
    assert "2 documents scored: 1 relevant (en 1)" in done.output
    assert "intervals: 95 %, documents resampled 20 times, seed 1" in done.output
    for words in ("must-alert recall", "By facet and language", "Stage: what was said", "Confidence; right ="):
        assert words in done.output
    assert "\x1b[" not in done.output
    assert done.stderr == ""


def test_json_holds_the_figures_and_each_documents_findings(files: tuple[str, str]) -> None:
    found = json.loads(run(*files, "--json", "--draws", "20").output)
    assert found["rates"]["must_alert_recall"] == {"value": 1.0, "of": 1, "low": 1.0, "high": 1.0}
    assert found["rates"]["false_alerts"]["value"] == 0.0
    assert found["confusion"]["relevance"] == {"no": {"no": 1}, "yes": {"yes": 1}}
    assert {"facet": "minerals", "tag": "gallium", "result": "right"} in found["judgements"][0]["findings"]


def test_what_has_no_counterpart_is_counted_and_named(tmp_path: Path) -> None:
    events = write(tmp_path / "events.jsonl", GALLIUM, WEATHER, WEATHER | {"id": "a:3"})
    labels = write(tmp_path / "labels.jsonl", BAN, NOTHING | {"relevant": "borderline"}, NOTHING | {"id": "a:9"})
    done = run(events, labels, "--draws", "0")
    assert "left out: 1 documents without a label: a:3" in done.output
    assert "left out: 1 labels without a document: a:9" in done.output
    assert "left out: 1 documents labelled borderline, which count neither way: a:2" in done.output
    assert done.exit_code == 0


def test_bad_lines_are_named_with_file_and_line_and_the_rest_is_scored(tmp_path: Path) -> None:
    events = write(tmp_path / "events.jsonl", GALLIUM, "{", GALLIUM, WEATHER)
    misspelt = {"id": "a:3", "relevant": "yes", "urgency": "now", "acts": [{"types": ["tarif"], "stage": "in_force"}]}
    labels = write(tmp_path / "labels.jsonl", BAN, misspelt, NOTHING, NOTHING)
    done = run(events, labels, "--draws", "0")
    assert done.exit_code == 1
    assert "2 documents scored" in done.output
    assert f"noroshi: {labels}:2: acts.0.types: unknown id `tarif`; did you mean `tariff`?" in done.stderr
    assert f"noroshi: {labels}:4: id: 'a:2' was labelled before, at {labels}:3; keep one label" in done.stderr
    assert f"noroshi: {events}:2: " in done.stderr
    assert f"noroshi: {events}:3: id: 'a:1' was given before, at {events}:1; give each id once" in done.stderr


def test_a_baseline_shows_what_was_lost_and_won_since(files: tuple[str, str], tmp_path: Path) -> None:
    earlier = json.loads(run(*files, "--json", "--draws", "0").output)
    judged = earlier["judgements"][0]
    judged["findings"] = [each for each in judged["findings"] if each["facet"] != "minerals"]
    judged["findings"].append({"facet": "minerals", "tag": "tin", "result": "extra"})
    baseline = write(tmp_path / "baseline.json", earlier)
    shown = run(*files, "--draws", "0", "--baseline", baseline).output
    rows = [line.split() for line in shown.splitlines() if line.split()[:1] == ["minerals"]]
    assert ["minerals", "1", "0", "0", "1"] in rows
    assert ["minerals", "a:1", "gallium", "gained", "right"] in rows
    assert ["minerals", "a:1", "tin", "lost", "wrong"] in rows
    changes = json.loads(run(*files, "--json", "--draws", "0", "--baseline", baseline).output)["changes"]
    assert {"facet": "minerals", "document": "a:1", "tag": "tin", "change": "lost wrong"} in changes["changed"]


def test_an_id_is_shown_to_the_letter_and_never_obeyed_by_the_terminal(tmp_path: Path) -> None:
    odd = "[bold]a[/x]\x1b[31m"
    files = write(tmp_path / "e.jsonl", GALLIUM | {"id": odd}, WEATHER), write(tmp_path / "l.jsonl", BAN | {"id": odd})
    earlier = json.loads(run(*files, "--json", "--draws", "0").output)
    earlier["judgements"][0]["findings"] = []
    shown = run(*files, "--draws", "0", "--baseline", write(tmp_path / "b.json", earlier)).output
    assert "[bold]a[/x]�[31m" in shown
    assert "\x1b" not in shown


def test_a_baseline_that_is_none_says_how_to_make_one(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "baseline.json", {"documents": 3})
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *files, "--baseline", path])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"noroshi: {path}: no baseline: judgements: Field required; make one with `noroshi evaluate … --json`\n"
    )


def test_files_that_share_no_document_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, labels = write(tmp_path / "e.jsonl", GALLIUM), write(tmp_path / "l.jsonl", NOTHING)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", events, labels])
    assert ended.value.code == 1
    assert "do the ids of both files agree?" in capsys.readouterr().err


def without_figures(text: str) -> set[str]:
    """The titles, heads and names of the tables: what stays when rules change."""
    return {" ".join(line.split()) for line in text.splitlines() if line.strip(" ─") and not re.search(r"\d", line)}


def test_the_tables_of_the_guide_are_those_of_a_run(tmp_path: Path) -> None:
    corpus = ROOT / "tests" / "corpus"
    for name in ("own", "own-labels"):
        parts = (path.read_text(encoding="utf-8") for path in sorted(corpus.glob(f"{name}.??.jsonl")))
        (tmp_path / f"{name}.jsonl").write_text("".join(parts), encoding="utf-8")
    done = run(str(tmp_path / "own.jsonl"), str(tmp_path / "own-labels.jsonl"), "--draws", "0")
    (shown,) = blocks((GUIDES / "evaluate.md").read_text(encoding="utf-8"), "text evaluate")
    titles = without_figures(shown)
    assert len(titles) >= 10
    assert titles - without_figures(done.output) == set()


def test_the_label_of_the_guide_is_one_that_is_read() -> None:
    (text,) = blocks((GUIDES / "evaluate.md").read_text(encoding="utf-8"), "json label")
    assert isinstance(read_label(text.strip().encode(), default_taxonomy()), Label)
