"""Every source folder passes the same suite; a new folder joins it by being there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.authoring.behaviour import examine
from services.ingest.authoring.folder import load_samples
from services.ingest.core import candidate_ids, decide, read_page
from services.ingest.pages.page import Page
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_source, load_sources
from services.runtime.yamlfile import YamlError
from tests.ingest.material import SOURCE_FOLDERS
from tests.ingest.samples import FETCHED_AT, SAMPLES, read_sample, source_of

RUN_AT = datetime(2026, 12, 1, tzinfo=UTC)
"""After the newest document of any sample."""


@pytest.mark.parametrize("folder", SOURCE_FOLDERS, ids=lambda folder: folder.name)
def test_every_source_has_a_sample_that_says_it_is_synthetic(folder: Path) -> None:
    samples = [path for path in SAMPLES if path.parent.parent == folder]
    assert samples, f"put a page into {folder / 'samples'}"
    assert all(b"synthetic" in path.read_bytes() for path in samples)


@pytest.mark.parametrize("folder", SOURCE_FOLDERS, ids=lambda folder: folder.name)
def test_every_source_behaves_on_its_samples(folder: Path) -> None:
    found = examine(load_source(folder / "source.yml"), load_samples(folder), RUN_AT)
    assert found == (), "\n".join(map(str, found))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.parent.parent.name)
def test_every_id_a_document_may_get_is_looked_up(sample: Path) -> None:
    documents = read_sample(sample).documents
    assert {event.event_id for event in decide(documents, {}, seen_at=FETCHED_AT).events} <= candidate_ids(documents)


@pytest.mark.parametrize("folder", SOURCE_FOLDERS, ids=lambda folder: folder.name)
def test_a_page_of_another_publishers_form_is_unreadable(folder: Path) -> None:
    source = load_source(folder / "source.yml")
    foreign = [path for path in SAMPLES if source_of(path).kind != source.kind]
    assert foreign
    for sample in foreign:
        assert not read_page(source, Page(sample.read_bytes(), source.url, FETCHED_AT)).readable


def test_all_sources_load_sorted_by_key() -> None:
    keys = [source.key for source in load_sources([DEFAULT_SOURCES])]
    assert keys == sorted(keys)
    assert {"us-federal-register", "jp-meti", "jp-mof"} <= set(keys)


SOUND = """\
key: jp-example
name: Example
publisher: Example
country: JP
language: ja
kind: rss2
url: https://example.go.jp/feed.xml
zone: Asia/Tokyo
schedule:
  every_minutes: 30
expected:
  longest_gap_days: 7
"""


def write_source(folder: Path, name: str, text: str) -> Path:
    (folder / name).mkdir()
    path = folder / name / "source.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("kind: rss2", "kind: rss3", "6:7", "rss2"),
        ("zone: Asia/Tokyo", "zone: Asia/Tokio", "8:7", "IANA"),
        ("language: ja", "language: jp", "5:11", "write one of en, ja"),
        ("https://example", "ftp://example", "7:6", "url"),
        ("every_minutes: 30", "every_minutes: 0", "10:18", "every_minutes"),
        ("longest_gap_days: 7", "longest_gap_day: 7", "12:3", "longest_gap_days"),
        ("country: JP", "country: US", "4:10", "folder"),
        ("key: jp-example", "key: JP Example", "1:6", "key"),
    ],
)
def test_a_wrong_source_file_says_where_and_how_to_mend_it(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    path = write_source(tmp_path, "jp_example_news", SOUND.replace(old, new))
    with pytest.raises(YamlError) as caught:
        load_sources([tmp_path])
    assert f"{path}:{place}: " in str(caught.value)
    assert words in str(caught.value)


def test_every_wrong_source_is_reported_at_once_and_a_key_is_used_once(tmp_path: Path) -> None:
    write_source(tmp_path, "jp_a_news", SOUND)
    second = write_source(tmp_path, "jp_b_news", SOUND)
    third = write_source(tmp_path, "jp_c_news", SOUND.replace("kind: rss2", "kind: html5"))
    with pytest.raises(YamlError) as caught:
        load_sources([tmp_path])
    assert f"{second}:1:6: `key` 'jp-example' is taken" in str(caught.value)
    assert f"{third}:6:7: " in str(caught.value)


def test_a_lookup_mends_an_odd_date_and_a_document_type_as_data() -> None:
    sample = DEFAULT_SOURCES / "us_federal_register_documents" / "samples" / "page.json"
    source = source_of(sample)
    lookups = source.lookups.model_copy(update={"document_type": {"Rule": "Final Rule"}})
    changed = source.model_copy(update={"lookups": lookups})
    found = read_page(changed, Page(sample.read_bytes(), source.url, FETCHED_AT))
    assert "Final Rule" in {document.document_type for document in found.documents}


def test_too_few_too_many_and_too_old_documents_are_reported_but_not_dropped() -> None:
    sample = DEFAULT_SOURCES / "jp_fsa_news" / "samples" / "list.xml"
    source = source_of(sample)
    strict = source.model_copy(
        update={"expected": source.expected.model_copy(update={"min_items": 3, "longest_gap_days": 1})}
    )
    page = Page(sample.read_bytes(), source.url, FETCHED_AT)
    found = read_page(strict, replace(page, fetched_at=datetime(2026, 5, 1, tzinfo=UTC)))
    assert len(found.documents) == 2
    assert found.readable
    assert [problem.message.partition(",")[0] for problem in found.problems] == [
        "2 documents",
        "nothing newer than 2026-04-08",
    ]
