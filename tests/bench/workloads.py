"""What is measured: the record codec, the classifier's scan, the whole classifier, and matching."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from services.alert.matching.match import match
from services.alert.matching.predicatekinds import Test
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.classify.core import Classifier
from services.contracts import codec
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.ingest.inlets.files import read_events, sample_paths
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.bench.peer import measure_against_spacy, measure_growth, measure_tails
from tests.bench.ratio import Ratio, Tail, measure


def sample() -> list[Event]:
    """The bundled sample as events."""
    return [event for event in read_events(sample_paths()) if isinstance(event, Event)]


def measure_codec(acts: list[Act]) -> Ratio:
    """Our codec against the habit of going through dictionaries."""

    def ours() -> list[Act]:
        return [codec.decode(Act, codec.encode(act)) for act in acts]

    def habit() -> list[Act]:
        return [Act.model_validate(json.loads(json.dumps(act.model_dump(mode="json")))) for act in acts]

    assert ours() == habit() == acts
    return measure(f"codec round trip of {len(acts)} acts", {"codec": ours, "through dictionaries": habit})


def measure_classifier(events: list[Event], taxonomy: Taxonomy) -> Ratio:
    """The whole classifier against only looking each form up, one compiled pattern a form, as a user would write."""
    classifier = Classifier(taxonomy)
    patterns = [re.compile(pattern) for pattern in _patterns(taxonomy)]

    def ours() -> int:
        return sum(len(classifier.classify(event).acts) for event in events)

    def loop() -> int:
        texts = (f"{event.title}\n{event.body or ''}".casefold() for event in events)
        return sum(1 for text in texts for pattern in patterns if pattern.search(text))

    name = f"{len(events)} documents, {len(patterns)} mineral and technology forms"
    return measure(name, {"whole classifier": ours, "only a loop of patterns": loop}, rounds=3)


def _patterns(taxonomy: Taxonomy) -> Iterator[str]:
    for entries in (taxonomy.minerals, taxonomy.technologies):
        for entry in entries.values():
            for form in (form for forms in entry.names.values() for form in forms):
                word = re.escape(form.casefold())
                yield rf"\b{word}s?\b" if form.isascii() else word


def measure_matching(acts: list[Act], taxonomy: Taxonomy, count: int) -> Ratio:
    """The index over watchlists against trying every rule, and against a quarter as many watchlists."""
    lists = make_watchlists(taxonomy, count)
    fewer = make_watchlists(taxonomy, count // 4)
    checks = [(each, _tests(each, taxonomy)) for each in lists.watchlists]

    def ours() -> list[list[str]]:
        return [[found.watchlist.id for found in match(lists, act)] for act in acts]

    def every() -> list[list[str]]:
        return [[each.id for each, tests in checks if all(test(act) for test in tests)] for act in acts]

    def quarter() -> int:
        return sum(len(match(fewer, act)) for act in acts)

    assert ours() == every()
    ways = {"index": ours, "every rule": every, "index over a quarter": quarter}
    return measure(f"{len(acts)} acts against {count:,} watchlists", ways, rounds=3)


def _tests(watchlist: Watchlist, taxonomy: Taxonomy) -> list[Test]:
    conditions = (each for each in watchlist.rule.all if isinstance(each, Condition))
    return [PREDICATES[each.predicate].bind(each.terms[0], taxonomy) for each in conditions]


def make_watchlists(taxonomy: Taxonomy, count: int) -> WatchlistSet:
    """Watchlists that each name one mineral, one imposing country and one measure type, evenly spread."""
    minerals, types = sorted(taxonomy.minerals), sorted(taxonomy.measures)
    countries = ("CN", "US", "JP", "EU", "IN", "ID", "CD", "CA", "AU", "RU")
    made = []
    for number in range(count):
        rule = Rule(
            all=(
                Condition(predicate="minerals", terms=(minerals[number % len(minerals)],)),
                Condition(predicate="imposing", terms=(countries[number // 7 % len(countries)],)),
                Condition(predicate="types", terms=(types[number // 3 % len(types)],)),
            )
        )
        slack = (Destination(channel="slack", address="C0BENCH"),)
        made.append(Watchlist(id=f"w{number}", name="bench", rule=rule, destinations=slack))
    return watchlist_set(made, taxonomy)


def run_all() -> Iterator[Ratio | Tail]:
    """Every measurement in turn."""
    taxonomy, events = default_taxonomy(), sample()
    classifier = Classifier(taxonomy)
    acts = [act for event in events for act in classifier.classify(event).acts]
    yield measure_codec(acts)
    yield measure_classifier(events, taxonomy)
    yield from measure_against_spacy(events, taxonomy)
    yield from measure_tails(events, taxonomy)
    yield from measure_growth(events, taxonomy)
    yield measure_matching(acts, taxonomy, 20_000)


def stamp() -> str:
    """When the run was made."""
    return datetime.now(UTC).isoformat(timespec="seconds")
