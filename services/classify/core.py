"""Classify an event: what measure it is news of, whose, against whom, about what, at which stage, and on which words.

Pure: everything is an argument, and the only clock is the event's own publication day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.classify.acts import CLASSIFIER, build_acts, frame_of
from services.classify.bulletin import settle_bulletin
from services.classify.commentary import read_commentary
from services.classify.connections import connect
from services.classify.discourse import settle_discourse
from services.classify.document import Document, read_document
from services.classify.draft import Draft
from services.classify.facets.objects import without_fragments
from services.classify.lexicon import build_lexicon
from services.classify.official import read_official
from services.classify.profile import Profile, profile_of
from services.classify.readers import build_readers
from services.classify.rejections import Rejection, find_rejections, gate_rejection
from services.classify.relevance import Verdict, judge, urgency_of
from services.classify.rulebook import Rulebook, default_rulebook
from services.classify.scan import Scanner
from services.classify.suggest import Suggester, Suggestions, candidates_of, suggest, with_suggested
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import DatePrecision, DateRole, Language, Urgency
from services.taxonomy.taxonomy import Taxonomy

_VOCABULARIES = ("minerals", "technologies", "measures", "stages", "countries", "groups")
_RANK = {Urgency.NOW: 2, Urgency.DIGEST: 1, Urgency.ARCHIVE: 0}


@dataclass(frozen=True)
class Classification:
    """What was read from one revision of a document; an irrelevant one has no acts and says why."""

    event_id: str
    revision: str
    document_id: str
    lang: Language
    relevant: bool
    urgency: Urgency
    reason: str
    acts: tuple[Act, ...] = ()
    rejected: tuple[Rejection, ...] = field(default=())
    suggestions: Suggestions = field(default_factory=Suggestions)


class Classifier:
    """Reads events by one taxonomy and one set of rules; build it once, it is safe to share.

    `version`, which every act carries, differs whenever vocabulary or rules do.

    A suggester, if any, is asked last and only adds what is marked as suggested.
    """

    def __init__(self, taxonomy: Taxonomy, rules: Rulebook | None = None, suggester: Suggester | None = None) -> None:
        self._rules = rules or default_rulebook()
        self._taxonomy = taxonomy
        self._scanner = Scanner(build_lexicon(taxonomy, self._rules))
        self._readers = build_readers(taxonomy, self._rules)
        self.version = f"{CLASSIFIER}+{_fingerprint(taxonomy, self._rules)}"
        self._suggester = suggester
        self._candidates = candidates_of(taxonomy) if suggester else ()

    def classify(self, event: Event, *, explain: bool = False) -> Classification:
        """What the event says of measures; the same event always gives the same answer.

        With `explain` it also lists all that was found and does not count, which takes as long again.
        """
        found = self._read(event, explain=explain)
        if self._suggester is None:
            return found
        added = suggest(event, found.acts, self._suggester, self._candidates, self._taxonomy)
        return replace(found, acts=with_suggested(found.acts, added.found), suggestions=added)

    def _read(self, event: Event, *, explain: bool) -> Classification:
        document = read_document(event, self._scanner)
        if document.lang is Language.OTHER:
            return _irrelevant(document, Verdict(False, "language: not read"), ())
        profile = profile_of(event.source, self._rules, self._taxonomy.countries)
        drafts = self._drafts(document, profile)
        verdict = judge(document, drafts, self._readers)
        rejected = gate_rejection(document, verdict)
        if explain:
            rejected = find_rejections(document, profile, self._readers, verdict, drafts)
        if not verdict.relevant and not verdict.reason.startswith("only "):
            return _irrelevant(document, verdict, rejected)
        rated = [(draft, urgency_of(draft, document, self._readers)) for draft in drafts]
        frame = frame_of(document, profile.issuer or "", self._rules.confidence)
        connect(document, drafts, frame.of_others, self._readers, told=profile.is_told)
        acts = tuple(act.model_copy(update={"classifier": self.version}) for act in build_acts(frame, rated))
        urgency = max((act.urgency for act in acts), key=lambda each: _RANK[each])
        return Classification(
            event.event_id,
            event.revision,
            event.document_id,
            document.lang,
            verdict.relevant,
            urgency,
            verdict.reason,
            acts,
            rejected,
        )

    def _drafts(self, document: Document, profile: Profile) -> list[Draft]:
        """The acts as the manner of the source calls for: official paper states them, press and bulletins tell them."""
        if not profile.is_told:
            return self._without_fragments(document, read_official(document, profile, self._readers))
        drafts = self._without_fragments(document, read_commentary(document, self._readers))
        drafts = settle_discourse(document, drafts, self._readers)
        return settle_bulletin(document, drafts, profile, self._readers) if profile.manner == "bulletin" else drafts

    def _without_fragments(self, document: Document, drafts: list[Draft]) -> list[Draft]:
        for draft in drafts if document.lang is Language.JA else ():
            draft.objects = without_fragments(draft.objects, document.text, self._taxonomy)
        return drafts


def _fingerprint(taxonomy: Taxonomy, rules: Rulebook) -> str:
    """A hash of every entry of the vocabulary and of every rule."""
    parts = [repr(rules)]
    for facet in _VOCABULARIES:
        entries: Mapping[str, object] = getattr(taxonomy, facet)
        parts += [f"{facet} {id_} {entry!r}" for id_, entry in sorted(entries.items())]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _irrelevant(document: Document, verdict: Verdict, rejected: tuple[Rejection, ...]) -> Classification:
    event = document.event
    return Classification(
        event.event_id,
        event.revision,
        event.document_id,
        document.lang,
        False,
        Urgency.ARCHIVE,
        verdict.reason,
        (),
        rejected,
    )


def to_json(classification: Classification) -> dict[str, Any]:
    """The classification as `noroshi classify` prints it; `id` is the input's own id."""
    return {
        "id": classification.document_id,
        "relevant": classification.relevant,
        "urgency": str(classification.urgency),
        "lang": str(classification.lang),
        "reason": classification.reason,
        "acts": [_act_json(act) for act in classification.acts],
        "suggested": [
            {"type": each.tag, "score": each.score} | each.words.model_dump(mode="json")
            for each in classification.suggestions.found
        ],
    }


def _act_json(act: Act) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "measure_id": act.measure_id,
        "types": list(act.types),
        "direction": str(act.direction),
        "stage": str(act.stage),
        "modality": str(act.modality),
        "urgency": str(act.urgency),
        "imposing": list(act.imposing),
        "target": list(act.target),
        "affected": list(act.affected),
        "beneficiary": list(act.beneficiary),
        "minerals": list(act.minerals),
        "technologies": list(act.technologies),
        "hs_codes": list(act.hs_codes),
        "eccns": list(act.eccns),
        "cas_numbers": list(act.cas_numbers),
        "identifiers": [each.model_dump(mode="json") for each in act.identifiers],
        "dates": [each.model_dump(mode="json") for each in act.dates],
        "effective": _effective(act),
        "confidence": act.confidence,
        "amounts": [each.model_dump(mode="json") for each in act.amounts],
        "relations": [each.model_dump(mode="json") for each in act.relations],
        "evidence": [each.model_dump(mode="json") for each in act.evidence],
    }
    return shown


def _effective(act: Act) -> str | None:
    days: Iterable[str] = (
        fact.value for fact in act.dates if fact.role is DateRole.EFFECTIVE and fact.precision is DatePrecision.DAY
    )
    return next(iter(days), None)
