"""The rule files: what procedural, ambiguous and role-giving language looks like, kept as data.

Patterns are RE2 expressions over *folded* text (lower case, half width, one blank). They are looked for with
an RE2 set first and located with `re` only where the set says they occur, so both engines must read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import re2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contracts.vocab import Basis, CountryRole, Direction, Modality, Stage
from services.runtime.yamlfile import load_yaml, validate

Where = Literal["title", "lead", "text"]
Manner = Literal["gazette", "agency", "digest", "database", "bulletin", "news"]
GateReason = Literal["procedural", "enforcement", "statement", "look_alike", "analysis"]
Words = Mapping[str, Mapping[str, tuple[str, ...]]]


def _pattern(value: str) -> str:
    try:
        re.compile(value, re.ASCII)
    except re.error as error:
        raise ValueError(f"pattern {value!r} is not valid: {error}") from error
    try:
        re2.Set.SearchSet(_OPTIONS).Add(value)
    except re2.error as error:
        raise ValueError(f"pattern {value!r} is not valid RE2; write it without look-around") from error
    return value


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = 256 << 20
    return options


_OPTIONS = _options()
Pattern = Annotated[str, AfterValidator(_pattern)]


class Part(BaseModel):
    """A frozen piece of a rule file; a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Part):
    """A named set of patterns, each with a sentence it is for; it holds where one occurs and none of `unless` does.

    The sentence of an `unless` pattern is one that it rightly keeps the rule out of. `where` is the headline,
    the headline and the opening of the body, or any sentence. `sources` limits a rule to source keys that start
    so; `langs` to languages (`zh` is both scripts).
    """

    id: str
    patterns: Mapping[Pattern, str]
    unless: Mapping[Pattern, str] = {}
    where: Where = "text"
    langs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    not_examples: tuple[str, ...] = ()
    notes: str = ""


class TypeRule(Rule):
    """Words that show a measure type; with `nexus` only beside a strategic good or security purpose."""

    types: tuple[str, ...]
    priority: int = 50
    nexus: bool = False
    refines: bool = False
    stage: Stage | None = None
    direction: Direction | None = None
    target: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()


class StageRule(Rule):
    """Words that show a stage; the lowest `order` wins, then the earliest place in the text."""

    stage: Stage
    order: int = 50
    types: tuple[str, ...] = ()
    direction: Direction | None = None
    separate: bool = False


class GateRule(Rule):
    """Words that show that a document, though it names a measure, is not news of one.

    One that `yields` only tells the subject; it gives way to a measure the headline plainly states.
    """

    reason: GateReason
    yields: bool = False


class ModalityRule(Rule):
    """Words that show that an act is forecast or recommended, not asserted."""

    modality: Modality


class RoutineRule(Rule):
    """Words that show a routine step of measures of these types (of any type where none is given)."""

    types: tuple[str, ...] = ()
    not_types: tuple[str, ...] = ()


class DirectionRule(Rule):
    """Words that turn the usual direction of a measure."""

    direction: Direction
    types: tuple[str, ...] = ()


class RoleRule(Part):
    """What stands before or after a country gives it a role; the first rule of the file that holds wins.

    With `both`, what stands before and what stands after must hold together. `basis` says what the role rests
    on where the shape of the rule does not: words before are a preposition, words after an actor make it the
    subject, words after anybody else are affixes.
    """

    id: str
    role: CountryRole
    before: Pattern = ""
    after: Pattern = ""
    inside: Pattern = ""
    both: bool = False
    basis: Basis = Basis.NONE
    langs: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def rests_on(self) -> Basis:
        """What the role rests on."""
        if self.basis is not Basis.NONE:
            return self.basis
        if self.before:
            return Basis.PREPOSITION
        return Basis.SUBJECT if self.role is CountryRole.IMPOSING else Basis.AFFIX


class SourceRule(Part):
    """What is known of a source by its key: whose acts it publishes, and in which manner."""

    key: str
    manner: Manner
    issuer: str | None = None


class Families(Part):
    """Sets of measure types that decisions are made on."""

    inherent: tuple[str, ...]
    trade: tuple[str, ...]
    urgent: tuple[str, ...]
    remedies: tuple[str, ...]
    specific_over: Mapping[str, tuple[str, ...]]
    companions: tuple[tuple[str, str], ...]


class Objects(Part):
    """Surface forms that this service adds to those of the taxonomy."""

    minerals: Words = {}
    technologies: Words = {}
    countries: Mapping[str, tuple[str, ...]] = {}
    agencies: Mapping[str, tuple[str, ...]] = {}
    not_countries: tuple[str, ...] = ()
    not_names: Mapping[str, tuple[str, ...]] = {}
    not_kinds: tuple[str, ...] = ()
    end_uses: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    cue_masks: tuple[str, ...] = ()
    short_ja: Mapping[str, str] = {}
    short_zh: Mapping[str, str] = {}
    short_not_before: Mapping[str, str] = {}
    short_ja_patterns: tuple[str, ...] = ()
    short_zh_patterns: tuple[str, ...] = ()


class Confidence(Part):
    """Log-odds of an act nobody doubts, and by how much each doubt lowers them."""

    base: float
    doubts: Mapping[str, Annotated[float, Field(ge=0)]]


class _TypesFile(Part):
    families: Families
    rules: tuple[TypeRule, ...]
    nexus: tuple[Rule, ...]


class _StagesFile(Part):
    rules: tuple[StageRule, ...]
    directions: tuple[DirectionRule, ...]


class _GatesFile(Part):
    rules: tuple[GateRule, ...]
    modality: tuple[ModalityRule, ...]
    routine: tuple[RoutineRule, ...]
    background: tuple[Rule, ...]
    follows: tuple[Rule, ...]


class _DiscourseFile(Part):
    effect: tuple[Rule, ...]
    field: tuple[Rule, ...]
    trend: tuple[Rule, ...]
    iterative: tuple[Rule, ...]
    coercion: tuple[Rule, ...]


class _RolesFile(Part):
    rules: tuple[RoleRule, ...]


class _SourcesFile(Part):
    sources: tuple[SourceRule, ...]
    prefixes: Mapping[str, str]


@dataclass(frozen=True)
class Rulebook:
    """All rule files, read and checked."""

    families: Families
    types: tuple[TypeRule, ...]
    nexus: tuple[Rule, ...]
    stages: tuple[StageRule, ...]
    directions: tuple[DirectionRule, ...]
    gates: tuple[GateRule, ...]
    modality: tuple[ModalityRule, ...]
    routine: tuple[RoutineRule, ...]
    background: tuple[Rule, ...]
    follows: tuple[Rule, ...]
    effect: tuple[Rule, ...]
    field: tuple[Rule, ...]
    trend: tuple[Rule, ...]
    iterative: tuple[Rule, ...]
    coercion: tuple[Rule, ...]
    roles: tuple[RoleRule, ...]
    sources: tuple[SourceRule, ...]
    prefixes: Mapping[str, str]
    objects: Objects
    confidence: Confidence


def load_rulebook(directory: Path | None = None) -> Rulebook:
    """Return the rules of a directory; by default the packaged ones. Raises YamlError with every problem."""
    folder = directory or Path(__file__).parent / "rules"

    def read(name: str, model: type[FileT]) -> FileT:
        return validate(model, load_yaml(folder / f"{name}.yml"))

    types, stages, gates = read("types", _TypesFile), read("stages", _StagesFile), read("gates", _GatesFile)
    sources, discourse = read("sources", _SourcesFile), read("discourse", _DiscourseFile)
    return Rulebook(
        families=types.families,
        types=types.rules,
        nexus=types.nexus,
        stages=stages.rules,
        directions=stages.directions,
        gates=gates.rules,
        modality=gates.modality,
        routine=gates.routine,
        background=gates.background,
        follows=gates.follows,
        effect=discourse.effect,
        field=discourse.field,
        trend=discourse.trend,
        iterative=discourse.iterative,
        coercion=discourse.coercion,
        roles=read("roles", _RolesFile).rules,
        sources=sources.sources,
        prefixes=sources.prefixes,
        objects=read("objects", Objects),
        confidence=read("confidence", Confidence),
    )


FileT = TypeVar("FileT", bound=BaseModel)
RuleT = TypeVar("RuleT", bound=Rule)


@cache
def default_rulebook() -> Rulebook:
    """Return the packaged rules, read once."""
    return load_rulebook()


@dataclass(frozen=True, slots=True)
class Found(Generic[RuleT]):
    """A rule that holds in a stretch of text, and where its pattern stood in it."""

    rule: RuleT
    start: int
    end: int


class Patterns(Generic[RuleT]):
    """The rules of one kind, ready to be looked for in many texts."""

    def __init__(self, rules: Iterable[RuleT]) -> None:
        self._rules = tuple(rules)
        self._set = re2.Set.SearchSet(_OPTIONS)
        self._owners: list[tuple[int, str]] = []
        for index, rule in enumerate(self._rules):
            for pattern in rule.patterns:
                self._set.Add(pattern)
                self._owners.append((index, pattern))
        self._set.Compile()
        self._unless = tuple("|".join(f"(?:{each})" for each in rule.unless) for rule in self._rules)

    def find(
        self, text: str, lang: str, source: str = "", places: Sequence[Where] = ("title", "lead", "text")
    ) -> list[Found[RuleT]]:
        """The rules that hold in `text`, each once at its earliest place, in the order of the file."""
        found = self._found(text, lang, source, places)
        return [found[index] for index in sorted(found) if self._excuse(index, text) is None]

    def refused(
        self, text: str, lang: str, source: str = "", places: Sequence[Where] = ("title", "lead", "text")
    ) -> list[tuple[Found[RuleT], str]]:
        """The rules that would hold in `text` but for words of their `unless`, each with those words."""
        found = self._found(text, lang, source, places)
        excuses = ((found[index], self._excuse(index, text)) for index in sorted(found))
        return [(each, excuse.group()) for each, excuse in excuses if excuse is not None]

    def _found(self, text: str, lang: str, source: str, places: Sequence[Where]) -> dict[int, Found[RuleT]]:
        if not self._owners or not text:
            return {}
        best: dict[int, Found[RuleT]] = {}
        for number in self._set.Match(text) or ():
            index, pattern = self._owners[number]
            rule = self._rules[index]
            if rule.where not in places or not _applies(rule, lang, source):
                continue
            match = _compiled(pattern).search(text)
            if match and (index not in best or match.start() < best[index].start):
                best[index] = Found(rule, *match.span())
        return best

    def _excuse(self, index: int, text: str) -> re.Match[str] | None:
        unless = self._unless[index]
        return _compiled(unless).search(text) if unless else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled when it is first needed: a start must be quick, and most patterns never occur."""
    return re.compile(pattern, re.ASCII)


def _applies(rule: Rule, lang: str, source: str) -> bool:
    spoken = not rule.langs or lang in rule.langs or lang.partition("-")[0] in rule.langs
    return spoken and (not rule.sources or any(source.startswith(each) for each in rule.sources))
