"""A watchlist written as a file reads back the same, and a plan says what would change."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from services.alert.watchlists.changes import plan
from services.alert.watchlists.sets import content_version, load_watchlists
from services.alert.watchlists.writing import write_watchlist
from services.contracts.watchlists import Watchlist
from tests.alert.filetexts import files
from tests.alert.test_watchlists import CHANNELS, EXAMPLES, HEAD, TAXONOMY, read

EXAMPLE = load_watchlists(EXAMPLES, TAXONOMY, CHANNELS).watchlists


@pytest.mark.parametrize("watchlist", EXAMPLE, ids=lambda each: each.id)
def test_an_example_written_and_read_is_the_same_version(watchlist: Watchlist) -> None:
    again = read(write_watchlist(watchlist, "schema.json"))
    assert (again, content_version(again)) == (watchlist, content_version(watchlist))


@settings(max_examples=80, deadline=None)
@given(files())
def test_what_was_read_is_written_so_that_it_reads_back_the_same(file: dict[str, Any]) -> None:
    watchlist = read(yaml.safe_dump(file, allow_unicode=True))
    again = read(write_watchlist(watchlist))
    assert again == watchlist
    assert write_watchlist(again) == write_watchlist(watchlist)


def test_what_is_at_its_default_is_left_out() -> None:
    text = write_watchlist(read(HEAD + "match: {minerals: nickel}\nlanguage: en\nreminders: [30, 7, 0]"))
    assert text == ("id: magnets\nname: Magnets\nmatch:\n  minerals: [nickel]\ndestinations:\n  - {slack: C0MAGNETS}\n")


def changed(before: str, after: str) -> list[str]:
    found = plan([read(HEAD + before)], [read(HEAD + after)])
    (each,) = found.changed
    return list(each.differences)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (
            "match: {minerals: [nickel, cobalt]}",
            "match: {minerals: [nickel, gallium]}",
            ["match.minerals: - cobalt, + gallium"],
        ),
        ("match: {minerals: nickel}", "match: {minerals: nickel}\ncadence: daily", ["cadence: + daily"]),
        (
            "match: {minerals: nickel}\ncadence: hourly",
            "match: {minerals: nickel}\ncadence: daily",
            ["cadence: hourly → daily"],
        ),
        (
            "any: [{minerals: nickel, imposing: ID}, {minerals: cobalt}]",
            "any: [{minerals: nickel, imposing: CN}, {minerals: cobalt}]",
            ["any[1].imposing: - ID, + CN"],
        ),
        (
            "match: {minerals: nickel}\nnone: {stage: considered}",
            "match: {minerals: nickel}",
            ["none: - [{stage: [considered]}]"],
        ),
        (
            "match: {minerals: [nickel, cobalt]}",
            "match: {minerals: [cobalt, nickel]}",
            ["match.minerals: only the order or a repetition"],
        ),
    ],
)
def test_each_difference_is_one_line_with_its_place(before: str, after: str, lines: list[str]) -> None:
    assert changed(before, after) == lines


def test_a_plan_says_what_comes_changes_goes_and_stays() -> None:
    def one(id_: str, mineral: str) -> Watchlist:
        return read(f"id: {id_}\nname: N\nmatch: {{minerals: {mineral}}}\ndestinations: {{slack: C0A1}}")

    found = plan(
        [one("gone", "nickel"), one("kept", "nickel"), one("other", "nickel")],
        [one("other", "cobalt"), one("kept", "nickel"), one("new", "nickel")],
    )
    assert list(found.lines()) == [
        "+ new: N",
        "    match: {minerals: [nickel]}",
        "    destinations: [{slack: C0A1}]",
        "~ other: N",
        "    match.minerals: - nickel, + cobalt",
        "- gone: N",
        "1 added, 1 changed, 1 removed, 1 unchanged",
    ]
    assert [each.id for each in found.taken_up] == ["new", "other"]
    assert not found.is_empty


def test_the_same_watchlists_give_an_empty_plan() -> None:
    assert plan(EXAMPLE, reversed(EXAMPLE)).is_empty


@settings(max_examples=30, deadline=None)
@given(files(), files())
def test_a_change_always_has_at_least_one_difference_to_show(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = (read(yaml.safe_dump(each | {"id": "same"}, allow_unicode=True)) for each in (one, other))
    found = plan([before], [after])
    assert bool(found.changed) == (content_version(before) != content_version(after))
    assert all(each.differences for each in found.changed)
