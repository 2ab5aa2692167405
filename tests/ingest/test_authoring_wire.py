"""The suite of behaviours and the guesses of a new source, held against the genuine pages beside the checkout."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.authoring.behaviour import examine
from services.ingest.authoring.golden import Sample, results_of
from services.ingest.authoring.proposal import propose
from services.ingest.core import read_page
from services.ingest.pages.page import Page
from tests.ingest.material import shipped_source

READ_AT = datetime(2026, 8, 20, tzinfo=UTC)
PAGES = [
    # file, source folder, whether the guess reads the same documents
    ("atom/meti-release.xml", "jp_meti_press", True),
    ("rss1-rdf/cao.xml", "jp_cao_news", True),
    ("rss1-rdf/soumu.xml", "jp_soumu_news", True),
    ("rss1-rdf/mlit.xml", "jp_mlit_press", True),
    ("rss1-rdf/mext.xml", "jp_mext_news", True),
    ("rss1-rdf/mhlw.xml", "jp_mhlw_news", True),
    ("rss2/kantei.xml", "jp_kantei_news", True),
    ("rss2/mof.xml", "jp_mof_news", True),
    ("rss2/fsa.xml", "jp_fsa_news", True),
    ("rss2/digital.xml", "jp_digital_news", True),
    ("rss2/mod.xml", "jp_mod_news", True),
    ("federal_register/documents-page.json", "us_federal_register_documents", True),
    ("gta/interventions.json", "ch_gta_interventions", True),
    ("kanpo/issues-2026-04-13_17.json", "jp_kanpo_index", True),
    ("html/meti-press-index.html", "jp_meti_list", True),
    ("html/mofa-press-index.html", "jp_mofa_press", True),
    ("html/ofac-recent-actions.html", "us_ofac_actions", True),
    ("html/moj-press-index.html", "jp_moj_press", False),  # its menu of the site says more than its list of years
]


def page_in(shared: Path, file: str, folder: str) -> Page:
    return Page((shared / "data" / "wire" / file).read_bytes(), shipped_source(folder).url, READ_AT)


@pytest.mark.parametrize(("file", "folder", "_guessed"), PAGES, ids=[row[0] for row in PAGES])
def test_a_packaged_source_behaves_on_its_genuine_page(
    shared_data: Path, file: str, folder: str, _guessed: bool
) -> None:
    source, page = shipped_source(folder), page_in(shared_data, file, folder)
    stated = {"read_at": READ_AT.isoformat(), **results_of(read_page(source, page))}
    assert examine(source, [Sample(file, page.content, stated)], READ_AT) == ()


@pytest.mark.parametrize(("file", "folder", "guessed"), PAGES, ids=[row[0] for row in PAGES])
def test_a_genuine_page_proposes_the_kind_and_the_documents_of_its_source(
    shared_data: Path, file: str, folder: str, guessed: bool
) -> None:
    source, page = shipped_source(folder), page_in(shared_data, file, folder)
    found = propose(page, source.language, source.zone)
    wanted = {(each.title, each.published_on) for each in read_page(source, page).documents}
    same = len(wanted & {(each.title, each.published_on) for each in found.reading.documents})
    assert (found.kind, same >= 0.8 * len(wanted)) == (source.kind, guessed)
