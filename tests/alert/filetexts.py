"""Watchlist files made up at random, as the mappings that YAML gives: right ones, and ones wrong in form."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

TERMS: dict[str, list[str]] = {
    "minerals": ["rare_earths", "gallium", "ガリウム", "锗", "NdFeB magnets"],
    "technologies": ["semiconductors", "hbm"],
    "types": ["export_control", "tariff"],
    "imposing": ["CN", "G7", "EU", "日本", "no"],
    "any_role": ["ID", "Five Eyes"],
    "stage": [">= proposed", "in_force", "≤ adopted", "suspended"],
    "direction": ["restrictive", "Neutral"],
    "language": ["ja", "zh", "zh-Hans"],
    "source": ["us-*", "cn-mofcom"],
    "keyword": ["HBM", "re:1C\\d{3}", "yes", "12", "a: b", "# not a comment", "両用品目 "],
    "hs": ["8112.92", "85"],
    "identifier": ["rin:0694-AJ55", "A-570-*"],
}
WORDS = st.sampled_from(["Nickel", "ニッケル: 監視", "no", "12", "O'Brien's", "- x", "{a}", "トン\u3000数", "a\nb\n"])
FLAGS = st.sampled_from([True, False])
CLOCKS = ["00:00", "07:30", "08:00", "22:00", "23:59"]


def _terms(name: str) -> st.SearchStrategy[Any]:
    several = st.lists(st.sampled_from(TERMS[name]), min_size=1, max_size=3)
    return st.one_of(st.sampled_from(TERMS[name]), several)


CONDITIONS = st.lists(st.sampled_from(sorted(TERMS)), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _terms(name) for name in names})
)


def _rules(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    groups = st.lists(inner, min_size=1, max_size=3)
    return st.builds(
        lambda head, rest: head | rest,
        st.one_of(st.just({}), CONDITIONS),
        st.dictionaries(st.sampled_from(["all", "any", "none"]), groups, min_size=1, max_size=2),
    )


RULES: st.SearchStrategy[dict[str, Any]] = st.recursive(CONDITIONS, _rules, max_leaves=6)
MUTES = st.one_of(
    st.builds(
        lambda what, end: what | end,
        st.sampled_from([{"item": "gallium"}, {"item": "ＨＢＭ"}, {"source": "us-bis"}, {"watchlist": True}]),
        st.sampled_from([{"until": "2026-12-01"}, {"until": "2020-01-01", "reason": "in stock"}]),
    ),
    st.just({"measure": "6f0e6b0a-3f5e-5c58-9d5d-0b8a3f7a2c11", "until_next_stage": True}),
)
TESTS = st.fixed_dictionaries(
    {"text": WORDS, "matches": FLAGS},
    optional={"name": WORDS, "lang": st.sampled_from(["en", "zh-Hans"]), "published_on": st.just("2024-05-10")},
)
_OPTIONAL = {
    "owner": WORDS,
    "language": st.sampled_from(["en", "ja", "zh"]),
    "cadence": st.sampled_from(["instant", "hourly", "daily"]),
    "timezone": st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
    "quiet_hours": st.permutations(CLOCKS).map(lambda each: {"start": each[0], "end": each[1]}),
    "digest_at": st.sampled_from(CLOCKS),
    "reminders": st.one_of(st.just("off"), st.lists(st.integers(0, 365), min_size=1, max_size=4)),
    "mutes": st.lists(MUTES, max_size=3),
    "news": st.lists(
        st.sampled_from(["first", "stage_changed", "* -> suspended", ">= proposed -> lifted"]), min_size=1
    ),
    "tests": st.lists(TESTS, max_size=2),
    "match": RULES,
    "any": st.lists(RULES, min_size=1, max_size=2),
    "none": st.lists(RULES, min_size=1, max_size=2),
}


def files() -> st.SearchStrategy[dict[str, Any]]:
    """Files that are right."""
    head = {
        "id": st.sampled_from(["a", "rare-earths-2"]),
        "name": WORDS,
        "destinations": st.sampled_from(
            [{"stdout": "-"}, [{"slack": "C0A1"}, {"stdout": "-"}], [{"slack": "C0A1", "workspace": "group"}]]
        ),
    }
    found = st.fixed_dictionaries(head, optional=_OPTIONAL)
    return found.map(lambda file: file if {"match", "any", "none"} & set(file) else file | {"match": {"hs": "85"}})


_WRONG: list[Any] = ["", [], {}, "maybe", ["x"], {"x": "y"}, [[]], [{}], "-1", {"slack": "C0A1"}, [{"minerals": []}]]


@st.composite
def odd_files(draw: st.DrawFn) -> dict[str, Any]:
    """Files with one value put in place of another, which may make them wrong."""
    file = copy.deepcopy(draw(files()))
    place: Any = file
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        if isinstance(place, dict) and draw(st.booleans()):
            place[draw(st.sampled_from(["x", "minerals", "any", "id", "until"]))] = place.pop(key)
        else:
            place[key] = draw(st.sampled_from(_WRONG))
        return file
