"""`noroshi watchlists`: a plan before a change, one write, and files that read back the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.alert.watchlists.sets import load_watchlists
from services.cli import noroshi
from services.contracts.errors import UsageError
from services.taxonomy.load import default_taxonomy

TEXT = """\
id: {id}
name: {id}
match: {{minerals: {mineral}}}
destinations: {{stdout: '-'}}
"""

Run = Callable[..., Result]


def write(folder: Path, id_: str, mineral: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{id_}.yml").write_text(TEXT.format(id=id_, mineral=mineral), encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `noroshi watchlists …` on a database of its own; an error of ours is raised."""
    monkeypatch.setenv("NOROSHI_ALERT_WATCHLISTS_FROM", "database")

    def run(name: str, *arguments: str | Path, answer: str = "") -> Result:
        given = ["watchlists", name, *map(str, arguments), "--state-dir", str(tmp_path / "state")]
        return CliRunner().invoke(noroshi, given, input=answer)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "lists", "one", "nickel")
    write(tmp_path / "lists", "two", "gallium")
    return tmp_path / "lists"


def listed(run: Run) -> dict[str, str]:
    return {each["id"]: each["version"] for each in json.loads(run("list", "--json").output)}


def error_of(result: Result) -> str:
    assert isinstance(result.exception, UsageError)
    return str(result.exception)


def test_nothing_is_in_force_before_anything_was_applied(run: Run, folder: Path) -> None:
    assert run("list").output == "no watchlist is in force\n"
    shown = run("diff", folder)
    assert (shown.exit_code, shown.output.splitlines()[-1]) == (1, "2 added, 0 changed, 0 removed, 0 unchanged")


def test_what_was_applied_is_listed_and_differs_in_nothing(run: Run, folder: Path) -> None:
    done = run("apply", folder, "--by", "kaori", answer="y\n")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "applied")
    assert listed(run) == load_watchlists(folder, default_taxonomy()).versions
    assert run("diff", folder).exit_code == 0
    again = run("apply", folder, "--yes")
    assert (again.exit_code, "applied" in again.output) == (0, False)
    assert "stdout:default:-" in run("list").output


def test_who_says_no_changes_nothing(run: Run, folder: Path) -> None:
    assert run("apply", folder, answer="n\n").exit_code == 1
    assert listed(run) == {}


def test_a_change_is_shown_line_by_line_and_as_json(run: Run, folder: Path) -> None:
    run("apply", folder, "--yes")
    write(folder, "two", "cobalt")
    assert "~ two: two\n    match.minerals: - gallium, + cobalt\n" in run("diff", folder).output
    found = json.loads(run("diff", folder, "--json").output)
    assert (found["added"], found["removed"], found["unchanged"]) == ([], [], ["one"])
    assert found["changed"][0]["differences"][0] == "match.minerals: - gallium, + cobalt"


def test_a_watchlist_goes_only_if_that_is_said(run: Run, folder: Path) -> None:
    run("apply", folder, "--yes")
    (folder / "two.yml").unlink()
    assert "two would no longer be in force" in error_of(run("apply", folder, "--yes"))
    assert run("apply", folder, answer="n\n").exit_code == 1
    assert set(listed(run)) == {"one", "two"}
    assert run("apply", folder, "--yes", "--remove").exit_code == 0
    assert set(listed(run)) == {"one"}


def test_a_failing_test_or_a_wrong_file_keeps_everything_out(run: Run, folder: Path) -> None:
    with (folder / "two.yml").open("a", encoding="utf-8") as file:
        file.write("tests: [{text: China bans exports of gallium., lang: en, matches: false}]\n")
    assert "1 tests failed, so nothing was applied" in error_of(run("apply", folder, "--yes"))
    write(folder, "two", "galium")
    assert "two.yml:3:19: unknown mineral `galium`" in error_of(run("apply", folder, "--yes"))
    assert listed(run) == {}


def test_where_the_service_follows_its_folder_nothing_can_be_applied(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOROSHI_ALERT_WATCHLISTS_FROM", "folder")
    assert "change the files there, or set NOROSHI_ALERT_WATCHLISTS_FROM=database" in error_of(run("apply", folder))


def test_json_asks_nobody(run: Run, folder: Path) -> None:
    assert run("apply", folder, "--json").exit_code == 2
    assert json.loads(run("apply", folder, "--json", "--yes").output)["added"] == ["one", "two"]


def test_what_is_exported_reads_back_to_the_same_versions(run: Run, folder: Path, tmp_path: Path) -> None:
    run("apply", folder, "--yes")
    out = tmp_path / "out"
    assert run("export", out).output == f"2 watchlists: {out}\n"
    assert load_watchlists(out, default_taxonomy()).versions == listed(run)
    assert (out / "one.yml").read_text("utf-8").startswith("# yaml-language-server: $schema=schema.json\n")
    assert json.loads((out / "schema.json").read_text("utf-8"))["title"]
    assert run("diff", out).exit_code == 0


def test_an_export_writes_over_nothing_unless_it_is_said(run: Run, folder: Path) -> None:
    run("apply", folder, "--yes")
    assert "holds one.yml, two.yml; name an empty folder, or say --force" in error_of(run("export", folder))
    assert run("export", folder, "--force").exit_code == 0
