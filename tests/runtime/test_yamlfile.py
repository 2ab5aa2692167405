"""YAML is read as text, and every problem says file, line, column, what and how to mend it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contracts.errors import UsageError
from services.runtime.yamlfile import MAX_BYTES, MAX_DEPTH, YamlError, load_yaml, parse_yaml, validate


def problems(text: str, *, mapping: bool = True) -> list[str]:
    with pytest.raises(YamlError) as caught:
        parse_yaml(text, "f.yml", mapping=mapping)
    return [str(each) for each in caught.value.problems]


# ---- reading ----


@pytest.mark.parametrize(
    "scalar", ["no", "NO", "on", "true", "010", "1.10", "0x1F", "1_000", "~", "null", "2026-01-31", "12:30", ".inf"]
)
def test_a_plain_scalar_stays_the_text_that_was_written(scalar: str) -> None:
    assert parse_yaml(f"a: {scalar}\n'b': '{scalar}'", "f.yml").value == {"a": scalar, "b": scalar}


def test_a_key_stays_the_text_that_was_written() -> None:
    assert parse_yaml("no: 1\n010: 2\n~: 3", "f.yml").value == {"no": "1", "010": "2", "~": "3"}


def test_a_missing_value_is_empty_text() -> None:
    assert parse_yaml("a:\nb: []\nc: {}", "f.yml").value == {"a": "", "b": [], "c": {}}


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "f.yml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert load_yaml(file).value == {"a": "1", "b": "2"}


def test_a_list_is_read_where_no_mapping_is_asked_for() -> None:
    assert parse_yaml("- a\n- b", "f.yml", mapping=False).value == ["a", "b"]
    assert parse_yaml("", "f.yml", mapping=False).value == ""


def test_an_alias_stands_for_its_value() -> None:
    assert parse_yaml("a: &x [1, 2]\nb: *x", "f.yml").value == {"a": ["1", "2"], "b": ["1", "2"]}


plain_trees = st.recursive(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc日本 :#-'\"", max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain_trees)
def test_what_yaml_writes_is_read_back_as_it_was(tree: Any) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    assert parse_yaml(text, "f.yml", mapping=False).value == tree


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,? \n\t\x00\u200b日本", max_size=80))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    try:
        parse_yaml(text, "f.yml", mapping=False)
    except YamlError as error:
        lines = text.split("\n")
        for each in error.problems:
            assert 1 <= each.line <= len(lines) + 1
            assert 1 <= each.column <= max(map(len, lines)) + 2
            assert "; " in each.message


# ---- positions ----

POSITIONED = """\
entries:
  - id: gallium
    names:
      ja: [ガリウム, '鎵']
  - {id: indium}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("entries",), (2, 3)),
        (("entries", 0), (2, 5)),
        (("entries", 0, "names", "ja", 1), (4, 18)),
        (("entries", 1, "id"), (5, 10)),
        (("entries", 1, "names", "ja"), (5, 5)),
        (("entries", 7), (2, 3)),
    ],
)
def test_a_position_is_that_of_the_value_or_of_the_nearest_value_above(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert parse_yaml(POSITIONED, "f.yml").position(path) == place


def test_a_key_position_is_that_of_the_key() -> None:
    document = parse_yaml(POSITIONED, "f.yml")
    assert document.key_position(("entries", 0, "names")) == (3, 5)
    assert document.key_position(("entries", 1)) == (5, 5)


# ---- refusals ----


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", "f.yml:2:1: key `a` a second time (first in line 1); remove one"),
        ("a: [1\nb: 2", "f.yml:2:2: did not find expected ',' or ']'; close the bracket or add a comma"),
        ("a: b: c", "f.yml:1:5: mapping values are not allowed in this context; quote text that holds a colon"),
        ("a:\n\t- x", "f.yml:2:1: found character that cannot start any token; indent with spaces"),
        ("a: 1\n--- \nb: 2", "f.yml:2:1: found another document; keep one document in a file"),
        ("a: *x", "f.yml:1:4: found undefined alias; quote text that starts with *"),
        ("a: !!python/name:os.system x", "f.yml:1:4: tag 'tag:yaml.org,2002:python/name:os.system'; remove it"),
        ("a: !!int 3", "f.yml:1:4: tag 'tag:yaml.org,2002:int'; remove it"),
        ("<<: {a: 1}", "f.yml:1:1: merge key `<<`; write the keys out"),
        ("? [a]\n: b", "f.yml:1:3: a list or mapping as a key; use text"),
        ("- a", "f.yml:1:1: the file is not a mapping; write `key: value` lines"),
        ("", "f.yml:1:1: the file is not a mapping; write `key: value` lines"),
        ("a: 鉛\x07", "f.yml:1:5: invisible or control character U+0007 (control character); remove it"),
        ("a: ga\u200bllium", "f.yml:1:6: invisible or control character U+200B (ZERO WIDTH SPACE); remove it"),
        ("a: \u202eabc", "f.yml:1:4: invisible or control character U+202E (RIGHT-TO-LEFT OVERRIDE); remove it"),
        ("a: b\ufffd", "f.yml:1:5: invisible or control character U+FFFD (REPLACEMENT CHARACTER); remove it"),
        ('a: "\\u200b"', "f.yml:1:4: invisible or control character U+200B (ZERO WIDTH SPACE); remove it"),
        ("a: &x [*x]", "f.yml:1:4: an anchor that contains itself; write the value out"),
    ],
)
def test_what_is_refused_says_where_what_and_how_to_mend_it(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_all_problems_of_a_text_are_reported_at_once_in_its_order() -> None:
    found = problems("a: 1\na: 2\nb: x\x01\nc: !t 3\n<<: 4")
    assert [each.split(": ")[0] for each in found] == ["f.yml:2:1", "f.yml:3:5", "f.yml:4:4", "f.yml:5:1"]


def test_aliases_that_would_expand_without_end_are_refused() -> None:
    rows = [f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    (found,) = problems("\n".join(["a: &a [x, x, x, x, x, x, x, x, x]", *rows]))
    assert "values once aliases are followed" in found


def test_nesting_that_would_end_the_process_is_refused() -> None:
    (found,) = problems("[" * 300_000)
    assert found == f"f.yml:1:{MAX_DEPTH + 1}: nested deeper than {MAX_DEPTH} levels; flatten it"
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f.yml", mapping=False)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.yml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(YamlError, match="more than 5,000,000; split it"):
        load_yaml(file)
    with pytest.raises(YamlError, match="more than 5,000,000; split it"):
        parse_yaml("#" * (MAX_BYTES + 1), "f.yml")


def test_bytes_that_are_not_utf8_are_refused_at_their_place(tmp_path: Path) -> None:
    file = tmp_path / "f.yml"
    file.write_bytes("a: 1\nb: 日".encode() + "本".encode("shift_jis"))
    with pytest.raises(YamlError) as caught:
        load_yaml(file)
    assert str(caught.value) == f"{file}:2:5: byte 0x96 is not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize("name", ["absent.yml", "."])
def test_a_file_that_cannot_be_read_is_a_problem_like_any_other(tmp_path: Path, name: str) -> None:
    with pytest.raises(YamlError, match=r"cannot be read \(.+\); check the path"):
        load_yaml(tmp_path / name)


def test_a_yaml_error_is_something_a_person_can_mend() -> None:
    assert issubclass(YamlError, UsageError)


# ---- validating ----


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def _even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd; write an even number")
    return value


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Leaf(Strict):
    colour: Colour = Colour.RED
    kind: Literal["ore", "metal"] = "ore"


class Branch(Strict):
    all: tuple[Branch | Leaf, ...] = ()
    none_of: tuple[Branch | Leaf, ...] = Field(default=(), alias="none")


class Root(Strict):
    name: str
    share: Annotated[int, AfterValidator(_even)] = 0
    since: date | None = None
    leaves: tuple[Leaf, ...] = ()
    by_language: dict[str, Leaf] = Field(default_factory=dict)
    branch: Branch | None = None


def refused(text: str) -> list[str]:
    with pytest.raises(YamlError) as caught:
        validate(Root, parse_yaml(text, "f.yml"))
    return [str(each) for each in caught.value.problems]


def test_pydantic_converts_the_text() -> None:
    root = validate(Root, parse_yaml("name: no\nshare: 010\nsince: 2026-01-31\nleaves: [{colour: green}]", "f.yml"))
    assert root == Root(name="no", share=10, since=date(2026, 1, 31), leaves=(Leaf(colour=Colour.GREEN),))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("share: 2", "f.yml:1:1: `name` is missing; add it"),
        ("name: a\nnmae: b", "f.yml:2:1: unknown key `nmae`; did you mean `name`?"),
        (
            "name: a\nzzzzzz: b",
            "f.yml:2:1: unknown key `zzzzzz`; write one of branch, by_language, leaves, name, share, since",
        ),
        ("name: a\nshare: ten", "f.yml:2:8: `share` is 'ten'; write a whole number"),
        ("name: a\nshare:", "f.yml:2:7: `share` is empty; write a whole number"),
        ("name: a\nshare: 3", "f.yml:2:8: 3 is odd; write an even number"),
        ("name: a\nsince: 31.1.2026", "f.yml:2:8: `since` is '31.1.2026'; write a date as 2026-01-31"),
        ("name: [a]", "f.yml:1:7: `name` is a list; write plain text"),
        ("name: a\nleaves: b", "f.yml:2:9: `leaves` is 'b'; write a list, as [a, b]"),
        ("name: a\nleaves: [b]", "f.yml:2:10: `leaves[0]` is 'b'; write `key: value` lines"),
        ("name: a\nleaves: [{colour: gren}]", "f.yml:2:19: `colour` is 'gren'; did you mean `green`?"),
        ("name: a\nleaves: [{kind: salt}]", "f.yml:2:17: `kind` is 'salt'; write one of metal, ore"),
        ("name: a\nleaves: [{color: red}]", "f.yml:2:11: unknown key `color`; did you mean `colour`?"),
        ("name: a\nby_language: {ja: {color: red}}", "f.yml:2:20: unknown key `color`; did you mean `colour`?"),
        ("name: a\nby_language: x", "f.yml:2:14: `by_language` is 'x'; write `key: value` lines"),
    ],
)
def test_a_value_the_model_refuses_says_where_what_and_how_to_mend_it(text: str, problem: str) -> None:
    assert refused(text) == [problem]


def test_all_values_the_model_refuses_are_reported_at_once() -> None:
    found = refused("nmae: a\nshare: x\nleaves:\n  - colour: blue\n  - kind: coal\n")
    assert [each.split(": ")[0] for each in found] == [
        "f.yml:1:1",
        "f.yml:1:1",
        "f.yml:2:8",
        "f.yml:4:13",
        "f.yml:5:11",
    ]


def test_a_key_inside_a_union_is_compared_with_the_keys_of_all_its_branches() -> None:
    found = refused("name: a\nbranch:\n  all:\n    - non: []\n")
    assert "f.yml:4:7: unknown key `non`; did you mean `none`?" in found
