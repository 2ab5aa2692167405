"""The classifier beside what a user would build from spaCy: a phrase matcher over the same forms, a loop of cues.

The peer does less: it folds nothing, and knows neither excuses nor roles, dates or evidence (see SIDES).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import spacy
from spacy.matcher import PhraseMatcher

from services.classify.clauses import split_sentences
from services.classify.core import Classifier
from services.classify.document import MAX_CHARACTERS
from services.classify.lexicon import Form, Lexicon, build_lexicon
from services.classify.normalise import fold
from services.classify.rulebook import Rule, Rulebook, default_rulebook
from services.classify.scan import Scanner
from services.contracts.events import Event
from services.taxonomy.taxonomy import Taxonomy
from tests.bench.ratio import Ratio, Tail, Work, measure, measure_tail

SIZES = (1_500, 50_000)
LANGS = ("en", "ja", "zh")
SIDES = """\
whole classifier: from the event to its acts: folding, sentences, forms with the rules that refuse them, all rules
  with their places and excuses, roles of countries, dates, codes, sums, identifiers, relations, evidence
spaCy's forms and a loop of cues: our forms (which hold the cues of the taxonomy) by spaCy's phrase matcher, and one
  `finditer` for each pattern of the rules that may hold in the language and source; it only counts what it finds"""
"""What is measured side by side, as the output states it."""
FEW, MANY = 5_000, 20_000
"""Sizes of the dictionary of which the growth of the scan is told."""


class Peer:
    """spaCy's phrase matcher on lower-cased tokens, and one `finditer` a cue."""

    def __init__(self, lang: str, forms: Sequence[str], cues: Sequence[re.Pattern[str]]) -> None:
        # The Chinese tokeniser cuts by character, which is what lets it find words in Japanese too.
        self._nlp: Any = spacy.blank("en" if lang == "en" else "zh")
        self._matcher: Any = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._matcher.add("forms", [self._nlp.make_doc(form) for form in forms])
        self._cues = cues

    def find(self, text: str) -> int:
        """How many forms and cues the text holds."""
        folded = text.lower()
        return self.find_forms(text) + sum(1 for cue in self._cues for _ in cue.finditer(folded))

    def find_forms(self, text: str) -> int:
        """How many forms the text holds."""
        return len(self._matcher(self._nlp.make_doc(text)))


def measure_against_spacy(events: Sequence[Event], taxonomy: Taxonomy) -> Iterator[Ratio]:
    """The whole classifier, and its scan alone, beside the peer on short and long texts of each language."""
    rules = default_rulebook()
    lexicon = build_lexicon(taxonomy, rules)
    classifier, scanner = Classifier(taxonomy), Scanner(lexicon)
    for lang in LANGS:
        first = text_of(events, lang, SIZES[0])
        cues = [re.compile(pattern, re.ASCII) for pattern in _patterns(rules, lang, first.source)]
        peer = Peer(lang, tuple(lexicon.forms), cues)
        for size in SIZES:
            event = text_of(events, lang, size)
            body = event.body or ""
            ways: dict[str, Work] = {
                "whole classifier": lambda event=event: classifier.classify(event),  # type: ignore[misc]
                "spaCy's forms and a loop of cues": lambda body=body, peer=peer: peer.find(body),  # type: ignore[misc]
                "our scan alone": lambda body=body: scan(scanner, body),  # type: ignore[misc]
                "spaCy's forms alone": lambda body=body, peer=peer: peer.find_forms(body),  # type: ignore[misc]
            }
            yield measure(f"{lang}, {size:,} characters, {len(lexicon.forms):,} forms, {len(cues)} cues", ways, 5)


def measure_tails(events: Sequence[Event], taxonomy: Taxonomy) -> Iterator[Tail]:
    """How the classifier's time spreads over texts of 1,500 characters, one that begins at each event of the sample."""
    classifier = Classifier(taxonomy)
    for lang in LANGS:
        own = [event for event in events if str(event.lang)[:2] == lang]
        texts = [text_of([*own[place:], *own[:place]], lang, SIZES[0]) for place in range(len(own))]
        name = f"{lang}, {len(texts)} texts of {SIZES[0]:,} characters, whole classifier"
        yield measure_tail(name, [lambda text=text: classifier.classify(text) for text in texts])  # type: ignore[misc]


def measure_growth(events: Sequence[Event], taxonomy: Taxonomy) -> Iterator[Ratio]:
    """The scan with four times the forms; the classifier's time a character on 1 MB beside that on 50 KB."""
    by_text = build_lexicon(taxonomy, default_rulebook()).forms
    forms = [form for text in list(by_text)[:FEW] for form in by_text[text]]
    small, large = (Scanner(Lexicon([*forms, *_made_up(forms, count)], ())) for count in (0, MANY - FEW))
    body = text_of(events, "en", 50_000).body or ""
    ways: dict[str, Work] = {
        f"{FEW:,} forms": lambda: scan(small, body),
        f"{MANY:,} forms, of which the same occur": lambda: scan(large, body),
    }
    yield measure("scan of 50,000 characters", ways, 9)
    classifier = Classifier(taxonomy)
    for lang in LANGS:
        part, whole = text_of(events, lang, 50_000), text_of(events, lang, MAX_CHARACTERS)
        huge = text_of(events, lang, 1_000_000)
        parts = [part] * (MAX_CHARACTERS // 50_000)
        ways = {
            f"{len(parts)} times a text of 50,000": lambda parts=parts: [classifier.classify(each) for each in parts],  # type: ignore[misc]
            f"1 text of {MAX_CHARACTERS:,}": lambda whole=whole: classifier.classify(whole),  # type: ignore[misc]
            "1 text of 1,000,000": lambda huge=huge: classifier.classify(huge),  # type: ignore[misc]
        }
        yield measure(f"{lang}, at most {MAX_CHARACTERS:,} characters of a text are read", ways, 3)


def text_of(events: Sequence[Event], lang: str, size: int) -> Event:
    """An event whose body is the sample of a language over and over, cut at `size` characters."""
    text = "\n\n".join(f"{event.title}\n{event.body or ''}" for event in events if str(event.lang)[:2] == lang)
    body = (text * (size // len(text) + 1))[:size]
    return next(event for event in events if str(event.lang)[:2] == lang).model_copy(update={"body": body})


def scan(scanner: Scanner, text: str) -> object:
    """Fold, cut and scan a text as the classifier does."""
    folded = fold(text)
    return scanner.scan(folded.text, lambda start, end: text[slice(*folded.origin(start, end))], _cut(folded.text))


def _cut(text: str) -> Any:
    return split_sentences(text, 0)


def _patterns(rules: Rulebook, lang: str, source: str) -> Iterator[str]:
    """The patterns of every rule that is looked for and may hold in a document of that language and source."""
    official = (rules.types, rules.nexus, rules.stages, rules.directions, rules.gates, rules.modality, rules.routine)
    told = (rules.background, rules.follows, rules.effect, rules.field, rules.trend, rules.iterative, rules.coercion)
    every: Iterator[Rule] = chain.from_iterable((*official, *told))
    for rule in every:
        spoken = not rule.langs or any(each.startswith(lang) for each in rule.langs)
        if spoken and (not rule.sources or source.startswith(rule.sources)):
            yield from rule.patterns


def _made_up(forms: Sequence[Form], count: int) -> Iterator[Form]:
    """So many names that no text holds, each made of two known ones."""
    names = [form.text for form in forms if form.facet == "mineral" and form.text.isascii()]
    for number in range(count):
        first, second = names[number % len(names)], names[number * 7 % len(names)]
        yield Form(f"{first} {second} {number}", "technology", "made_up", "name")
