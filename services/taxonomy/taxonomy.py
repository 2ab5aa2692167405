"""The taxonomy in memory: what exists, what belongs to what, and what it is called."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from services.taxonomy.model import (
    CnCodeRow,
    Control,
    Country,
    CountryGroup,
    EccnRow,
    FacetName,
    LifecycleStage,
    Matching,
    MeasureType,
    Mineral,
    OfficialList,
    Roles,
    Scheme,
    Technology,
)
from services.taxonomy.territories import country_name, country_of_alias

_FALLBACK = {
    "zh-Hant": ("zh-Hant", "zh-Hans", "en"),
    "zh-Hans": ("zh-Hans", "en"),
    "ja": ("ja", "en"),
    "en": ("en",),
}

V = TypeVar("V")
Closure = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Taxonomy:
    """Everything the vocabulary files say, immutable; built by `services.taxonomy.load.load_taxonomy`.

    `countries` holds every ISO 3166-1 code, EU and UN; those the file does not mention are bare entries.
    An id the taxonomy does not know belongs to itself alone and is its own label, so that records of an
    older or newer taxonomy can still be matched and shown.
    """

    minerals: Mapping[str, Mineral]
    technologies: Mapping[str, Technology]
    measures: Mapping[str, MeasureType]
    stages: Mapping[str, LifecycleStage]
    countries: Mapping[str, Country]
    groups: Mapping[str, CountryGroup]
    lists: Mapping[str, OfficialList]
    schemes: Mapping[str, Scheme]
    eccn_map: tuple[EccnRow, ...]
    cn_code_map: tuple[CnCodeRow, ...]
    general_controls: tuple[Control, ...]
    matching: Matching
    roles: Roles
    date_cues: Mapping[str, tuple[str, ...]]
    above: Mapping[FacetName, Closure]
    below: Mapping[FacetName, Closure]

    def entries(self, facet: FacetName) -> Mapping[str, object]:
        """Return the entries of a facet by id."""
        entries: Mapping[str, object] = getattr(self, facet)
        return entries

    def rollup(self, facet: FacetName, id_: str) -> frozenset[str]:
        """Return the id and everything it belongs to: a watch on any of these covers the id.

        Minerals follow `of`, `groups` and the umbrella over the official lists, technologies and measures
        follow `parent`; stages, countries and groups belong to themselves.
        """
        return self.above.get(facet, {}).get(id_, frozenset({id_}))

    def members(self, facet: FacetName, id_: str) -> frozenset[str]:
        """Return the id and everything that belongs to it: the inverse of `rollup`."""
        return self.below.get(facet, {}).get(id_, frozenset({id_}))

    def group_members(self, group: str) -> frozenset[str]:
        """Return the ISO codes of a group of countries; empty for one that is never expanded, or is unknown."""
        entry = self.groups.get(group)
        return frozenset(entry.members) if entry else frozenset()

    def label(self, facet: FacetName, id_: str, lang: str) -> str:
        """Return what people call the id in `en`, `ja`, `zh-Hans` or `zh-Hant`.

        A language without a name falls back (zh-Hant to zh-Hans, then en); an unknown id is its own label.
        """
        if facet == "countries":
            return country_name(id_, lang if lang in _FALLBACK else "en") or id_
        names = _names(self.entries(facet).get(id_))
        return next((names[each][0] for each in _FALLBACK.get(lang, ("en",)) if each in names), id_)

    def suggest(self, facet: FacetName, word: str) -> str | None:
        """Return the id that `word` most likely means: an id or a name in any language, exact or nearly so."""
        known = self._words(facet)
        wanted = normal(word)
        if wanted in known:
            return known[wanted]
        if facet == "countries" and (country := country_of_alias(wanted.upper())) in self.countries:
            return country
        near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.7)
        return known[near[0]] if near else None

    def _words(self, facet: FacetName) -> dict[str, str]:
        """Return id by normalised word; an id beats a name, a name beats a cue."""
        known = {normal(id_): id_ for id_ in self.entries(facet)}
        for words in (_name_words, _cue_words):
            for id_, entry in self.entries(facet).items():
                for word in words(entry):
                    known.setdefault(normal(word), id_)
        return known


def normal(text: str) -> str:
    """Return the text as forms are compared: NFKC, case folded, trimmed."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def closure(parents: Callable[[V], Iterable[str]], entries: Mapping[str, V]) -> Closure:
    """Return for every id the id itself and all that `parents` leads to, however far."""

    def above(id_: str, seen: frozenset[str]) -> frozenset[str]:
        for each in parents(entries[id_]):
            if each not in seen:
                seen = above(each, seen | {each})
        return seen

    return MappingProxyType({id_: above(id_, frozenset({id_})) for id_ in entries})


def inverse(above: Closure) -> Closure:
    """Return for every id the ids whose closure holds it."""
    below: dict[str, set[str]] = {id_: set() for id_ in above}
    for id_, belongs_to in above.items():
        for each in belongs_to:
            below[each].add(id_)
    return MappingProxyType({id_: frozenset(ids) for id_, ids in below.items()})


def _names(entry: object) -> Mapping[str, tuple[str, ...]]:
    names: Mapping[str, tuple[str, ...]] = getattr(entry, "names", None) or getattr(entry, "forms", None) or {}
    return names


def _name_words(entry: object) -> Iterator[str]:
    for forms in _names(entry).values():
        yield from forms
    if isinstance(entry, Country):
        yield from (name for lang in _FALLBACK if (name := country_name(entry.id, lang)))
        yield from (*entry.demonyms_en, *entry.extra_forms, *entry.adjectives_ja)


def _cue_words(entry: object) -> Iterator[str]:
    if isinstance(entry, MeasureType | LifecycleStage):
        for cues in entry.cues.values():
            yield from cues
