"""Records of any shape to entries of a list: which field of a record is its title, its day, its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field, model_validator

from services.contracts.events import Identifier
from services.ingest.pages.feed import Entry
from services.ingest.pages.page import Problem, ProblemKind, UnreadablePageError
from services.ingest.pages.plaintext import clean_line, strip_invisible
from services.ingest.source import KindOptions, Source

Record = Mapping[str, Any]


class Mapped(KindOptions):
    """Where a record keeps what: each value names a field, or a path into it with dots (`agency.name`).

    Through a list a path gives one value for each element. `url_template` makes the address where a record has none:
    `https://example.org/notices/{id}`. `known_fields` are the other fields a record may have: where it is given, a
    field that is neither mapped nor known is reported, so that a change of the publisher's form is noticed.
    """

    title: str
    id: str = ""
    id_prefix: str = ""
    url: str = ""
    url_template: str = ""
    date: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    agencies: str = ""
    type: str = ""
    categories: str = ""
    identifiers: dict[str, str] = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=dict)
    known_fields: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_documents(self) -> Mapped:
        if not (self.id or self.url):
            raise ValueError("say which field names a document: `id`, `url` or both")
        if "{id}" in self.url_template and not self.id:
            raise ValueError("`url_template` uses {id}, so say which field `id` is")
        for scheme in self.identifiers:
            Identifier(scheme=scheme, value="x")
        return self

    def mapped_fields(self) -> frozenset[str]:
        """The fields that are read, by their names at the top of a record."""
        named = (self.title, self.id, self.url, self.agencies, self.type, self.categories)
        paths = (*named, *self.date, *self.body, *self.identifiers.values(), *self.attributes.values())
        return frozenset(part for path in paths for part in (path, path.partition(".")[0]) if path)


class WrongShapeError(ValueError):
    """A record is not of the shape the mapping promises; says which field and how."""


def map_record(record: Record, options: Mapped, source: Source) -> Entry:
    """The entry a record states; raises WrongShapeError if a mapped field is an object, or the id is missing."""
    own_id = _first(record, options.id)
    if options.id and not own_id:
        raise WrongShapeError(f"{options.id}: the record has no such value, and it is to name the document")
    url = _first(record, options.url)
    if not url and options.url_template and own_id:
        url = options.url_template.replace("{id}", own_id)
    types = values_at(record, options.type)
    return Entry(
        title=_first(record, options.title),
        link=url,
        id=f"{options.id_prefix}{own_id}" if own_id else "",
        date=next(filter(None, (_first(record, path) for path in options.date)), ""),
        body="\n\n".join(text for path in options.body for text in values_at(record, path)),
        categories=values_at(record, options.categories),
        agencies=tuple(source.lookups.agency.get(each, each) for each in values_at(record, options.agencies)),
        document_type=source.lookups.document_type.get(types[0], types[0]) if types else "",
        identifiers=tuple(_identifiers(record, options)),
        attributes=dict(_attributes(record, options)),
    )


def values_at(record: Any, path: str) -> tuple[str, ...]:
    """The texts at a path, in order, each once; raises WrongShapeError where the path ends at an object."""
    if not path:
        return ()
    found = [record[path]] if isinstance(record, Mapping) and path in record else _walk(record, path.split("."))
    return tuple(dict.fromkeys(text for each in found for text in _texts(each, path)))


def _walk(value: Any, parts: list[str]) -> list[Any]:
    if isinstance(value, list):
        return [found for each in value for found in _walk(each, parts)]
    if not parts:
        return [value]
    return _walk(value.get(parts[0]), parts[1:]) if isinstance(value, Mapping) else []


def _texts(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        raise WrongShapeError(f"{path}: an object is here, text is expected")
    if isinstance(value, list):
        for each in value:
            yield from _texts(each, path)
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif value is not None and (text := str(value).strip()):
        yield text


def _first(record: Record, path: str) -> str:
    return next(iter(values_at(record, path)), "")


def _identifiers(record: Record, options: Mapped) -> Iterator[Identifier]:
    for scheme, path in options.identifiers.items():
        for value in values_at(record, path):
            if text := clean_line(value, 300):
                yield Identifier(scheme=scheme, value=text)


def _attributes(record: Record, options: Mapped) -> Iterator[tuple[str, str]]:
    for name, path in options.attributes.items():
        if text := clean_line("; ".join(values_at(record, path)), 2000):
            yield name, strip_invisible(text)


def map_records(
    records: Iterable[Any], options: Mapped, source: Source, found: list[Problem]
) -> Iterator[tuple[str, Entry]]:
    """Each record's place and entry; what cannot be mapped, and fields nobody knows, are added to `found`."""
    unknown: dict[str, str] = {}
    for number, record in enumerate(records, start=1):
        where = f"{source.key} record {number}"
        if not isinstance(record, Mapping):
            found.append(Problem(ProblemKind.BAD_ITEM, where, f"a record is expected, this is {str(record)[:60]!r}"))
            continue
        if options.known_fields:
            unknown.update({name: where for name in record if name not in options.known_fields and name not in unknown})
        try:
            yield where, map_record(record, options, source)
        except WrongShapeError as error:
            found.append(Problem(ProblemKind.BAD_ITEM, where, str(error)))
    for name in sorted(set(unknown) - options.mapped_fields()):
        message = f"the field {name[:80]!r} is new; map it, or add it to `known_fields`"
        found.append(Problem(ProblemKind.DRIFT, unknown[name], message))


def expect_fields(names: Iterable[str], options: Mapped, form: str) -> None:
    """Raise UnreadablePageError unless the columns `names` have every mapped field."""
    if missing := sorted(options.mapped_fields() - set(names)):
        raise UnreadablePageError(f"{form} without {', '.join(map(repr, missing))}; its form changed, or it is another")
