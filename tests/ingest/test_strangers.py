"""A page that has what nobody knows is read, and says so once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.ingest.core import read_history, read_page
from services.ingest.pages.page import ProblemKind
from services.ingest.pages.registerpage import UNUSED, Article
from tests.ingest.material import example_page, example_source, rss2

DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
X = 'xmlns:x="urn:example"'


def entry(name: str, inside: str) -> str:
    day = "<pubDate>Wed, 08 Apr 2026 00:00:00 GMT</pubDate>"
    return f"<title>{name}</title><link>/{name}</link>{day}{inside}"


def problems(content: str, **changes: Any) -> list[str]:
    reading = read_page(example_source(**changes), example_page(content))
    assert len(reading.documents) == 2
    assert {each.kind for each in reading.problems} <= {ProblemKind.DRIFT}
    return [each.message.partition(";")[0] for each in reading.problems]


@pytest.mark.parametrize(
    "inside",
    [
        "<category>a</category><guid>g</guid><author>b</author><comments>c</comments>",
        f"<dc:date {DC}>2026-04-08</dc:date><dc:anything {DC}/>",
        "<!-- a comment --><?php ?>",
    ],
)
def test_what_feeds_have_is_nothing_strange(inside: str) -> None:
    assert problems(rss2(entry("a", inside.replace(">g<", ">ga<")), entry("b", inside.replace(">g<", ">gb<")))) == []


def test_an_element_of_no_known_module_is_said_once_a_page_and_not_where_it_is_expected() -> None:
    feed = rss2(entry("a", f"<stage>x</stage><x:deadline {X}/>"), entry("b", f"<stage>y</stage><x:deadline {X}/>"))
    assert problems(feed) == ["entries have a new element <deadline>", "entries have a new element <stage>"]
    expected = {"longest_gap_days": 3650, "fields": ["stage", "deadline"]}
    assert problems(feed, expected=expected) == []


def test_a_new_category_is_said_where_categories_are_listed() -> None:
    feed = rss2(
        entry("a", "<category>orders</category>"), entry("b", "<category>orders</category><category>new</category>")
    )
    assert problems(feed) == []
    known = {"longest_gap_days": 3650, "categories": ["orders", "rulings"]}
    assert problems(feed, expected=known) == ["'new' is new among the categories"]


def test_a_new_field_and_a_new_type_of_the_federal_register_are_said() -> None:
    known = dict.fromkeys(sorted({*UNUSED} - {"agency_letters"}), None)
    articles = [
        {**known, "document_number": f"2026-0{n}", "title": "t", "publication_date": "2026-04-08", "type": kind, **more}
        for n, kind, more in ((1, "Rule", {}), (2, "Decree", {"risk_score": 3}))
    ]
    page = json.dumps({"count": 2, "results": articles})
    expected = {"longest_gap_days": 3650, "types": ["Rule"]}
    found = problems(page, kind="federal_register", expected=expected, url="https://example.org/api/v1/documents.json")
    assert found == ["documents have a new field 'risk_score'", "'Decree' is new among the types"]
    assert not {*UNUSED} & {*Article.model_fields}


def test_of_the_past_no_form_is_expected() -> None:
    feed = rss2(entry("a", "<stage>x</stage>"), entry("b", ""))
    assert read_history(example_source(), example_page(feed)).problems == ()
