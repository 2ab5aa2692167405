"""An alert: the decision to tell one destination of one act, and what became of it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime

from services.contracts.measures import Act
from services.contracts.records import Part, Record, tolerant
from services.contracts.vocab import DateRole, Direction, Field, Reason, Stage
from services.contracts.watchlists import Destination


class Span(Part):
    """A place in the original document, in code points."""

    field: Field
    start: int
    end: int


class MatchedTerm(Part):
    """One atom of a watchlist's rule that held: its term, the act's own tags that met it, and their words' places."""

    predicate: str
    term: str
    tags: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


class Change(Part):
    """What is new since the last alert on the measure: `field` went from `before` to `after`."""

    field: str
    before: str = ""
    after: str = ""


class MeasureState(Part):
    """What all documents told so far say of a measure together; a date is as precise as the text."""

    stage: Annotated[Stage, tolerant(Stage, Stage.UNKNOWN)]
    direction: Annotated[Direction, tolerant(Direction, Direction.NEUTRAL)]
    dates: tuple[tuple[DateRole, tuple[str, ...]], ...] = ()
    types: tuple[str, ...] = ()
    imposing: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    limbs: tuple[Limb, ...] = ()


class Limb(Part):
    """A part of a measure at a stage of its own, as one suspended paragraph; the rest keeps the measure's stage.

    `name` is what the text calls the part (see `measures.Relation.part`); without one its scope says which it is.
    `dates` are those of the part, as the day its suspension ends.
    """

    stage: Annotated[Stage, tolerant(Stage, Stage.UNKNOWN)]
    name: str = ""
    dates: tuple[tuple[DateRole, tuple[str, ...]], ...] = ()
    target: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()


class DueDate(Part):
    """The date a reminder is about: `days` ahead of it, counted from its first day if it is a month or a year."""

    role: DateRole
    value: str
    days: int


class Alert(Record):
    """One decided alert. Its id is the same however often the decision is made (see `ids.alert_id`).

    `delivery_id` names the message that carried it: its own id, or that of a digest.
    """

    kind: ClassVar[str] = "alert"
    version: ClassVar[int] = 1

    alert_id: str
    tenant: str
    watchlist_id: str
    watchlist_name: str
    watchlist_version: str
    language: Literal["en", "ja", "zh"]
    destination: Destination
    reason: Reason
    changes: tuple[Change, ...] = ()
    matched: tuple[MatchedTerm, ...] = ()
    state: MeasureState | None = None
    due: DueDate | None = None
    act: Act
    decided_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    message_ref: str | None = None
    thread_ref: str | None = None
    delivery_id: str | None = None
