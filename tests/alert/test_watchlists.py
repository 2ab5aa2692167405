"""Watchlist files: what may be written, what it means, and what is said of what is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.alert.watchlists.files import read_watchlist
from services.alert.watchlists.lint import allowances, lint
from services.alert.watchlists.sets import (
    WatchlistError,
    WatchlistSet,
    known_channels,
    load_watchlists,
    reload,
    watchlist_set,
)
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.runtime.yamlfile import YamlError, parse_yaml
from services.taxonomy.load import default_taxonomy

TAXONOMY = default_taxonomy()
CHANNELS = ("slack", "stdout")
TODAY = date(2026, 11, 23)
EXAMPLES = Path(__file__).parents[2] / "deploy" / "watchlists"
HEAD = "id: magnets\nname: Magnets\ndestinations: [{slack: C0MAGNETS}]\n"


def read(text: str) -> Watchlist:
    return read_watchlist(parse_yaml(text, "magnets.yml"), TAXONOMY, CHANNELS)


def rule(text: str) -> Rule:
    return read(HEAD + text).rule


def problems(text: str) -> list[str]:
    with pytest.raises(YamlError) as caught:
        read(text)
    return [str(each) for each in caught.value.problems]


def condition(predicate: str, *terms: str) -> Condition:
    return Condition(predicate=predicate, terms=terms)


# ---- what a file means -----------------------------------------------------------------------------------------


def test_the_full_form_is_read() -> None:
    watchlist = read(
        """
id: magnets
name: Rare earths and magnets
owner: procurement
language: ja
match:
  minerals: [rare_earths, ndfeb_magnets]
  imposing: [CN]
  stage: ">= proposed"
none: {types: [subsidy]}
destinations: [{slack: C0MAGNETS}, {slack: C0MAGNETS, workspace: group}, {stdout: '-'}]
tests: [{text: 稀土出口管制, lang: zh-Hans, matches: true}, {text: prices fell, matches: false}]
"""
    )
    assert watchlist.rule == Rule(
        all=(
            condition("minerals", "rare_earths", "ndfeb_magnets"),
            condition("imposing", "CN"),
            condition("stage", ">= proposed"),
        ),
        none=(condition("types", "subsidy"),),
    )
    assert [each.key for each in watchlist.destinations] == [
        "slack:default:C0MAGNETS",
        "slack:group:C0MAGNETS",
        "stdout:default:-",
    ]
    assert [each.matches for each in watchlist.tests] == [True, False]
    assert (watchlist.language, watchlist.owner, watchlist.tenant) == ("ja", "procurement", "default")


def test_groups_nest_and_an_item_of_two_predicates_means_both() -> None:
    found = rule(
        """
any:
  - {minerals: nickel, imposing: ID}
  - none: [{types: tariff}]
    target: [JP]
all: {urgency: now}
"""
    )
    assert found == Rule(
        all=(condition("urgency", "now"),),
        any=(
            Rule(all=(condition("minerals", "nickel"), condition("imposing", "ID"))),
            Rule(all=(condition("target", "JP"),), none=(condition("types", "tariff"),)),
        ),
    )


def test_an_any_inside_match_and_one_beside_it_must_both_hold() -> None:
    found = rule("match: {any: [{minerals: nickel}, {minerals: cobalt}]}\nany: [{imposing: ID}, {imposing: CD}]")
    assert found.any == ()
    assert [len(each.any) for each in found.all if isinstance(each, Rule)] == [2, 2]


def test_terms_are_kept_in_one_spelling_and_once() -> None:
    assert rule("match: {minerals: [ガリウム, gallium, 镓]}") == Rule(all=(condition("minerals", "gallium"),))


def test_one_destination_needs_no_list() -> None:
    watchlist = read("id: a\nname: A\nmatch: {minerals: nickel}\ndestinations: {stdout: '-'}")
    assert watchlist.destinations == (Destination(channel="stdout", address="-"),)


# ---- what is wrong with a file ---------------------------------------------------------------------------------


def test_every_problem_is_reported_at_once_with_its_place_and_how_to_mend_it() -> None:
    found = problems(
        """id: Magnets!
nmae: Magnets
match:
  minerals: [rare_earths, galium]
  stage: ">= propsed"
  imposing: []
  mineral: nickel
destinations: [{slcak: C0X}]
tests: [{text: a, matches: maybe}]
"""
    )
    assert [each.split(": ", 1)[0] for each in found] == [
        "magnets.yml:1:1",
        "magnets.yml:1:5",
        "magnets.yml:2:1",
        "magnets.yml:4:27",
        "magnets.yml:5:10",
        "magnets.yml:6:13",
        "magnets.yml:7:3",
        "magnets.yml:8:17",
        "magnets.yml:9:28",
    ]
    text = "\n".join(found)
    for said in (
        "`name` is missing",
        "unknown key `nmae`; did you mean `name`?",
        "did you mean `gallium`?",
        "did you mean `proposed`?",
        "`imposing` has no terms",
        "unknown predicate `mineral`; did you mean `minerals`?",
        "unknown channel `slcak`; did you mean `slack`?",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "no rule; add `match:`"),
        ("match: {}", "write at least one"),
        ("match: [minerals]", "a rule is a mapping"),
        ("match: {minerals: [[nickel]]}", "write plain text"),
        ("match: {minerals: {a: b}}", "write plain text"),
        ("match: {minerals: ''}", "has no terms"),
        ("any: []", "`any` is empty or no list"),
        ("any: [minerals]", "a rule is a mapping"),
        ("none: {minerals: nickel, imposing: CN}", "each alone or only together?"),
        ("match: {minerals: nickel}\ntests: [{text: a, matches: true, lang: zh}]", "write one of en, ja,"),
        ("match: {minerals: nickel}\ntests: [{text: a, matches: true, published_on: soon}]", "write it as 2026-01-31"),
        ("match: {minerals: nickel}\nlanguage: fr", "`language` is 'fr'"),
        ("match: {minerals: nickel}\ncadence: weekly", "`cadence` is 'weekly'"),
    ],
)
def test_a_wrong_rule_or_test_is_refused(body: str, said: str) -> None:
    assert said in "\n".join(problems(HEAD + body))


@pytest.mark.parametrize(
    ("destinations", "said"),
    [
        ("[]", "no destination"),
        ("", "no destination"),
        ("[C0MAGNETS]", "names one channel"),
        ("[{slack: C0A, stdout: '-'}]", "names one channel"),
        ("[{slack: '#magnets'}]", "write the channel's id"),
        ("[{slack: ''}]", "plain text"),
        ("[{slack: C0A1}, {slack: C0A1}]", "a second time"),
    ],
)
def test_a_wrong_destination_is_refused(destinations: str, said: str) -> None:
    text = f"id: a\nname: A\nmatch: {{minerals: nickel}}\ndestinations: {destinations}"
    assert said in "\n".join(problems(text))


# ---- a folder of files -----------------------------------------------------------------------------------------


def write(folder: Path, name: str, id_: str, body: str = "match: {minerals: nickel}") -> Path:
    path = folder / name
    path.write_text(f"id: {id_}\nname: A\n{body}\ndestinations: [{{slack: C0A1}}]\n", encoding="utf-8")
    return path


def load(folder: Path) -> WatchlistSet:
    return load_watchlists(folder, TAXONOMY, CHANNELS)


def test_a_folder_is_read_with_its_subfolders_sorted_by_id(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    write(tmp_path, "z.yml", "b")
    write(tmp_path, "team/a.yml", "c")
    write(tmp_path, "m.yml", "a")
    found = load(tmp_path)
    assert [each.id for each in found.watchlists] == ["a", "b", "c"]
    assert found.paths["c"] == str(tmp_path / "team" / "a.yml")
    assert found.get("b") == found.watchlists[1]
    assert found.get("d") is None


def test_problems_of_all_files_come_together_and_name_the_first_of_a_double_id(tmp_path: Path) -> None:
    first = write(tmp_path, "a.yml", "nickel")
    write(tmp_path, "b.yml", "cobalt", "match: {minerals: kobalt}")
    write(tmp_path, "c.yml", "nickel")
    with pytest.raises(WatchlistError) as caught:
        load(tmp_path)
    assert [Path(each.path).name for each in caught.value.problems] == ["b.yml", "c.yml"]
    assert f"first in {first}" in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("a.yaml", "name it .yml"), ("a.txt", "no watchlist in this folder")])
def test_a_file_that_would_not_be_read_is_not_passed_over_in_silence(tmp_path: Path, name: str, said: str) -> None:
    write(tmp_path, name, "nickel")
    with pytest.raises(WatchlistError, match=said):
        load(tmp_path)


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(WatchlistError, match="no such folder"):
        load(tmp_path / "nowhere")


def test_the_version_follows_the_content_and_not_the_spelling(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yml", "nickel")
    first = load(tmp_path)
    path.write_text("# a comment\n" + path.read_text("utf-8").replace("{minerals: nickel}", "\n  minerals: [ニッケル]"))
    assert load(tmp_path) == first
    write(tmp_path, "a.yml", "nickel", "match: {minerals: cobalt}")
    changed = load(tmp_path)
    assert changed.versions["nickel"] != first.versions["nickel"]
    assert changed.version != first.version


def test_a_bad_file_never_unseats_the_last_good_set(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", "nickel")
    good = load(tmp_path)
    write(tmp_path, "b.yml", "cobalt", "match: {minerals: kobalt}")
    kept, found = reload(good, tmp_path, CHANNELS)
    assert kept is good
    assert [each.line for each in found] == [3]
    write(tmp_path, "b.yml", "cobalt", "match: {minerals: cobalt}")
    renewed, found = reload(good, tmp_path, CHANNELS)
    assert found == ()
    assert [each.id for each in renewed.watchlists] == ["cobalt", "nickel"]


def test_two_watchlists_of_one_id_make_no_set() -> None:
    watchlist = read(HEAD + "match: {minerals: nickel}")
    with pytest.raises(ValueError, match="same id"):
        watchlist_set([watchlist, watchlist], TAXONOMY)


# ---- the examples and the advice -------------------------------------------------------------------------------


def test_the_examples_are_right_and_free_of_advice() -> None:
    found = load_watchlists(EXAMPLES, TAXONOMY, CHANNELS)
    allowed = {id_: allowances(Path(path).read_text("utf-8")) for id_, path in found.paths.items()}
    assert [each for each in lint(found, TODAY) if each.lint not in allowed[each.watchlist_id]] == []
    assert len(found.watchlists) == 6
    for watchlist in found.watchlists:
        assert {each.matches for each in watchlist.tests} == {True, False}


def test_the_channels_of_the_examples_are_installed() -> None:
    found = load_watchlists(EXAMPLES, TAXONOMY, CHANNELS)
    assert {each.channel for watchlist in found.watchlists for each in watchlist.destinations} <= set(known_channels())


def advice(*bodies: str) -> list[str]:
    each = [read(f"id: w{n}\nname: W\ndestinations: [{{slack: C0A1}}]\n{body}") for n, body in enumerate(bodies)]
    return [str(found) for found in lint(watchlist_set(each, TAXONOMY), TODAY)]


@pytest.mark.parametrize(
    "body",
    [
        'match: {urgency: ">= digest"}',
        'match: {stage: ">= unknown"}',
        "match: {modality: asserted}",
        "any: [{minerals: nickel}, {direction: [restrictive, liberalising, supportive, neutral]}]",
        "none: [{modality: forecast}]",
    ],
)
def test_a_rule_that_holds_for_everything_is_pointed_out(body: str) -> None:
    (found,) = advice(body)
    assert "matches everything" in found


@pytest.mark.parametrize(
    "body",
    [
        "match: {minerals: nickel, modality: forecast}",
        "match: {urgency: archive}",
        "match: {minerals: gallium}\nnone: {minerals: critical_minerals}",
        "match: {all: [{stage: '>= adopted'}, {stage: '< proposed'}]}",
        "any: [{urgency: archive}, {modality: recommended}]",
        "match: {keyword: HBM}\nnone: {keyword: HBM}",
        "match: {minerals: nickel}\nnone: {urgency: '>= archive'}",
    ],
)
def test_a_rule_that_can_never_alert_is_pointed_out(body: str) -> None:
    (found,) = advice(body)
    assert "can never alert" in found


@pytest.mark.parametrize(
    "body",
    [
        "match: {minerals: critical_minerals}\nnone: {minerals: gallium}",
        "match: {all: [{imposing: CN}, {imposing: JP}], types: tariff}",
        "match: {stage: '>= proposed', urgency: now, hs: '85'}",
        "any: [{minerals: nickel}, {hs: '85', urgency: archive}]",
    ],
)
def test_an_ordinary_rule_is_left_alone(body: str) -> None:
    assert advice(body) == []


def test_the_same_rule_to_the_same_destination_is_pointed_out_once() -> None:
    (found,) = advice("match: {minerals: nickel}", "match: {minerals: ニッケル}", "match: {minerals: cobalt}")
    assert (
        found == "w1: has the same rule as `w0`, so slack:default:C0A1 hears everything twice; merge them [same-rule]"
    )


def test_terms_that_mean_less_than_they_seem_are_pointed_out() -> None:
    (umbrella,) = advice("match: {minerals: rare_metals}")
    assert "has no members here" in umbrella
    (member,) = advice("match: {target: DE, types: tariff}")
    assert "add EU if they matter" in member
    assert advice("match: {target: [DE, EU], types: tariff}") == []
