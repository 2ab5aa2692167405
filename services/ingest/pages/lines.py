"""Documents as JSON Lines, the form files and other systems hand them over in: one JSON object a line.

Needed: `id`, `source`, `title`. Understood: `body`, `lang`, `source_name`, `source_url`, `published` (a day, or an
instant with its offset), `updated` (an instant with its offset), `withdrawn` (true or false), `identifiers` (a scheme,
such as `rin`, to a value or a list of values). Anything else is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, BinaryIO

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from services.contracts.canary import refuse_key
from services.contracts.events import Identifier, SourceKey
from services.contracts.vocab import Language
from services.ingest.pages.links import absolute_link
from services.ingest.pages.page import Document, Problem, ProblemKind
from services.ingest.pages.plaintext import clean_block, clean_line, strip_invisible

MAX_LINE = 5_000_000
"""The longest line read, in bytes; a longer one is put aside with its beginning."""

_KEPT_OF_LONG = 64_000
_LANGUAGES = {
    "en": Language.EN, "ja": Language.JA, "zh": Language.ZH_HANS, "zh-hans": Language.ZH_HANS,
    "zh-cn": Language.ZH_HANS, "zh-sg": Language.ZH_HANS, "zh-hant": Language.ZH_HANT, "zh-tw": Language.ZH_HANT,
    "zh-hk": Language.ZH_HANT, "zh-mo": Language.ZH_HANT,
}  # fmt: skip
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Title = Annotated[str, AfterValidator(clean_line), Field(min_length=1)]


@dataclass(frozen=True)
class Line:
    """One line of a file: its bytes without the line end, its place, and whether only its beginning is here."""

    name: str
    number: int
    value: bytes
    cut: bool = False

    @property
    def where(self) -> str:
        """The place a person finds it at: file:line."""
        return f"{self.name}:{self.number}"


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: Annotated[_Text, Field(max_length=1000)]
    source: Annotated[SourceKey, AfterValidator(refuse_key)]
    title: _Title
    body: str | None = None
    lang: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    published: str | None = None
    updated: AwareDatetime | None = None
    withdrawn: bool = False
    identifiers: dict[str, str | list[str]] | None = None

    @field_validator("published")
    @classmethod
    def _iso(cls, value: str | None) -> str | None:
        if value:
            _published(value)
        return value or None


def _published(text: str) -> tuple[date, datetime | None]:
    """The day as written, and the instant where time and offset are; raises ValueError for anything else."""
    if "T" not in text and " " not in text:
        return date.fromisoformat(text), None
    moment = datetime.fromisoformat(text)
    return moment.date(), moment.astimezone(UTC) if moment.tzinfo else None


def read_lines(stream: BinaryIO, name: str) -> Iterator[Line]:
    """The lines of a stream that are not blank, one at a time: the file is never held as a whole."""
    number = 0
    while value := stream.readline(MAX_LINE + 1):
        number += 1
        cut = len(value) > MAX_LINE
        if cut:
            _skip_rest(stream, value)
        text = value.removeprefix(b"\xef\xbb\xbf") if number == 1 else value
        if text.strip():
            yield Line(name, number, (text[:_KEPT_OF_LONG] if cut else text).rstrip(b"\r\n"), cut)


def _skip_rest(stream: BinaryIO, value: bytes) -> None:
    while value and not value.endswith(b"\n"):
        value = stream.readline(MAX_LINE)


def read_line(line: Line) -> Document | Problem:
    """The document a line holds, or the problem with it, which keeps the line's bytes."""
    if line.cut:
        return _problem(line, f"the line is longer than {MAX_LINE} bytes; only its beginning is kept")
    try:
        return _document(_Record.model_validate_json(line.value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "line"
        return _problem(line, f"{field}: {first['msg']}")


def _problem(line: Line, message: str) -> Problem:
    return Problem(ProblemKind.BAD_ITEM, line.where, message, line.value)


def _document(record: _Record) -> Document:
    day, instant = _published(record.published) if record.published else (None, None)
    return Document(
        source=record.source,
        source_name=clean_line(record.source_name or "", 300),
        document_id=record.id,
        url=absolute_link(record.source_url or "", ""),
        lang=_language(record.lang),
        title=record.title,
        body=clean_block(record.body or "") or None,
        published_on=day,
        published_at=instant,
        updated_at=record.updated.astimezone(UTC) if record.updated else None,
        withdrawn=record.withdrawn,
        identifiers=tuple(_identifiers(record.identifiers or {})),
    )


def _language(text: str | None) -> Language | None:
    if not text:
        return None
    tag = text.strip().replace("_", "-").lower()
    return _LANGUAGES.get(tag) or _LANGUAGES.get(tag.partition("-")[0] if tag[:2] != "zh" else "", Language.OTHER)


def _identifiers(stated: dict[str, str | list[str]]) -> Iterator[Identifier]:
    for scheme, values in stated.items():
        for value in [values] if isinstance(values, str) else values:
            if text := strip_invisible(value).strip():
                yield Identifier(scheme=scheme, value=text)
