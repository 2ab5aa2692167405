from __future__ import annotations

from pathlib import Path

import pytest

from services.contracts.errors import UsageError
from services.fakeslack.core import FakeSlack
from services.fakeslack.journal import JournaledStore

NOW = 1_733_217_000.0


def post(slack: FakeSlack, text: str, key: str) -> str:
    given = {
        "channel": "C0CRITMIN",
        "text": text,
        "client_msg_id": key,
        "blocks": [{"type": "divider"}],
        "metadata": {"event_type": "x", "event_payload": {"a": key}},
    }
    return str(slack.handle("chat.postMessage", "x", given, NOW).body["ts"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "slack.jsonl"


def test_a_restart_finds_every_message_as_it_was(path: Path) -> None:
    before = FakeSlack(store=JournaledStore(path))
    post(before, "鉱物 \ud83d", "a1")
    post(before, "two", "a2")
    after = JournaledStore(path)
    assert after.messages == before.store.messages
    assert after.copies() == {("C0CRITMIN", "a1"): 1, ("C0CRITMIN", "a2"): 1}


def test_a_restart_finds_an_edited_message_once_as_it_last_was(path: Path) -> None:
    before = FakeSlack(store=JournaledStore(path))
    ts = post(before, "one", "a1")
    before.handle("chat.update", "x", {"channel": "C0CRITMIN", "ts": ts, "text": "better"}, NOW + 1)
    assert [message.text for message in JournaledStore(path).messages] == ["better"]


def test_references_go_on_rising_after_a_restart(path: Path) -> None:
    first = post(FakeSlack(store=JournaledStore(path)), "one", "a1")
    second = post(FakeSlack(store=JournaledStore(path)), "two", "a2")
    assert float(second) > float(first)


def test_a_last_line_cut_by_a_crash_is_dropped_and_writing_goes_on(path: Path) -> None:
    post(FakeSlack(store=JournaledStore(path)), "one", "a1")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"channel":"C0CRITMIN","ts":"17332')
    post(FakeSlack(store=JournaledStore(path)), "two", "a2")
    assert [message.text for message in JournaledStore(path).messages] == ["one", "two"]


def test_a_last_line_cut_inside_a_character_is_dropped_too(path: Path) -> None:
    post(FakeSlack(store=JournaledStore(path)), "one", "a1")
    with path.open("ab") as file:
        file.write('{"text":"鉱'.encode()[:-1])
    assert [message.text for message in JournaledStore(path).messages] == ["one"]


@pytest.mark.parametrize("line", ["not json", "[]", '{"channel": "C0CRITMIN"}', '{"blocks": [], "colour": 1}'])
def test_any_other_bad_line_is_an_error_with_its_place(path: Path, line: str) -> None:
    post(FakeSlack(store=JournaledStore(path)), "one", "a1")
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match=r"slack\.jsonl:2: not a stored message"):
        JournaledStore(path)


def test_a_new_file_and_its_folder_are_made(path: Path) -> None:
    assert JournaledStore(path).messages == []
    assert path.exists()
