"""`noroshi sources new` and `noroshi sources test`: from a page to a source that behaves, in a folder of one's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli import noroshi
from services.contracts.errors import UsageError
from tests.ingest.material import item, rss2

URL = "https://www.example.go.jp/news/feed.xml"
PAGE = rss2(
    item("輸出貿易管理令の一部を改正する政令案", "/a", day="2026-04-07"),
    item("重要鉱物の備蓄に関する会合を開催しました", "/b", day="2026-04-08"),
)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "page.xml"
    path.write_text(PAGE, encoding="utf-8")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(noroshi, arguments)


def made(page: Path, *arguments: str) -> Result:
    return run("sources", "new", "jp-example-news", "--url", URL, "--file", str(page), *arguments)


def test_a_new_source_passes_check_and_the_suite_at_once(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = made(page)
    assert done.exit_code == 0, done.output
    for words in (
        "2026-04-08  重要鉱物の備蓄に関する会合を開催しました",
        "sources/jp_example_news: rss2, 2 documents",
        "address: verified",
        "NOROSHI_INGEST_SOURCES=sources noroshi check",
    ):
        assert words in done.output
    folder = page.parent / "sources" / "jp_example_news"
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*.*")) == [
        "samples/list.expected.json",
        "samples/list.xml",
        "source.yml",
    ]
    assert (folder / "samples" / "list.xml").read_text(encoding="utf-8") == PAGE
    monkeypatch.setenv("NOROSHI_INGEST_SOURCES", "sources")
    checked = run("check")
    assert (checked.exit_code, "1 sources" in checked.output) == (0, True)
    assert run("sources", "test", "sources").output == "sources: 1, behaviours of each: 10, sources that miss one: 0\n"
    assert "2 documents, 2 new" in run("sources", "check", "jp-example-news", "--file", str(page)).output


class Publisher(BaseHTTPRequestHandler):
    """Gives the feed at its new address and sends whoever asks at the old one there."""

    def do_GET(self) -> None:
        moved = self.path != "/new.xml"
        self.send_response(301 if moved else 200)
        if moved:
            self.send_header("Location", "/new.xml")
        self.end_headers()
        self.wfile.write(b"" if moved else PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_that_was_fetched_is_asked_at_the_address_where_it_is(
    page: Path, publisher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOROSHI_INGEST_ALLOW_PRIVATE", "true")
    done = run("sources", "new", "xx-ministry-news", "--url", f"{publisher}/old.xml", "--name", "Ministry")
    assert done.exit_code == 0, done.output
    text = (page.parent / "sources" / "xx_ministry_news" / "source.yml").read_text(encoding="utf-8")
    assert f"\nurl: {publisher}/new.xml\n" in text
    assert "\naddress: verified\n" in text
    assert "\nstatus:" not in text
    assert "address: verified" not in done.output
    assert f"leads to {publisher}/new.xml, which is written down" in done.output


def test_what_is_said_of_a_source_is_not_guessed(page: Path) -> None:
    stated = {"country": "kr", "name": "Trade: news", "publisher": "#1", "language": "other", "zone": "Asia/Seoul"}
    done = made(page, *(part for name, value in stated.items() for part in (f"--{name}", value)), "--folder", "mine")
    assert done.exit_code == 0, done.output
    text = (page.parent / "mine" / "kr_jp_example_news" / "source.yml").read_text(encoding="utf-8")
    for line in ("country: KR", "name: 'Trade: news'", "publisher: '#1'", "language: other", "zone: Asia/Seoul"):
        assert f"\n{line}\n" in text


def test_both_spellings_are_one_command_and_nothing_is_overwritten(page: Path) -> None:
    arguments = ("source", "jp-example-news", "--url", URL, "--file", str(page))
    assert run("new", *arguments).exit_code == 0
    again = run("new", *arguments)
    assert isinstance(again.exception, UsageError)
    assert "is there already and is left as it is" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("JP News", "--url", URL), "'JP News': write lower-case parts"),
        (("jp-x", "--url", "example.go.jp/feed"), "write the whole address"),
        (("jp-x", "--url", URL, "--file", "none.xml"), "none.xml: No such file or directory; name a page saved"),
        (("jp-x", "--url", URL, "--file", "page.xml", "--zone", "Asia/Tokio"), "write an IANA name"),
        (("jp-x", "--url", URL, "--file", "page.xml", "--country", "JPN"), "source.yml: `country` is 'JPN'"),
        (("jp-x", "--url", URL, "--file", "page.xml", "--kind", "atom"), "an RSS 2.0 feed came where an Atom feed"),
        (("jp-x", "--url", "https://127.0.0.1/feed"), "https://127.0.0.1/feed: "),
        (("jp-x", "--url", URL, "--file", "page.xml", "--folder", "page.xml"), "page.xml/jp_x: cannot be made"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_nothing(page: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("sources", "new", *arguments)
    assert isinstance(done.exception, UsageError)
    assert words in str(done.exception)
    assert [each.name for each in page.parent.rglob("*") if each.name not in ("page.xml", "sources")] == []


def test_the_suite_names_folder_sample_and_what_is_missed_until_it_is_accepted(page: Path) -> None:
    assert made(page).exit_code == 0
    sample = page.parent / "sources" / "jp_example_news" / "samples" / "list.xml"
    sample.write_text(PAGE.replace("備蓄", "調達"), encoding="utf-8")
    done = run("sources", "test", "sources/jp_example_news")
    assert done.exit_code == 1
    start = "sources/jp_example_news: list.xml: its sample gives the results written down: documents 2 is title"
    assert done.output.startswith(start)
    assert done.output.endswith("sources that miss one: 1\n")
    (missed,) = json.loads(run("sources", "test", "sources", "--json").output)["sources/jp_example_news"]
    assert missed["behaviour"] == "its sample gives the results written down"
    before = json.loads(sample.with_name("list.expected.json").read_text(encoding="utf-8"))
    assert run("sources", "test", "sources", "--accept").exit_code == 0
    after = json.loads(sample.with_name("list.expected.json").read_text(encoding="utf-8"))
    assert (after["read_at"], "調達" in after["documents"][1]["title"]) == (before["read_at"], True)


def test_a_source_without_sample_or_sound_results_and_a_folder_without_source_are_told(page: Path) -> None:
    assert made(page).exit_code == 0
    samples = page.parent / "sources" / "jp_example_news" / "samples"
    (samples / "list.expected.json").write_text("[", encoding="utf-8")
    assert "list.expected.json: not JSON" in str(run("sources", "test", "sources").exception)
    for stated in ("[]", '{"read_at": "2026-04-08"}', '{"read_at": 1}'):
        (samples / "list.expected.json").write_text(stated, encoding="utf-8")
        assert "`read_at` an instant with its offset" in str(run("sources", "test", "sources").exception)
    for each in list(samples.iterdir()):
        each.unlink()
    (samples / "older").mkdir()
    assert "there is none; save a page of the list" in run("sources", "test", "sources").output
    assert "no source is here" in str(run("sources", "test", str(samples)).exception)
