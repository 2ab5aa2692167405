"""What a person sees, word for word, when something they gave is wrong."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli import main

WATCHLIST = """\
id: gallium
name: Gallium
match:
  mineral: [gallium]
  imposing: [Chnia]
destinations:
  - slak: C0CRITMIN
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def own_log_handlers() -> Iterator[None]:
    """A command that configures logs does so for its process; here it must not outlive its test."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers[:] = before


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_every_mistake_in_a_watchlist_comes_at_once_with_its_place_and_the_nearest_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "gallium.yml").write_text(WATCHLIST, encoding="utf-8")
    assert run("check", "--watchlists", str(folder)) == 1
    said = capsys.readouterr().out
    assert f"{folder}/gallium.yml:4:3: unknown predicate `mineral`; did you mean `minerals`?" in said
    assert f"{folder}/gallium.yml:5:14: unknown country or group `Chnia`; did you mean `CN`?" in said
    assert f"{folder}/gallium.yml:7:5: " in said
    assert "`slack`" in said


def test_a_setting_nobody_knows_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOROSHI_ALERT_SLACK_TOKN", "x")
    assert run("config") == 1
    said = capsys.readouterr().err
    assert said == (
        "noroshi: settings: environment NOROSHI_ALERT_SLACK_TOKN: no such setting; "
        "did you mean NOROSHI_ALERT_SLACK_TOKEN?\n"
    )


def test_a_missing_slack_token_says_which_setting_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("alert", "--broker", "127.0.0.1:1") == 1
    said = capsys.readouterr().err
    assert "no Slack token: a watchlist names a slack destination, and NOROSHI_ALERT_SLACK_TOKEN is not set" in said


def test_a_busy_port_says_who_wants_it_and_how_to_choose_another(
    busy_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("up", "--broker-port", str(busy_port)) == 1
    said = capsys.readouterr().err
    assert (
        f"noroshi: the embedded broker cannot listen on 127.0.0.1:{busy_port}: Address already in use. Another program "
        "holds the port (perhaps Noroshi runs already): stop it, or choose another port with --broker-port\n"
    ) in said


def test_a_broker_that_is_not_there_says_what_to_start_or_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("topics", "check", "--broker", "127.0.0.1:1") == 1
    said = capsys.readouterr().err
    assert said.startswith("noroshi: broker 127.0.0.1:1: ")
    assert "`noroshi up` brings its own" in said
    assert "NOROSHI_BROKER" in said


def test_a_line_that_is_no_event_is_named_and_the_others_are_classified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.jsonl"
    good = '{"id": "1", "source": "us-bis", "title": "BIS adds 10 Chinese entities to the Entity List"}'
    path.write_text(f'{good}\n{{"id": "2"\n{{"id": "3", "source": "us-bis"}}\n', encoding="utf-8")
    assert run("classify", str(path)) == 1
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert '"entity_listing"' in captured.out
    assert f"noroshi: {path}:2: line: Invalid JSON" in captured.err
    assert f"noroshi: {path}:3: title: Field required" in captured.err


def test_secrets_are_hidden_where_settings_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOROSHI_ALERT_SLACK_TOKEN", "xoxb-very-secret")
    assert run("config", "alert") == 0
    said = capsys.readouterr().out
    assert "very-secret" not in said
    assert "environment NOROSHI_ALERT_SLACK_TOKEN" in said
