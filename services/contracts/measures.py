"""An act: what one event says of one measure, every tag with the words that show it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, StringConstraints, model_validator

from services.contracts.events import Identifier, Lang
from services.contracts.records import Part, Record, tolerant
from services.contracts.vocab import (
    Basis,
    Bound,
    DatePrecision,
    DateRole,
    Direction,
    Facet,
    Field,
    Modality,
    RelationKind,
    Stage,
    Urgency,
)

CHANGING = frozenset({RelationKind.AMENDS, RelationKind.SUSPENDS, RelationKind.EXTENDS, RelationKind.REPEALS})
"""The relations that change the other measure."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, with EU and UN."""

TagId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=80)]
"""An id of the taxonomy."""


class Evidence(Part):
    """Words of the original document that show one tag: `text == field_text[start:end]`, in code points.

    `rule` names what accepted them; for a country `basis` says what its role rests on.
    """

    facet: Facet
    tag: str
    field: Field
    start: int
    end: int
    text: str
    rule: str = ""
    basis: Annotated[Basis, tolerant(Basis, Basis.NONE)] = Basis.NONE

    @model_validator(mode="after")
    def _span_fits_text(self) -> Evidence:
        if self.start < 0 or self.end - self.start != len(self.text):
            raise ValueError(
                f"evidence {self.tag!r}: span {self.start}..{self.end} does not fit {len(self.text)} characters"
            )
        return self


class Passage(Part):
    """A stretch of the original document, quoted so that a reader sees the words in their sentence."""

    field: Field
    start: int
    end: int
    text: str


class DateFact(Part):
    """A date the text states, no more precise than the text: `2025`, `2025-05` or `2025-05-16`."""

    role: DateRole
    value: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    precision: DatePrecision


class Amount(Part):
    """A sum of money the text states: a plain decimal number of units of an ISO 4217 currency."""

    value: Annotated[str, StringConstraints(pattern=r"^\d{1,24}(\.\d{1,6})?$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    bound: Annotated[Bound, tolerant(Bound, Bound.ABOUT)] = Bound.EXACT


class Relation(Part):
    """What the act has to do with another measure, on the words that say so.

    `to` is the other's official identifier, or its name (scheme `named_act`); where the text says only whose
    measure it is, `to` is absent and `of` holds the countries. `measure_id` is the other's where its identifier
    holds a measure together over documents. `part` is what of the other it is about, where the text names one:
    `paragraph 2`, `article 3`, `section 734.9`.
    """

    kind: Annotated[RelationKind, tolerant(RelationKind, RelationKind.RELATES_TO)]
    to: Identifier | None = None
    part: str = ""
    of: tuple[CountryCode, ...] = ()
    measure_id: str | None = None
    words: Passage


class EventRef(Part):
    """What an alert needs to know of the event an act was read from."""

    event_id: str
    revision: str
    source: str
    source_name: str = ""
    document_id: str
    url: str | None = None
    lang: Lang
    title: str
    published_on: date | None = None
    published_at: AwareDatetime | None = None
    seen_at: AwareDatetime
    backfill: bool = False
    withdrawn: bool = False


class Act(Record):
    """What one event says of one measure.

    Ids are those of the taxonomy, most specific only, sorted; countries are ISO 3166-1 alpha-2 with EU and
    UN. `measure_id` is the same for all documents of one measure's life. `confidence` is the
    probability, 0..1, that a reader sees a measure of these types here, and `doubts` are what lowers it.
    `suggested` tags come from optional plug-ins and never make an alert by themselves.
    """

    kind: ClassVar[str] = "act"
    version: ClassVar[int] = 1

    act_id: str
    measure_id: str
    event: EventRef
    types: tuple[TagId, ...]
    direction: Annotated[Direction, tolerant(Direction, Direction.NEUTRAL)]
    stage: Annotated[Stage, tolerant(Stage, Stage.UNKNOWN)]
    modality: Modality = Modality.ASSERTED
    urgency: Urgency
    imposing: tuple[CountryCode, ...] = ()
    target: tuple[CountryCode, ...] = ()
    affected: tuple[CountryCode, ...] = ()
    beneficiary: tuple[CountryCode, ...] = ()
    partner: tuple[CountryCode, ...] = ()
    mentioned: tuple[CountryCode, ...] = ()
    minerals: tuple[TagId, ...] = ()
    technologies: tuple[TagId, ...] = ()
    hs_codes: tuple[str, ...] = ()
    eccns: tuple[str, ...] = ()
    cas_numbers: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    dates: tuple[DateFact, ...] = ()
    amounts: tuple[Amount, ...] = ()
    relations: tuple[Relation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    passages: tuple[Passage, ...] = ()
    confidence: float = 1.0
    doubts: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    classifier: str = ""

    @property
    def part(self) -> str | None:
        """What the act changes of its measure: a part by its name, "" for the measure as such, None if it says nothing.

        A document that changes the whole and a part of it is about the whole.
        """
        parts = {each.part for each in self.relations if each.kind in CHANGING and each.measure_id == self.measure_id}
        return None if not parts else "" if "" in parts else ", ".join(sorted(parts))

    def date_of(self, role: DateRole) -> DateFact | None:
        """The first date of that role, or None if the text states none."""
        return next((fact for fact in self.dates if fact.role is role), None)
