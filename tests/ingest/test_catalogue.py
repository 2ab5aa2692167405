"""What every source folder says of itself holds, and the sources of the catalogue do not get into each other's way."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import holidays
import pytest

from services.classify.profile import profile_of
from services.classify.rulebook import default_rulebook
from services.contracts.vocab import Language
from services.ingest.authoring.folder import sample_files
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import Source, load_source, load_sources
from services.taxonomy.load import default_taxonomy
from tests.ingest.material import SOURCE_FOLDERS
from tests.ingest.samples import read_sample

EACH_FOLDER = pytest.mark.parametrize("folder", SOURCE_FOLDERS, ids=lambda folder: folder.name)
MOST_ASKED_PER_HOUR = 30
SCRIPTS = {
    Language.EN: re.compile("[A-Za-z]"),
    Language.JA: re.compile("[ぁ-ヺ]"),
    Language.ZH_HANS: re.compile("[一-鿿]"),
    Language.ZH_HANT: re.compile("[一-鿿]"),
}
PROMISED = {
    "BIS": "us-bis",
    "ITA": "us-ita",
    "USTR": "us-ustr",
    "OFAC": "us-ofac",
    "Treasury, outbound investment": "us-treasury",
    "DoD": "us-dod",
    "CBP": "us-cbp",
    "DOE": "us-federal-register-energy",
    "the President": "us-whitehouse",
    "public inspection": "us-federal-register-inspection",
    "Official Journal L": "eu-official-journal",
    "Official Journal C": "eu-official-journal-c",
    "CELLAR": "eu-official-journal-cellar",
    "trade defence of the EU": "eu-trade-defence",
    "raw materials of the EU": "eu-grow",
    "chips of the EU": "eu-cnect",
    "proposals of the EU": "eu-com-proposals",
    "ECJU, OTSI and GOV.UK": "uk-gov-trade",
    "Trade Remedies Authority": "uk-trade-remedies",
    "CBSA": "ca-cbsa",
    "SIMA": "ca-cbsa-measures",
    "export controls of Canada": "ca-export-controls",
    "critical minerals of Canada": "ca-nrcan",
    "Anti-Dumping Commission": "au-anti-dumping",
    "critical minerals of Australia": "au-industry",
    "export controls of Australia": "au-legislation-dsgl",
    "DGFT": "in-dgft",
    "DGTR": "in-dgtr",
    "export controls of the Netherlands": "nl-rijksoverheid",
    "WTO": "wto-news",
    "ePing": "wto-eping",
    "Global Trade Alert": "gta",
    "G7": "g7-documents",
    "Security Council": "un-press",
}
REACHED = {"US", "EU", "GB", "JP", "KR", "TW", "CA", "AU", "IN", "NL", "UN"}


def source_in(folder: Path) -> Source:
    return load_source(folder / "source.yml")


def repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)


@EACH_FOLDER
def test_a_folder_is_named_by_country_publisher_and_list(folder: Path) -> None:
    assert re.fullmatch(r"[a-z]{2}(_[a-z0-9]+){2,}", folder.name)


@EACH_FOLDER
def test_a_source_says_how_official_how_sure_when_it_works_and_under_which_terms(folder: Path) -> None:
    source = source_in(folder)
    assert {"tier", "address", "publishes", "terms", "notes"} <= source.model_fields_set
    assert source.terms.strip()
    assert source.notes.strip()


@EACH_FOLDER
def test_an_address_nobody_confirmed_is_not_polled(folder: Path) -> None:
    source = source_in(folder)
    assert source.address != "unverified" or source.status == "paused"


@EACH_FOLDER
def test_a_paused_source_says_why(folder: Path) -> None:
    source = source_in(folder)
    assert source.status == "active" or "paused" in source.notes.lower()


@EACH_FOLDER
def test_the_holidays_are_those_of_a_country_with_a_known_calendar(folder: Path) -> None:
    calendar = source_in(folder).publishes.holidays
    assert calendar in {None, "EU", *holidays.list_supported_countries()}


@EACH_FOLDER
def test_a_sample_shows_several_documents_and_no_two_alike(folder: Path) -> None:
    for sample in sample_files(folder):
        documents = read_sample(sample).documents
        assert len(documents) > 1
        assert repeated(document.title for document in documents) == []


@EACH_FOLDER
def test_a_list_without_dates_says_so(folder: Path) -> None:
    dated = [document.published_on for sample in sample_files(folder) for document in read_sample(sample).documents]
    assert all(dated) or "no date" in source_in(folder).notes


@EACH_FOLDER
def test_a_sample_is_in_the_language_of_its_source(folder: Path) -> None:
    script = SCRIPTS.get(source_in(folder).language)
    titles = [document.title for sample in sample_files(folder) for document in read_sample(sample).documents]
    assert script is None or all(script.search(title) for title in titles)


@EACH_FOLDER
def test_the_key_makes_no_other_country_the_actor_and_no_aggregator_an_authority(folder: Path) -> None:
    source = source_in(folder)
    issuer = profile_of(source.key, default_rulebook(), default_taxonomy().countries).issuer
    assert issuer is None or (issuer == source.country and source.tier != "aggregator")


def test_every_address_is_https_and_asked_by_one_source_only() -> None:
    addresses = [source.url for source in load_sources([DEFAULT_SOURCES])]
    assert [each for each in addresses if not each.startswith("https://")] == []
    assert repeated(each.partition("://")[2].lower().rstrip("/") for each in addresses) == []


def test_no_document_is_listed_by_two_sources() -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for folder in SOURCE_FOLDERS:
        for sample in sample_files(folder):
            for document in read_sample(sample).documents:
                listed[document.url or document.document_id].add(folder.name)
    assert {url: folders for url, folders in listed.items() if len(folders) > 1} == {}


def test_no_host_is_asked_more_often_than_every_other_minute() -> None:
    asked: Counter[str] = Counter()
    for source in load_sources([DEFAULT_SOURCES]):
        asked[urlsplit(source.url).hostname or ""] += 60 // source.schedule.every_minutes
    assert {host: times for host, times in asked.items() if times > MOST_ASKED_PER_HOUR} == {}


@pytest.mark.parametrize("key", PROMISED.values(), ids=PROMISED)
def test_each_publisher_that_was_promised_has_a_source(key: str) -> None:
    assert key in {source.key for source in load_sources([DEFAULT_SOURCES])}


def test_the_catalogue_reaches_the_countries_that_make_the_measures() -> None:
    assert {source.country for source in load_sources([DEFAULT_SOURCES])} >= REACHED
