"""The acceptance table of the founding commentary: every row, watch, rendering, life and trap of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.alert.lifecycle.decision import may_alert
from services.alert.matching.match import match
from services.alert.watchlists.sets import watchlist_set
from services.classify.core import Classifier
from services.contracts.measures import Act
from services.contracts.vocab import Facet, Field
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.acceptance_table import TECHNOLOGIES, TYPES, UNTAGGED, Table, read_table
from tests.classify.events import event_of

_QUIET_ROLES = ("imposing", "target", "affected")


@pytest.fixture(scope="module")
def table(shared_data: Path, classifier: Classifier, taxonomy: Taxonomy) -> Table:
    return read_table(shared_data, classifier, taxonomy)


def test_every_row_that_is_to_alert_is_said_by_an_act_that_may(table: Table) -> None:
    unsaid = {
        row.id: [table.differences(row, act) for act in table.acts_at(row)]
        for row in table.rows
        if row.alertable and not any(may_alert(act) and row.id in table.rows_said(act) for act in table.found.acts)
    }
    assert unsaid == {}
    assert sum(row.alertable for row in table.rows) == 30


def test_nothing_else_in_the_commentary_alerts(table: Table) -> None:
    alertable = {row.id for row in table.rows if row.alertable}
    extra = [act for act in table.found.acts if may_alert(act) and not table.rows_said(act) & alertable]
    assert extra == []


def test_what_is_read_in_a_row_that_must_stay_quiet_says_nothing_the_row_does_not(table: Table) -> None:
    wrong: dict[tuple[str, str], object] = {}
    quiet = [act for act in table.found.acts if not may_alert(act)]
    for act in quiet:
        rows = [row for row in table.rows_quoted(act) if not row.alertable]
        assert rows, act
        for role in _QUIET_ROLES:
            named = set(getattr(act, role))
            if not named <= {code for row in rows for code in row.countries(role)}:
                wrong[rows[0].id, role] = named
        for facet in ("minerals", "technologies"):
            if not set(getattr(act, facet)) <= {tag for row in rows for tag in getattr(row, facet)}:
                wrong[rows[0].id, facet] = getattr(act, facet)
        if not set(act.types) <= {tag for row in rows for tag in row.types}:
            wrong[rows[0].id, "types"] = act.types
    assert wrong == {}


def test_every_evidence_span_of_the_commentary_holds_its_own_text(table: Table) -> None:
    body = table.event.body or ""
    shown = [each for act in table.found.acts for each in act.evidence if each.field is Field.BODY]
    assert shown
    assert all(body[each.start : each.end] == each.text for each in shown)


def test_the_relations_that_the_commentary_puts_in_words_are_read(table: Table) -> None:
    """To the law by its name, and to whose measures the answer is; the table's other links follow from no word."""
    law = {
        row.id: [(each.kind, each.to.value) for act in _said_of(table, row.id) for each in act.relations if each.to]
        for row in table.rows
        if row.alertable and {"type": "implements", "to": "SEED-05"} in row.fields.get("relations", ())
    }
    assert law == {key: [("implements", "経済安全保障推進法")] for key in ["SEED-06", "SEED-07", "SEED-20", "SEED-21"]}
    rows = {row.id: row for row in table.rows}
    (answer,) = (each for act in _said_of(table, "SEED-45") for each in act.relations)
    assert answer.kind == "responds_to"
    assert set(answer.of) == rows["SEED-44"].countries("imposing")


# ---- watch expectations --------------------------------------------------------------------------------------


def _conditions(rule: Mapping[str, Any]) -> list[Condition]:
    """The table's rule in the words of a watchlist."""
    conditions = []
    if minerals := rule.get("minerals"):
        terms = tuple(each.removeprefix("GROUP:") for each in minerals)
        conditions.append(Condition(predicate="minerals", terms=terms))
    words = rule.get("technologies", ())
    if known := tuple(dict.fromkeys(TECHNOLOGIES[word] for word in words if word not in UNTAGGED)):
        conditions.append(Condition(predicate="technologies", terms=known))
    elif words:  # recycling is an activity, and a measure type with us
        conditions.append(Condition(predicate="types", terms=("recycling_support",)))
    if types := rule.get("measure_type"):
        terms = tuple(dict.fromkeys(each for word in types for each in TYPES[word]))
        conditions.append(Condition(predicate="types", terms=terms))
    if stage := rule.get("min_stage"):
        conditions.append(Condition(predicate="stage", terms=(f">= {stage}",)))
    conditions += [
        Condition(predicate=each, terms=tuple(rule[each]))
        for each in ("imposing", "target", "any_role", "modality")
        if each in rule
    ]
    return conditions


def _fired(table: Table, rule: Mapping[str, Any], taxonomy: Taxonomy) -> list[Act]:
    """The acts a watchlist with the rule hears of; one that asks for a modality searches, and hears of all."""
    watchlist = Watchlist(
        id="asked",
        name="asked",
        rule=Rule(all=tuple(_conditions(rule))),
        destinations=(Destination(channel="slack", address="C1"),),
    )
    watchlists = watchlist_set([watchlist], taxonomy)
    return [act for act in table.found.acts if match(watchlists, act) and ("modality" in rule or may_alert(act))]


def test_every_watch_fires_for_its_rows_and_for_no_others(table: Table, taxonomy: Taxonomy) -> None:
    different = {}
    rows = {row.id: row for row in table.rows}
    for watch in table.raw["watchlist_expectations"]:
        fired = _rows_fired(table, watch["rule"], taxonomy)
        wanted = [rows[each] for each in watch["must_fire"]]
        # One act may tell of several measures in the same words (gallium, germanium, graphite, antimony).
        told_together = {row for row in fired for each in wanted if rows[row].spans == each.spans}
        if not set(watch["must_fire"]) <= fired <= set(watch["must_fire"]) | told_together:
            different[watch["watch"]] = (sorted(fired), watch["must_fire"])
    assert different == {}
    assert len(table.raw["watchlist_expectations"]) == 18


def _rows_fired(table: Table, rule: Mapping[str, Any], taxonomy: Taxonomy) -> set[str]:
    fired = _fired(table, rule, taxonomy)
    if "recommended" in rule.get("modality", ()):  # the table names whom such a row addresses, the text does not
        return {row.id for row in table.rows if not row.alertable and any(act in table.acts_at(row) for act in fired)}
    return {row for act in fired for row in table.rows_said(act)}


def test_one_measure_told_in_two_sections_is_one_alert(table: Table, taxonomy: Taxonomy) -> None:
    assert len(_fired(table, {"measure_type": ["security_clearance"]}, taxonomy)) == 1


# ---- parity --------------------------------------------------------------------------------------------------


def test_the_english_and_the_chinese_rendering_say_what_the_japanese_row_says(
    table: Table, classifier: Classifier
) -> None:
    rows = {row.id: row for row in table.rows}
    wrong = {}
    for case in table.raw["parity"]["cases"]:
        for key, lang in (("en", "en"), ("zh", "zh-Hans")):
            found = classifier.classify(event_of(case[key], lang=lang, published="2024-11-28"))
            for row in (rows[each] for each in case["rows"]):
                (act,) = found.acts
                different = {key: value for key, value in table.differences(row, act).items() if key != "dates"}
                if different:
                    wrong[row.id, lang] = different
    assert wrong == {}


# ---- traps ---------------------------------------------------------------------------------------------------


def _shown(table: Table, *facets: Facet) -> dict[tuple[int, int], set[str]]:
    """The tags of the country facets by the place of their words in the commentary."""
    found: dict[tuple[int, int], set[str]] = {}
    for act in table.found.acts:
        for each in act.evidence:
            if each.facet in facets and each.field is Field.BODY:
                found.setdefault((each.start, each.end), set()).add(each.tag)
    return found


def _said_of(table: Table, row: str) -> list[Act]:
    return [act for act in table.found.acts if row in table.rows_said(act)]


_COUNTRY = (Facet.IMPOSING, Facet.TARGET, Facet.AFFECTED, Facet.BENEFICIARY, Facet.PARTNER, Facet.MENTIONED)


def _single_kanji(table: Table) -> bool:
    body = table.event.body or ""
    words = {(body[start:end], tag) for (start, end), tags in _shown(table, *_COUNTRY).items() for tag in tags}
    canada = {word for word, tag in words if tag == "CA" and word != "G7"}
    dollar = body.index("米ドル")
    return canada == {"カナダ"} and not any(start <= dollar < end for start, end in _shown(table, *_COUNTRY))


def _negated(table: Table) -> bool:
    (row,) = (row for row in table.rows if row.id == "SEED-53")
    start, end = row.spans[0]
    return not any(start <= first < end for first, _ in _shown(table, Facet.IMPOSING))


def _fused(table: Table) -> bool:
    (investigation,) = _said_of(table, "SEED-45")
    (rule,) = _said_of(table, "SEED-11")
    (research,) = _said_of(table, "SEED-08")
    return (investigation.target, rule.target, research.imposing) == (("EU", "JP", "TW", "US"), ("CN",), ("JP", "US"))


def _page_break(table: Table) -> bool:
    """The broken sentence is one: the partners of its beginning are those the next sentence speaks of."""
    (act,) = _said_of(table, "SEED-15")
    return act.target == ("JP", "KR")


def _spelling(table: Table) -> bool:
    """Nothing is corrected on the way: passages are the commentary's own characters."""
    body = table.event.body or ""
    quoted = [each for act in table.found.acts for each in act.passages if each.field is Field.BODY]
    return "各区政府" in body and all(body[each.start : each.end] == each.text for each in quoted)


def _implementation(table: Table) -> bool:
    stages = [_said_of(table, row)[0].stage for row in ("SEED-45", "SEED-10", "SEED-22")]
    return stages == ["investigation", "in_force", "in_force"]


def _removal(table: Table) -> bool:
    (act,) = _said_of(table, "SEED-42")
    return (act.types, act.stage, act.direction) == (("market_opening",), "in_force", "liberalising")


def _elided(table: Table) -> bool:
    (rule,), (fund,) = _said_of(table, "SEED-11"), _said_of(table, "SEED-40")
    return (rule.imposing, fund.imposing) == (("US",), ("CN",)) and "2024-10" in {each.value for each in rule.dates}


def _minerals_later(table: Table) -> bool:
    return _said_of(table, "SEED-23")[0].minerals == ("cobalt", "nickel")


def _hedges(table: Table) -> bool:
    hedged = [row for row in table.rows if row.fields["modality"] != "asserted"]
    return not any(may_alert(act) for row in hedged for act in table.acts_at(row) if not table.rows_said(act))


def _future_past(table: Table) -> bool:
    (act,) = _said_of(table, "SEED-18")
    return act.stage == "in_force" and ("effective", "2024-12") in {(each.role, each.value) for each in act.dates}


def _units(table: Table) -> bool:
    stated = [(each.currency, each.value) for act in table.found.acts for each in act.amounts]
    return stated == [("JPY", "4900000000"), ("USD", "47500000000")]


TRAPS: Mapping[str, Callable[[Table], bool]] = {
    "single-kanji country codes": _single_kanji,
    "negated country": _negated,
    "fused country lists": _fused,
    "page break inside a sentence": _page_break,
    "spelling errors in the source": _spelling,
    "実施 is not always in_force": _implementation,
    "撤廃/緩和 of a restriction": _removal,
    "elided subject and inherited year": _elided,
    "minerals one sentence later": _minerals_later,
    "hedges": _hedges,
    "dates after the document date in past tense": _future_past,
    "amount units": _units,
}


def test_no_trap_of_the_table_catches_us(table: Table) -> None:
    listed = {each["trap"] for each in table.raw["traps"]}
    assert listed == set(TRAPS)
    assert [trap for trap in sorted(listed) if not TRAPS[trap](table)] == []
