"""What the taxonomy answers: what belongs to what, what it is called, and what a word most likely means."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.vocab import Stage
from services.taxonomy.load import default_taxonomy
from services.taxonomy.model import LANGUAGES, FacetName

TAXONOMY = default_taxonomy()
FACETS: tuple[FacetName, ...] = get_args(FacetName)

facet_and_id = st.sampled_from([(facet, id_) for facet in FACETS for id_ in TAXONOMY.entries(facet)])


# ---- roll-up ----


@pytest.mark.parametrize(
    ("facet", "id_", "belongs_to"),
    [
        ("minerals", "gallium_nitride", {"gallium_nitride", "gallium", "minor_metals", "critical_minerals"}),
        (
            "minerals",
            "indium_antimonide",
            {"indium_antimonide", "indium", "antimony", "minor_metals", "critical_minerals"},
        ),
        ("minerals", "promethium", {"promethium", "rare_earths", "critical_minerals"}),
        ("minerals", "steel", {"steel"}),
        ("minerals", "rare_metals", {"rare_metals"}),
        ("technologies", "hbm", {"hbm", "memory_chips", "semiconductors"}),
        ("measures", "licence_requirement", {"licence_requirement", "export_control"}),
        ("measures", "export_quota", {"export_quota"}),
        ("stages", "in_force", {"in_force"}),
        ("countries", "FR", {"FR"}),
        ("groups", "G7", {"G7"}),
    ],
)
def test_an_id_rolls_up_to_all_it_belongs_to(facet: FacetName, id_: str, belongs_to: set[str]) -> None:
    assert TAXONOMY.rollup(facet, id_) == belongs_to


def test_the_members_of_rare_earths_are_the_17_metals_their_groups_ores_and_magnets() -> None:
    members = TAXONOMY.members("minerals", "rare_earths")
    elements = {id_ for id_ in members if TAXONOMY.minerals[id_].kind == "element"}
    assert len(elements) == 17
    assert {"rare_earths", "heavy_rare_earths", "ndfeb_magnets", "rare_earth_minerals"} <= members
    assert "critical_minerals" not in members


def test_every_member_of_an_official_list_is_a_critical_mineral() -> None:
    critical = TAXONOMY.members("minerals", "critical_minerals")
    for official in TAXONOMY.lists.values():
        assert set(official.members) <= critical


@given(facet_and_id)
def test_an_id_belongs_to_itself(pair: tuple[FacetName, str]) -> None:
    facet, id_ = pair
    assert id_ in TAXONOMY.rollup(facet, id_)
    assert id_ in TAXONOMY.members(facet, id_)


@given(facet_and_id)
def test_rolling_up_what_an_id_belongs_to_adds_nothing(pair: tuple[FacetName, str]) -> None:
    facet, id_ = pair
    above = TAXONOMY.rollup(facet, id_)
    assert frozenset().union(*(TAXONOMY.rollup(facet, each) for each in above)) == above


@given(facet_and_id)
def test_members_is_the_inverse_of_rollup(pair: tuple[FacetName, str]) -> None:
    facet, id_ = pair
    entries = TAXONOMY.entries(facet)
    assert TAXONOMY.members(facet, id_) == {each for each in entries if id_ in TAXONOMY.rollup(facet, each)}


@pytest.mark.parametrize("facet", FACETS)
def test_an_id_of_another_taxonomy_belongs_to_itself_alone(facet: FacetName) -> None:
    assert TAXONOMY.rollup(facet, "unheard_of") == TAXONOMY.members(facet, "unheard_of") == {"unheard_of"}


# ---- groups of countries ----


def test_groups_expand_to_country_codes() -> None:
    assert TAXONOMY.group_members("G7") == {"US", "JP", "DE", "GB", "FR", "IT", "CA", "EU"}
    assert len(TAXONOMY.group_members("EU members")) == 27
    assert len(TAXONOMY.group_members("ASEAN")) == 11
    assert {"BR", "MX", "CL"} <= TAXONOMY.group_members("Latin America")


def test_an_undefined_group_expands_to_nothing() -> None:
    assert TAXONOMY.group_members("like-minded partners") == frozenset()
    assert TAXONOMY.group_members("unheard of") == frozenset()


def test_countries_are_the_iso_codes_with_eu_and_un() -> None:
    assert len(TAXONOMY.countries) == 249 + 2
    assert {"EU", "UN", "TW", "HK", "NO", "GB", "BV"} <= TAXONOMY.countries.keys()
    assert not {"UK", "XK", "ZZ", "AC", "EZ"} & TAXONOMY.countries.keys()


# ---- labels ----


@pytest.mark.parametrize(
    ("facet", "id_", "labels"),
    [
        ("minerals", "gallium", ("gallium", "ガリウム", "镓", "鎵")),
        ("minerals", "arsenic", ("arsenic", "ヒ素", "砷", "砷")),
        ("measures", "export_control", ("Export control", "輸出管理", "出口管制", "出口管制")),
        ("stages", "suspended", ("Suspended", "停止", "暂停", "暫停")),
        ("countries", "DE", ("Germany", "ドイツ", "德国", "德國")),
        ("countries", "EU", ("European Union", "欧州連合", "欧盟", "歐盟")),
        ("groups", "Five Eyes", ("Five Eyes", "ファイブアイズ", "五眼联盟", "五眼联盟")),
    ],
)
def test_an_id_has_a_label_in_each_language(facet: FacetName, id_: str, labels: tuple[str, ...]) -> None:
    assert tuple(TAXONOMY.label(facet, id_, lang) for lang in LANGUAGES) == labels


@given(facet_and_id, st.sampled_from([*LANGUAGES, "other"]))
def test_every_id_has_some_label_in_every_language(pair: tuple[FacetName, str], lang: str) -> None:
    assert TAXONOMY.label(*pair, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measures_and_stages_have_distinct_labels_of_their_own_in_every_language(lang: str) -> None:
    for entries in (TAXONOMY.measures, TAXONOMY.stages):
        labels = [entry.names[lang][0] for entry in entries.values()]
        assert len(set(labels)) == len(labels)


def test_an_unknown_id_is_its_own_label() -> None:
    assert TAXONOMY.label("minerals", "unheard_of", "ja") == "unheard_of"
    assert TAXONOMY.label("countries", "QQ", "en") == "QQ"


# ---- suggestions ----


@pytest.mark.parametrize(
    ("facet", "word", "id_"),
    [
        ("minerals", "gallium", "gallium"),
        ("minerals", "Galium", "gallium"),
        ("minerals", "ガリウム", "gallium"),
        ("minerals", "ｶﾞﾘｳﾑ", "gallium"),
        ("minerals", "鎵", "gallium"),
        ("minerals", "rare earths", "rare_earths"),
        ("minerals", "tungstan", "tungsten"),
        ("technologies", "lithografy", "lithography"),
        ("technologies", "人工智能", "artificial_intelligence"),
        ("measures", "export-control", "export_control"),
        ("measures", "輸出規制", "export_control"),
        ("measures", "License requirement", "licence_requirement"),
        ("stages", "施行", "in_force"),
        ("stages", "inforce", "in_force"),
        ("countries", "jp", "JP"),
        ("countries", "Germany", "DE"),
        ("countries", "中国", "CN"),
        ("countries", "UK", "GB"),
        ("countries", "Chinese", "CN"),
        ("groups", "g7", "G7"),
        ("groups", "五眼联盟", "Five Eyes"),
    ],
)
def test_a_word_suggests_the_id_it_most_likely_means(facet: FacetName, word: str, id_: str) -> None:
    assert TAXONOMY.suggest(facet, word) == id_


@pytest.mark.parametrize("facet", FACETS)
def test_a_word_like_nothing_suggests_nothing(facet: FacetName) -> None:
    assert TAXONOMY.suggest(facet, "qqqqwwww") is None


@given(facet_and_id)
def test_every_id_suggests_itself(pair: tuple[FacetName, str]) -> None:
    facet, id_ = pair
    assert TAXONOMY.suggest(facet, id_) == id_


# ---- immutability ----


def test_nothing_in_the_taxonomy_can_be_changed() -> None:
    taxonomy: Any = TAXONOMY
    gallium: Any = TAXONOMY.minerals["gallium"]
    with pytest.raises(FrozenInstanceError):
        taxonomy.minerals = {}
    with pytest.raises(TypeError):
        taxonomy.minerals["new"] = gallium
    with pytest.raises(ValidationError):
        gallium.kind = "ore"
    with pytest.raises(TypeError):
        gallium.names["en"] = ()


def test_the_stages_are_those_code_decides_on() -> None:
    assert {id_: entry.order for id_, entry in TAXONOMY.stages.items()} == {
        stage.value: stage.order for stage in Stage if stage is not Stage.UNKNOWN
    }
