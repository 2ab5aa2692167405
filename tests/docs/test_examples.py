"""What the guides show as files is read by the code that reads such files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.owntests import run_watchlist_tests
from services.alert.watchlists.sets import load_watchlists
from services.classify.core import Classifier
from services.cli import noroshi
from services.contracts.vocab import Modality, Stage, Urgency
from services.ingest.pages.lines import Line, read_line
from services.ingest.pages.page import Document
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import KINDS, load_source, load_sources
from services.runtime.registry import list_plugins
from services.taxonomy.load import default_taxonomy
from tests.docs.pages import GUIDES, blocks, first_cells, rows, words

WATCHLISTS = (GUIDES / "watchlists.md").read_text(encoding="utf-8")
ALERTS = (GUIDES / "alerts.md").read_text(encoding="utf-8")
EVENTS = (GUIDES / "events.md").read_text(encoding="utf-8")
SOURCES = (GUIDES.parent / "reference" / "sources.md").read_text(encoding="utf-8")
WHOLE = blocks(WATCHLISTS, "yaml watchlist")
RULES = blocks(WATCHLISTS, "yaml rule")


@pytest.mark.parametrize("text", WHOLE)
def test_a_watchlist_of_the_guide_loads_and_passes_its_own_tests(text: str, tmp_path: Path) -> None:
    (tmp_path / "example.yml").write_text(text, encoding="utf-8")
    taxonomy = default_taxonomy()
    (watchlist,) = load_watchlists(tmp_path, taxonomy).watchlists
    classifier = Classifier(taxonomy)
    now = datetime(2026, 1, 31, tzinfo=UTC)
    results = run_watchlist_tests(watchlist, lambda event: classifier.classify(event).acts, taxonomy, now)
    assert len(results) >= 4
    assert [str(result) for result in results if not result.passed] == []


@pytest.mark.parametrize("text", RULES)
def test_a_rule_of_the_guide_loads(text: str, tmp_path: Path) -> None:
    head = "id: example\nname: Example\ndestinations: [{slack: C0EXAMPLE}]\n"
    (tmp_path / "example.yml").write_text(head + text, encoding="utf-8")
    assert load_watchlists(tmp_path, default_taxonomy()).watchlists


def test_there_are_watchlists_and_rules_to_load() -> None:
    assert len(WHOLE) >= 1
    assert len(RULES) >= 3


def test_every_predicate_has_a_row_in_the_guide() -> None:
    assert {f"`{name}`" for name in PREDICATES} <= first_cells(WATCHLISTS)


def test_every_example_term_of_the_guide_means_something() -> None:
    taxonomy = default_taxonomy()
    checked = set()
    for name, *cells in rows(WATCHLISTS):
        predicate = PREDICATES.get(name.strip("`"))
        examples = [cell.strip("`[]") for cell in cells if cell.startswith("`[")]
        if predicate is not None and examples:
            terms = [term.strip().strip("'") for term in examples[0].split(",")]
            assert predicate.check(terms, taxonomy) == (), f"{name}: {terms}"
            checked.add(predicate.name)
    assert len(checked) >= len(PREDICATES) - 4  # stage, urgency, modality and direction show single words


def test_the_stages_are_told_in_their_order() -> None:
    row = next(row for row in rows(WATCHLISTS) if row[0] == "`stage`")
    assert [stage.strip(" `") for stage in row[1].split("<")] == sorted(Stage, key=lambda stage: stage.order)


def test_every_word_of_a_closed_vocabulary_is_told() -> None:
    cells = " ".join(row[1] for row in rows(WATCHLISTS) if len(row) > 1)
    assert [word for word in (*Urgency, *Modality) if f"`{word}`" not in cells] == []


def test_the_groups_of_countries_are_told_with_what_they_mean() -> None:
    taxonomy = default_taxonomy()
    assert {group for group in taxonomy.groups if taxonomy.group_members(group)} <= words(WATCHLISTS)
    assert taxonomy.group_members("G7") == {"CA", "DE", "EU", "FR", "GB", "IT", "JP", "US"}
    assert len(PREDICATES["imposing"].accepts("EU", taxonomy) or ()) == 28


def test_the_line_of_the_guide_is_one_that_ingest_reads() -> None:
    (text,) = blocks(EVENTS, "json")
    assert isinstance(read_line(Line("guide", 1, text.strip().encode())), Document)


def test_every_source_is_told_with_its_kind_and_pace() -> None:
    assert "../reference/sources.md" in EVENTS
    told = {(row[0], row[3], row[6]) for row in rows(SOURCES) if len(row) == 7}
    for source in load_sources((DEFAULT_SOURCES,)):
        pace = f"every {source.schedule.every_minutes} min" if source.status == "active" else "paused"
        assert (f"`{source.key}`", f"`{source.kind}`", pace) in told


def test_every_kind_of_source_is_told() -> None:
    assert set(list_plugins(KINDS)) <= words(EVENTS)


def test_the_source_of_the_guide_loads(tmp_path: Path) -> None:
    (text,) = blocks(EVENTS, "yaml source")
    path = tmp_path / "xx_ministry_news" / "source.yml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert load_source(path).key == "xx-ministry"


@pytest.mark.parametrize("shown", [text for text in blocks(ALERTS, "text") if ", urgency " in text])
def test_a_report_in_the_guide_is_what_try_prints(shown: str) -> None:
    lines = [line for line in shown.splitlines() if line.strip() != "…"]
    done = CliRunner().invoke(noroshi, ["try", "--published", "2026-11-23", lines[0]])
    assert done.exit_code == 0
    assert [line for line in lines if line not in done.output.splitlines()] == []
