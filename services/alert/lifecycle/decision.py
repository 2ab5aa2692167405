"""Whether an act is news to somebody who was told of its measure before, and what is new. Pure.

The latest reading of each document of the measure is kept. Stage and dates follow the newest document that states
them, the scope is what all documents name together; so the state does not depend on the order in which documents
arrive, and a document that merely names less than another takes nothing back. A document that came too late to be
told is kept apart (`told=False`): what only it says is still news when a later document says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts import ids
from services.contracts.alerts import Change
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, DateRole, Direction, Modality, Reason, Stage, Urgency
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

MAX_DOCUMENTS = 64
"""The newest documents of a measure that are remembered; at worst an older detail is told a second time."""

SCOPE: tuple[tuple[str, FacetName | None], ...] = (
    ("types", "measures"),
    ("imposing", None),
    ("target", None),
    ("affected", None),
    ("minerals", "minerals"),
    ("technologies", "technologies"),
)
"""The fields that make a measure's scope, each with the facet whose roll-up says that a tag is no news."""


class _Kept(BaseModel):
    # No `extra="forbid"`: a row that a newer version wrote must stay readable after a roll-back.
    model_config = ConfigDict(frozen=True)


class ToldDocument(_Kept):
    """What one document said of the measure when it was last read."""

    event_id: str
    material: str
    earlier: tuple[str, ...] = ()
    """Material revisions read from the same version of the document before, by an older classifier."""
    published: date
    seen_at: AwareDatetime
    withdrawn: bool = False
    told: bool = True
    """False for a document that came after a newer one: nobody was told what it says."""
    stage: Stage
    direction: Direction
    types: tuple[str, ...] = ()
    imposing: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    dates: tuple[tuple[DateRole, str], ...] = ()

    @property
    def order(self) -> tuple[date, AwareDatetime, str]:
        """The place among the documents of a measure, oldest first."""
        return self.published, self.seen_at, self.event_id


class Told(_Kept):
    """What one destination was last told of one measure for one watchlist; `documents` are oldest first."""

    documents: tuple[ToldDocument, ...] = ()
    alerted: tuple[str, ...] = ()
    """The revision of every alert made so far, in order; an alert id is made from one of them."""

    def document(self, event_id: str) -> ToldDocument | None:
        """What that document said last, if it was read before."""
        return next((each for each in self.documents if each.event_id == event_id), None)


@dataclass(frozen=True)
class State:
    """What the documents together say of a measure."""

    stage: Stage
    direction: Direction
    dates: tuple[tuple[DateRole, tuple[str, ...]], ...]
    scope: tuple[tuple[str, ...], ...]
    """Tags by field, in the order of `SCOPE`, most specific only."""


@dataclass(frozen=True)
class Decision:
    """Whether to alert, as a reason; what is new; what will have been told; the revision the alert id is made from."""

    reason: Reason
    told: Told | None
    changes: tuple[Change, ...] = ()
    revision: str = ""

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
    changes = differences(_state_told(before.documents, taxonomy), _state_told(documents, taxonomy))
    reason = _reason(before, known, document, documents[-1], changes)
    if reason is Reason.OUT_OF_DATE:
        documents = _with(documents, document.model_copy(update={"told": False}))
    kept = Told(documents=documents[-MAX_DOCUMENTS:], alerted=before.alerted)
    if reason not in ALERTING_REASONS:
        return Decision(reason, kept)
    if act.event.backfill:
        return Decision(Reason.BACKFILL, kept)
    revision = _episode(document.material, before.alerted)
    kept = kept.model_copy(update={"alerted": (*before.alerted, revision)})
    return Decision(reason, kept, () if reason is Reason.FIRST else changes, revision)


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
    if "stage" in fields:
        return Reason.STAGE_CHANGED
    if corrects:
        return Reason.CORRECTED
    if fields & set(DateRole):
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
        dates=tuple(sorted({(fact.role, fact.value) for fact in act.dates})),
        **{field: getattr(act, field) for field, _ in SCOPE},
    )


def _with(documents: tuple[ToldDocument, ...], new: ToldDocument) -> tuple[ToldDocument, ...]:
    others = (each for each in documents if each.event_id != new.event_id)
    return tuple(sorted([*others, new], key=lambda each: each.order))


# ---- what the documents say together ---------------------------------------------------------------------------


def _state_told(documents: Iterable[ToldDocument], taxonomy: Taxonomy) -> State:
    return state_of((each for each in documents if each.told), taxonomy)


def state_of(documents: Iterable[ToldDocument], taxonomy: Taxonomy) -> State:
    """What the documents that still stand say together; they come oldest first."""
    standing = [each for each in documents if not each.withdrawn]
    stages = [each.stage for each in standing if each.stage is not Stage.UNKNOWN]
    directions = [each.direction for each in standing if each.direction is not Direction.NEUTRAL]
    return State(
        stage=stages[-1] if stages else Stage.UNKNOWN,
        direction=directions[-1] if directions else Direction.NEUTRAL,
        dates=_dates(standing),
        scope=tuple(
            _most_specific({tag for each in standing for tag in getattr(each, field)}, facet, taxonomy)
            for field, facet in SCOPE
        ),
    )


def _dates(standing: list[ToldDocument]) -> tuple[tuple[DateRole, tuple[str, ...]], ...]:
    """Per role the dates of the newest document that states any; a vaguer wording of a known date is no change.

    The day of an announcement belongs to the document, not to the measure, and is left out.
    """
    known: dict[DateRole, tuple[str, ...]] = {}
    for document in standing:
        for role in {role for role, _ in document.dates} - {DateRole.ANNOUNCED}:
            values = tuple(value for each, value in document.dates if each is role)
            if not all(any(old.startswith(value) for old in known.get(role, ())) for value in values):
                known[role] = values
    return tuple(sorted(known.items()))


def _most_specific(tags: set[str], facet: FacetName | None, taxonomy: Taxonomy) -> tuple[str, ...]:
    if facet is None:
        return tuple(sorted(tags))
    covered = {over for tag in tags for over in taxonomy.rollup(facet, tag) if over != tag}
    return tuple(sorted(tags - covered))


def differences(before: State, after: State) -> tuple[Change, ...]:
    """Every field of the measure that went from one value to another, dates under the name of their role."""
    old_dates, new_dates = dict(before.dates), dict(after.dates)
    scopes = zip(SCOPE, before.scope, after.scope, strict=True)
    pairs: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("stage", (before.stage,), (after.stage,)),
        *((role, old_dates.get(role, ()), new_dates.get(role, ())) for role in DateRole),
        ("direction", (before.direction,), (after.direction,)),
        *((field, old, new) for (field, _), old, new in scopes),
    ]
    return tuple(
        Change(field=str(field), before=", ".join(old), after=", ".join(new)) for field, old, new in pairs if old != new
    )
