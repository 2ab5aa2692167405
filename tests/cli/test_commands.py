from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from services.cli import COMMANDS, main, noroshi


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(name: str) -> None:
    context = click.Context(noroshi)
    command = noroshi.get_command(context, name)
    assert command is not None
    assert command.help, f"noroshi {name} says nothing of itself"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert all(option.help for option in options)


def test_the_reference_pages_and_schemas_are_fresh() -> None:
    # In a process of its own: click keeps the help option it first made, whoever asked for it.
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "docs", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), "run `make docs` and read the difference"


def test_help_imports_no_engine_no_http_client_and_no_store() -> None:
    program = "import sys; from services.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    program += (
        "print([m for m in ('faust', 'kafka', 'aiohttp', 'sqlalchemy', 'slack_sdk', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_try_shows_the_words_and_who_would_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["try", "商务部对镓、锗相关物项实施出口管制，自2023年8月1日起施行。", "--source", "cn-mofcom"])
    said = capsys.readouterr().out
    for words in ("export_control", "CN (China)", "“镓”", "✓ critical-metals-cn → slack C0CRITMIN", "✗ chips-controls"):
        assert words in said


def test_try_shows_what_the_role_of_a_country_rests_on_and_the_sums(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(
            ["try", "--explain", "経産省、韓国の電池メーカーに最大1200億円の補助金を交付　対中投資を制限する規則も発表"]
        )
    said = capsys.readouterr().out
    for words in ("beneficiary   KR", "(agency)", "(affix)", "amounts       JPY 120,000,000,000 (at most)"):
        assert words in said


def test_try_shows_what_the_measure_has_to_do_with_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(
            [
                "try",
                "商务部公告2025年第72号 暂停实施商务部公告2024年第46号关于镓出口管制的规定",
                "--source",
                "cn-mofcom",
            ]
        )
    assert "suspends      announcement CN-MOFCOM-2024-46  “暂停实施商务部公告2024年第46号”" in capsys.readouterr().out


def test_try_says_when_first_news_is_not_asked_for(tmp_path: Path) -> None:
    text = "id: a\nname: A\nmatch: {minerals: gallium}\nnews: ['* -> lifted']\ndestinations: {stdout: '-'}\n"
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    asked = ["try", "--watchlists", str(tmp_path), "China bans exports of gallium to the United States"]
    done = CliRunner().invoke(noroshi, asked)
    assert "✓ a\n          not told: its `news` asks only for * -> lifted" in done.output


def test_try_reads_the_text_from_standard_input() -> None:
    done = CliRunner().invoke(noroshi, ["try", "-"], input="China bans exports of gallium to the United States")
    assert done.exit_code == 0
    assert "Act 1: export_ban" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["try", "--source", "News Desk", "text"],
            "--source 'News Desk': write the key of a source, such as us-federal-register",
        ),
        (["try", "--published", "3 May", "text"], "--published '3 May': write the day as 2024-12-03"),
    ],
)
def test_a_hint_that_is_none_is_told_in_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


def test_try_says_why_nobody_would_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["try", "中国は今後ガリウムの輸出管理を強化する可能性がある。"])
    assert "nobody: the text states it as forecast" in capsys.readouterr().out


def test_classify_prints_one_object_a_line_with_evidence_into_the_given_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "  中国，对镓　实施出口管制\u200b"
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps({"id": "a:1", "source": "cn-mofcom", "title": title}) + "\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["classify", str(path)])
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["relevant"], found["acts"][0]["minerals"]) == ("a:1", True, ["gallium"])
    for evidence in found["acts"][0]["evidence"]:
        assert title[evidence["start"] : evidence["end"]] == evidence["text"]
