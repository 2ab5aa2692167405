"""JSON Schemas of the records, generated from the models, and what would break a reader of an older one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.contracts.alerts import Alert
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.records import Record
from services.contracts.watchlists import Watchlist

RECORDS: tuple[type[Record], ...] = (Event, Act, Alert, Watchlist)
"""Every record that is written somewhere others read it."""

SCHEMA_FOLDER = Path(__file__).parent / "schemas"

Schema = dict[str, Any]


def schema_name(record: type[Record]) -> str:
    """The file name of a record's schema, e.g. `event.v1.json`."""
    return f"{record.kind}.v{record.version}.json"


def generate_schema(record: type[Record]) -> Schema:
    """The JSON Schema (2020-12) of a record as it is written."""
    schema = record.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:noroshi:{record.kind}:{record.version}",
        **schema,
    }


def render_schema(record: type[Record]) -> str:
    """The schema as committed: sorted, indented, with a final newline."""
    return json.dumps(generate_schema(record), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_schemas(folder: Path = SCHEMA_FOLDER) -> list[Path]:
    """Write every schema into `folder`; returns the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for record in RECORDS:
        path = folder / schema_name(record)
        path.write_text(render_schema(record), encoding="utf-8")
        paths.append(path)
    return paths


def find_breaks(old: Schema, new: Schema) -> list[str]:
    """What a reader of `old` would miss or misread in records written to `new`, one sentence each.

    A field that vanished, changed its type or may now be absent, and a word that left a vocabulary, break;
    a new field or a new word does not (readers ignore the one and tolerate the other).
    """
    return [*_broken_fields("", old, new), *_broken_definitions(old, new)]


def _broken_definitions(old: Schema, new: Schema) -> Iterator[str]:
    for name, before in old.get("$defs", {}).items():
        after = new.get("$defs", {}).get(name)
        if after is None:
            yield f"{name}: the definition is gone"
        elif "enum" in before:
            for word in sorted(set(before["enum"]) - set(after.get("enum", []))):
                yield f"{name}: the word {word!r} is gone"
        else:
            yield from _broken_fields(f"{name}.", before, after)


def _broken_fields(prefix: str, old: Schema, new: Schema) -> Iterator[str]:
    fields = new.get("properties", {})
    for name, before in old.get("properties", {}).items():
        if name not in fields:
            yield f"{prefix}{name}: the field is gone"
        elif _shape(before) != _shape(fields[name]):
            yield f"{prefix}{name}: was {_shape(before)}, is {_shape(fields[name])}"
    for name in sorted(set(old.get("required", [])) - set(new.get("required", []))):
        if name in fields:
            yield f"{prefix}{name}: was always present, may now be absent"


def _shape(schema: Schema) -> str:
    kept = {key: schema[key] for key in ("type", "format", "anyOf", "items", "$ref", "const", "enum") if key in schema}
    return json.dumps(kept, sort_keys=True)
