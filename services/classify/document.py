"""One event prepared for reading: folded, cut into sentences, scanned once; and evidence made from its spans."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.classify.clauses import Sentence, split_sentences
from services.classify.language import detect_language
from services.classify.normalise import HARD_BREAK, Folded, fold
from services.classify.scan import Scan, Scanner
from services.contracts.events import Event
from services.contracts.measures import Evidence, Passage
from services.contracts.vocab import Basis, Facet, Field, Language

MAX_CHARACTERS = 400_000
"""Text beyond this is not read: no act was ever first stated there, and time must stay bounded."""

MAX_PASSAGE = 600
LEAD_CHARACTERS = 1_200
_JOINT = f"\n{HARD_BREAK}\n"


@dataclass(frozen=True)
class Document:
    """An event's text in the form the facets read it. Spans are of the folded text unless said otherwise."""

    event: Event
    lang: Language
    original: str
    folded: Folded
    sentences: tuple[Sentence, ...]
    scan: Scan
    title_end: int
    _title_length: int = field(repr=False)

    @property
    def text(self) -> str:
        """The folded text, headline and body."""
        return self.folded.text

    @property
    def headline(self) -> tuple[Sentence, ...]:
        """The sentences of the headline."""
        return tuple(sentence for sentence in self.sentences if sentence.title)

    @property
    def lead(self) -> tuple[Sentence, ...]:
        """The opening sentences of the body."""
        end = self.title_end + LEAD_CHARACTERS
        return tuple(sentence for sentence in self.sentences if not sentence.title and sentence.start < end)

    def evidence(self, facet: Facet, tag: str, start: int, end: int, rule: str, basis: Basis = Basis.NONE) -> Evidence:
        """Evidence for a tag, in the original characters of the field it stands in."""
        field_, first, text = self._place(start, end)
        last = first + len(text)
        return Evidence(facet=facet, tag=tag, field=field_, start=first, end=last, text=text, rule=rule, basis=basis)

    def passage(self, sentence: Sentence) -> Passage:
        """The original characters of a sentence, at most MAX_PASSAGE of them."""
        return self.quote(sentence.start, sentence.end)

    def quote(self, start: int, end: int) -> Passage:
        """The original characters of a folded span, at most MAX_PASSAGE of them."""
        field_, first, text = self._place(start, end)
        text = text[:MAX_PASSAGE]
        return Passage(field=field_, start=first, end=first + len(text), text=text)

    def surface(self, start: int, end: int) -> str:
        """The original characters of a folded span."""
        return self.original[slice(*self.folded.origin(start, end))]

    def _place(self, start: int, end: int) -> tuple[Field, int, str]:
        first, last = self.folded.origin(start, end)
        if first < self._title_length:
            last = min(last, self._title_length)
            return Field.TITLE, first, self.original[first:last]
        shift = self._title_length + len(_JOINT)
        return Field.BODY, first - shift, self.original[first:last]


def read_document(event: Event, scanner: Scanner) -> Document:
    """The event folded, cut and scanned."""
    body = event.body or ""
    original = (event.title + _JOINT + body if body else event.title)[:MAX_CHARACTERS]
    folded = fold(original)
    title_end = _title_end(folded, len(event.title)) if body else len(folded.text)
    sentences = split_sentences(folded.text, title_end)
    scan = scanner.scan(folded.text, _original_of(original, folded), sentences)
    lang = detect_language(event.lang, event.title, event.body)
    return Document(event, lang, original, folded, sentences, scan, title_end, len(event.title))


def _title_end(folded: Folded, length: int) -> int:
    """Where the headline ends in the folded text: at the break that covers the joint."""
    for start, first, last in folded.pieces:
        if first <= length < last:
            return start
    return len(folded.text)


class _OriginalOf:
    """Gives the original characters of folded spans of one text."""

    def __init__(self, original: str, folded: Folded) -> None:
        self._original, self._folded = original, folded

    def __call__(self, start: int, end: int) -> str:
        return self._original[slice(*self._folded.origin(start, end))]


def _original_of(original: str, folded: Folded) -> _OriginalOf:
    return _OriginalOf(original, folded)
