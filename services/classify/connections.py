"""Which other measures the acts of a document speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.identifiers import Identified
from services.classify.facets.relations import Related, Stretch, distinct, find_relations, last_law
from services.classify.readers import Readers
from services.contracts.vocab import CountryRole, RelationKind

MAX_RELATIONS = 12
_ANSWERABLE = ("tariff", "export_control", "sanction")
"""Types by which the countries of an answered measure are read: whose act it is, not whom it is aimed at."""


def connect(
    document: Document, drafts: Iterable[Draft], identified: Sequence[Identified], readers: Readers, *, told: bool
) -> None:
    """Give each draft the relations its words state.

    In what is `told` (press, commentary) these are the words of its own clauses, and of their sentences what they
    answer; an official document states them in its headline and opening, for all of its acts, or in the item of its
    list that states the act.
    """
    view = _View(document, readers, tuple(identified))
    laws = view.laws()
    official = [] if told else view.of((*document.headline, *document.lead), laws)
    for draft in drafts:
        if told:
            found: Iterable[Related] = view.told(draft, laws)
        else:
            found = view.of((*document.headline, *draft.sentences), laws) if draft.segment else official
        draft.relations = distinct(found)[:MAX_RELATIONS]


@dataclass(frozen=True)
class _View:
    """A document and what reads it."""

    document: Document
    readers: Readers
    identified: tuple[Identified, ...]

    def laws(self) -> dict[int, str]:
        """The law named last before each sentence, by its index; only Japanese refers back to it (`同法`)."""
        law, laws = "", {}
        for sentence in self.document.sentences if "同法" in self.document.text else ():
            laws[sentence.index] = law
            law = last_law(self._stretch(sentence), law)
        return laws

    def of(self, sentences: Iterable[Sentence], laws: dict[int, str]) -> list[Related]:
        """The relations of the sentences."""
        return [
            found
            for sentence in sentences
            for found in find_relations(self._stretch(sentence), self.identified, laws.get(sentence.index, ""))
        ]

    def told(self, draft: Draft, laws: dict[int, str]) -> Iterator[Related]:
        """The relations of the clauses of an act, and what the sentence of its first clause answers."""
        first = draft.sentences[0]
        whole = self.document.sentences[first.index]
        before = last_law(self._stretch(_until(whole, first.start)), laws.get(first.index, ""))
        yield from find_relations(self._stretch(first), self.identified, before)
        yield from self.of(draft.sentences[1:], laws)
        yield from (each for each in self.of([whole], laws) if each.kind is RelationKind.RESPONDS_TO)

    def _stretch(self, sentence: Sentence) -> Stretch:
        def countries(start: int, end: int) -> tuple[str, ...]:
            part = replace(
                sentence, start=start, end=end, text=sentence.text[start - sentence.start : end - sentence.start]
            )
            lang = str(self.document.lang)
            places = self.readers.countries.places(part, self.document.scan.within(part).objects, lang)
            casts = [cast for cast in self.readers.countries.cast(part, places, lang, _ANSWERABLE) if cast.code]
            acting = [cast for cast in casts if cast.role is not CountryRole.TARGET]
            return tuple(sorted({cast.code for cast in acting or casts}))

        return Stretch(sentence.text, sentence.start, self.document.surface, countries)


def _until(sentence: Sentence, end: int) -> Sentence:
    """The sentence up to a place in the folded text."""
    return replace(sentence, end=end, text=sentence.text[: end - sentence.start])
