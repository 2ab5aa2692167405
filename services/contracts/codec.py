"""The only place where bytes become records and records become bytes."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from services.contracts.errors import DeadLetterError, DeadReason
from services.contracts.records import READING, Record

R = TypeVar("R", bound=Record)

SCHEMA_HEADER = "noroshi-schema"
"""The record header that names kind and version, e.g. `event/1`."""

MAX_BYTES = 900_000
"""The largest record we put on a topic; brokers refuse one over about 1 MB (`notes` of faust, rule 15)."""


def schema_header(record: type[Record] | Record) -> tuple[str, bytes]:
    """The header a record of this kind travels with."""
    return SCHEMA_HEADER, f"{record.kind}/{record.version}".encode()


def encode(record: Record) -> bytes:
    """The record as compact JSON.

    Raises DeadLetterError (too_large) over MAX_BYTES and (invalid) for text that has no UTF-8 form.
    """
    try:
        value = record.model_dump_json().encode()
    except (ValueError, UnicodeError) as error:
        raise DeadLetterError(f"{record.kind}: cannot be written as UTF-8 JSON: {error}") from error
    if len(value) > MAX_BYTES:
        message = f"{record.kind}: {len(value)} bytes, over the limit of {MAX_BYTES}"
        raise DeadLetterError(message, reason=DeadReason.TOO_LARGE)
    return value


def decode(kind: type[R], value: bytes | None, header: bytes | None = None) -> R:
    """The record that the bytes hold.

    Fields and words that only a newer writer knows are ignored; a higher version in `header` is refused.
    Raises DeadLetterError with reason undecodable (not JSON), invalid (JSON of another shape) or newer_schema.
    """
    _refuse_newer(kind, header)
    if value is None:
        raise DeadLetterError(f"{kind.kind}: the record has no value", reason=DeadReason.UNDECODABLE)
    try:
        return kind.model_validate_json(value, extra="ignore", context={READING: True})
    except ValidationError as error:
        raise _dead_letter(kind, error) from error


def _dead_letter(kind: type[Record], error: ValidationError) -> DeadLetterError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "value"
    reason = DeadReason.UNDECODABLE if first["type"] == "json_invalid" else DeadReason.INVALID
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return DeadLetterError(f"{kind.kind}.{where}: {first['msg']}{more}", reason=reason)


def _refuse_newer(kind: type[Record], header: bytes | None) -> None:
    if header is None:
        return
    name, _, version = header.decode("ascii", "replace").partition("/")
    if name != kind.kind:
        raise DeadLetterError(f"expected a record of kind {kind.kind!r}, the header says {name!r}")
    if not version.isdigit() or int(version) > kind.version:
        message = f"{kind.kind}: version {version!r} is newer than {kind.version}; upgrade this service, then replay"
        raise DeadLetterError(message, reason=DeadReason.NEWER_SCHEMA)
