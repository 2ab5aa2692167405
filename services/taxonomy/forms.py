"""The surface forms that entries claim, and what must hold between them.

Pure: from the parsed files to faults; `services.taxonomy.check` lists these checks with the others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from services.taxonomy.files import Fault, Files, ValuePath
from services.taxonomy.model import Ambiguity
from services.taxonomy.taxonomy import normal

_CJK = frozenset({"ja", "zh-Hans", "zh-Hant"})
_SHORT_KANA = re.compile(r"[ぁ-んァ-ヴー]{1,2}")
Claim = tuple[str, ValuePath, str, str]  # file, path, language, form


def notes_point_at_forms(files: Files) -> Iterator[Fault]:
    """Yield a fault for each ambiguity note on a form its entry does not have, or without its allow phrases."""
    have: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for owner, (_, _, lang, form) in _claims(files):
        have[owner].add((lang, normal(form)))
    for owner, (file, path), note in _notes(files):
        named = file in ("minerals", "technologies")
        if named and (note.lang, normal(note.form)) not in have[owner]:
            what = f"ambiguity note on {note.form!r} ({note.lang}), which is no form of the entry; correct one of them"
            yield Fault(file, (*path, "form"), what)
        if note.policy in ("context", "never_alone") and not note.allow:
            yield Fault(file, path, f"policy `{note.policy}` on {note.form!r} accepts nothing; add `allow` phrases")


def shared_forms_are_noted(files: Files) -> Iterator[Fault]:
    """Yield a fault for each form that two ids claim in one script without a note of policy lang or dual.

    A cue may stand for a measure and a stage at once: the two facets answer different questions.
    """
    claims: dict[tuple[str, bool], dict[str, Claim]] = defaultdict(dict)
    for owner, claim in _claims(files):
        claims[normal(claim[3]), claim[2] in _CJK].setdefault(owner, claim)
    noted: dict[str, set[str]] = defaultdict(set)
    for owner, _, note in _notes(files):
        if note.policy in ("lang", "dual"):
            noted[normal(note.form)].add(owner)
    for (form, _), owners in claims.items():
        facets = {owner.partition("/")[0] for owner in owners}
        if len(owners) < 2 or noted[form] & set(owners) or (len(owners) == 2 and facets == {"measure", "stage"}):
            continue
        *others, last = owners
        file, path, _, word = owners[last]
        what = f"{word!r} is also a form of {', '.join(others)}; add an ambiguity note of policy lang or dual"
        yield Fault(file, path, what)


def short_kana_are_noted(files: Files) -> Iterator[Fault]:
    """Yield a fault for each form of one or two kana without an ambiguity note: it stands in many words."""
    noted = {normal(note.form) for _, _, note in _notes(files) if note.lang in _CJK}
    for _, (file, path, lang, form) in _claims(files):
        if lang in _CJK and _SHORT_KANA.fullmatch(normal(form)) and normal(form) not in noted:
            yield Fault(file, path, f"short kana form {form!r} stands inside many words; add an ambiguity note")


_KEYS = {
    "mineral": ("names",),
    "technology": ("names",),
    "measure": ("cues", "weak_cues"),
    "stage": ("cues",),
    "group": ("forms",),
}


def _sections(files: Files) -> Iterator[tuple[str, str, str, Sequence[Any]]]:
    yield "mineral", "minerals", "entries", files.minerals.entries
    yield "technology", "technologies", "entries", files.technologies.entries
    yield "measure", "measures", "entries", files.measures.entries
    yield "stage", "measures", "lifecycle", files.measures.lifecycle
    yield "group", "countries", "groups", files.countries.groups


def _notes(files: Files) -> Iterator[tuple[str, tuple[str, ValuePath], Ambiguity]]:
    """Yield (owner, (file, path), note) for every ambiguity note."""
    for facet, file, section, entries in (
        *_sections(files),
        ("country", "countries", "entries", files.countries.entries),
    ):
        for index, entry in enumerate(entries):
            for place, note in enumerate(entry.ambiguous):
                yield f"{facet}/{entry.id}", (file, (section, index, "ambiguous", place)), note


def _claims(files: Files) -> Iterator[tuple[str, Claim]]:
    """Yield (owner, claim) for every form that is matched on its own."""
    for facet, file, section, entries in _sections(files):
        for index, entry in enumerate(entries):
            for key in _KEYS[facet]:
                for lang, forms in getattr(entry, key).items():
                    for place, form in enumerate(forms):
                        yield f"{facet}/{entry.id}", (file, (section, index, key, lang, place), lang, form)
    yield from _country_claims(files)


def _country_claims(files: Files) -> Iterator[tuple[str, Claim]]:
    """Yield the forms of countries; short and pair forms are not claims: one never matches alone, one names two."""
    fixed = {"demonyms_en": "en", "zh_hant": "zh-Hant", "adjectives_ja": "ja"}
    for index, entry in enumerate(files.countries.entries):
        path: ValuePath = ("entries", index)
        for key in (*fixed, "extra_forms"):
            for place, form in enumerate(getattr(entry, key)):
                lang = fixed.get(key) or ("en" if form.isascii() else "ja")
                yield f"country/{entry.id}", ("countries", (*path, key, place), lang, form)
        for place, agency in enumerate(entry.agencies):
            where = (*path, "agencies", place, "name")
            yield f"agency/{entry.id}", ("countries", where, agency.lang, agency.name)
