"""What must hold across the entries and files of the vocabulary, beyond the shape of each entry.

Pure: from the parsed files to faults. Each check is one function; `CHECKS` lists them all.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from services.contracts.vocab import Stage
from services.taxonomy.files import Fault, Files, ValuePath
from services.taxonomy.forms import notes_point_at_forms, shared_forms_are_noted, short_kana_are_noted
from services.taxonomy.model import TechnologyMaps
from services.taxonomy.territories import country_codes


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


def faults(files: Files) -> Iterator[Fault]:
    """Yield everything that does not hold across the files."""
    for check in CHECKS:
        yield from check(files)


# ---- identity -------------------------------------------------------------------------------------------------


def unique_ids(files: Files) -> Iterator[Fault]:
    """Yield a fault for each id that a list of entries holds twice."""
    for file, section, entries in _sections(files):
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            if entry.id in seen:
                yield Fault(file, (section, index, "id"), f"id `{entry.id}` a second time; merge the two entries")
            seen.add(entry.id)


def unique_prefixes(files: Files) -> Iterator[Fault]:
    """Yield a fault for each control-code prefix that a map holds twice."""
    eccn = [row.prefix for row in files.technologies.eccn_map]
    chinese = [row.prefix for row in files.technologies.cn_code_map]
    for section, prefixes in (("eccn_map", eccn), ("cn_code_map", chinese)):
        for index, prefix in enumerate(prefixes):
            if prefix in prefixes[:index]:
                what = f"prefix {prefix} a second time; keep one row"
                yield Fault("technologies", (section, index, "prefix"), what)


# ---- references -----------------------------------------------------------------------------------------------


def mineral_references(files: Files) -> Iterator[Fault]:
    """Yield a fault for each id in minerals.yml that names nothing."""
    minerals = _ids(files.minerals.entries)
    lists = _ids(files.minerals.lists)
    implied = {f"technologies/{each}" for each in _ids(files.technologies.entries)}
    for index, entry in enumerate(files.minerals.entries):
        for key, known in (("of", minerals), ("groups", minerals), ("lists", lists), ("covers_lists", lists)):
            yield from _unknown("minerals", ("entries", index, key), getattr(entry, key), known)
        yield from _unknown("minerals", ("entries", index, "implies"), entry.implies, implied)


def technology_references(files: Files) -> Iterator[Fault]:
    """Yield a fault for each id in technologies.yml that names nothing."""
    minerals, technologies = _ids(files.minerals.entries), _ids(files.technologies.entries)
    for index, entry in enumerate(files.technologies.entries):
        yield from _unknown_parent("technologies", index, entry.parent, technologies)
        path = ("entries", index, "related_minerals")
        yield from _unknown("technologies", path, entry.related_minerals, minerals)
        yield from _unknown_areas(files, index, entry.maps)
    targets = {f"minerals/{each}" for each in minerals} | {f"technologies/{each}" for each in technologies}
    for index, row in enumerate(files.technologies.eccn_map):
        yield from _unknown("technologies", ("eccn_map", index, "technology"), [row.technology], technologies)
    for index, code in enumerate(files.technologies.cn_code_map):
        yield from _unknown("technologies", ("cn_code_map", index, "to"), [code.to], targets)


def _unknown_areas(files: Files, index: int, maps: TechnologyMaps) -> Iterator[Fault]:
    for key in ("us_cet_2024", "jp_20_fields", "jp_specified_products", "eu_10_areas"):
        scheme = files.technologies.schemes.get(key)
        known = {area.key for area in scheme.areas} if scheme else set()
        yield from _unknown("technologies", ("entries", index, "maps", key), getattr(maps, key), known)


def measure_references(files: Files) -> Iterator[Fault]:
    """Yield a fault for each parent or direction in measures.yml that names nothing."""
    measures = _ids(files.measures.entries)
    for index, entry in enumerate(files.measures.entries):
        yield from _unknown_parent("measures", index, entry.parent, measures)
        path = ("entries", index, "direction")
        yield from _unknown("measures", path, [entry.direction], files.measures.directions)


def country_codes_exist(files: Files) -> Iterator[Fault]:
    """Yield a fault for each two-letter code that is neither ISO 3166-1 nor EU nor UN."""
    known = country_codes()
    for index, country in enumerate(files.countries.entries):
        yield from _unknown("countries", ("entries", index, "id"), [country.id], known)
    for index, group in enumerate(files.countries.groups):
        yield from _unknown("countries", ("groups", index, "members"), group.members, known)
    for index, official in enumerate(files.minerals.lists):
        yield from _unknown("minerals", ("lists", index, "issuer"), [official.issuer], known)
    for index, mineral in enumerate(files.minerals.entries):
        producers = mineral.producers.top if mineral.producers else ()
        for place, producer in enumerate(producers):
            path: ValuePath = ("entries", index, "producers", "top", place, "country")
            yield from _unknown("minerals", path, [producer.country], known)
        for place, control in enumerate(mineral.controls):
            yield from _unknown("minerals", ("entries", index, "controls", place, "by"), [control.by], known)


def no_cycles(files: Files) -> Iterator[Fault]:
    """Yield a fault for each entry that belongs to itself through its own roll-up."""
    minerals = {each.id: (*each.of, *each.groups) for each in files.minerals.entries}
    technologies = {each.id: (each.parent,) for each in files.technologies.entries if each.parent}
    measures = {each.id: (each.parent,) for each in files.measures.entries if each.parent}
    for file, parents in (("minerals", minerals), ("technologies", technologies), ("measures", measures)):
        for index, entry in enumerate(getattr(files, file).entries):
            if entry.id in _above(entry.id, parents):
                yield Fault(file, ("entries", index), f"`{entry.id}` belongs to itself; break the circle")


def _above(id_: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(parents.get(id_, ()))
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting.extend(parents.get(each, ()))
    return reached


# ---- facts said twice agree -----------------------------------------------------------------------------------


def lists_agree(files: Files) -> Iterator[Fault]:
    """Yield a fault where an official list and its members do not name each other, or the count is wrong."""
    entries = {each.id: each for each in files.minerals.entries}
    for index, official in enumerate(files.minerals.lists):
        path: ValuePath = ("lists", index, "members")
        if not len(official.members) == len(set(official.members)) == official.count:
            what = f"`{official.id}` has {len(set(official.members))} different members, not {official.count}"
            yield Fault("minerals", (*path[:2], "count"), f"{what}; correct the list or the count")
        yield from _unknown("minerals", path, official.members, entries)
        for place, member in enumerate(official.members):
            if member in entries and official.id not in entries[member].lists:
                what = f"`{member}` does not name the list `{official.id}`; add it to the `lists` of the entry"
                yield Fault("minerals", (*path, place), what)
    members = {each.id: set(each.members) for each in files.minerals.lists}
    for index, entry in enumerate(files.minerals.entries):
        for place, name in enumerate(entry.lists):
            if entry.id not in members.get(name, {entry.id}):
                what = f"the list `{name}` does not hold `{entry.id}`; correct one of the two"
                yield Fault("minerals", ("entries", index, "lists", place), what)


def producers_descend(files: Files) -> Iterator[Fault]:
    """Yield a fault where producer shares do not fall from the largest or are more than the whole."""
    for index, entry in enumerate(files.minerals.entries):
        shares = [each.share_pct for each in (entry.producers.top if entry.producers else ()) if each.share_pct]
        if sum(shares) > 100 or shares != sorted(shares, reverse=True):
            what = "producer shares do not descend within 100 per cent; correct them"
            yield Fault("minerals", ("entries", index, "producers", "top"), what)


def stages_agree(files: Files) -> Iterator[Fault]:
    """Yield a fault where the stages differ from those that code decides on."""
    want = {stage.value: stage.order for stage in Stage if stage is not Stage.UNKNOWN}
    for index, entry in enumerate(files.measures.lifecycle):
        if want.pop(entry.id, None) != entry.order:
            what = f"stage `{entry.id}` with order {entry.order} is not that of contracts/vocab.py; make them agree"
            yield Fault("measures", ("lifecycle", index, "order"), what)
    for id_ in want:
        yield Fault("measures", ("lifecycle",), f"stage `{id_}` of contracts/vocab.py is missing; add it")


# ---- walking the files ----------------------------------------------------------------------------------------


def _sections(files: Files) -> Iterator[tuple[str, str, Sequence[_HasId]]]:
    yield "minerals", "entries", files.minerals.entries
    yield "minerals", "lists", files.minerals.lists
    yield "technologies", "entries", files.technologies.entries
    yield "measures", "entries", files.measures.entries
    yield "measures", "lifecycle", files.measures.lifecycle
    yield "countries", "entries", files.countries.entries
    yield "countries", "groups", files.countries.groups


def _ids(entries: Iterable[_HasId]) -> set[str]:
    return {each.id for each in entries}


def _unknown(file: str, path: ValuePath, words: Sequence[str], known: Collection[str]) -> Iterator[Fault]:
    """Yield a fault for each word that is not known; `path` leads to the word or to the list that holds it."""
    for place, word in enumerate(words):
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            mend = f"did you mean `{near[0]}`?" if near else "correct it or add the entry"
            yield Fault(file, (*path, place), f"unknown `{word}`; {mend}")


def _unknown_parent(file: str, index: int, parent: str | None, known: Collection[str]) -> Iterator[Fault]:
    yield from _unknown(file, ("entries", index, "parent"), [parent] if parent else [], known)


CHECKS: tuple[Callable[[Files], Iterator[Fault]], ...] = (
    unique_ids,
    unique_prefixes,
    mineral_references,
    technology_references,
    measure_references,
    country_codes_exist,
    no_cycles,
    lists_agree,
    producers_descend,
    stages_agree,
    notes_point_at_forms,
    shared_forms_are_noted,
    short_kana_are_noted,
)
