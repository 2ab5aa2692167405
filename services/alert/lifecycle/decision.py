"""Whether an act is news to somebody who was told of its measure before, and what is new. Pure.

The latest reading of each document of the measure is kept, and the state is read from all of them (`state.py`); so
it does not depend on the order in which documents arrive, and a document that merely names less than another takes
nothing back. A document that came too late to be told is kept apart (`told=False`): what only it says is still news
when a later document says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.alert.lifecycle.state import (
    LIMB,
    SCOPE,
    Kept,
    ToldDocument,
    differences,
    is_limb_stage,
    state_of,
)
from services.contracts import ids
from services.contracts.alerts import Change, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, DateRole, Modality, Reason, Urgency
from services.taxonomy.taxonomy import Taxonomy

MAX_DOCUMENTS = 64
"""The newest documents of a measure that are remembered; at worst an older detail is told a second time."""


class Told(Kept):
    """What one destination was last told of one measure for one watchlist; `documents` are oldest first."""

    documents: tuple[ToldDocument, ...] = ()
    alerted: tuple[str, ...] = ()
    """The revision of every alert made so far, in order; an alert id is made from one of them."""
    changed: int = 0
    """How often what was told, or remembered from history, came to say something else."""

    def document(self, event_id: str) -> ToldDocument | None:
        """What that document said last, if it was read before."""
        return next((each for each in self.documents if each.event_id == event_id), None)


@dataclass(frozen=True)
class Decision:
    """Whether to alert, as a reason; what is new; what will have been told; the revision the alert id is made from."""

    reason: Reason
    told: Told | None
    changes: tuple[Change, ...] = ()
    revision: str = ""
    state: MeasureState | None = None
    """What the documents told so far say together, this one among them; None if nothing will have been told."""

    @property
    def alerts(self) -> bool:
        """Whether somebody is to be told."""
        return self.reason in ALERTING_REASONS


def decide(told: Told | None, act: Act, taxonomy: Taxonomy) -> Decision:
    """The one decision on an act that a watchlist matches, given what was told before.

    Only an asserted act of urgency above archive can alert; a document that takes back what it said alerts
    whatever its urgency. Telling of the same act twice gives REPEATED the second time.
    """
    known = told.document(act.event.event_id) if told else None
    refusal = None if act.event.withdrawn else _refusal(act)
    if refusal:
        return Decision(refusal, told)
    before = told or Told()
    document = _after(known, snapshot(act))
    if document is None:
        return Decision(Reason.OUT_OF_DATE, told)
    documents = _with(before.documents, document)
    state = _state_told(documents, taxonomy)
    changes = differences(_state_told(before.documents, taxonomy), state)
    reason = _reason(before, known, document, documents[-1], changes)
    if reason is Reason.OUT_OF_DATE:
        documents = _with(documents, document.model_copy(update={"told": False}))
        return Decision(reason, _kept(before, documents))
    kept = _kept(before, documents, changed=bool(changes))
    if reason not in ALERTING_REASONS:
        return Decision(reason, kept, state=state)
    if act.event.backfill:
        return Decision(Reason.BACKFILL, kept, state=state)
    revision = _episode(document.material, before.alerted)
    kept = kept.model_copy(update={"alerted": (*before.alerted, revision)})
    return Decision(reason, kept, () if reason is Reason.FIRST else changes, revision, state)


def _kept(before: Told, documents: tuple[ToldDocument, ...], *, changed: bool = False) -> Told:
    return Told(documents=documents[-MAX_DOCUMENTS:], alerted=before.alerted, changed=before.changed + changed)


def may_alert(act: Act) -> bool:
    """Whether an act of which nothing was told before would alert if a watchlist matches it."""
    return _refusal(act) is None and not act.event.backfill


def _refusal(act: Act) -> Reason | None:
    """Why the act by itself can alert nobody."""
    if act.modality is not Modality.ASSERTED:
        return Reason.NOT_ASSERTED
    if act.urgency is Urgency.ARCHIVE:
        return Reason.NOT_URGENT
    return None


def _after(known: ToldDocument | None, document: ToldDocument) -> ToldDocument | None:
    """The document as it follows on the last reading of it; None if that reading is the later one.

    A second reading of the very same version differs only if the classifier does; the readings it replaces are
    remembered, so that a replay of the topic does not go back and forth between them.
    """
    if known is None or known.seen_at < document.seen_at:
        return document
    if known.seen_at > document.seen_at or document.material in known.earlier:
        return None
    replaced = (known.material,) if known.material != document.material else ()
    return document.model_copy(update={"earlier": (*known.earlier, *replaced), "told": known.told})


def _reason(
    before: Told,
    known: ToldDocument | None,
    document: ToldDocument,
    newest: ToldDocument,
    changes: tuple[Change, ...],
) -> Reason:
    if document.withdrawn:
        return _withdrawal(before, known, changes)
    if not before.alerted and all(each.withdrawn for each in before.documents):
        return Reason.FIRST
    corrects = known is not None and known.told
    if newest.event_id != document.event_id and not corrects:
        return Reason.OUT_OF_DATE
    if not changes:
        return Reason.REPEATED
    fields = {change.field for change in changes}
    if "stage" in fields or any(map(is_limb_stage, fields)):
        return Reason.STAGE_CHANGED
    if corrects:
        return Reason.CORRECTED
    if fields & set(DateRole) or any(each.startswith(LIMB) for each in fields):
        return Reason.DATE_CHANGED
    return Reason.SCOPE_CHANGED


def _withdrawal(before: Told, known: ToldDocument | None, changes: tuple[Change, ...]) -> Reason:
    if known is None or not before.alerted:
        return Reason.NOT_ASSERTED  # it asserts nothing any more, and nobody was told that it did
    was_newest = before.documents[-1].event_id == known.event_id
    return Reason.WITHDRAWN if not known.withdrawn and (changes or was_newest) else Reason.REPEATED


def _episode(material: str, alerted: tuple[str, ...]) -> str:
    """The revision to make an alert id from: a state that returns is told again, under an id of its own.

    The count comes from the alerts made before, so a replay from the start makes the same ids.
    """
    times = sum(each.partition("#")[0] == material for each in alerted)
    return f"{material}#{times}" if times else material


def snapshot(act: Act) -> ToldDocument:
    """What the act says, as far as somebody would have to be told again if it changed."""
    event = act.event
    return ToldDocument(
        event_id=event.event_id,
        material=ids.material_revision(act),
        published=event.published_on or event.seen_at.date(),
        seen_at=event.seen_at,
        withdrawn=event.withdrawn,
        stage=act.stage,
        direction=act.direction,
        part=act.part,
        dates=tuple(sorted({(fact.role, fact.value) for fact in act.dates})),
        **{field: getattr(act, field) for field, _ in SCOPE},
    )


def _with(documents: tuple[ToldDocument, ...], new: ToldDocument) -> tuple[ToldDocument, ...]:
    others = (each for each in documents if each.event_id != new.event_id)
    return tuple(sorted([*others, new], key=lambda each: each.order))


def state_told(told: Told, taxonomy: Taxonomy) -> MeasureState:
    """What the documents that were told say together."""
    return _state_told(told.documents, taxonomy)


def _state_told(documents: Iterable[ToldDocument], taxonomy: Taxonomy) -> MeasureState:
    return state_of((each for each in documents if each.told), taxonomy)
