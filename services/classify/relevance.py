"""Whether a document is news of a measure, why, and how soon its acts should be heard of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.readers import Readers
from services.classify.rulebook import Found, GateRule
from services.contracts.vocab import CountryRole, Direction, Modality, Stage, Urgency

PLAIN = 58
"""From this priority on, words of the headline state a measure whatever its subject."""
_FRESH = frozenset({Stage.INVESTIGATION, Stage.PROPOSED, Stage.ANNOUNCED, Stage.ADOPTED, Stage.IN_FORCE})
_LINKS = re.compile(r"(?:\s*\[[一-鿿]{2,8}\])+$")
"""Labels of links that a list puts after a headline (`[政策解读]`); they are no words of it."""
_STANDING = "regulation-text"
_UNDONE = frozenset({Stage.SUSPENDED, Stage.LIFTED, Stage.COURT_BLOCKED})
_RATE = "tariff"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the document counts, why, and the words that kept it out (a folded span) if any did."""

    relevant: bool
    reason: str
    start: int = -1
    end: int = -1


def judge(document: Document, drafts: Sequence[Draft], readers: Readers) -> Verdict:
    """The verdict on a document whose acts were read."""
    plain = any(hit.end <= document.title_end and hit.priority >= PLAIN for draft in drafts for hit in draft.type_hits)
    gate = find_gate(document, readers)
    if gate is not None and not (gate[0].rule.yields and plain):
        found, offset = gate
        return Verdict(False, f"{found.rule.reason}: {found.rule.id}", offset + found.start, offset + found.end)
    if not drafts:
        return Verdict(False, "no measure is named")
    if all(draft.modality is not Modality.ASSERTED for draft in drafts):
        return Verdict(False, "only forecasts or recommendations")
    return Verdict(True, "measure: " + ", ".join(sorted({tag for draft in drafts for tag in draft.types})))


def find_gate(document: Document, readers: Readers) -> tuple[Found[GateRule], int] | None:
    """The first rule that keeps the document out, and where the text it was found in begins.

    In the headline one that does not yield goes before one that does.
    """
    lang, source = str(document.lang), document.event.source
    title = _LINKS.sub("", document.text[: document.title_end])
    for found in sorted(readers.gates.find(title, lang, source), key=lambda each: each.rule.yields):
        return found, 0
    if document.lead:
        first, last = document.lead[0], document.lead[:2][-1]
        for found in readers.gates.find(document.text[first.start : last.end], lang, source, ("lead", "text")):
            return found, first.start
    return None


def urgency_of(draft: Draft, document: Document, readers: Readers) -> Urgency:
    """Now for a new restriction or the end of one that cannot wait, archive for what is not asserted."""
    if draft.modality is not Modality.ASSERTED:
        return Urgency.ARCHIVE
    urgent = not set(draft.types).isdisjoint(readers.rules.families.urgent)
    if not urgent or _is_routine(draft, document, readers):
        return Urgency.DIGEST
    if draft.direction is Direction.RESTRICTIVE and draft.staged.stage in _FRESH:
        return Urgency.NOW
    eased = draft.direction is Direction.LIBERALISING
    if _RATE in draft.types and draft.staged.stage in _FRESH | {Stage.AMENDED}:
        # What is due at the border changes, whichever way; relief for all origins can wait.
        return Urgency.DIGEST if eased and not draft.codes(CountryRole.TARGET) else Urgency.NOW
    return Urgency.NOW if eased and draft.staged.stage in _UNDONE else Urgency.DIGEST


def _is_routine(draft: Draft, document: Document, readers: Readers) -> bool:
    title = document.text[: document.title_end]
    types = set(draft.types)
    found = readers.routine.find(title, str(document.lang), document.event.source)
    if draft.staged.stage is Stage.ADOPTED:  # the text of a law that is yet to apply is no old one put on record
        found = [each for each in found if each.rule.id != _STANDING]
    return any(
        (not each.rule.types or types & set(each.rule.types)) and not types & set(each.rule.not_types) for each in found
    )
