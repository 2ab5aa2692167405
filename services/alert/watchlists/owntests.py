"""The tests inside a watchlist: texts that must, or must not, alert. Pure; the classifier is an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.alert.lifecycle.decision import may_alert
from services.alert.matching.match import Explanation, explain
from services.contracts import ids
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Language
from services.contracts.watchlists import Watchlist, WatchlistTest
from services.taxonomy.taxonomy import Taxonomy

Classifier = Callable[[Event], Sequence[Act]]
SOURCE = "watchlist-test"


@dataclass(frozen=True)
class WatchlistTestResult:
    """One test and what came of it; `explanations` holds one entry for each act found in the text."""

    watchlist_id: str
    test: WatchlistTest
    matched: bool
    acts: tuple[Act, ...]
    explanations: tuple[Explanation, ...]

    @property
    def passed(self) -> bool:
        """Whether the text did what its owner says."""
        return self.matched == self.test.matches

    def __str__(self) -> str:
        what = self.test.name or self.test.text[:60]
        if self.passed:
            return f"{self.watchlist_id}: ok: {what}"
        return f"{self.watchlist_id}: {what!r} {'must' if self.test.matches else 'must not'} match: {self._why()}"

    def _why(self) -> str:
        if not self.acts:
            return "no act was found in the text"
        if self.test.matches and not any(map(may_alert, self.acts)):
            return "the text asserts nothing urgent enough to alert"
        if self.test.matches:
            return "; ".join(dict.fromkeys(each for found in self.explanations for each in found.missing))
        held = (f"{each.predicate} {each.term}" for found in self.explanations for each in found.matched)
        return "it matched on " + ", ".join(dict.fromkeys(held))


def run_watchlist_tests(
    watchlist: Watchlist, classify: Classifier, taxonomy: Taxonomy, now: datetime
) -> tuple[WatchlistTestResult, ...]:
    """Run every test of the watchlist; a text matches if an act in it would alert somebody never told before.

    `now` is when the texts count as seen; a test without `published_on` is published on that day.
    """
    return tuple(_run(watchlist, test, classify, taxonomy, now) for test in watchlist.tests)


def _run(
    watchlist: Watchlist, test: WatchlistTest, classify: Classifier, taxonomy: Taxonomy, now: datetime
) -> WatchlistTestResult:
    acts = tuple(classify(event_of(test, now)))
    explanations = tuple(explain(watchlist, act, taxonomy) for act in acts)
    matched = any(found.holds and may_alert(act) for act, found in zip(acts, explanations, strict=True))
    return WatchlistTestResult(watchlist.id, test, matched, acts, explanations)


def event_of(test: WatchlistTest, now: datetime) -> Event:
    """The test's text as a document: without a title its first line is the headline."""
    first, _, rest = test.text.strip().partition("\n")
    title, body = (test.title, test.text) if test.title else (first, rest.strip())
    source, document = test.source or SOURCE, ids.revision_of(title, body)
    return Event(
        event_id=ids.event_id(source, document),
        revision=document,
        source=source,
        document_id=document,
        lang=Language(test.lang) if test.lang else None,
        title=title,
        body=body or None,
        published_on=date.fromisoformat(test.published_on) if test.published_on else now.date(),
        seen_at=now,
    )
