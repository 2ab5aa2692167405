"""How a tree would grow is told before it is made: never less than it does, and in the time of the page's length."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.ingest.core import read_page
from services.ingest.pages.nesting import MAX_DEPTH, growth
from tests.ingest.hostile.bodies import SOUND, SOURCES
from tests.ingest.material import example_page
from tests.ingest.samples import SAMPLES

FORMATTING = ("<b id={}>", "<b>", "</b>", "<i x={}>", "</i>", "<font c={}>", "</font>", "<nobr>", "</nobr>")
NAMES = re.findall(
    "[a-zA-Z0-9]+",
    "div p table td th tr tbody li ul object span h1 dd dt dl option svg form caption foreignObject button",
)
OTHERS = (
    *(f"<{n}>" for n in NAMES),
    *(f"</{n}>" for n in NAMES),
    "<a href={}>",
    "</a>",
    "</x>",
    "<!-- x -->",
    "<!-->",
    "x",
)
TIMES = 40
MANY = 20_000
ATTACKS = {
    "sections": "<div>" * MANY,
    "sections and ends of others": "<div></x>" * MANY,
    "tables in sections": "<div><table></div>" * MANY,
    "terms in items": "<dd><li>" * MANY,
    "bold in each paragraph": "".join(f"<b id={n}><p>" for n in range(MANY)),
    "paragraphs after bold": "<p>" + "".join(f"<b id={n}>" for n in range(900)) + "<p>x" * MANY,
    "sections beside a comment that ends at once": "<!--><div>" * MANY,
    "sections beside a script in quotes": '<a title="<script>"><div>' * MANY,
    "sections between quotes that are none": '<a b=c"><div>' * MANY + '"',
    "italics with attributes": "".join(f"<i x={n}>" for n in range(MANY)),
}
HARMLESS = {
    "comments that do not end": "<!--" * MANY,
    "attributes that do not end": "<a b=" * MANY,
    "quotes that do not end": '<a b="' * MANY,
    "ends": "</div>" * MANY,
    "paragraphs of one font": "<p><font size=1>x</p>" * MANY,
    "paragraphs with bold": "".join(f"<p><b id={n}>x</b>" for n in range(MANY)),
    "items": "".join(f"<li><a href={n}>x</a><p>y" for n in range(MANY)),
    "rows": f"<table>{'<tr><td>x<td><b>y</b>' * MANY}</table>",
}


def repeated(parts: list[str]) -> str:
    return "".join(part.replace("{}", str(number)) for number in range(TIMES) for part in parts)


def depth_of(tree: LexborHTMLParser) -> int:
    deepest, left = 0, [(tree.root, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        child: LexborNode | None = node.child if node is not None else None
        while child is not None:
            left.append((child, depth + 1))
            child = child.next
    return deepest


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.sampled_from((*FORMATTING, *OTHERS)), min_size=1, max_size=5))
def test_a_tree_has_no_more_elements_than_were_told(parts: list[str]) -> None:
    markup = repeated(parts)
    told = growth(markup)
    elements = len(LexborHTMLParser(f"<html><body>{markup}</body></html>").css("*"))
    assert elements <= 2 * told.tags + told.made + markup.count("</") + 40


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.sampled_from(OTHERS), min_size=1, max_size=5))
def test_a_tree_is_no_deeper_than_was_told(parts: list[str]) -> None:
    markup = repeated(parts)
    assert depth_of(LexborHTMLParser(f"<html><body>{markup}</body></html>")) <= 3 * growth(markup).depth + 12


def spent(markup: str) -> float:
    started = time.thread_time()
    growth(markup)
    return time.thread_time() - started


@pytest.mark.parametrize("name", [*ATTACKS, *HARMLESS], ids=lambda name: name.replace(" ", "-"))
def test_it_is_told_in_time_that_grows_as_the_page_does(name: str) -> None:
    markup = ATTACKS.get(name) or HARMLESS[name]
    assert growth(markup).is_too_much == (name in ATTACKS)
    sound = "<p>x</p>" * (len(markup) // 8)
    assert min(spent(markup) for _ in range(2)) < 6 * max(spent(sound) for _ in range(2))


@pytest.mark.parametrize("name", ATTACKS, ids=lambda name: name.replace(" ", "-"))
def test_such_a_page_is_unreadable(name: str) -> None:
    whole = SOUND["html_list"].decode()
    found = read_page(SOURCES["html_list"], example_page(whole.replace("</body>", ATTACKS[name] + "</body>")))
    assert (found.readable, found.documents) == (False, ())


def test_no_sample_comes_near() -> None:
    grown = [growth(each.read_text("utf-8", "replace")) for each in SAMPLES if each.suffix == ".html"]
    assert grown
    assert max(each.depth for each in grown) < MAX_DEPTH / 10
