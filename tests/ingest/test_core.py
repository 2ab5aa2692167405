"""What is news: identity and revision of documents, whatever the page looks like."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import ids
from services.contracts.events import Event
from services.ingest.core import Decision, candidate_ids, decide, read_page, to_event
from services.ingest.memory.revisions import Known, known_of
from services.ingest.pages.page import Document
from tests.ingest.material import KINDS_OF_FEED, NOW, example_page, example_source, feed_of, item, rss2

DOCUMENT = Document(
    source="jp-example", source_name="例", document_id="a", title="ガリウムの輸出規制", body="本文です。"
)
SOURCES = {kind: example_source(kind=kind) for kind in KINDS_OF_FEED}
words = st.text(
    st.characters(categories=("L", "N", "P", "Zs"), exclude_characters="<>&"), min_size=1, max_size=30
).filter(lambda text: bool(text.strip()))


def _naive(day: int) -> datetime:
    return datetime(2026, 4, day, tzinfo=UTC).replace(tzinfo=None)


entries = st.lists(
    st.tuples(
        st.sampled_from(["甲を規制", "乙を解除", "丙を延期", "丁の意見募集"]),
        st.sampled_from([f"https://press.example.go.jp/{name}.html" for name in "abc"]),
        st.datetimes(_naive(1), _naive(9), timezones=st.just(UTC)).map(
            lambda moment: moment.replace(microsecond=0).isoformat()
        ),
    ),
    min_size=1,
    max_size=7,
)


def seen_after(decision: Decision, before: dict[str, Known] | None = None) -> dict[str, Known]:
    return {**(before or {}), **{event.event_id: known_of(event) for event in decision.remembered}}


def decide_page(text: str, seen: dict[str, Known] | None = None, kind: str = "rss2") -> Decision:
    documents = read_page(SOURCES[kind], example_page(text)).documents
    return decide(documents, seen or {}, seen_at=NOW)


def keys(decision: Decision) -> list[tuple[str, str]]:
    return [(event.event_id, event.revision) for event in decision.events]


def test_an_event_carries_all_that_the_document_states() -> None:
    document = replace(DOCUMENT, published_on=date(2026, 4, 8), attributes={"category": "省令"})
    event = to_event(document, seen_at=NOW, backfill=True)
    assert event == Event(
        event_id=ids.event_id("jp-example", "a"),
        revision=ids.revision_of(DOCUMENT.title, DOCUMENT.body, facts=["2026-04-08"]),
        source="jp-example",
        source_name="例",
        document_id="a",
        title=DOCUMENT.title,
        body=DOCUMENT.body,
        published_on=date(2026, 4, 8),
        seen_at=NOW,
        backfill=True,
        attributes={"category": "省令"},
    )


@given(words, words)
def test_an_edit_of_white_space_or_width_is_no_news(title: str, body: str) -> None:
    first = decide([replace(DOCUMENT, title=title, body=body)], {}, seen_at=NOW)
    spaced = replace(
        DOCUMENT, title=f"  {title}\u3000", body=unicodedata.normalize("NFKC", body).replace(" ", "\n \u3000") + "\n"
    )
    again = decide([spaced], seen_after(first), seen_at=NOW)
    assert again == Decision((), 1)


def test_a_material_edit_is_a_new_revision_of_the_same_event_and_so_is_its_reversal() -> None:
    first = decide([DOCUMENT], {}, seen_at=NOW)
    edited = decide([replace(DOCUMENT, body="本文を訂正しました。")], seen_after(first), seen_at=NOW)
    back = decide([DOCUMENT], seen_after(edited), seen_at=NOW)
    assert {event.event_id for event in (*first.events, *edited.events, *back.events)} == {first.events[0].event_id}
    assert edited.events[0].revision != first.events[0].revision == back.events[0].revision


def test_successive_revisions_in_one_batch_all_travel_in_order() -> None:
    drafts = [replace(DOCUMENT, body=body) for body in ("一", "二", "二", "一")]
    decision = decide(drafts, {}, seen_at=NOW)
    assert [event.body for event in decision.events] == ["一", "二", "一"]
    assert decision.unchanged == 1


def test_the_time_of_fetching_does_not_change_the_ids() -> None:
    early, late = (to_event(DOCUMENT, seen_at=at, backfill=at == NOW) for at in (NOW, datetime(2027, 1, 1, tzinfo=UTC)))
    assert (early.event_id, early.revision) == (late.event_id, late.revision)


@pytest.mark.parametrize("kind", KINDS_OF_FEED)
@given(page=entries, randomness=st.randoms(use_true_random=False))
def test_the_order_of_a_page_does_not_matter(kind: str, page: list[tuple[str, str, str]], randomness: object) -> None:
    shuffled = list(page)
    randomness.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives random.Random, typed as object here
    one, other = decide_page(feed_of(kind, page), kind=kind), decide_page(feed_of(kind, shuffled), kind=kind)
    assert keys(one) == keys(other)


@pytest.mark.parametrize("kind", KINDS_OF_FEED)
@given(page=entries)
def test_a_page_read_again_brings_nothing(kind: str, page: list[tuple[str, str, str]]) -> None:
    text = feed_of(kind, page)
    first = decide_page(text, kind=kind)
    assert len(first.events) + first.unchanged == len(page)
    assert len({event.event_id for event in first.events}) == len(first.events)
    assert decide_page(text, seen_after(first), kind=kind).events == ()


@given(page=entries)
def test_no_title_of_a_page_is_lost_to_a_shared_link(page: list[tuple[str, str, str]]) -> None:
    decision = decide_page(feed_of("rss2", page))
    assert {event.title for event in decision.events} == {title for title, _, _ in page}


A, B = item("甲国の措置", "/shared.html", day="2026-04-07"), item("乙国の措置", "/shared.html", day="2026-04-08")
C = item("丙国の措置", "/shared.html", day="2026-04-09")


def test_a_document_keeps_its_id_when_another_comes_to_share_its_link() -> None:
    alone = decide_page(rss2(A))
    joined = decide_page(rss2(B, A), seen_after(alone))
    assert [event.title for event in joined.events] == ["乙国の措置"]
    assert joined.events[0].event_id != alone.events[0].event_id


def test_the_later_sharer_of_a_link_keeps_its_id_when_the_earlier_leaves_the_page() -> None:
    seen = seen_after(decide_page(rss2(A)))
    seen = seen_after(decide_page(rss2(B, A), seen), seen)
    assert decide_page(rss2(B), seen).events == ()
    third = decide_page(rss2(C, B), seen)
    assert [event.title for event in third.events] == ["丙国の措置"]


def test_a_new_title_on_a_link_that_nobody_shares_is_a_revision() -> None:
    alone = decide_page(rss2(A))
    renamed = decide_page(rss2(item("甲国の措置（訂正）", "/shared.html")), seen_after(alone))
    assert [event.event_id for event in renamed.events] == [alone.events[0].event_id]


def test_everything_that_may_have_to_be_looked_up_is_named() -> None:
    documents = read_page(example_source(), example_page(rss2(A, B))).documents
    assert {event.event_id for event in decide(documents, {}, seen_at=NOW).events} <= candidate_ids(documents)
    assert len(candidate_ids(documents)) == 3


@pytest.mark.parametrize("guid", ["item_1", "item-2", "12", "post3", " item_4 ", "No.5"])
def test_a_guid_that_counts_places_names_nothing(guid: str) -> None:
    documents = read_page(example_source(), example_page(rss2(item("題", guid=guid)))).documents
    moved = read_page(example_source(), example_page(rss2(item("題", guid="item_77")))).documents
    assert documents[0].document_id == moved[0].document_id
    assert documents[0].document_id.startswith("title:")


@pytest.mark.parametrize(
    ("guid", "document_id"),
    [
        ("/j/press/1.html", "https://press.example.go.jp/j/press/1.html"),
        ("http://PRESS.example.go.jp:80/j/2.html?utm_source=rss", "https://press.example.go.jp/j/2.html"),
        ("6ef0459d-edcf-4e95-b347-18d937b9a09d", "guid:6ef0459d-edcf-4e95-b347-18d937b9a09d"),
        ("tag:example.go.jp,2026:9001", "guid:tag:example.go.jp,2026:9001"),
    ],
)
def test_an_entry_without_a_link_is_named_by_its_guid(guid: str, document_id: str) -> None:
    documents = read_page(example_source(), example_page(rss2(item("題", guid=guid)))).documents
    assert [each.document_id for each in documents] == [document_id]


def test_an_atom_id_outlives_a_change_of_link() -> None:
    entry = "<entry><title>題</title><id>tag:example,2026:1</id><link href='{}'/><updated>2026-04-08</updated></entry>"
    page = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
    one, other = (decide_page(page.format(entry.format(link)), kind="atom") for link in ("/a", "/b"))
    assert keys(one) == keys(other)


def test_a_text_that_repeats_the_title_is_no_body() -> None:
    documents = read_page(example_source(), example_page(rss2(item("総則　改正", "/a", body="総則 改正 ")))).documents
    assert documents[0].body is None


def test_hostile_text_is_kept_without_its_traps() -> None:
    title = "Export\u202e ban\u200b on \u00adgallium"
    body = "&lt;p&gt;one&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;&lt;p&gt;two \x85&lt;/p&gt;"
    document = read_page(example_source(), example_page(rss2(item(title, "/a", body=body)))).documents[0]
    assert document.title == "Export ban on gallium"
    assert document.body is not None
    assert document.body.split() == ["one", "two"]


def test_a_huge_title_and_text_are_bounded() -> None:
    document = read_page(
        example_source(), example_page(rss2(item("長" * 100_000, "/a", body="文" * 400_000)))
    ).documents[0]
    assert len(document.title) == 2_000
    assert len(document.body or "") == 250_000
    assert len(to_event(document, seen_at=NOW, backfill=False).model_dump_json().encode()) < 900_000
