"""What was found in a document and does not count: the words, the rule that refused them, and why in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.codes import refused_codes
from services.classify.facets.dateforms import find_ambiguous
from services.classify.facets.measure import TypeHit
from services.classify.facets.objects import without_end_uses, without_summaries
from services.classify.page import ITEMS
from services.classify.profile import Profile
from services.classify.readers import Readers
from services.classify.relevance import Verdict
from services.classify.rulebook import Where
from services.classify.stated_types import LEAD_PRIORITY

MAX_REJECTIONS = 60
_PLACES: tuple[Where, ...] = ("title", "lead", "text")
_GATES = {
    "procedural": "the document is paperwork or a step of procedure, and no measure",
    "enforcement": "the document is a case against one firm or person, and no measure",
    "statement": "somebody speaks of a measure, nobody takes one",
    "look_alike": "the document is of another field that uses the same words",
    "analysis": "the document is analysis or statistics, and no measure",
}
_MISSES = {
    "case": "it is not written in the letters of the symbol",
    "lower case": "a name is written with a capital letter",
    "katakana_run": "it stands inside a longer katakana word",
    "never_alone": "it counts only as part of a longer phrase, which does not stand here",
    "context": "nothing in its sentence shows that it is meant",
    "masked": "it stands inside a phrase that means something else",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Words that were found and do not count, the rule that refused them, and why not in plain words."""

    words: str
    rule: str
    reason: str


def find_rejections(
    document: Document, profile: Profile, readers: Readers, verdict: Verdict, drafts: Sequence[Draft]
) -> tuple[Rejection, ...]:
    """Everything found in a document that no act of it shows, gates first, each once; at most MAX_REJECTIONS.

    `drafts` are the acts that were read, also those of a document that is kept out as a whole.
    """
    view = _View(document, profile, readers, verdict, drafts)
    found = (*view.gates(), *view.types(), *view.objects(), *view.misses(), *view.figures())
    return tuple(dict.fromkeys(found))[:MAX_REJECTIONS]


@dataclass(frozen=True)
class _View:
    """A document with all that was read of it."""

    document: Document
    profile: Profile
    readers: Readers
    verdict: Verdict
    drafts: Sequence[Draft]

    @property
    def _lang(self) -> str:
        return str(self.document.lang)

    @property
    def _source(self) -> str:
        return self.document.event.source

    @property
    def _is_told(self) -> bool:
        return self.profile.manner in ("news", "bulletin")

    def _rejection(self, start: int, end: int, rule: str, reason: str) -> Rejection:
        return Rejection(self.document.surface(start, end), rule, reason)

    def gates(self) -> Iterator[Rejection]:
        """What keeps the document out, or would but for the measure that its headline plainly states."""
        yield from gate_rejection(self.document, self.verdict)
        if self.verdict.relevant:
            title = self.document.text[: self.document.title_end]
            for found in self.readers.gates.find(title, self._lang, self._source):
                rule = f"{found.rule.reason}: {found.rule.id}"
                reason = "it gives way to the measure that the headline plainly states"
                yield self._rejection(found.start, found.end, rule, reason)

    def types(self) -> Iterator[Rejection]:
        """The words of a measure type that no act rests on."""
        used = {(hit.tag, hit.start, hit.end) for draft in self.drafts for hit in draft.type_hits}
        if self.verdict.start >= 0:
            for hit in (hit for draft in self.drafts for hit in draft.type_hits):
                yield self._type(hit, self.verdict.reason, "the whole document is kept out")
        for sentence in self.document.sentences:
            cues = self.document.scan.within(sentence).cues
            for hit in self.readers.types.read(sentence, cues, self._lang, self._source, _PLACES, frames=True):
                if (hit.tag, hit.start, hit.end) not in used:
                    yield self._type(hit, *self._why(hit, sentence))
            for hit, words in self.readers.types.refused(sentence, self._lang, self._source, _PLACES):
                yield self._type(hit, hit.rule, f"the words “{words}” show that something else is meant")

    def _type(self, hit: TypeHit, rule: str, reason: str) -> Rejection:
        return self._rejection(hit.start, hit.end, rule, f"no {hit.tag}: {reason}")

    def _why(self, hit: TypeHit, sentence: Sentence) -> tuple[str, str]:
        """The rule that refused the words of a type, and the reason."""
        beside = [draft for draft in self.drafts if any(_lies_in(other.start, sentence) for other in draft.type_hits)]
        chosen = [tag for draft in beside for tag in draft.types]
        if over := self.readers.types.beaten_by(hit.tag, chosen):
            return "specific", f"the same words or others beside them say it more closely ({over})"
        if not self._has_nexus(sentence) and (hit.source is None or hit.source.nexus):
            return "nexus", "no strategic good, technology or security purpose stands beside it"
        after = sentence.text[hit.end - sentence.start :][:40]
        if causes := self.readers.background.find(after, self._lang):
            return f"background: {causes[0].rule.id}", "it is named only as the cause or topic of something else"
        if self.profile.manner == "bulletin" and not sentence.title:
            return "bulletin", "an institution's news of itself counts only where its headline names the measure"
        if hit.tag in chosen:
            return "said", "it says no more than an act that was found"
        if chosen:
            return "outranked", f"its words are read as {chosen[0]}, which it does not go together with"
        if sentence.title:
            return "weak", "too weak a sign by itself"
        if self._is_told:
            return "clause", "nothing in its own clause makes it an act"
        if any(draft.whole for draft in self.drafts):
            return "headline first", "the headline states the measure, the text only adds to it"
        weak = hit.source is None or hit.priority < LEAD_PRIORITY
        return "lead", "too weak a sign outside the headline" if weak else "it stands too far down in the text"

    def _has_nexus(self, sentence: Sentence) -> bool:
        near = [sentence, *(self.document.lead[:2] if sentence.title and not self._is_told else ())]
        return any(
            any(hit.facet in ITEMS for hit in self.document.scan.within(each).objects)
            or self.readers.nexus.find(each.text, self._lang)
            for each in near
        )

    def objects(self) -> Iterator[Rejection]:
        """The minerals and technologies named that no act is about."""
        used = {(hit.facet, hit.tag) for draft in self.drafts for hit in draft.objects}
        end_uses = self.readers.rules.objects.end_uses
        for hit in self.document.scan.objects:
            if hit.facet not in ITEMS or (hit.facet, hit.tag) in used:
                continue
            if not without_end_uses([hit], self.document.text, end_uses):
                rule, reason = "end use", "the words name a use or a user, and no good"
            elif not without_summaries([hit], self.document.text, self.readers.taxonomy):
                rule, reason = "summary", "the words only sum up the list before them"
            elif over := self._finer(hit.tag):
                rule, reason = "specific", f"a kind of it is named, {over}"
            elif not self.drafts:
                rule, reason = "no measure", "no measure is named that it could be the object of"
            else:
                rule, reason = "beside", "it stands outside the words that state the measure"
            yield self._rejection(hit.start, hit.end, rule, f"no object of a measure ({hit.tag}): {reason}")

    def _finer(self, tag: str) -> str:
        finer = (hit.tag for draft in self.drafts for hit in draft.objects if hit.facet == "technology")
        return next((each for each in finer if tag in self.readers.taxonomy.rollup("technologies", each)), "")

    def misses(self) -> Iterator[Rejection]:
        """The names and cues of the vocabulary that mean something else here."""
        for miss in self.document.scan.misses:
            kind, _, words = miss.rule.partition(": ")
            if kind == "deny":
                reason = f"in “{words}” it means something else"
            elif kind == "inside":
                reason = f"it is part of the longer “{words}”"
            else:
                reason = _MISSES.get(miss.rule, miss.rule)
            name = f"{'measure type' if miss.facet == 'type' else miss.facet} {miss.tag}"
            yield self._rejection(miss.start, miss.end, miss.rule, f"not {name}: {reason}")

    def figures(self) -> Iterator[Rejection]:
        """The dates and codes that are not read: ambiguous, or not what they look like."""
        for sentence in self.document.sentences:
            for start, end in find_ambiguous(sentence.text):
                reason = "no date: day and month could be exchanged, and nothing is guessed"
                yield self._rejection(sentence.start + start, sentence.start + end, "ambiguous date", reason)
        for code in refused_codes(self.document.text):
            yield self._rejection(code.start, code.end, f"{code.kind} code", f"no {code.kind} code: {code.reason}")


def _lies_in(position: int, sentence: Sentence) -> bool:
    return sentence.start <= position < sentence.end


def gate_rejection(document: Document, verdict: Verdict) -> tuple[Rejection, ...]:
    """The words that keep a document out as a whole, if any do."""
    if verdict.start < 0:
        return ()
    reason = _GATES[verdict.reason.partition(": ")[0]]
    return (Rejection(document.surface(verdict.start, verdict.end), verdict.reason, reason),)
