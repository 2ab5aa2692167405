"""Which document an entry of a feed is, and what is missed of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.ingest.core import decide, read_page
from services.ingest.memory.revisions import known_of
from services.ingest.pages.page import Document, Reading
from services.ingest.settings import DEFAULT_SOURCES
from services.ingest.source import load_source
from services.runtime.yamlfile import YamlError
from tests.ingest.material import NOW, example_page, example_source, item, rss2

PAGE = "https://www.gov.example/government/notice"
EDITED = "2026-04-08T10:15:00+01:00"
LATER = "2026-04-09T11:00:00+01:00"


def entry(guid: str, *, link: str = PAGE, title: str = "Notice", updated: str = EDITED) -> str:
    return f"<entry><id>{guid}</id><title>{title}</title><link href='{link}'/><updated>{updated}</updated></entry>"


def read(*entries: str) -> tuple[Document, ...]:
    content = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{''.join(entries)}</feed>"
    found = read_page(example_source(kind="atom", language="en"), example_page(content))
    assert found.readable
    return found.documents


def ids(*entries: str) -> list[str]:
    return [each.document_id for each in read(*entries)]


def test_an_id_of_the_page_and_the_time_of_an_edit_names_the_page() -> None:
    assert ids(entry(f"{PAGE}#{EDITED}")) == [PAGE]
    assert ids(entry(f"{PAGE}#2026-04-08T09:15:00Z")) == [PAGE]


def test_an_edit_is_a_revision_of_the_same_document_and_the_earlier_one_is_never_news_again() -> None:
    first = decide(read(entry(f"{PAGE}#{EDITED}")), {}, seen_at=NOW).events[0]
    edited = read(entry(f"{PAGE}#{LATER}", title="Notice, amended", updated=LATER))
    second = decide(edited, {first.event_id: known_of(first)}, seen_at=NOW).events[0]
    assert (second.event_id, second.title) == (first.event_id, "Notice, amended")
    again = decide(read(entry(f"{PAGE}#{EDITED}")), {second.event_id: known_of(second)}, seen_at=NOW)
    assert (again.events, len(again.older)) == ((), 1)


def test_two_editions_on_one_page_are_one_document_the_latest() -> None:
    documents = read(entry(f"{PAGE}#{EDITED}"), entry(f"{PAGE}#{LATER}", title="Notice, amended", updated=LATER))
    assert [each.title for each in documents] == ["Notice, amended"]


@pytest.mark.parametrize(
    "guid",
    [f"{PAGE}#part-2", f"{PAGE}#2026-04-08", f"https://www.gov.example/other#{EDITED}", f"{PAGE}?a=1#{EDITED}"],
    ids=["a part of the page", "a day's section", "another page", "another query"],
)
def test_any_other_id_stays_as_the_feed_writes_it(guid: str) -> None:
    assert ids(entry(guid)) == [guid]


def test_an_id_that_is_no_address_stays_as_it_is_whatever_follows() -> None:
    assert ids(entry(f"tag:gov.example,2026:7#{EDITED}")) == [f"guid:tag:gov.example,2026:7#{EDITED}"]


def undated(*items: str, **options: str) -> Reading:
    return read_page(example_source(kind="rss2", options=options), example_page(rss2(*items)))


def test_a_feed_that_says_it_has_no_dates_is_not_asked_for_any() -> None:
    bare = item("題", "https://x.example/1", day="")
    assert [str(each) for each in undated(bare).problems] == ["jp-example entry 1: the entry has no date"]
    found = undated(bare, dates="none")
    assert ([each.published_on for each in found.documents], found.problems) == ([None], ())


def test_a_date_that_such_a_feed_states_all_the_same_is_read() -> None:
    found = undated(item("題", "https://x.example/1", day="2026-04-08"), dates="none")
    assert [each.published_on for each in found.documents] == [date(2026, 4, 8)]


def test_what_has_no_day_is_news_once_and_its_day_is_when_it_was_seen() -> None:
    documents = undated(item("題", "https://x.example/1", day=""), dates="none").documents
    (event,) = decide(documents, {}, seen_at=NOW).events
    assert (event.published_on, event.seen_at) == (None, NOW)
    assert decide(documents, {event.event_id: known_of(event)}, seen_at=NOW).events == ()


def test_a_wrong_option_is_named_with_its_place(tmp_path: Path) -> None:
    shipped = (DEFAULT_SOURCES / "in_pib_releases" / "source.yml").read_text(encoding="utf-8")
    (tmp_path / "in_pib_releases").mkdir()
    path = tmp_path / "in_pib_releases" / "source.yml"
    path.write_text(shipped.replace("dates: none", "dates: never"), encoding="utf-8")
    with pytest.raises(YamlError, match=r"source\.yml:\d+:10: .*dates"):
        load_source(path)
