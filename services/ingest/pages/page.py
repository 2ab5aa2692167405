"""A page as a publisher sent it, and what was read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.contracts.events import Identifier
from services.contracts.vocab import Language


@dataclass(frozen=True)
class Page:
    """The bytes of one answer, where they came from, and the charset its HTTP header named, if any."""

    content: bytes
    url: str
    fetched_at: datetime
    charset: str | None = None


@dataclass(frozen=True)
class Document:
    """One document as a source lists it, with its text cleaned and its links absolute.

    `document_id` names it at the source whatever its place on the page. `shared_id` is the id it takes instead
    where its link turns out to be shared by several documents; None where `document_id` is the source's own.

    `updated_at` is when its publisher last changed it, where the source states that besides the publication: the
    later of two versions is the one that stands. `withdrawn` says that the source took the document back, which a
    document that only left a list was not; the title may then be empty, and the text last published stands for it.

    `forthcoming` says that it is listed before its publication: it is news also on the first page of a source, since
    its publication would be none to whoever was not told of it.
    """

    source: str
    source_name: str
    document_id: str
    title: str
    shared_id: str | None = None
    url: str | None = None
    lang: Language | None = None
    body: str | None = None
    published_on: date | None = None
    published_at: datetime | None = None
    agencies: tuple[str, ...] = ()
    document_type: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    updated_at: datetime | None = None
    withdrawn: bool = False
    forthcoming: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


class ProblemKind(StrEnum):
    """What kind of thing was wrong with a page."""

    UNREADABLE = "unreadable"
    """The page as a whole is not what the source promises; nothing may be concluded from it."""

    BAD_ITEM = "bad_item"
    """One item could not be read; the others could."""

    DRIFT = "drift"
    """Everything was read, but the page is not as expected; a person should look."""

    QUIET = "quiet"
    """Everything was read, and nothing on the page is as new as it should be."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a page or a line: what, where, how to mend it, and the bytes where they are at hand."""

    kind: ProblemKind
    where: str
    message: str
    value: bytes | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class Reading:
    """What was read from a page. A page that cannot be read has a problem and no documents, never silence.

    `next_url` is where the list goes on, for a kind whose pages do.
    """

    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()
    next_url: str | None = None

    @property
    def readable(self) -> bool:
        """Whether the page was what the source promises, so that "nothing new" means just that."""
        return all(problem.kind is not ProblemKind.UNREADABLE for problem in self.problems)


class UnreadablePageError(Exception):
    """The page is not what the source promises; raised by kinds, turned into a problem by `core.read_page`."""
