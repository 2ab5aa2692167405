"""An event: one revision of one source document."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field, StringConstraints

from services.contracts.records import Part, Record, tolerant
from services.contracts.vocab import Language

SourceKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", max_length=80)]
"""The key of a source: lower case, parts joined by a hyphen, dot or underscore, e.g. `us-federal-register`."""

Lang = Annotated[Language, tolerant(Language, Language.OTHER)]


class Identifier(Part):
    """An official identifier as the source states it, e.g. scheme `rin`, value `1505-AC82`."""

    scheme: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Event(Record):
    """One revision of one source document, as published, before anything is read into it.

    `event_id` is the same for every revision of a document and `revision` is the same for every fetch of
    an unchanged document (see `ids`). `published_on` is the publisher's calendar day; `published_at` is
    given only where the source states an instant. `body` is None where only a headline exists.
    A `backfill` event fills history and never pages anyone; a `withdrawn` event says that the source took
    the document back.
    """

    kind: ClassVar[str] = "event"
    version: ClassVar[int] = 1

    event_id: str
    revision: str
    source: SourceKey
    source_name: str = ""
    document_id: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    url: str | None = None
    lang: Lang | None = None
    title: str
    body: str | None = None
    published_on: date | None = None
    published_at: AwareDatetime | None = None
    seen_at: AwareDatetime
    agencies: tuple[str, ...] = ()
    document_type: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    backfill: bool = False
    withdrawn: bool = False
    attributes: dict[str, str] = Field(default_factory=dict)
