"""The classifier beside what a user would build from spaCy: a phrase matcher over the same forms, a loop of cues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import spacy
from spacy.matcher import PhraseMatcher

from services.classify.clauses import split_sentences
from services.classify.core import Classifier
from services.classify.lexicon import Form, Lexicon, build_lexicon
from services.classify.normalise import fold
from services.classify.rulebook import Rulebook, default_rulebook
from services.classify.scan import Scanner
from services.contracts.events import Event
from services.taxonomy.taxonomy import Taxonomy
from tests.bench.ratio import Ratio, Work, measure

SIZES = (1_500, 50_000)
LANGS = ("en", "ja", "zh")


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
        return self.find_forms(text) + sum(1 for cue in self._cues for _ in cue.finditer(text.lower()))

    def find_forms(self, text: str) -> int:
        """How many forms the text holds."""
        return len(self._matcher(self._nlp.make_doc(text)))


def measure_against_spacy(events: Sequence[Event], taxonomy: Taxonomy) -> Iterator[Ratio]:
    """The whole classifier, and its scan alone, beside the peer on short and long texts of each language."""
    rules = default_rulebook()
    lexicon = build_lexicon(taxonomy, rules)
    classifier, scanner = Classifier(taxonomy), Scanner(lexicon)
    cues = [re.compile(pattern, re.ASCII) for pattern in _patterns(rules)]
    for lang in LANGS:
        peer = Peer(lang, tuple(lexicon.forms), cues)
        for size in SIZES:
            event = text_of(events, lang, size)
            body = event.body or ""
            ways: dict[str, Work] = {
                "whole classifier": lambda event=event: classifier.classify(event),  # type: ignore[misc]
                "spaCy and cues": lambda body=body, peer=peer: peer.find(body),  # type: ignore[misc]
                "our scan alone": lambda body=body: scan(scanner, body),  # type: ignore[misc]
                "spaCy alone": lambda body=body, peer=peer: peer.find_forms(body),  # type: ignore[misc]
            }
            yield measure(f"{lang}, {size:,} characters, {len(lexicon.forms):,} forms, {len(cues)} cues", ways, 5)


def measure_growth(events: Sequence[Event], taxonomy: Taxonomy) -> Iterator[Ratio]:
    """The scan with four times the forms; the classifier's time a character on 1 MB beside that on 50 KB."""
    forms = [form for each in build_lexicon(taxonomy, default_rulebook()).forms.values() for form in each]
    small, large = (Scanner(Lexicon([*forms, *_made_up(forms, count)], ())) for count in (len(forms), 20_000))
    body = text_of(events, "en", 50_000).body or ""
    ways: dict[str, Work] = {
        f"{len(forms):,} forms": lambda: scan(small, body),
        "20,000 forms": lambda: scan(large, body),
    }
    yield measure("scan of 50,000 characters", ways, 5)
    classifier = Classifier(taxonomy)
    parts, whole = [text_of(events, "en", 50_000)] * 8, text_of(events, "en", 400_000)
    ways = {
        "8 texts of 50,000": lambda: [classifier.classify(each) for each in parts],
        "1 text of 400,000": lambda: classifier.classify(whole),
    }
    yield measure("the same number of characters, at most 400,000 of a text are read", ways, 3)


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


def _patterns(rules: Rulebook) -> Iterator[str]:
    for rule in (*rules.types, *rules.stages, *rules.gates):
        yield from rule.patterns


def _made_up(forms: Sequence[Form], total: int) -> Iterator[Form]:
    """Names that no text holds, made of two known ones, until there are `total` forms."""
    names = [form.text for form in forms if form.facet == "mineral" and form.text.isascii()]
    for number in range(max(0, total - len(forms))):
        first, second = names[number % len(names)], names[number * 7 % len(names)]
        yield Form(f"{first} {second} {number}", "technology", "made_up", "name")
