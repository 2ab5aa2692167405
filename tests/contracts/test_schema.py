from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from services.contracts import codec
from services.contracts.records import Record
from services.contracts.schema import RECORDS, SCHEMA_FOLDER, find_breaks, generate_schema, render_schema, schema_name
from tests.contracts.examples import RECORDS as EXAMPLES

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_the_committed_schema_is_the_one_the_model_generates(record: type[Record]) -> None:
    committed = (SCHEMA_FOLDER / schema_name(record)).read_text(encoding="utf-8")
    assert committed == render_schema(record), "run `make docs` and read the difference"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_no_schema_breaks_a_reader_of_its_first_release(record: type[Record]) -> None:
    released = json.loads((GOLDEN / f"{record.kind}.v{record.version}.schema.json").read_text(encoding="utf-8"))
    assert find_breaks(released, generate_schema(record)) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_a_written_record_fits_its_schema(example: Record) -> None:
    jsonschema.validate(json.loads(codec.encode(example)), generate_schema(type(example)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_a_record_written_by_the_first_release_still_reads_as_it_did(example: Record) -> None:
    golden = (GOLDEN / f"{example.kind}.v{example.version}.json").read_bytes()
    assert codec.decode(type(example), golden, codec.schema_header(example)[1]) == example


def test_a_gone_field_a_gone_word_and_a_field_that_may_be_absent_are_breaks() -> None:
    old = generate_schema(RECORDS[1])
    new = copy.deepcopy(old)
    del new["properties"]["minerals"]
    new["required"].remove("stage")
    new["$defs"]["Stage"]["enum"].remove("suspended")
    new["properties"]["confidence"]["type"] = "string"
    breaks = " | ".join(find_breaks(old, new))
    for part in ("minerals: the field is gone", "stage: was always present", "'suspended' is gone", "confidence: was"):
        assert part in breaks


def test_a_new_field_and_a_new_word_break_nobody() -> None:
    old = generate_schema(RECORDS[1])
    new = copy.deepcopy(old)
    new["properties"]["novel"] = {"type": "string"}
    new["$defs"]["Stage"]["enum"].append("paused")
    assert find_breaks(old, new) == []
