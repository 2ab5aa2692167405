"""Every surface form the scanner looks for, built once from the taxonomy and the rule files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from services.classify.normalise import fold_word
from services.classify.rulebook import Rulebook
from services.taxonomy.model import Ambiguity, Country, Entry
from services.taxonomy.taxonomy import Taxonomy
from services.taxonomy.territories import country_name

OBJECT_FACETS = frozenset({"mineral", "technology", "country", "agency", "group", "mask"})
"""Facets whose forms compete for the same characters; `mask` forms win characters and then say nothing."""

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]+")
_PARENTHESIS = re.compile(r"\s*[（(].*?[)）]")
_STEM = 5
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,6}")


@dataclass(frozen=True, slots=True)
class Form:
    """A folded surface form: what it names, and what must hold around it for that to be true."""

    text: str
    facet: str
    tag: str
    rule: str
    group: int = 0
    open_end: bool = False
    exact: frozenset[str] = frozenset()
    proper: str = ""
    katakana: bool = False
    deny: tuple[str, ...] = ()
    only_inside: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()


class Lexicon:
    """All forms by folded text, and the katakana forms that a longer run may be made of."""

    def __init__(self, forms: Iterable[Form], affixes: Iterable[str], umbrellas: Iterable[str] = ()) -> None:
        self.umbrellas = frozenset(umbrellas)
        by_text: dict[str, dict[Form, None]] = defaultdict(dict)
        for form in forms:
            if form.text:
                by_text[form.text][form] = None
        self.forms: Mapping[str, tuple[Form, ...]] = {text: tuple(each) for text, each in by_text.items()}
        self.cue_masks = tuple(
            text for text, each in self.forms.items() if any(form.facet == "cue_mask" for form in each)
        )
        katakana = {text for text in self.forms if _KATAKANA.fullmatch(text)}
        self._parts = frozenset(katakana | {fold_word(affix) for affix in affixes})
        self._longest = max(map(len, self._parts), default=0)

    def splits_katakana(self, run: str) -> bool:
        """Whether the run is empty or made of known katakana forms and affixes, end to end."""
        reached = {0}
        for start in range(len(run)):
            if start in reached:
                reached |= {
                    end
                    for end in range(start + 1, min(len(run), start + self._longest) + 1)
                    if run[start:end] in self._parts
                }
        return len(run) in reached


def build_lexicon(taxonomy: Taxonomy, rules: Rulebook) -> Lexicon:
    """Return the lexicon of a taxonomy and the rule files that go with it."""
    forms: list[Form] = []
    forms += _entries("mineral", taxonomy.minerals, rules)
    forms += _entries("technology", taxonomy.technologies, rules)
    forms += _countries(taxonomy, rules)
    forms += (
        Form(fold_word(word), "group", group.id, "name")
        for group in taxonomy.groups.values()
        for words in group.forms.values()
        for word in words
    )
    forms += (Form(fold_word(phrase), "mask", "mask", "mask") for phrase in rules.objects.masks)
    forms += (Form(fold_word(phrase), "cue_mask", "", "mask") for phrase in rules.objects.cue_masks)
    forms += _cues(taxonomy)
    forms += _phrases(forms)
    umbrellas = (id_ for id_, mineral in taxonomy.minerals.items() if mineral.kind in ("group", "umbrella"))
    return Lexicon(forms, taxonomy.matching.katakana_affixes, umbrellas)


def _phrases(forms: Iterable[Form]) -> Iterator[Form]:
    for form in forms:
        for phrase in {*form.deny, *form.only_inside, *form.only_with}:
            # The last word of a phrase may go on (`diamond jewel`, `jewellery`), short words may not.
            yield Form(phrase, "phrase", "", "", open_end=len(phrase.rpartition(" ")[2]) >= _STEM)


def _entries(facet: str, entries: Mapping[str, Entry], rules: Rulebook) -> Iterator[Form]:
    extra = rules.objects.minerals if facet == "mineral" else rules.objects.technologies
    for id_, entry in entries.items():
        names: Mapping[str, tuple[str, ...]] = getattr(entry, "names", {})
        words = {(word, lang) for lang, each in names.items() for word in each}
        words |= {(word, lang) for lang, each in extra.get(id_, {}).items() for word in each}
        words |= {(note.form, note.lang) for note in entry.ambiguous if note.policy not in ("dual", "lang")}
        dropped = {fold_word(word) for word in rules.objects.not_names.get(id_, ())}
        for word, lang in sorted(each for each in words if fold_word(each[0]) not in dropped):
            for variant in _variants(word, lang):
                yield _form(facet, id_, variant, word, entry.ambiguous)


def _variants(word: str, lang: str) -> Iterator[str]:
    """The word folded; English compounds also with a blank for a hyphen and a hyphen for a blank."""
    folded = fold_word(word)
    yield folded
    if lang == "en" and ("-" in folded or " " in folded):
        yield folded.replace("-", " ")
        if folded.count(" ") == 1:
            yield folded.replace(" ", "-")


def _form(facet: str, tag: str, text: str, word: str, notes: Iterable[Ambiguity]) -> Form:
    mine = [note for note in notes if _singular(note.form) == _singular(word)]
    policies = {note.policy for note in mine}
    return Form(
        text,
        facet,
        tag,
        "name" if not policies else f"name ({', '.join(sorted(policies))})",
        exact=frozenset({word}) if "case" in policies else frozenset(),
        katakana=bool(_KATAKANA.fullmatch(text))
        and (facet == "mineral" or (facet == "country" and len(text) < 5) or "katakana_run" in policies),
        deny=tuple(fold_word(phrase) for note in mine for phrase in note.deny),
        only_inside=_allowed(mine, "never_alone"),
        only_with=_allowed(mine, "context"),
    )


def _singular(word: str) -> str:
    folded = fold_word(word)
    return folded.removesuffix("s").replace("-", " ") if folded.isascii() else folded


def _allowed(notes: Iterable[Ambiguity], policy: str) -> tuple[str, ...]:
    return tuple(fold_word(phrase) for note in notes if note.policy == policy for phrase in note.allow)


def _countries(taxonomy: Taxonomy, rules: Rulebook) -> Iterator[Form]:
    for code, country in taxonomy.countries.items():
        for word in sorted(_country_words(code, country, rules)):
            form = _form("country", code, fold_word(word), word, country.ambiguous)
            # A code of two or three capitals and a word that is also common must be written as a name is.
            proper = "upper" if _ACRONYM.fullmatch(word) else "initial" if word.isascii() else ""
            yield replace(form, proper=proper)
        for agency in country.agencies:
            yield _agency(code, agency.name, country.ambiguous)
        for word in rules.objects.agencies.get(code, ()):
            yield _agency(code, word, country.ambiguous)


def _agency(code: str, name: str, notes: Iterable[Ambiguity]) -> Form:
    proper = "upper" if _ACRONYM.fullmatch(name) else "initial" if name.isascii() else ""
    return replace(_form("agency", code, fold_word(name), name, notes), proper=proper, only_with=())


def _country_words(code: str, country: Country, rules: Rulebook) -> set[str]:
    names = {name for lang in ("en", "ja", "zh-Hans", "zh-Hant") if (name := country_name(code, lang))}
    names |= {_PARENTHESIS.sub("", name) for name in names}
    names |= {name.replace(" & ", " and ") for name in names}
    names |= {name.removeprefix("中国") for name in names if name.startswith("中国") and name.endswith("特别行政区")}
    words = names | {*country.demonyms_en, *country.extra_forms, *country.pair_forms_ja}
    # `中国産` is the name and then what the role rules read after every name (`ブラジル産`).
    words |= {word for word in country.adjectives_ja if not word.startswith(tuple(words))}
    words |= {*country.zh_hant, *rules.objects.countries.get(code, ())}
    # A pair names two countries and a bare character none: the pair rule reads those one by one.
    return {word for word in words if len(word) > 1 and word not in rules.objects.not_countries}


def _cues(taxonomy: Taxonomy) -> Iterator[Form]:
    for id_, measure in taxonomy.measures.items():
        for facet, cues in (("type", measure.cues), ("weak_type", measure.weak_cues)):
            for lang, words in cues.items():
                for word in words:
                    for variant in _variants(word, lang):
                        form = _form(facet, id_, variant, word, measure.ambiguous)
                        yield replace(form, rule=f"cue {lang}", only_inside=())
        frames = measure.frames
        for lang, groups in frames.groups.items() if frames else ():
            for index, words in enumerate(groups):
                for word in words:
                    yield Form(
                        fold_word(word.rstrip("*")),
                        "frame",
                        f"{id_}/{lang}",
                        f"frame {lang}",
                        index,
                        word.endswith("*"),
                    )
