"""Where in its life a measure stands, which way it cuts, and how firmly it is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.classify.facets.dates import Dated
from services.classify.rulebook import DirectionRule, Found, ModalityRule, Patterns, Rulebook, StageRule, Where
from services.contracts.vocab import DateRole, Direction, Modality, Stage
from services.taxonomy.taxonomy import Taxonomy

_FLIPPED = {Stage.SUSPENDED, Stage.LIFTED, Stage.COURT_BLOCKED}
_PRACTICE = 20
"""Stages of a lower order are set by the practice of authorities, whatever the day of effect."""
_DATED = {Stage.ADOPTED, Stage.IN_FORCE, Stage.ANNOUNCED, Stage.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding and the folded span that shows it; start = end = -1 where nothing in the text does."""

    value: str
    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A stage with what its rule knows of direction and separateness."""

    stage: Stage
    start: int
    end: int
    rule: str
    order: int
    direction: Direction | None = None
    separate: bool = False


class StageReader:
    """Finds stages, directions and modality by rules."""

    def __init__(self, taxonomy: Taxonomy, rules: Rulebook) -> None:
        self._taxonomy = taxonomy
        self._stages = Patterns(rules.stages)
        self._directions = Patterns(rules.directions)
        self._modality = Patterns(rules.modality)

    def stages(
        self, text: str, offset: int, types: Sequence[str], lang: str, source: str, places: Sequence[Where]
    ) -> list[Staged]:
        """Every stage the text shows for an act of these types, the most telling first."""
        found = [each for each in self._stages.find(text, lang, source, places) if _concerns(each.rule, types)]
        found.sort(key=lambda each: (each.rule.order, each.start))
        return [_staged(each, offset) for each in found]

    def direction(
        self, text: str, types: Sequence[str], stage: Staged, lang: str, places: Sequence[Where]
    ) -> tuple[Direction, Found[DirectionRule] | None]:
        """The direction of an act, and the words that turned it from the usual one of its type.

        Support is only turned by rules made for its types: a waiver or a reduction is seldom said of it.
        """
        if stage.direction is not None:
            return stage.direction, None
        usual = self._taxonomy.measures[types[0]].direction
        for found in self._directions.find(text, lang, "", places):
            if _concerns(found.rule, types) and (usual is not Direction.SUPPORTIVE or found.rule.types):
                return found.rule.direction, found
        if usual is Direction.RESTRICTIVE and stage.stage in _FLIPPED:
            return Direction.LIBERALISING, None
        return usual, None

    def modality(self, text: str, lang: str) -> tuple[Modality, Found[ModalityRule] | None]:
        """How firmly a sentence is said; a recommendation outranks a forecast."""
        found = self._modality.find(text, lang)
        found.sort(key=lambda each: each.rule.modality is not Modality.RECOMMENDED)
        return (found[0].rule.modality, found[0]) if found else (Modality.ASSERTED, None)


def settle(stages: Sequence[Staged], dates: Iterable[Dated], today: str, fallback: Stage) -> Staged:
    """The stage as of `today` (ISO day): the earliest day of effect stated decides between adopted and in force."""
    stage = stages[0] if stages else Staged(fallback, -1, -1, "default", 99)
    if stage.order < _PRACTICE or stage.stage not in _DATED:
        return stage
    effective = min(
        (each for each in dates if each.role is DateRole.EFFECTIVE), key=lambda each: each.value, default=None
    )
    if effective is None:
        return stage
    reached = Stage.IN_FORCE if effective.value <= today[: len(effective.value)] else Stage.ADOPTED
    return Staged(reached, effective.start, effective.end, "effective date", 1, stage.direction)


def _concerns(rule: StageRule | DirectionRule, types: Sequence[str]) -> bool:
    return not rule.types or not set(rule.types).isdisjoint(types)


def _staged(found: Found[StageRule], offset: int) -> Staged:
    rule = found.rule
    return Staged(
        rule.stage, offset + found.start, offset + found.end, rule.id, rule.order, rule.direction, rule.separate
    )
