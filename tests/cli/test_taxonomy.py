from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli import main, noroshi
from services.taxonomy import load

PACKAGED = Path(load.__file__).parent
BAN = {
    "id": "a:1",
    "source": "press-desk",
    "lang": "en",
    "title": "China bans exports of antimony to the United States",
}
RAIN = {"id": "a:2", "source": "press-desk", "lang": "en", "title": "Rain is expected on Sunday"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(noroshi, ["taxonomy", "diff", *arguments], catch_exceptions=False)


@pytest.fixture
def events(tmp_path: Path) -> str:
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(BAN) + "\n" + json.dumps(RAIN) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A vocabulary in which nobody says antimony in English any more."""
    folder = tmp_path / "vocabulary"
    folder.mkdir()
    for path in PACKAGED.glob("*.yml"):
        shutil.copy(path, folder)
    minerals = folder / "minerals.yml"
    text = minerals.read_text(encoding="utf-8")
    names = "en: [antimony, antimony metal, antimony ingot]"
    assert names in text
    minerals.write_text(text.replace(names, "en: [stibine metal]"), encoding="utf-8")
    return folder


def test_a_vocabulary_against_itself_changes_nothing(events: str) -> None:
    done = run(str(PACKAGED), "--events", events, "--fail-on-loss")
    assert done.exit_code == 0
    assert done.output == "Vocabulary: no change\n\nFindings: 0 of 2 documents are read differently\n"


def test_a_lost_word_and_the_finding_lost_with_it_are_shown(other: Path, events: str) -> None:
    done = run(str(PACKAGED), str(other), "--events", events)
    assert done.exit_code == 0
    assert "minerals/antimony" in done.output
    assert "- names.en: antimony ingot" in done.output
    assert "+ names.en: stibine metal" in done.output
    assert "minerals: 0 gained, 1 lost" in done.output
    assert "- antimony                     a:1  “antimony”" in done.output


def test_a_lost_finding_fails_when_told_so_and_a_gained_one_does_not(other: Path, events: str) -> None:
    assert run(str(PACKAGED), str(other), "--events", events, "--fail-on-loss").exit_code == 1
    assert run(str(other), str(PACKAGED), "--events", events, "--fail-on-loss").exit_code == 0


def test_a_program_gets_the_same_as_one_object(other: Path, events: str) -> None:
    shown = json.loads(run(str(PACKAGED), str(other), "--events", events, "--json").output)
    assert shown["documents"] == 2
    assert {
        "facet": "minerals",
        "id": "antimony",
        "part": "names.en",
        "edit": "added",
        "value": "stibine metal",
    } in shown["vocabulary"]
    lost = {"facet": "minerals", "document": "a:1", "tag": "antimony", "gained": False, "words": "antimony"}
    assert lost in shown["findings"]


def test_without_documents_the_bundled_sample_is_read(other: Path) -> None:
    assert " of 124 documents are read differently" in run(str(other)).output


def test_the_vocabulary_of_a_commit_can_be_named(events: str) -> None:
    assert run("git:HEAD", "--events", events).output.startswith("Vocabulary: ")


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("nowhere", "nowhere: no such folder; name one that holds minerals.yml, "),
        ("git:no-such-commit", "git:no-such-commit: fatal: invalid object name"),
        ("git:--help", "name a commit of this checkout, or a folder"),
    ],
)
def test_a_vocabulary_that_is_not_there_is_named(
    old: str, words: str, events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["taxonomy", "diff", old, "--events", events])
    assert ended.value.code == 1
    assert words in capsys.readouterr().err


def test_a_broken_vocabulary_is_reported_by_file_line_and_column(
    other: Path, events: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (other / "minerals.yml").open("a", encoding="utf-8") as file:
        file.write("unheard_of: yes\n")
    with pytest.raises(SystemExit):
        main(["taxonomy", "diff", str(other), "--events", events])
    lines = (other / "minerals.yml").read_text(encoding="utf-8").count("\n")
    assert f"minerals.yml:{lines}:1: " in capsys.readouterr().err


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["taxonomy", "diff", str(PACKAGED), "--events", str(path)])
    assert "bad.jsonl:1" in capsys.readouterr().err
