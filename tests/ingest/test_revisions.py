"""Revisions: the order of arrival does not matter, withdrawals are told once, dates and numbers are material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import ids
from services.contracts.events import Event, Identifier
from services.ingest.core import Decision, decide, read_page
from services.ingest.memory.revisions import Change, Known, known_of, restore
from services.ingest.pages.lines import Line, read_line
from services.ingest.pages.page import Document, Problem
from tests.ingest.material import NOW, example_page, example_source

START = datetime(2026, 3, 1, tzinfo=UTC)
DOCUMENT = Document("jp-example", "例", "a", "甲を規制", body="本文です。", published_on=date(2026, 3, 1))
TOMBSTONES = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'


def version(name: str, number: int, *, withdrawn: bool = False) -> Document:
    text = f"{name}の第{number}版"
    at = START + timedelta(hours=number)
    return Document("jp-example", "例", name, text, published_on=START.date(), updated_at=at, withdrawn=withdrawn)


def after(decision: Decision, before: dict[str, Known]) -> dict[str, Known]:
    return {**before, **{event.event_id: known_of(event) for event in decision.remembered}}


def arrive(batches: Sequence[Sequence[Document]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Where each document stands after the batches, and what was published on the way."""
    known: dict[str, Known] = {}
    published: list[tuple[str, str]] = []
    for batch in batches:
        decision = decide(batch, known, seen_at=NOW)
        published += [(event.event_id, event.revision) for event in decision.events]
        known = after(decision, known)
    return {event_id: each.revision for event_id, each in known.items()}, published


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Document], list[list[Document]]]:
    """Versions of a few documents, in order, and the same in any order, with repeats, split into polls anyhow."""
    written = [
        version(name, number, withdrawn=number == gone)
        for name in "ab"
        for gone in [draw(st.integers(1, 8))]
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]
    arrived = draw(st.permutations([*written, *draw(st.lists(st.sampled_from(written), max_size=4))]))
    cuts = sorted(draw(st.sets(st.integers(0, len(arrived)), max_size=4)))
    edges = [0, *cuts, len(arrived)]
    return written, [list(arrived[a:b]) for a, b in pairwise(edges)]


@given(arrivals())
def test_any_order_of_arrival_ends_in_the_same_state_and_publishes_no_revision_twice(
    made: tuple[list[Document], list[list[Document]]],
) -> None:
    written, batches = made
    in_order, _ = arrive([written])
    state, published = arrive(batches)
    assert state == in_order
    assert len(published) == len(set(published))
    assert set(state.items()) <= set(published)


def test_an_older_version_is_named_and_not_published() -> None:
    _, old, new = (version("a", number) for number in range(3))
    known = after(decide([new], {}, seen_at=NOW), {})
    decision = decide([old], known, seen_at=NOW)
    assert (decision.events, [event.title for event in decision.older]) == ((), [old.title])


def test_a_version_that_confirms_the_text_still_outdates_what_lies_between() -> None:
    first, between = version("a", 1), version("a", 2)
    confirmed = replace(first, updated_at=version("a", 3).updated_at)
    known = after(decide([first], {}, seen_at=NOW), {})
    known = after(decide([confirmed], known, seen_at=NOW), known)
    assert decide([between], known, seen_at=NOW).events == ()


def test_a_date_that_lies_ahead_holds_up_no_later_correction() -> None:
    wrong = replace(DOCUMENT, published_on=date(2036, 3, 1), updated_at=datetime(2036, 3, 1, tzinfo=UTC))
    known = after(decide([wrong], {}, seen_at=NOW), {})
    mended = replace(DOCUMENT, body="訂正", updated_at=NOW + timedelta(hours=1))
    assert len(decide([mended], known, seen_at=NOW + timedelta(hours=2)).events) == 1


def test_a_later_day_or_another_number_is_a_revision_and_another_address_is_none() -> None:
    known = after(decide([DOCUMENT], {}, seen_at=NOW), {})
    moved = replace(DOCUMENT, url="https://press.example.go.jp/new")
    dated = replace(DOCUMENT, published_on=date(2026, 3, 2))
    numbered = replace(DOCUMENT, identifiers=(Identifier(scheme="docket", value="X-1"),))
    assert decide([moved], known, seen_at=NOW).events == ()
    for changed in (dated, numbered):
        assert [*decide([changed], known, seen_at=NOW).changes[Change.FACTS]] != []


def test_the_order_of_numbers_does_not_count() -> None:
    one, other = (Identifier(scheme="docket", value=value) for value in ("X-1", "X-2"))
    known = after(decide([replace(DOCUMENT, identifiers=(one, other))], {}, seen_at=NOW), {})
    assert decide([replace(DOCUMENT, identifiers=(other, one))], known, seen_at=NOW).events == ()


def test_a_document_known_by_the_old_rule_is_not_published_again_and_takes_part_from_then_on() -> None:
    event_id = ids.event_id(DOCUMENT.source, DOCUMENT.document_id)
    known = {event_id: Known(ids.revision_of(DOCUMENT.title, DOCUMENT.body))}
    met = decide([DOCUMENT], known, seen_at=NOW)
    assert met.events == ()
    known = after(met, known)
    assert decide([DOCUMENT], known, seen_at=NOW) == Decision((), 1)
    assert len(decide([replace(DOCUMENT, published_on=date(2026, 3, 2))], known, seen_at=NOW).events) == 1


def test_a_withdrawal_is_published_once_and_so_is_its_end() -> None:
    known: dict[str, Known] = {}
    told: list[bool] = []
    for withdrawn in (False, True, True, False, False):
        decision = decide([replace(DOCUMENT, withdrawn=withdrawn)], known, seen_at=NOW)
        told += [event.withdrawn for event in decision.events]
        known = after(decision, known)
    assert told == [False, True, False]


def test_a_document_that_is_withdrawn_before_it_was_seen_stays_withdrawn_when_its_older_text_arrives() -> None:
    gone, text = version("a", 2, withdrawn=True), version("a", 1)
    known = after(decide([gone], {}, seen_at=NOW), {})
    assert decide([text], known, seen_at=NOW).events == ()


def test_a_document_that_left_the_page_is_not_withdrawn() -> None:
    known = after(decide([DOCUMENT, version("b", 1)], {}, seen_at=NOW), {})
    assert decide([version("b", 1)], known, seen_at=NOW) == Decision((), 1)


def feed(*entries: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {TOMBSTONES}>{"".join(entries)}</feed>'


ENTRY = "<entry><title>甲を規制</title><id>tag:example,2026:1</id><updated>2026-04-08T00:00:00Z</updated></entry>"
DELETED = '<at:deleted-entry ref="tag:example,2026:1" when="2026-04-09T00:00:00Z"/>'


def read(text: str) -> tuple[Document, ...]:
    return read_page(example_source(kind="atom"), example_page(text)).documents


def test_a_tombstone_of_an_atom_feed_withdraws_the_entry_with_the_text_last_published() -> None:
    first = decide(read(feed(ENTRY)), {}, seen_at=NOW)
    last: dict[str, Event] = {event.event_id: event for event in first.events}
    tombs = restore(read(feed(DELETED)), last)
    (event,) = decide(tombs, after(first, {}), seen_at=NOW).events
    assert (event.event_id, event.title, event.withdrawn) == (first.events[0].event_id, "甲を規制", True)


def test_a_tombstone_beside_its_entry_counts_when_it_is_the_later() -> None:
    back = ENTRY.replace("2026-04-08", "2026-04-10")
    assert [each.withdrawn for each in read(feed(ENTRY, DELETED))] == [True]
    assert [each.withdrawn for each in read(feed(DELETED, back))] == [False]


def test_an_atom_entry_says_when_it_was_changed_only_where_that_is_not_its_publication() -> None:
    published = ENTRY.replace("<updated>", "<published>2026-04-07T00:00:00Z</published><updated>")
    assert [each.updated_at for each in read(feed(ENTRY))] == [None]
    assert [each.updated_at for each in read(feed(published))] == [datetime(2026, 4, 8, tzinfo=UTC)]


def test_a_line_says_that_its_document_is_withdrawn_and_when_it_was_changed() -> None:
    text = b'{"id": "a", "source": "xx", "title": "x", "withdrawn": true, "updated": "2026-04-08T09:00+09:00"}'
    found = read_line(Line("x", 1, text))
    assert isinstance(found, Document)
    assert (found.withdrawn, found.updated_at) == (True, datetime(2026, 4, 8, tzinfo=UTC))
    assert isinstance(read_line(Line("x", 1, text.replace(b"+09:00", b""))), Problem)
