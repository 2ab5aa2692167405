"""The facet readers, built once and shared."""

from __future__ import annotations

from dataclasses import dataclass

from services.classify.facets.countries import CountryReader
from services.classify.facets.measure import TypeReader
from services.classify.facets.stage import StageReader
from services.classify.rulebook import GateRule, Patterns, RoutineRule, Rule, Rulebook
from services.taxonomy.taxonomy import Taxonomy


@dataclass(frozen=True)
class Readers:
    """Everything that reads a facet, with the data it reads by."""

    taxonomy: Taxonomy
    rules: Rulebook
    types: TypeReader
    stages: StageReader
    countries: CountryReader
    gates: Patterns[GateRule]
    routine: Patterns[RoutineRule]
    nexus: Patterns[Rule]
    background: Patterns[Rule]
    follows: Patterns[Rule]
    effect: Patterns[Rule]
    field: Patterns[Rule]
    trend: Patterns[Rule]
    iterative: Patterns[Rule]
    coercion: Patterns[Rule]


def build_readers(taxonomy: Taxonomy, rules: Rulebook) -> Readers:
    """The readers of a taxonomy and the rules that go with it."""
    return Readers(
        taxonomy,
        rules,
        TypeReader(taxonomy, rules),
        StageReader(taxonomy, rules),
        CountryReader(taxonomy, rules),
        Patterns(rules.gates),
        Patterns(rules.routine),
        Patterns(rules.nexus),
        Patterns(rules.background),
        Patterns(rules.follows),
        Patterns(rules.effect),
        Patterns(rules.field),
        Patterns(rules.trend),
        Patterns(rules.iterative),
        Patterns(rules.coercion),
    )
