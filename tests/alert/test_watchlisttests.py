"""A watchlist's own tests, with a classifier by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from services.alert.watchlists.owntests import event_of, run_watchlist_tests
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Language, Modality, Urgency
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist, WatchlistTest
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import an_act, an_event

TAXONOMY = default_taxonomy()
NOW = datetime(2025, 4, 5, 12, tzinfo=UTC)


def classify(event: Event) -> Sequence[Act]:
    """Reads the words of a title as minerals, `maybe` as a forecast and `old` as not urgent."""
    words = event.title.split()
    minerals = tuple(word for word in words if word in TAXONOMY.minerals)
    modality = Modality.FORECAST if "maybe" in words else Modality.ASSERTED
    urgency = Urgency.ARCHIVE if "old" in words else Urgency.NOW
    return [an_act(an_event(), minerals=minerals, modality=modality, urgency=urgency)] if minerals else []


def run(text: str, *, matches: bool) -> tuple[bool, str]:
    watchlist = Watchlist(
        id="nickel",
        name="Nickel",
        rule=Rule(all=(Condition(predicate="minerals", terms=("nickel",)),)),
        destinations=(Destination(channel="stdout", address="-"),),
        tests=(WatchlistTest(text=text, matches=matches),),
    )
    (result,) = run_watchlist_tests(watchlist, classify, TAXONOMY, NOW)
    return result.passed, str(result)


@pytest.mark.parametrize(
    ("text", "matches"),
    [("nickel", True), ("cobalt", False), ("nothing", False), ("maybe nickel", False), ("old nickel", False)],
)
def test_a_text_matches_if_an_act_in_it_would_alert(text: str, matches: bool) -> None:
    assert run(text, matches=matches) == (True, f"nickel: ok: {text}")
    assert not run(text, matches=not matches)[0]


@pytest.mark.parametrize(
    ("text", "matches", "said"),
    [
        ("nothing", True, "'nothing' must match: no act was found in the text"),
        ("maybe nickel", True, "the text asserts nothing urgent enough to alert"),
        ("cobalt", True, "must match: minerals nickel: the act has cobalt"),
        ("nickel", False, "must not match: it matched on minerals nickel"),
    ],
)
def test_a_failed_test_says_why(text: str, matches: bool, said: str) -> None:
    assert said in run(text, matches=matches)[1]


def test_a_test_is_read_as_a_document_of_its_source_language_and_day() -> None:
    test = WatchlistTest(
        title="題", text="本文", lang="ja", source="jp-meti", published_on="2024-05-10", matches=True
    )  # fmt: skip
    event = event_of(test, NOW)
    assert (event.title, event.body, event.lang) == ("題", "本文", Language.JA)
    assert (event.source, event.published_on, event.seen_at) == ("jp-meti", date(2024, 5, 10), NOW)


def test_without_a_title_the_first_line_is_the_headline() -> None:
    one = event_of(WatchlistTest(text="China bans exports.", matches=True), NOW)
    assert (one.title, one.body, one.lang, one.published_on) == ("China bans exports.", None, None, NOW.date())
    two = event_of(WatchlistTest(text="Head\n\nBody of it.\n", matches=True), NOW)
    assert (two.title, two.body) == ("Head", "Body of it.")
