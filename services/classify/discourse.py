"""What the clauses of press and commentary say of one another, once each has been read by itself.

A clause leaves unsaid what another said, hedges what it does not know, speaks of a trend, or comes back to a
measure already told. Each step here is one such relation; official documents need none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.countries import Cast
from services.classify.facets.dates import Dated, find_dates
from services.classify.facets.measure import TypeHit
from services.classify.facets.stage import Shown, Staged
from services.classify.readers import Readers
from services.contracts.vocab import Basis, CountryRole, DateRole, Direction, Modality, Stage

COERCIVE = "sanction"
"""The type of measures by which a government makes others follow, whatever their instrument."""
_CLAUSE_END = re.compile(r"[、,，;；。]|\. |$")
_CALENDAR = frozenset({DateRole.EFFECTIVE, DateRole.EXPIRY, DateRole.REVIEW, DateRole.COMMENT_DEADLINE})
_UNSETTLED = frozenset({Stage.ANNOUNCED, Stage.ADOPTED})


def settle_discourse(document: Document, drafts: Iterable[Draft], readers: Readers) -> list[Draft]:
    """The acts of a commentary as its clauses state them together, in reading order."""
    view = _View(document, readers)
    settled: list[Draft] = []
    for draft in drafts:
        if view.names_a_field(draft) or view.is_trend(draft):
            continue
        draft.casts = [cast for cast in draft.casts if not view.is_unsaid(draft, cast)]
        draft.casts = [_lent(draft, cast) for cast in [*draft.casts, *_continued_firm(draft, settled)]]
        draft.staged = view.iterated(draft)
        draft.dates = view.dates(draft)
        if not _taken_up(draft, settled, document.text):
            settled.append(draft)
    return sorted([*settled, *view.coercion()], key=lambda draft: draft.sentences[0].start)


@dataclass(frozen=True)
class _View:
    """A document and what reads it."""

    document: Document
    readers: Readers

    @property
    def _lang(self) -> str:
        return str(self.document.lang)

    def names_a_field(self, draft: Draft) -> bool:
        """Whether the only words of a type name the whole field (`economic security`) and nothing is said to happen."""
        words = _words(draft, self.document.text)
        settled = draft.staged.rule != "default" and draft.modality is Modality.ASSERTED
        return not draft.objects and not settled and all(self.readers.field.find(each, self._lang) for each in words)

    def is_trend(self, draft: Draft) -> bool:
        """Whether the clause tells of efforts that gather pace, and of no act."""
        text = draft.sentences[0].text
        return draft.staged.rule == "default" and bool(self.readers.trend.find(text, self._lang))

    def is_unsaid(self, draft: Draft, cast: Cast) -> bool:
        """Whether a country was lent to a clause that does not mean it.

        Who acts in a forecast or recommendation is whom it names; and `partners other than the US` leaves the US out.
        """
        if cast.role is not CountryRole.IMPOSING:
            return False
        clause = draft.sentences[0]
        excluded = {each.code for each in draft.casts if each.rule.startswith("excluded")}
        lent = not clause.start <= cast.start < clause.end
        return cast.code in excluded or (lent and draft.modality is not Modality.ASSERTED)

    def iterated(self, draft: Draft) -> Staged:
        """The stage; support that is announced time and again is in force."""
        clause = draft.sentences[0]
        found = self.readers.iterative.find(clause.text, self._lang)
        supportive = draft.direction is Direction.SUPPORTIVE and draft.modality is Modality.ASSERTED
        if not found or not supportive or draft.staged.stage not in _UNSETTLED:
            return draft.staged
        start, end = clause.start + found[0].start, clause.start + found[0].end
        return replace(draft.staged, stage=Stage.IN_FORCE, start=start, end=end, rule=found[0].rule.id)

    def dates(self, draft: Draft) -> list[Dated]:
        """The dates of the clause, and of the rest of its sentence those on which the measure will work."""
        clause = draft.sentences[0]
        sentence = self._sentence(clause)
        year = int(draft.dates[-1].value[:4]) if draft.dates else None
        rest = sentence.text[clause.end - sentence.start :]
        later = (self._roled(each, sentence.end) for each in find_dates(rest, clause.end, year))
        own = [self._roled(each, clause.end) for each in draft.dates]
        known = {each.value for each in own}
        planned = [each for each in later if each.role is DateRole.EFFECTIVE and each.value not in known]
        return [*own, *(planned if self._is_last_clause_with_words(draft) else [])]

    def _is_last_clause_with_words(self, draft: Draft) -> bool:
        """Whether no other measure is named between the clause and the end of its sentence."""
        sentence = self._sentence(draft.sentences[0])
        end = draft.sentences[0].end
        cues = self.document.scan.within(sentence).cues
        return not any(hit.facet == "type" and hit.start >= end for hit in cues)

    def _roled(self, dated: Dated, end: int) -> Dated:
        """A date without a role of its own takes that of effect where the words after it set the measure to work."""
        text = self.document.text[dated.end : end]
        if dated.role is not DateRole.ANNOUNCED or not self.readers.effect.find(text, self._lang):
            return dated
        return replace(dated, role=DateRole.EFFECTIVE)

    def coercion(self) -> Iterator[Draft]:
        """Measures the text thinks possible by which one country would make those just named follow."""
        for index, sentence in enumerate(self.document.sentences):
            found = self.readers.coercion.find(sentence.text, self._lang)
            if not found:
                continue
            clause = _opening(sentence, found[0].end)
            modality, hedge = self.readers.stages.modality(clause.text, self._lang)
            if modality is Modality.ASSERTED or hedge is None:
                continue
            span = clause.start + hedge.start, clause.start + hedge.end
            words = TypeHit(COERCIVE, sentence.start + found[0].start, sentence.start + found[0].end, 50,
                            found[0].rule.id)  # fmt: skip
            staged = Staged(Stage.CONSIDERED, *span, hedge.rule.id, 0)
            draft = Draft((COERCIVE,), [words], staged, Direction.RESTRICTIVE, [clause], modality, confidence=0.5)
            draft.shown.append(Shown(f"modality {modality}", *span, hedge.rule.id))
            before = self.document.sentences[index - 1] if index else None
            draft.casts = self._coerced(clause, before, words.end)
            yield draft

    def _coerced(self, clause: Sentence, before: Sentence | None, end: int) -> list[Cast]:
        """Who acts, and against whom: where the clause names nobody, those of the sentence before."""
        casts = self._cast(clause)
        named = [cast for cast in casts if cast.rule == "mention" and cast.end <= end]
        acting = [cast for cast in casts if cast.role is CountryRole.IMPOSING] or [
            replace(cast, role=CountryRole.IMPOSING) for cast in named[-1:]
        ]
        aimed = [cast for cast in casts if cast.role is CountryRole.TARGET]
        if not aimed and before is not None:
            codes = {cast.code for cast in acting}
            aimed = [
                replace(cast, role=CountryRole.TARGET, rule="named before", basis=Basis.DISCOURSE)
                for cast in self._cast(before)
                if cast.code and cast.code not in codes and not cast.rule.startswith("excluded")
            ]
        return [*acting, *aimed]

    def _cast(self, sentence: Sentence) -> list[Cast]:
        hits = self.document.scan.within(sentence).objects
        places = self.readers.countries.places(sentence, hits, self._lang)
        return self.readers.countries.cast(sentence, places, self._lang, (COERCIVE,))

    def _sentence(self, clause: Sentence) -> Sentence:
        return self.document.sentences[clause.index]


def _opening(sentence: Sentence, end: int) -> Sentence:
    """The stretch of a sentence from its beginning to the end of the clause that holds the position."""
    stop = _CLAUSE_END.search(sentence.text, end)
    length = stop.end() if stop else len(sentence.text)
    return replace(sentence, end=sentence.start + length, text=sentence.text[:length])


def _lent(draft: Draft, cast: Cast) -> Cast:
    """The cast; a role that another clause lent rests on what the clauses say together."""
    clause = draft.sentences[0]
    return cast if clause.start <= cast.start < clause.end else replace(cast, basis=Basis.DISCOURSE)


def _continued_firm(draft: Draft, before: Sequence[Draft]) -> list[Cast]:
    """The firm's country of the act right before, where a clause that names nobody goes on about the same work."""
    last = before[-1] if before else None
    if last is None or last.types != draft.types or draft.sentences[0].index - last.sentences[-1].index > 1:
        return []
    start, end = draft.sentences[0].start, draft.sentences[0].end
    if any(start <= cast.start < end for cast in draft.casts):
        return []
    return [cast for cast in last.casts if cast.role is CountryRole.AFFECTED and cast.rule == "firm"]


def _taken_up(draft: Draft, before: Sequence[Draft], text: str) -> bool:
    """Whether a recommendation or forecast only comes back to a measure told before, which then gets its dates."""
    dates = [each for each in draft.dates if each.role in _CALENDAR]
    clause = draft.sentences[0]
    named = any(clause.start <= cast.start < clause.end and cast.code for cast in draft.casts)
    if draft.modality is Modality.ASSERTED or not dates or named or draft.objects:
        return False
    words = _words(draft, text)
    told = next((each for each in reversed(before) if each.types == draft.types and words & _words(each, text)), None)
    if told is None or told.modality is not Modality.ASSERTED:
        return False
    known = {each.value for each in told.dates}
    told.dates = [*told.dates, *(each for each in dates if each.value not in known)]
    told.sentences += draft.sentences
    return True


def _words(draft: Draft, text: str) -> set[str]:
    return {text[hit.start : hit.end] for hit in draft.type_hits}
