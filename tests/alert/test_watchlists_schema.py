"""The schema that editors use: it never refuses a right file, and refuses what is wrong in form."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft7Validator

from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.files import WatchlistFile, read_watchlist
from services.alert.watchlists.schema import watchlist_schema
from services.runtime.yamlfile import YamlError, parse_yaml
from tests.alert.filetexts import files, odd_files
from tests.alert.test_watchlists import CHANNELS, EXAMPLES, HEAD, TAXONOMY


@cache
def schema() -> Draft7Validator:
    made = watchlist_schema(TAXONOMY, CHANNELS)
    Draft7Validator.check_schema(made)
    return Draft7Validator(made)


def as_text(text: str) -> Any:
    """The file with every scalar as the text that was written."""
    return parse_yaml(text, "a.yml").value


def as_typed(text: str) -> Any:
    """The file as an editor sees it: numbers and truth values, but days as text (YAML 1.2)."""
    return yaml.load(text, Loader=_Typed)  # noqa: S506  # it inherits from the safe one


class _Typed(yaml.SafeLoader):
    """YAML with numbers and truth values but no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # the name and the form are PyYAML's
        first: [(tag, form) for tag, form in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def is_read(text: str) -> bool:
    try:
        read_watchlist(parse_yaml(text, "a.yml"), TAXONOMY, CHANNELS)
    except YamlError:
        return False
    return True


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_the_examples_fit_and_name_the_schema(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    for file in (as_text(text), as_typed(text)):
        assert [error.message for error in schema().iter_errors(file)] == []


def test_every_predicate_and_every_key_is_known_to_the_schema() -> None:
    made = watchlist_schema(TAXONOMY, CHANNELS)
    assert set(made["properties"]) == set(WatchlistFile.model_fields)
    assert set(made["definitions"]["rule"]["properties"]) == {*PREDICATES, "all", "any", "none"}


@settings(max_examples=25, deadline=None)
@given(files())
def test_a_right_file_fits(file: dict[str, Any]) -> None:
    text = yaml.safe_dump(file, allow_unicode=True)
    assert schema().is_valid(as_text(text))
    assert schema().is_valid(as_typed(text))


@settings(max_examples=60, deadline=None)
@given(odd_files())
def test_what_does_not_fit_is_no_right_file(file: dict[str, Any]) -> None:
    text = yaml.safe_dump(file, allow_unicode=True)
    if not schema().is_valid(as_text(text)):
        assert not is_read(text)


RULE = HEAD + "match: {minerals: nickel}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        "name: A\n" + RULE.partition("\n")[0] + "\nmatch: {minerals: nickel}",
        HEAD + "match: {}",
        HEAD + "match: [minerals]",
        HEAD + "match: {mineral: nickel}",
        HEAD + "match: {minerals: [[nickel]]}",
        HEAD + "match: {minerals: {a: b}}",
        HEAD + "match: {minerals: ''}",
        HEAD + "match: {minerals: []}",
        HEAD + "match: {minerals: galium}",
        HEAD + "match: {imposing: CHN}",
        HEAD + "match: {stage: propsed}",
        HEAD + "match: {stage: '>= propsed'}",
        HEAD + "match: {direction: '>= neutral'}",
        HEAD + "any: []",
        HEAD + "any: [minerals]",
        HEAD + "none: {minerals: nickel, imposing: CN}",
        RULE + "nmae: A",
        RULE + "language: fr",
        RULE + "cadence: weekly",
        RULE + "timezone: JST",
        RULE + "digest_at: 8:00",
        RULE + "quiet_hours: {start: '22:00'}",
        RULE + "quiet_hours: {start: '22:00', end: '24:00'}",
        RULE + "reminders: []",
        RULE + "reminders: [soon]",
        RULE + "news: []",
        RULE + "news: frist",
        RULE + "mutes: [{item: gallium}]",
        RULE + "mutes: [{until: 2026-12-01}]",
        RULE + "mutes: [{item: a, source: b, until: 2026-12-01}]",
        RULE + "tests: [{text: a}]",
        RULE + "tests: [{text: a, matches: maybe}]",
        RULE + "tests: [{text: a, matches: true, lang: zh}]",
        RULE.replace("{slack: C0MAGNETS}", ""),
        RULE.replace("slack: C0MAGNETS", "slcak: C0MAGNETS"),
        RULE.replace("slack: C0MAGNETS", "slack: '#magnets'"),
        RULE.replace("slack: C0MAGNETS", "slack: C0MAGNETS, stdout: '-'"),
    ],
)
def test_what_is_wrong_in_form_does_not_fit(text: str) -> None:
    assert not is_read(text)
    assert not schema().is_valid(as_text(text))
    assert not schema().is_valid(as_typed(text))


@pytest.mark.parametrize(
    "term",
    [
        "minerals: Wolfram",
        "minerals: wolfram",
        "minerals: ガリウム",
        "imposing: china",
        "imposing: 日本",
        "imposing: [no, cn]",
        "stage: '≥ Proposed'",
        "language: zh-hans",
        "hs: [8112, '85']",
        "keyword: [true, 12]",
    ],
)
def test_every_spelling_that_is_read_fits(term: str) -> None:
    text = HEAD + f"match: {{{term}}}"
    assert is_read(text)
    assert schema().is_valid(as_text(text))
    assert schema().is_valid(as_typed(text))
