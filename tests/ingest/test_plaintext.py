"""Markup to words: the same whether a tree is made of it or not, and never dearer than its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.pages.plaintext import from_markup

WORDS = st.text("輸出規制 gallium&<>\"'", min_size=1, max_size=12)
TAGS = st.sampled_from(["p", "div", "b", "span", "li", "em", "h2", "td"])
MANY = 100_000
NESTED = {
    "sections": "<section>",
    "divisions": "<div>",
    "lists": "<ul><li>",
    "bold, each another, and paragraphs": "<b id={}><p>",
    "fonts and paragraphs": "<font color={}>x<p>",
    "attributes, each another": "<i title={}>",
    "tables": "<table><tr><td>",
    "comments that do not end": "<!--",
    "quotes that do not end": '<a title="',
    "scripts that do not end": "<script>",
    "bare angle brackets": "<",
}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def words(text: str) -> str:
    return "".join(text.split())


@given(st.lists(st.tuples(TAGS, WORDS), min_size=1, max_size=8))
def test_a_fragment_of_very_many_tags_has_the_words_that_it_has_as_a_short_one(parts: list[tuple[str, str]]) -> None:
    short = "".join(f'<{tag} title="{escaped(text)}>">{escaped(text)}</{tag}>' for tag, text in parts)
    long = short + "<!-- <p>no</p> --><script>no</script><STYLE>p {}</STYLE>" + "<br>" * 1001
    assert words(from_markup(short)) == words("".join(text for _, text in parts)) == words(from_markup(long))


def test_blocks_stay_apart_however_many_there_are() -> None:
    listed = "".join(f"<li>measure {number}<li>" for number in range(1000))
    assert [line for line in from_markup(listed).split("\n") if line][:2] == ["measure 0", "measure 1"]


def spent(markup: str) -> float:
    started = time.thread_time()
    from_markup(markup)
    return time.thread_time() - started


@pytest.mark.parametrize("name", NESTED, ids=lambda name: name.replace(" ", "-"))
def test_a_hundred_thousand_nested_tags_cost_no_more_than_as_many_paragraphs(name: str) -> None:
    attack = "<b>" + "".join(NESTED[name].format(number) for number in range(MANY)) + "輸出"
    sound = "<p>輸出</p>" * MANY
    assert min(spent(attack) for _ in range(2)) < 5 * max(spent(sound) for _ in range(2))
