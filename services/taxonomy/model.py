"""The shape of the vocabulary files: one frozen model an entry, every key declared, unknown keys refused.

Scalars arrive as text (`services.runtime.yamlfile`) and are converted here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.vocab import Direction

LANGUAGES = ("en", "ja", "zh-Hans", "zh-Hant")
FacetName = Literal["minerals", "technologies", "measures", "stages", "countries", "groups"]
Policy = Literal["deny", "context", "never_alone", "case", "katakana_run", "lang", "dual"]
Confidence = Literal["high", "medium", "low"]

T = TypeVar("T")


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"language `{value}` is not known; write one of {', '.join(LANGUAGES)}")
    return value


def _trimmed(value: str) -> str:
    if not value or value != " ".join(value.split()):
        raise ValueError(f"stray space or empty text {value!r}; write the words with single spaces between them")
    return value


def _cas(value: str) -> str:
    digits = value.replace("-", "")
    if not re.fullmatch(r"\d{2,7}-\d{2}-\d", value):
        raise ValueError(f"CAS number {value!r} is not of the form 7440-55-3; correct it")
    if sum(place * int(digit) for place, digit in enumerate(reversed(digits[:-1]), 1)) % 10 != int(digits[-1]):
        raise ValueError(f"CAS number {value!r} fails its check digit; correct it")
    return value


def _hs(value: str) -> str:
    if not re.fullmatch(r"\d{4}\.\d{2}", value):
        raise ValueError(f"HS code {value!r} is not six digits as 8112.92; correct it")
    return value


def _nothing() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


def _frozen(value: Mapping[str, T]) -> Mapping[str, T]:
    return MappingProxyType(dict(value))


Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, AfterValidator(_trimmed)]
Lang = Annotated[str, AfterValidator(_language)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
HsCode = Annotated[str, AfterValidator(_hs)]
Several = Annotated[tuple[Text, ...], Field(min_length=1)]
ByLanguage = Annotated[Mapping[Lang, Several], AfterValidator(_frozen)]
Prose = Annotated[Mapping[str, Text], AfterValidator(_frozen)]


class Part(BaseModel):
    """A frozen piece of a vocabulary file; a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


class Ambiguity(Part):
    """A form that also means something else, and the policy that tells the meanings apart."""

    form: Text
    lang: Lang
    means: Text
    policy: Policy = "deny"
    deny: tuple[Text, ...] = ()
    allow: tuple[Text, ...] = ()


class Entry(Part):
    """What entries of every facet have: ambiguity notes and sentences that must and must not be found."""

    ambiguous: tuple[Ambiguity, ...] = ()
    examples: ByLanguage = Field(default_factory=_nothing)
    not_examples: ByLanguage = Field(default_factory=_nothing)
    notes: Text | None = None


class Producer(Part):
    """A producing country; no share means that only its rank is known."""

    country: CountryCode
    share_pct: Annotated[int, Field(gt=0, le=100)] | None = None


class Producers(Part):
    """The leading producers of a mineral at one stage of its chain, largest first."""

    stage: Text
    year: int
    source: Text
    confidence: Confidence
    top: Annotated[tuple[Producer, ...], Field(min_length=1)]


class Control(Part):
    """An export control on a mineral as of the file's date; re-check before showing it as current."""

    by: CountryCode
    against: tuple[CountryCode, ...] = ()
    instrument: Text
    effective: date
    covers: Text
    suspended_from: date | None = None
    suspended_until: date | None = None
    suspended_by: Text | None = None
    confidence: Confidence = "high"


class Mineral(Entry):
    """An element, ore, compound, product or group that measures name; `of` and `groups` are its roll-up."""

    id: Id
    kind: Literal["element", "ore", "mineral", "compound", "product", "group", "umbrella"]
    symbol: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?$")] | None = None
    names: ByLanguage
    cas: Annotated[str, AfterValidator(_cas)] | None = None
    hs: tuple[HsCode, ...] = ()
    hs_confidence: Confidence | None = None
    hs_basket: tuple[HsCode, ...] = ()
    of: tuple[Id, ...] = ()
    groups: tuple[Id, ...] = ()
    covers_lists: tuple[Id, ...] = ()
    lists: tuple[Id, ...] = ()
    implies: tuple[Annotated[str, StringConstraints(pattern=r"^technologies/[a-z0-9_]+$")], ...] = ()
    producers: Producers | None = None
    controls: tuple[Control, ...] = ()


class TechnologyMaps(Part):
    """Where a technology stands in the published lists named in `schemes`."""

    us_cet_2024: tuple[Id, ...] = ()
    jp_20_fields: tuple[str, ...] = ()
    jp_specified_products: tuple[Id, ...] = ()
    eu_10_areas: tuple[str, ...] = ()
    wassenaar_category: tuple[str, ...] = ()
    eccn: tuple[Text, ...] = ()
    hs: tuple[HsCode, ...] = ()


class Technology(Entry):
    """A technology or strategic good that measures name; `parent` is its roll-up."""

    id: Id
    parent: Id | None = None
    names: ByLanguage
    maps: TechnologyMaps = TechnologyMaps()
    related_minerals: tuple[Id, ...] = ()


WordGroups = Annotated[tuple[Several, ...], Field(min_length=1)]


class Frames(Part):
    """Gapped frames: for each language groups of words that must all have a hit inside one clause."""

    priority: int
    en: WordGroups | None = None
    ja: WordGroups | None = None
    zh_hans: WordGroups | None = Field(default=None, alias="zh-Hans")
    zh_hant: WordGroups | None = Field(default=None, alias="zh-Hant")

    @property
    def groups(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """The word groups by language, languages without a frame left out."""
        given = zip(LANGUAGES, (self.en, self.ja, self.zh_hans, self.zh_hant), strict=True)
        return {language: groups for language, groups in given if groups}


class MeasureType(Entry):
    """A kind of policy act: what it does, to which flow, and the words that assert it."""

    id: Id
    parent: Id | None = None
    direction: Direction
    meaning: Text | None = None
    flow: Id
    gta: tuple[Text, ...] = ()
    mast: tuple[Text, ...] = ()
    names: ByLanguage
    cues: ByLanguage
    weak_cues: ByLanguage = Field(default_factory=_nothing)
    frames: Frames | None = None


class LifecycleStage(Entry):
    """A stage of a measure's life; `order` is that of `services.contracts.vocab.Stage`."""

    id: Id
    order: int
    names: ByLanguage
    cues: ByLanguage


class Agency(Part):
    """A name of an authority; a document it issues is the act of its country."""

    name: Text
    lang: Lang
    confidence: Confidence


class Country(Entry):
    """What CLDR does not know of a country: demonyms, short and paired forms, issuing agencies."""

    id: CountryCode
    demonyms_en: tuple[Text, ...] = ()
    extra_forms: tuple[Text, ...] = ()
    short_ja: tuple[Text, ...] = ()
    pair_forms_ja: tuple[Text, ...] = ()
    short_zh: tuple[Text, ...] = ()
    zh_hant: tuple[Text, ...] = ()
    adjectives_ja: tuple[Text, ...] = ()
    agencies: tuple[Agency, ...] = ()


class CountryGroup(Entry):
    """A group of countries; one without members is named in texts but never expanded."""

    id: Text
    forms: ByLanguage
    members: tuple[CountryCode, ...] = ()
    members_note: Text | None = None
    role: Text
    confidence: Confidence = "high"


class OfficialList(Part):
    """A government's list of critical minerals with the number of its entries."""

    id: Id
    name: Text
    issuer: CountryCode
    count: int
    basis: Text
    confidence: Confidence
    members: Annotated[tuple[Id, ...], Field(min_length=1)]


class Area(Part):
    """One area of a scheme, known by its id or its number."""

    id: str | None = None
    no: str | None = None
    name: Text
    since: str | None = None

    @property
    def key(self) -> str:
        """The id or number by which technologies refer to the area."""
        return self.id or self.no or ""


class Scheme(Part):
    """A published list of technology areas that technologies are aligned with."""

    name: Text
    confidence: Confidence
    areas: Annotated[tuple[Area, ...], Field(min_length=1)]


class EccnRow(Part):
    """A prefix of US export control classification numbers and the technology it names; the longest prefix wins."""

    prefix: Annotated[str, StringConstraints(pattern=r"^\d[A-E](\d{3}(\.[a-z]\d*)*)?$")]
    technology: Id
    covers: Text
    since: int | None = None
    confidence: Confidence


class CnCodeRow(Part):
    """A prefix of Chinese control codes and the `minerals/…` or `technologies/…` it names."""

    prefix: Annotated[str, StringConstraints(pattern=r"^\d[A-E]\d{3}(\.[a-z]\d*)*$")]
    to: Annotated[str, StringConstraints(pattern=r"^(minerals|technologies)/[a-z0-9_]+$")]
    covers: Text
    confidence: Confidence


class Matching(Part):
    """How the forms are to be matched; the affixes are data, the rest is said in words."""

    normalize: Text
    latin: Text
    cjk: Text
    katakana_run: Text
    katakana_affixes: tuple[Text, ...]
    symbols: Text
    policies: Prose


class TechnologyMatching(Part):
    """What technologies add to the matching of minerals."""

    same_as: Text
    japanese_scripts: Text


class RoleCues(Part):
    """Templates around a country that give it a role; `{country}`, `{国}` and the like stand for its forms."""

    issuer: Text | None = None
    en: tuple[Text, ...] = ()
    ja: tuple[Text, ...] = ()
    zh: tuple[Text, ...] = ()
    notes: Text | None = None


class Roles(Part):
    """The roles a country can have, what shows them, and which evidence wins."""

    roles: Prose
    imposing: RoleCues
    target: RoleCues
    affected: RoleCues
    beneficiary: RoleCues
    precedence: tuple[Text, ...]
    traps: tuple[Text, ...]


class VocabularyFile(Part):
    """The head of every vocabulary file."""

    format: Literal["1"] = Field(alias="schema")
    facet: Text
    as_of: date


class MineralsFile(VocabularyFile):
    """minerals.yml."""

    hs_edition: int
    matching: Matching
    lists: tuple[OfficialList, ...]
    controls_general: tuple[Control, ...]
    state_warning: Text
    entries: tuple[Mineral, ...]


class TechnologiesFile(VocabularyFile):
    """technologies.yml."""

    matching: TechnologyMatching
    schemes: Annotated[Mapping[str, Scheme], AfterValidator(_frozen)]
    eccn_pattern: str
    eccn_rule: Text
    eccn_map: tuple[EccnRow, ...]
    cn_code_map: tuple[CnCodeRow, ...]
    entries: tuple[Technology, ...]


class MeasuresFile(VocabularyFile):
    """measures.yml."""

    schemes: Prose
    directions: Prose
    direction_rule: Text
    precedence: tuple[Text, ...]
    entries: tuple[MeasureType, ...]
    lifecycle: tuple[LifecycleStage, ...]
    policies: Prose
    lifecycle_rules: tuple[Text, ...]
    date_cues: Annotated[Mapping[str, tuple[Text, ...]], AfterValidator(_frozen)]
    roles: Roles
    frame_rule: Text


class CountriesFile(VocabularyFile):
    """countries.yml."""

    base: Text
    rules: Prose
    entries: tuple[Country, ...]
    groups: tuple[CountryGroup, ...]
