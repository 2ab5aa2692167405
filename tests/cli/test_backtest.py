from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from services.alert.history.replay import replay
from services.alert.watchlists.sets import load_watchlists
from services.cli import main, noroshi
from services.contracts import codec
from services.contracts.topics import MEASURES
from services.runtime.broker.noida import NoidaBroker
from services.runtime.handling import Message
from services.runtime.producer import EventProducer
from services.runtime.topics_admin import apply
from services.taxonomy.load import default_taxonomy
from tests.alert.histories import sample_acts

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "backtest.md"
EXAMPLE = ROOT / "deploy" / "watchlists" / "rare-earth-magnets.yml"
GALLIUM = """\
id: {id}
name: ガリウムと 鎵
match: {{minerals: [{mineral}], imposing: [CN]}}
destinations: [{{stdout: '-'}}]
"""
DOCUMENTS = [
    ("2025-03-01", "China bans exports of antimony to the United States"),
    ("2025-01-10", "China imposes export controls on gallium " + "of every kind and purity " * 8),
    ("2025-02-01", "China bans exports of gallium nitride to Japan"),
    ("2025-02-03", "Rain is expected on Sunday"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two watchlists in force and a file of events; no broker answers."""
    (tmp_path / "lists").mkdir()
    for id_, mineral in (("gallium", "gallium"), ("antimony", "antimony")):
        (tmp_path / "lists" / f"{id_}.yml").write_text(GALLIUM.format(id=id_, mineral=mineral), encoding="utf-8")
    lines = [
        json.dumps({"id": f"a:{number}", "source": "press-desk", "lang": "en", "title": title, "published": day})
        for number, (day, title) in enumerate(DOCUMENTS)
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("NOROSHI_BROKER", f"127.0.0.1:{port}")
    monkeypatch.setenv("NOROSHI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NOROSHI_ALERT_WATCHLISTS", str(tmp_path / "lists"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(noroshi, ["backtest", *arguments], catch_exceptions=False)


def test_events_of_a_file_are_replayed_in_the_order_of_their_publication(folder: Path) -> None:
    done = run("gallium", "--file", "events.jsonl")
    assert done.exit_code == 0
    assert "History: 3 documents with 3 acts, 2025-01-10 to 2025-03-01" in done.stdout
    assert "would have sent 2 messages in 51 days (1.2 a month)" in done.stdout
    alerts = [line for line in done.stdout.splitlines() if line.startswith("2025-")]
    assert [line[:15] for line in alerts] == ["2025-01-10  FIR", "2025-02-01  FIR"]
    assert alerts[0].endswith("…")
    assert all(cell_len(line) <= 110 for line in done.stdout.splitlines())


def test_the_days_that_count_can_be_chosen(folder: Path) -> None:
    done = run("gallium", "--file", "events.jsonl", "--since", "2025-02-01", "--until", "2025-02-28")
    assert "would have sent 1 message in 28 days" in done.stdout


def test_a_change_shows_what_it_gains_and_loses_and_why(folder: Path) -> None:
    Path("new.yml").write_text(GALLIUM.format(id="gallium", mineral="antimony"), encoding="utf-8")
    done = run("new.yml", "--diff", "inforce", "--file", "events.jsonl", "--fail-on-loss")
    assert done.exit_code == 1
    assert "Against the old version: 1 gained, 2 lost" in done.stdout
    assert "- 2025-02-01  FIRST             China bans exports of gallium nitride to Japan" in done.stdout
    assert "by minerals gallium, which the new version does not name" in done.stdout
    assert "the new version: minerals antimony: the act has gallium_nitride" in done.stdout
    assert "by minerals antimony, which the old version does not name" in done.stdout


def test_two_files_are_compared_whatever_their_ids(folder: Path) -> None:
    done = run("lists/gallium.yml", "--diff", "lists/antimony.yml", "--file", "events.jsonl")
    assert done.exit_code == 0
    assert "2 gained, 1 lost" in done.stdout


def test_a_slower_cadence_speaks_in_digests_and_what_is_muted_is_marked(folder: Path) -> None:
    text = GALLIUM.format(id="gallium", mineral="gallium")
    more = "cadence: daily\nmutes: [{item: gallium_nitride, until: 2027-01-01}]\n"
    Path("daily.yml").write_text(text + more, encoding="utf-8")
    with Path("events.jsonl").open("a", encoding="utf-8") as file:
        title = "China suspends exports of gallium to Japan"
        line = {"id": "a:9", "source": "press-desk", "lang": "en", "title": title, "published": "2025-01-10"}
        file.write(json.dumps(line) + "\n")
    done = run("daily.yml", "--file", "events.jsonl")
    assert "would have sent 1 message in" in done.stdout
    assert "0 alerts alone, 2 alerts in 1 digest (1 by cadence), 1 alert muted" in done.stdout
    assert "(muted) China bans exports of gallium nitride" in done.stdout


def test_a_watchlist_that_would_speak_too_often_is_told_to_speak_daily(folder: Path) -> None:
    lines = [
        {"id": f"b:{n}", "source": "press-desk", "lang": "en", "title": f"China bans exports of gallium, lot {n}"}
        | {"published": f"2025-01-{n % 7 + 1:02}"}
        for n in range(42)
    ]
    Path("flood.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = run("gallium", "--file", "flood.jsonl", "--limit", "0")
    assert "TOO BROAD to speak at once: 6.0 alerts a day in its busiest month" in done.stdout
    assert "Write `cadence: daily`" in done.stdout


def test_a_change_is_compared_with_what_is_in_force_in_the_database_and_with_a_version_of_old(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOROSHI_ALERT_WATCHLISTS_FROM", "database")
    first = load_watchlists(folder / "lists", default_taxonomy()).versions["gallium"]
    for mineral in ("gallium", "antimony"):
        Path("lists/gallium.yml").write_text(GALLIUM.format(id="gallium", mineral=mineral), encoding="utf-8")
        applied = CliRunner().invoke(noroshi, ["watchlists", "apply", "lists", "--yes"])
        assert applied.exit_code == 0, applied.output
    assert "0 gained, 0 lost" in run("gallium", "--diff", "inforce", "--file", "events.jsonl").stdout
    assert "1 gained, 2 lost" in run("gallium", "--diff", first, "--file", "events.jsonl").stdout
    assert "antimony 1" in run("gallium", "--watchlists", "lists", "--file", "events.jsonl").stdout


def test_a_folder_is_replayed_together_and_the_json_form_holds_everything(folder: Path) -> None:
    done = run("lists", "--file", "events.jsonl", "--diff", "lists/antimony.yml", "--json")
    found = json.loads(done.stdout)
    assert (found["documents"], found["acts"], found["days"], found["not_read"]) == (3, 3, 51, 0)
    assert {id_: each["alerts"] for id_, each in found["watchlists"].items()} == {"antimony": 1, "gallium": 2}
    assert [each["watchlist_id"] for each in found["alerts"]] == ["gallium", "gallium", "antimony"]
    assert found["atoms"] == {"imposing CN": 3, "minerals gallium": 2, "minerals antimony": 1}
    assert [each["why"] for each in found["gained"]] == [["there is no such watchlist"]] * 2
    assert found["lost"] == []


def test_without_a_broker_the_bundled_sample_is_used_and_said_so(folder: Path) -> None:
    done = run("gallium", "--limit", "1")
    assert done.exit_code == 0
    assert "the bundled sample, for no broker answers at 127.0.0.1:" in done.stdout
    assert "more; --limit shows more" in done.stdout


def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on(folder: Path) -> None:
    with Path("events.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    done = run("gallium", "--file", "events.jsonl")
    assert done.exit_code == 1
    assert "not read: events.jsonl:5: " in done.stderr
    assert "2 messages" in done.stdout


@pytest.mark.broker
def test_the_acts_on_the_topic_are_the_history_and_what_is_no_act_is_named(folder: Path, tmp_path: Path) -> None:
    records = [codec.encode(act) for act in sample_acts()[:30]] + [b"no act"]
    header = codec.schema_header(sample_acts()[0])
    with NoidaBroker(tmp_path / "broker", port=0) as broker, EventProducer(broker.bootstrap) as producer:
        empty = run("gallium", "--broker", broker.bootstrap)
        apply(broker.bootstrap, [MEASURES])
        producer.send_messages([Message(MEASURES.name, b"k", record, (header,)) for record in records])
        by_topic = run("gallium", "--broker", broker.bootstrap, "--json")
    assert "from the bundled sample, for noroshi.measures.v1 is empty" in empty.stdout
    assert by_topic.exit_code == 1
    assert "not read: noroshi.measures.v1/0 offset 30: act" in by_topic.stderr
    found = json.loads(by_topic.stdout)
    assert found["history"] == f"the topic noroshi.measures.v1 at {broker.bootstrap}"
    assert (found["acts"], found["not_read"]) == (30, 1)
    expected = replay(sample_acts()[:30], load_watchlists(folder / "lists", default_taxonomy()))
    told = [alert for step in expected for alert in step.alerts if alert.watchlist_id == "gallium"]
    assert {each["alert_id"] for each in found["alerts"] if not each["due"]} == {alert.alert_id for alert in told}


def test_the_report_in_the_guide_is_what_is_printed(folder: Path) -> None:
    page = GUIDE.read_text(encoding="utf-8")
    watchlist, shown = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("yaml watchlist", "text report"))
    Path("magnets.yml").write_text(watchlist, encoding="utf-8")
    days = ("--since", "2025-04-01", "--until", "2025-10-31")
    done = run("magnets.yml", "--diff", str(EXAMPLE), *days, "--sample")
    assert done.stdout == shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["galium"], "no watchlist in force has that id; did you mean `gallium`"),
        (["gallium", "--diff", "other.yml"], "--diff other.yml: no such file or folder"),
        (["gallium", "--diff", "0123456789ab"], "no alert database in"),
        (["gallium", "--since", "2025-02-02", "--until", "2025-02-01"], "is after --until"),
        (["gallium", "--sample", "--topic"], "name one history"),
        (["gallium", "--fail-on-loss"], "--fail-on-loss needs --diff"),
        (["gallium", "--file", "none.jsonl"], "none.jsonl: no such file"),
        (["gallium", "--topic"], "broker"),
    ],
)
def test_what_cannot_be_done_is_said_and_how_to_mend_it(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["backtest", *arguments])
    assert ended.value.code == 1
    assert message in capsys.readouterr().err
