"""Facts the packaged vocabulary must hold to, and the form of its example sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from services.taxonomy.load import default_taxonomy
from services.taxonomy.model import Entry, Mineral
from services.taxonomy.taxonomy import normal

TAXONOMY = default_taxonomy()

# The intervention types of the Global Trade Alert taxonomy, by their published names.
GTA_TYPES = frozenset(
    """
    Capital injection and equity stakes (including bailouts)|State loan|Financial grant|Production subsidy|
    Loan guarantee|Tax or social insurance relief|Controls on commercial transactions and investment instruments|
    Export tax|Export ban|Export quota|Import ban|FDI: Entry and ownership rule|FDI: Treatment and operations, nes|
    Local content requirement|Local operations requirement|Export licensing requirement|Import licensing requirement|
    Export-related non-tariff measure, nes|Public procurement preference margin|Public procurement localisation|
    Public procurement access|Public procurement, nes|Import tariff quota|Import quota|Import tariff|
    Technical barrier to trade|Import monitoring|Anti-dumping|Safeguard|Anti-subsidy|Anti-circumvention|
    Local content incentive|Special safeguard|State aid, nes|Instrument unclear|Price stabilisation|Localisation, nes|
    Voluntary export-price restraints|Minimum import price
    """.replace("\n    ", "")
    .strip()
    .split("|")
)


# ---- facts ----


@pytest.mark.parametrize(
    ("official", "count", "among", "not_among"),
    [
        ("us_usgs_2022", 50, {"arsenic", "zinc"}, {"copper", "uranium"}),
        ("us_usgs_2025", 60, {"arsenic", "copper", "uranium", "potash"}, {"helium", "phosphorus"}),
        ("eu_crma_critical", 34, {"helium", "feldspar", "heavy_rare_earths"}, {"zinc", "uranium"}),
        ("eu_crma_strategic", 17, {"gallium", "magnet_rare_earths"}, {"antimony", "cobalt_sulfate"}),
        ("jp_espa_minerals", 35, {"rare_earths", "barium", "thallium"}, {"copper", "aluminum"}),
    ],
)
def test_an_official_list_has_the_members_its_government_published(
    official: str, count: int, among: set[str], not_among: set[str]
) -> None:
    members = set(TAXONOMY.lists[official].members)
    assert len(members) == count
    assert among <= members
    assert not not_among & members


@pytest.mark.parametrize(
    ("scheme", "count"),
    [("us_cet_2024", 18), ("jp_20_fields", 20), ("jp_specified_products", 16), ("eu_10_areas", 10), ("wassenaar", 9)],
)
def test_a_scheme_has_as_many_areas_as_its_publisher_counts(scheme: str, count: int) -> None:
    areas = TAXONOMY.schemes[scheme].areas
    assert len({area.key for area in areas}) == len(areas) == count


def test_intervention_types_are_those_of_the_scheme() -> None:
    used = {each for measure in TAXONOMY.measures.values() for each in measure.gta}
    assert used <= GTA_TYPES


def test_control_classification_numbers_of_technologies_are_well_formed() -> None:
    pattern = re.compile(r"\d[A-E](\d{3}(\.[a-z])*)?|600 series")
    codes = [code for technology in TAXONOMY.technologies.values() for code in technology.maps.eccn]
    assert codes
    assert [code for code in codes if not pattern.fullmatch(code)] == []


def test_no_element_symbol_is_a_form_of_its_own() -> None:
    symbols = {normal(mineral.symbol) for mineral in TAXONOMY.minerals.values() if mineral.symbol}
    forms = {normal(form) for mineral in TAXONOMY.minerals.values() for each in mineral.names.values() for form in each}
    assert len(symbols) > 60
    assert not symbols & forms


def test_basket_codes_are_among_the_codes_of_their_mineral() -> None:
    for mineral in TAXONOMY.minerals.values():
        assert set(mineral.hs_basket) <= set(mineral.hs), mineral.id


def test_a_suspended_control_says_until_when_and_by_what() -> None:
    controls = [each for mineral in TAXONOMY.minerals.values() for each in mineral.controls]
    suspended = [each for each in controls if each.suspended_from]
    assert suspended
    for control in suspended:
        assert control.suspended_by
        assert control.suspended_until is not None
        assert control.effective <= control.suspended_until


# ---- examples ----

minerals = pytest.mark.parametrize("mineral", TAXONOMY.minerals.values(), ids=lambda mineral: mineral.id)


@minerals
def test_a_mineral_has_an_example_in_each_language_it_has_names_in(mineral: Mineral) -> None:
    assert {"en", "ja", "zh-Hans"} & mineral.names.keys() <= mineral.examples.keys()


@minerals
def test_an_example_of_a_mineral_holds_one_of_its_forms(mineral: Mineral) -> None:
    forms = {normal(form) for each in mineral.names.values() for form in each}
    for sentence in _sentences(mineral.examples):
        assert any(form in normal(sentence) for form in forms), sentence


@minerals
def test_a_mineral_has_a_sentence_in_which_it_must_not_be_found(mineral: Mineral) -> None:
    assert mineral.not_examples


def test_every_sentence_is_written_for_one_entry_only() -> None:
    entries = [entry for facet in (TAXONOMY.minerals,) for entry in facet.values()]
    written = Counter(
        each for entry in entries for each in (*_sentences(entry.examples), *_sentences(entry.not_examples))
    )
    assert [sentence for sentence, times in written.items() if times > 1] == []


def test_no_sentence_both_holds_and_does_not_hold_an_entry() -> None:
    facets = (TAXONOMY.minerals, TAXONOMY.technologies, TAXONOMY.measures, TAXONOMY.stages, TAXONOMY.countries)
    entries: list[Entry] = [entry for facet in (*facets, TAXONOMY.groups) for entry in facet.values()]
    for entry in entries:
        assert not set(_sentences(entry.examples)) & set(_sentences(entry.not_examples))


def _sentences(examples: object) -> Iterator[str]:
    assert hasattr(examples, "values")
    for sentences in examples.values():
        yield from sentences
