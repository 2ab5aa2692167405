"""Each predicate on acts made by hand."""

from __future__ import annotations

import re
import time
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.alert.matching.predicatekinds import Predicate
from services.alert.matching.predicates import MAX_PATTERN_BYTES, PREDICATES
from services.contracts.events import Identifier
from services.contracts.vocab import Direction, Language, Modality, Stage, Urgency
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import acts, an_act, an_event

TAXONOMY = default_taxonomy()
RIN = Identifier(scheme="rin", value="0694-AJ55")
CASE = Identifier(scheme="case", value="A-570-162")
EXAMPLE = re.compile(r"^ {4,}(\w+: .+?)(?:  +\S.*)?$", re.MULTILINE)


def met(name: str, term: str, **fields: Any) -> tuple[str, ...]:
    predicate = PREDICATES[name]
    return predicate.matches(an_act(**fields), predicate.read(term, TAXONOMY), TAXONOMY)


def problem(name: str, term: str) -> str:
    (found,) = PREDICATES[name].check([term], TAXONOMY)
    return found.message


def examples() -> list[tuple[str, str]]:
    return [(name, each) for name, one in PREDICATES.items() for each in EXAMPLE.findall(type(one).__doc__ or "")]


@pytest.mark.parametrize("name", PREDICATES)
def test_every_predicate_shows_two_examples_that_can_be_written_so(name: str) -> None:
    shown = [yaml.safe_load(text) for each, text in examples() if each == name]
    assert len(shown) >= 2
    for example in shown:
        ((predicate, terms),) = example.items()
        assert predicate == name
        assert PREDICATES[name].check(terms if isinstance(terms, list) else [terms], TAXONOMY) == ()


@pytest.mark.parametrize("predicate", PREDICATES.values(), ids=PREDICATES)
def test_every_predicate_has_a_label_in_the_three_languages(predicate: Predicate) -> None:
    assert set(predicate.labels) == {"en", "ja", "zh"}
    assert all(predicate.labels.values())


@pytest.mark.parametrize(
    ("name", "term", "fields", "tags"),
    [
        ("minerals", "rare_earths", {"minerals": ("dysprosium", "nickel")}, ("dysprosium",)),
        ("minerals", "rare_earths", {"minerals": ("ndfeb_magnets",)}, ("ndfeb_magnets",)),
        ("minerals", "critical_minerals", {"minerals": ("gallium",)}, ("gallium",)),
        ("minerals", "critical_minerals", {"minerals": ("rare_metals",)}, ("rare_metals",)),
        ("minerals_or_group", "dysprosium", {"minerals": ("rare_earths",)}, ("rare_earths",)),
        ("minerals_or_group", "gallium", {"minerals": ("critical_minerals",)}, ("critical_minerals",)),
        ("minerals_or_group", "gallium", {"minerals": ("rare_metals",)}, ("rare_metals",)),
        ("technologies", "semiconductors", {"technologies": ("lithography",)}, ("lithography",)),
        ("technologies_or_group", "lithography", {"technologies": ("semiconductors",)}, ("semiconductors",)),
        ("types", "export_control", {"types": ("export_ban",)}, ("export_ban",)),
        ("imposing", "CN", {"imposing": ("CN", "JP")}, ("CN",)),
        ("imposing", "G7", {"imposing": ("JP",)}, ("JP",)),
        ("target", "EU", {"target": ("DE",)}, ("DE",)),
        ("target", "EU", {"target": ("EU",)}, ("EU",)),
        ("affected", "ASEAN", {"affected": ("VN",)}, ("VN",)),
        ("beneficiary", "AU", {"beneficiary": ("AU",)}, ("AU",)),
        ("partner", "Quad", {"partner": ("IN",)}, ("IN",)),
        ("mentioned", "TW", {"mentioned": ("TW",)}, ("TW",)),
        ("any_role", "AU", {"beneficiary": ("AU",)}, ("AU",)),
        ("direction", "restrictive", {}, ("restrictive",)),
        ("stage", "in_force", {"stage": Stage.IN_FORCE}, ("in_force",)),
        ("stage", ">= proposed", {"stage": Stage.LIFTED}, ("lifted",)),
        ("stage", "<= adopted", {"stage": Stage.PROPOSED}, ("proposed",)),
        ("urgency", ">= digest", {"urgency": Urgency.NOW}, ("now",)),
        ("modality", "forecast", {"modality": Modality.FORECAST}, ("forecast",)),
        ("language", "zh", {"event": an_event(lang=Language.ZH_HANT)}, ("zh-Hant",)),
        ("source", "cn-mofcom", {}, ("cn-mofcom",)),
        ("source", "cn-*", {}, ("cn-mofcom",)),
        ("keyword", "出口管制", {}, ("出口管制",)),
        ("keyword", "HBM", {"text": "対象はＨＢＭなど"}, ("hbm",)),
        ("keyword", "Tin Ore", {"text": "exports of tin\n ore"}, ("tin ore",)),
        ("keyword", r"re:\d[A-E]\d{3}", {"text": "items under 1C117.c"}, ("1c117",)),
        ("hs", "8112", {"hs_codes": ("8112.92",)}, ("8112.92",)),
        ("hs", "8112.92", {"hs_codes": ("8112",)}, ("8112",)),
        ("eccn", "3B", {"eccns": ("3B001.f",)}, ("3B001.f",)),
        ("eccn", "3B001.f", {"eccns": ("3B001",)}, ("3B001",)),
        ("identifier", "rin:0694-AJ55", {"identifiers": (RIN,)}, ("rin:0694-AJ55",)),
        ("identifier", "a-570-*", {"identifiers": (CASE,)}, ("case:A-570-162",)),
    ],
)  # fmt: skip
def test_a_term_is_met_by_the_acts_own_tags(
    name: str, term: str, fields: dict[str, Any], tags: tuple[str, ...]
) -> None:
    assert met(name, term, **fields) == tags


@pytest.mark.parametrize(
    ("name", "term", "fields"),
    [
        ("minerals", "dysprosium", {"minerals": ("rare_earths",)}),
        ("minerals", "gallium", {"minerals": ("critical_minerals",)}),
        ("minerals", "rare_metals", {"minerals": ("gallium",)}),
        ("minerals_or_group", "gallium", {"minerals": ("germanium",)}),
        ("technologies_or_group", "lithography", {"technologies": ("hbm",)}),
        ("types", "export_ban", {"types": ("export_control",)}),
        ("imposing", "JP", {"imposing": ("CN",), "target": ("JP",)}),
        ("target", "DE", {"target": ("EU",)}),
        ("any_role", "AU", {"mentioned": ("AU",)}),
        ("stage", ">= proposed", {"stage": Stage.UNKNOWN}),
        ("stage", ">= proposed", {"stage": Stage.CONSIDERED}),
        ("urgency", "> digest", {"urgency": Urgency.DIGEST}),
        ("direction", "supportive", {"direction": Direction.NEUTRAL}),
        ("language", "ja", {}),
        ("source", "cn-mof", {}),
        ("keyword", "tin", {"text": "a routine notice"}),
        ("hs", "8112.92", {"hs_codes": ("81",)}),
        ("eccn", "3B001", {"eccns": ("3B002",)}),
        ("identifier", "0694-AJ55", {"identifiers": (Identifier(scheme="rin", value="0694-AJ56"),)}),
    ],
)
def test_a_term_is_not_met_by_what_only_looks_like_it(name: str, term: str, fields: dict[str, Any]) -> None:
    assert met(name, term, **fields) == ()


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("minerals", "ガリウム", "gallium"),
        ("minerals", "镓", "gallium"),
        ("minerals", "Rare Earths", "rare_earths"),
        ("technologies", "Semiconductors", "semiconductors"),
        ("minerals", "RARE_EARTHS", "rare_earths"),
        ("minerals", "COBALT_HYDROXIDE", "cobalt_hydroxide"),
        ("imposing", "Japan", "JP"),
        ("imposing", "GERMANY", "DE"),
        ("imposing", "ドイツ", "DE"),
        ("imposing", "德国", "DE"),
        ("imposing", "德國", "DE"),
        ("imposing", "先進7カ国", "G7"),
        ("imposing", "QUAD", "Quad"),
        ("imposing", "日本", "JP"),
        ("imposing", "cn", "CN"),
        ("any_role", "g7", "G7"),
        ("stage", "＞＝ Proposed", ">= proposed"),
        ("stage", "≥proposed", ">= proposed"),
        ("stage", " ≤ adopted ", "<= adopted"),
        ("stage", " adopted", "adopted"),
        ("language", "ZH", "zh"),
        ("hs", "8112.92", "811292"),
    ],
)
def test_a_term_has_one_spelling_however_it_is_written(name: str, written: str, read: str) -> None:
    assert PREDICATES[name].read(written, TAXONOMY) == read


@pytest.mark.parametrize(
    ("name", "term", "said"),
    [
        ("minerals", "galium", "did you mean `gallium`?"),
        ("minerals", "unobtainium-x", "look it up in the taxonomy"),
        ("technologies", "semiconductor_equipmnt", "did you mean `semiconductor_equipment`?"),
        ("types", "trade_remedy", "did you mean `trade_remedy_investigation`?"),
        ("types", "qqq", "write one of anti_dumping,"),
        ("imposing", "Jappan", "did you mean `JP`?"),
        ("imposing", "like-minded partners", "name the countries"),
        ("stage", ">= propsed", "did you mean `proposed`?"),
        ("stage", "=> proposed", "unknown stage"),
        ("urgency", "urgent", "write one of archive, digest, now"),
        ("direction", "restrictiv", "did you mean `restrictive`?"),
        ("language", "fr", "unknown language"),
        ("source", "us federal", "no source key"),
        ("source", "*", "no source key"),
        ("keyword", " ", "empty keyword"),
        ("keyword", "re:(", "missing )"),
        ("keyword", r"re:(?=x)", "see the RE2 syntax"),
        ("keyword", "re:a*", "matches an empty text"),
        ("keyword", "re:" + "x" * (MAX_PATTERN_BYTES + 1), "shorten it"),
        ("keyword", "re:" + r"(\pL{500}){900}", "pattern"),
        ("hs", "81A2", "write one as '8112.92'"),
        ("eccn", "B3001", "write one as 3B001"),
        ("identifier", "*", "empty identifier"),
    ],
)
def test_a_term_that_means_nothing_is_a_problem_that_says_how_to_mend_it(name: str, term: str, said: str) -> None:
    assert said in problem(name, term)


@pytest.mark.parametrize(
    ("name", "term", "said"),
    [
        ("minerals", "galium", "unknown mineral `galium`; did you mean `gallium`?"),
        ("imposing", "qqqqq", "unknown country or group `qqqqq`; write one of ASEAN, AUKUS, "),
    ],
)
def test_an_unknown_word_is_named_with_what_it_was_taken_for(name: str, term: str, said: str) -> None:
    assert problem(name, term).startswith(said)


def test_all_wrong_terms_are_reported_with_their_place() -> None:
    found = PREDICATES["minerals"].check(["galium", "gallium", "nikel"], TAXONOMY)
    assert [each.index for each in found] == [0, 2]


def test_a_hostile_pattern_takes_no_more_than_linear_time() -> None:
    predicate = PREDICATES["keyword"]
    term = predicate.read("re:(x+x+)+y", TAXONOMY)
    started = time.perf_counter()
    assert predicate.matches(an_act(text="x" * 100_000), term, TAXONOMY) == ()
    assert time.perf_counter() - started < 2


@given(st.sampled_from(["HBM", "ガリウム", "tin ore", "1C117"]), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_width_and_case_of_a_keyword_do_not_count(word: str, form: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in word)
    for variant in (wide, word.upper(), word.lower()):
        text = unicodedata.normalize(form, f"品目{variant}を追加")  # type: ignore[arg-type] # one of the four forms
        assert met("keyword", word, text=text)


@given(acts(), st.sampled_from(sorted(PREDICATES)))
def test_accepts_says_exactly_which_tags_match(act: Any, name: str) -> None:
    predicate = PREDICATES[name]
    for term in (terms := _terms(name)):
        accepted = predicate.accepts(term, TAXONOMY)
        if accepted is not None:
            expected = tuple(tag for tag in predicate.tags(act) if tag in accepted)
            assert predicate.matches(act, term, TAXONOMY) == expected
    assert terms


def _terms(name: str) -> list[str]:
    written = [yaml.safe_load(text)[name] for each, text in examples() if each == name]
    terms = [term for each in written for term in (each if isinstance(each, list) else [each])]
    return [PREDICATES[name].read(term, TAXONOMY) for term in terms]
