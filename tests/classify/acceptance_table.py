"""The acceptance table of the founding commentary, and when an act of ours is what one of its rows says.

The table has its own words for types, stages and technologies; the crosswalks below say what each is with us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from services.classify.core import Classification, Classifier
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Facet, Field
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of

REMEDIES = ("trade_remedy_investigation", "anti_dumping", "countervailing", "safeguard")
TYPES: Mapping[str, tuple[str, ...]] = {
    "export_control": ("export_control", "licence_requirement", "export_ban"),
    "outbound_investment": ("outbound_investment_restriction",),
    "inbound_investment": ("inbound_investment_screening",),
    "tariff": ("tariff",),
    "trade_remedy": REMEDIES,
    "subsidy": ("subsidy", "state_fund", "tax_credit"),
    "industrial_policy": ("subsidy", "state_fund"),
    "procurement_ban": ("procurement_ban",),
    "security_clearance": ("security_clearance",),
    "rnd_programme": ("rd_programme",),
    "research_security": ("research_security",),
    "supply_chain_support": ("supply_chain_support", "recycling_support"),
    "market_opening": ("market_opening",),
    "international_coordination": ("international_cooperation",),
    "monitoring": ("transparency_monitoring",),
    # A framework law is read as what it sets up; a measure without an instrument is a coercive one in general.
    "framework_law": ("supply_chain_support", "rd_programme"),
    "other": ("sanction",),
}
STAGES: Mapping[str, tuple[str, ...]] = {
    "considered": ("considered",),
    "proposed": ("proposed", "investigation"),
    "adopted": ("adopted",),
    "in_force": ("in_force",),
    "suspended": ("suspended",),
    "repealed": ("lifted",),
}
TECHNOLOGIES: Mapping[str, str] = {
    "ai": "artificial_intelligence",
    "quantum": "quantum",
    "quantum_computing": "quantum",
    "quantum_information": "quantum",
    "biotechnology": "biotechnology",
    "gpu": "gpu",
    "hbm": "hbm",
    "semiconductor": "semiconductors",
    "advanced_semiconductor": "advanced_semiconductors",
    "mature_semiconductor": "mature_node_chips",
    "photonic_semiconductor": "photonic_semiconductors",
    "additive_manufacturing": "additive_manufacturing",
    "space": "space",
    "aviation": "aerospace",
    "marine": "marine",
    "cyber": "cybersecurity",
    "lithography": "lithography",
    "eda_software": "eda",
    "electric_vehicle": "electric_vehicles",
    "solar_panel": "solar_pv",
    "telecom": "telecom",
    "chemical_resin": "chemicals_resins",
}
UNTAGGED = frozenset(
    {
        "emerging_critical_technology", "mineral_exploration", "mine_development", "beneficiation_smelting",
        "extraction_efficiency_technology", "mining", "refining", "recycling", "urban_mining", "software", "hardware",
    }
)  # fmt: skip
"""Words of the table for which the taxonomy has no technology: they are activities or goods without limits."""

DATE_ROLES: Mapping[str, str] = {
    "adopted": "adopted",
    "established": "adopted",
    "construction_start": "adopted",
    "announced": "announced",
    "in_force": "effective",
    "in_force_expected": "effective",
    "operation_start": "effective",
    "operation_planned": "effective",
}
ALSO = {"SEED-22": ("rd_programme",)}
"""Types a row's note names beside its list: one of the four instruments of SEED-22 is technology development."""


@dataclass(frozen=True)
class Row:
    """One row of the table in our words."""

    fields: Mapping[str, Any]
    taxonomy: Taxonomy

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def alertable(self) -> bool:
        return bool(self.fields["alertable"])

    @property
    def spans(self) -> list[tuple[int, int]]:
        return [(each["start"], each["end"]) for each in self.fields["evidence"]]

    @cached_property
    def types(self) -> set[str]:
        listed = {each for word in self.fields["measure_type"] for each in TYPES[word]}
        return listed | set(ALSO.get(self.id, ()))

    @property
    def stages(self) -> set[str]:
        words = self.fields.get("stage_accept") or [self.fields["stage"]]
        return {each for word in words for each in STAGES[word]}

    def countries(self, role: str) -> set[str]:
        """The codes of a role; a group with members is these, a region without is an actor nobody can name."""
        codes: set[str] = set()
        for word in self.fields[role]:
            group = word.removeprefix("GROUP:")
            codes |= self.taxonomy.group_members(group) if word != group else {word}
        return codes

    @property
    def minerals(self) -> set[str]:
        return {each.removeprefix("GROUP:") for each in self.fields["minerals"]}

    @property
    def technologies(self) -> set[str]:
        words = [*self.fields["technologies"], *self.fields.get("products", ())]
        return {TECHNOLOGIES[word] for word in words if word not in UNTAGGED}

    @property
    def amounts(self) -> set[tuple[str, Decimal, bool]]:
        """Currency, value, and whether the text gives it as rough."""
        given = self.fields.get("amount")
        return {(given["currency"], Decimal(given["value"]), given["approx"])} if given else set()

    def overlaps(self, other: Row) -> bool:
        return any(one[0] < two[1] and two[0] < one[1] for one in self.spans for two in other.spans)


@dataclass(frozen=True)
class Table:
    """The table, the commentary, and what is read from it."""

    raw: Mapping[str, Any]
    rows: tuple[Row, ...]
    event: Event
    found: Classification

    def acts_at(self, row: Row) -> list[Act]:
        """The acts whose type words stand in the row's own words."""
        return [act for act in self.found.acts if _stands_in(act, row.spans)]

    def rows_quoted(self, act: Act) -> list[Row]:
        """The rows whose words stand in the clauses the act was read from."""
        quoted = [each for each in act.passages if each.field is Field.BODY]
        return [
            row
            for row in self.rows
            if any(start < each.end and each.start < end for start, end in row.spans for each in quoted)
        ]

    def rows_said(self, act: Act) -> set[str]:
        """The rows of which the act says all that they say."""
        return self._said[act.act_id]

    @cached_property
    def _said(self) -> dict[str, set[str]]:
        at = {row.id: {act.act_id for act in self.acts_at(row)} for row in self.rows}
        return {
            act.act_id: {row.id for row in self.rows if act.act_id in at[row.id] and not self.differences(row, act)}
            for act in self.found.acts
        }

    def differences(self, row: Row, act: Act) -> dict[str, object]:
        """What the act says otherwise than the row; empty if it is what the row asks for.

        One act may say what several rows share their words for; then it may name what these name together.
        """
        beside = [each for each in self.rows if each.overlaps(row) and each.alertable == row.alertable]
        wrong: dict[str, object] = {}
        types = set().union(*(each.types for each in beside))
        if not (set(act.types) <= types and set(act.types) & row.types):
            wrong["types"] = act.types
        if act.stage not in row.stages:
            wrong["stage"] = act.stage
        if act.modality != row.fields["modality"]:
            wrong["modality"] = act.modality
        for role in ("imposing", "target", "affected"):
            most = set().union(*(each.countries(role) for each in beside))
            if not row.countries(role) <= set(getattr(act, role)) <= most:
                wrong[role] = getattr(act, role)
        for facet in ("minerals", "technologies"):
            most = set().union(*(getattr(each, facet) for each in beside))
            if not getattr(row, facet) <= set(getattr(act, facet)) <= most:
                wrong[facet] = getattr(act, facet)
        stated = {(fact.role.value, fact.value) for fact in act.dates}
        wanted = {(DATE_ROLES[each["role"]], each["value"]) for each in row.fields["dates"]}
        if not wanted <= stated:
            wrong["dates"] = stated
        amounts = {(each.currency, Decimal(each.value), each.bound == "about") for each in act.amounts}
        if row.amounts != amounts:
            wrong["amounts"] = amounts
        return wrong


def _stands_in(act: Act, spans: Iterable[tuple[int, int]]) -> bool:
    shown = [each for each in act.evidence if each.facet is Facet.TYPE and each.field is Field.BODY]
    return any(start < each.end and each.start < end for start, end in spans for each in shown)


def read_table(shared: Path, classifier: Classifier, taxonomy: Taxonomy) -> Table:
    """The table beside the checkout, and the commentary it is about, classified."""
    raw = yaml.safe_load((shared / "seed" / "acceptance.yaml").read_text(encoding="utf-8"))
    (path,) = (shared / "seed").glob("000_*.txt")
    event = event_of(
        "戦略アウトルック2025",
        path.read_text(encoding="utf-8"),
        lang="ja",
        published=raw["source"]["document_date"],
    )
    rows = tuple(Row(fields, taxonomy) for fields in raw["measures"])
    return Table(raw, rows, event, classifier.classify(event))
