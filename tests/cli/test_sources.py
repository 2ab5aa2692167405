"""`noroshi sources`: what a person sees of sources, and what asking one would bring."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli import noroshi
from services.ingest.core import decide, read_page
from services.ingest.health import paststore
from services.ingest.health.past import Day, Past
from services.ingest.memory import store
from services.ingest.memory.intake import remember as remember_decision
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Page
from services.ingest.source import load_source
from services.runtime.store import migrate, open_engine
from tests.ingest.material import example_settings, item, rss2

NOW = datetime.now(UTC)
FILE = """\
key: xx-ministry
name: Ministry of Trade
publisher: Ministry of Trade of Xx
country: XX
language: en
kind: rss2
url: https://example.org/news/feed.xml
zone: UTC
schedule:
  every_minutes: 30
expected:
  longest_gap_days: 14
"""
PAGE = rss2(
    item("Synthetic licence for gallium", "/a", day="2026-04-07"), item("Synthetic ban", "/b", day="2026-04-08")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in ("ministry", "agency"):
        made = tmp_path / "sources" / f"xx_{key}_news"
        made.mkdir(parents=True)
        (made / "source.yml").write_text(FILE.replace("xx-ministry", f"xx-{key}"), encoding="utf-8")
    (tmp_path / "page.xml").write_text(PAGE, encoding="utf-8")
    monkeypatch.setenv("NOROSHI_INGEST_SOURCES", json.dumps([str(tmp_path / "sources")]))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(noroshi, ["sources", *arguments, "--state-dir", str(folder / "state")])


def remember(folder: Path, last_success_at: datetime, past: Past) -> None:
    """What ingest would have left: a source read at that time, and one document of the page published."""
    source = load_source(folder / "sources" / "xx_ministry_news" / "source.yml")
    found = read_page(source, Page(PAGE.encode(), source.url, NOW))
    engine = open_engine(example_settings(folder / "state"), "ingest")
    migrate(engine, "ingest")
    with engine.begin() as connection:
        remember_decision(connection, decide(found.documents[:1], {}, seen_at=NOW))
        cursor = Cursor("xx-ministry", last_tried_at=last_success_at, last_success_at=last_success_at)
        store.save_cursor(connection, cursor)
        paststore.change_past(connection, "xx-ministry", lambda _: past)
    engine.dispose()


def test_before_ingest_ever_ran_every_source_waits_and_nothing_is_made(folder: Path) -> None:
    done = run(folder, "list")
    assert done.exit_code == 0
    assert done.output.count("waiting") == 3
    assert done.output.endswith("2 sources: 2 waiting\n")
    assert "never asked" in done.output
    assert not (folder / "state").exists()


def test_the_worst_comes_first_with_its_reason_and_the_exit_code_says_so(folder: Path) -> None:
    remember(folder, NOW - timedelta(hours=5), Past(arrived_on=NOW.date()))
    done = run(folder, "list")
    assert done.exit_code == 1
    worst = done.output.splitlines()[1]
    assert worst.startswith("xx-ministry  late         5 h")
    assert "see whether ingest runs and polls" in worst
    assert "\x1b" not in done.output
    (late, waiting) = sorted(json.loads(run(folder, "list", "--json").output), key=lambda each: str(each["state"]))
    assert (late["key"], late["state"], late["expected_gap"]) == ("xx-ministry", "late", 14)
    assert (waiting["state"], waiting["last_success_at"], waiting["next_at"]) == ("waiting", None, None)


def test_a_paused_source_says_so_wherever_it_is_shown(folder: Path) -> None:
    path = folder / "sources" / "xx_agency_news" / "source.yml"
    path.write_text(path.read_text(encoding="utf-8") + "status: paused\n", encoding="utf-8")
    why = "`status: paused` in its file"
    assert f"xx-agency    paused         –        –        –  {why}\n" in run(folder, "list").output
    assert run(folder, "list").output.endswith("2 sources: 1 waiting, 1 paused\n")
    (paused,) = (each for each in json.loads(run(folder, "list", "--json").output) if each["state"] == "paused")
    assert (paused["name"], paused["reason"]) == ("Ministry of Trade", why)
    shown = run(folder, "show", "xx-agency").output
    assert f"reason           {why}\n" in shown
    assert "gap_learned      no\n" in shown
    assert shown.endswith("no day of it is known yet\n")


def test_every_command_is_told_in_one_whole_line(folder: Path) -> None:
    listed = CliRunner().invoke(noroshi, ["sources", "--help"]).output
    assert "..." not in listed.partition("Commands:")[2]
    for name in ("check", "list", "new", "release", "show", "test"):
        assert f"\n  {name} " in listed


def test_show_tells_the_facts_of_the_file_and_the_last_days(folder: Path) -> None:
    today = NOW.date()
    remember(folder, NOW, Past(arrived_on=today, days=(Day(today, 8, 12, 3, 1),)))
    done = run(folder, "show", "xx-ministry")
    assert done.exit_code == 0
    for words in ("https://example.org/news/feed.xml", "mon tue wed thu fri", f"{today}         12    3         1"):
        assert words in done.output
    fields = json.loads(run(folder, "show", "xx-ministry", "--json").output)
    assert (fields["state"], fields["days"][0]["most"], fields["gap_learned"]) == ("ok", 12, False)


def test_check_of_a_saved_page_says_what_would_be_new_and_publishes_nothing(folder: Path) -> None:
    remember(folder, NOW, Past())
    asked = ("check", "xx-ministry", "--file", str(folder / "page.xml"))
    for _ in range(2):
        done = run(folder, *asked)
        assert done.exit_code == 0
        assert "known  2026-04-07  Synthetic licence for gallium" in done.output
        assert "new    2026-04-08  Synthetic ban" in done.output
        assert "quiet: xx-ministry: nothing newer than 2026-04-08" in done.output
        assert done.output.endswith("2 documents, 1 new, 1 problems; nothing was published\n")
    fields = json.loads(run(folder, *asked, "--json").output)
    assert [each["new"] for each in fields["documents"]] == [False, True]
    assert fields["readable"]


def test_check_of_a_page_that_is_no_feed_fails_with_why(folder: Path) -> None:
    (folder / "page.xml").write_text("<html>maintenance</html>", encoding="utf-8")
    done = run(folder, "check", "xx-ministry", "--file", str(folder / "page.xml"))
    assert done.exit_code == 1
    assert "unreadable: xx-ministry" in done.output


def test_a_source_or_file_that_is_not_there_is_named_with_what_to_do(folder: Path) -> None:
    assert "no source `xx-minstry`; did you mean `xx-ministry`" in str(run(folder, "show", "xx-minstry").exception)
    done = run(folder, "check", "xx-ministry", "--file", str(folder / "none.xml"))
    assert "none.xml: No such file or directory; name a page saved as it came" in str(done.exception)
