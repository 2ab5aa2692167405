"""Hundreds of bodies that are not what a source promises, through every kind: no event, no "no news", no crash."""

from __future__ import annotations

import time
from functools import cache

import pytest

from services.ingest.core import read_page
from services.ingest.pages.page import Page
from services.ingest.pages.plaintext import MAX_BODY, MAX_TITLE, strip_invisible
from services.ingest.source import KINDS
from services.runtime.registry import list_plugins
from tests.ingest.hostile.bodies import ENTRIES, OF_LINES, SOUND, SOURCES, bad_bodies
from tests.ingest.material import KINDS_OF_FEED, example_page, feed_of, item, rss2

BAD = bad_bodies()
TITLES = [title for title, _, _ in ENTRIES]


def test_the_table_is_large_enough() -> None:
    print(f"{len(BAD)} bodies × {len(SOUND)} kinds")
    assert len(BAD) >= 400


def test_every_kind_is_attacked() -> None:
    assert set(SOUND) == set(list_plugins(KINDS)) - {"push"}  # what is pushed is no page: see test_push_bodies


@pytest.mark.parametrize("kind", SOUND)
def test_the_sound_page_beside_them_is_read(kind: str) -> None:
    assert [each.title for each in read_page(SOURCES[kind], example_page(SOUND[kind])).documents] == TITLES


@pytest.mark.parametrize("name", BAD, ids=lambda name: name.replace(" ", "-"))
def test_a_bad_body_is_unreadable_for_every_kind_and_brings_no_document(name: str) -> None:
    for kind, source in SOURCES.items():
        found = read_page(source, example_page(BAD[name]))
        assert found.documents == (), kind
        assert not found.readable, kind
        assert all(len(each.message) > 5 for each in found.problems), kind


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize("other", SOUND)
def test_a_sound_page_of_another_kind_is_unreadable(kind: str, other: str) -> None:
    found = read_page(SOURCES[kind], example_page(SOUND[other]))
    assert found.readable == (kind == other)
    assert bool(found.documents) == (kind == other)


@pytest.mark.parametrize("kind", OF_LINES)
def test_lines_that_break_off_are_never_a_shorter_list_without_a_word(kind: str) -> None:
    whole = SOUND[kind]
    ends = {place + 1 for place, byte in enumerate(whole) if byte == ord("\n")}
    for place in range(1, len(whole), 7):
        found = read_page(SOURCES[kind], example_page(whole[:place]))
        assert {each.title for each in found.documents} <= set(TITLES)
        assert found.problems or place in ends or place + 1 in ends


ODD = {
    "direction": "\u202e制規出輸\u202c 輸出規制",
    "zero width": "輸\u200b出\u200d規\ufeff制",
    "escape": "\x1b[31m輸出規制\x1b[0m",
    "NUL": "輸出\x00規制",
    "replacement": "輸出\ufffd規制",
    "tags of language": "輸出規制\U000e0041",
    "a megabyte": "輸出規制" * 250_000,
    "a megabyte of spaces": "輸出" + " " * 1_000_000 + "規制",
    "a megabyte of tabs": "輸出" + "\t " * 500_000 + "規制",
    "markup": "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;輸出規制&lt;/b&gt;",
    "deep markup": "&lt;b&gt;" * 20_000 + "輸出規制",
    "unclosed markup": "輸出規制" + "&lt;a href=&quot;" * 20_000,
    "references": "輸出規制" + "&amp;#x202e;" * 1000,
    "half a reference": "輸出規制" + "&amp;#" + "9" * 200_000,
}


@pytest.mark.parametrize("kind", KINDS_OF_FEED)
@pytest.mark.parametrize("name", ODD, ids=lambda name: name.replace(" ", "-"))
def test_an_odd_title_is_cleaned_and_bounded(kind: str, name: str) -> None:
    found = read_page(SOURCES[kind], example_page(feed_of(kind, [(ODD[name], "https://press.example.go.jp/a", "")])))
    assert len(found.documents) == 1
    document = found.documents[0]
    assert "輸出" in document.title
    for text, limit in ((document.title, MAX_TITLE), (document.body or "", MAX_BODY)):
        assert len(text) <= limit
        assert strip_invisible(text) == text
        assert "\ufffd" not in text


def spent(page: Page, times: int = 1) -> float:
    """Seconds of this thread's processor time that reading the page takes, the best of several times."""
    best = float("inf")
    for _ in range(times):
        started = time.thread_time()
        read_page(SOURCES["rss2"], page)
        best = min(best, time.thread_time() - started)
    return best


@cache
def sound_seconds_per_byte() -> float:
    one = item(*ENTRIES[0][:2], body="輸出規制" * 20)
    page = example_page(rss2(*[one] * 250))
    return spent(page, times=3) / len(page.content)


HEAVY = [name for name, body in BAD.items() if len(body) > 100_000]
COSTLY = ["a megabyte", "a megabyte of spaces", "a megabyte of tabs", "half a reference", "deep markup"]


@pytest.mark.parametrize("name", HEAVY, ids=lambda name: name.replace(" ", "-"))
def test_an_attack_is_refused_in_less_time_than_a_sound_page_of_its_size_is_read(name: str) -> None:
    page = example_page(BAD[name])
    assert spent(page, times=2) <= sound_seconds_per_byte() * len(page.content)


@pytest.mark.parametrize("name", COSTLY, ids=lambda name: name.replace(" ", "-"))
def test_an_odd_title_costs_no_more_than_a_sound_page_of_its_size(name: str) -> None:
    page = example_page(rss2(item(ODD[name], "/a")))
    assert spent(page, times=2) <= 2 * sound_seconds_per_byte() * len(page.content)
