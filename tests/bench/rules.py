"""Rules and acts for the matcher's measurements: seeded, with terms as unevenly spread as people choose them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from services.alert.matching.predicates import PREDICATES
from services.contracts import ids
from services.contracts.events import Identifier
from services.contracts.measures import Act, EventRef
from services.contracts.vocab import Direction, Language, Stage, Urgency
from services.contracts.watchlists import Condition, Rule
from services.taxonomy.taxonomy import Taxonomy

SEEN = datetime(2026, 1, 5, tzinfo=UTC)
URGENCIES = ("archive", "digest", "now")
FIELDS = ("minerals", "technologies", "imposing", "target", "affected", "types", "stage", "identifier")
Terms = Mapping[str, Sequence[str]]
"""What an act meets, by field: the terms of the vocabulary, groups included; `urgency` is a rank."""


@dataclass(frozen=True)
class Made:
    """A rule as a peer takes it: any-of groups of (field, term), terms refused, and the least rank of urgency."""

    groups: tuple[tuple[tuple[str, str], ...], ...]
    refused: tuple[tuple[str, str], ...]
    least: int

    def rule(self) -> Rule:
        """The same as a watchlist's rule."""
        every = [Condition(predicate=group[0][0], terms=tuple(term for _, term in group)) for group in self.groups]
        if self.least:
            every.append(Condition(predicate="urgency", terms=(f">= {URGENCIES[self.least]}",)))
        none = [Condition(predicate=field, terms=(term,)) for field, term in self.refused]
        return Rule(all=tuple(every), none=tuple(none))


class Population:
    """So many rules, and acts to match them with.

    Of `selective` rules each also names one of `count` / 4 identifiers, as one that watches a single docket does.
    """

    def __init__(self, taxonomy: Taxonomy, count: int, *, selective: bool = False) -> None:
        self.count, self.selective = count, selective
        self._taxonomy = taxonomy
        self._words: Mapping[str, Sequence[str]] = {
            "minerals": sorted(taxonomy.minerals),
            "technologies": sorted(taxonomy.technologies),
            "types": sorted(taxonomy.measures),
            "countries": [*sorted(taxonomy.countries), "G7", "EU", "ASEAN"],
            "stage": [each.value for each in Stage],
            "identifier": [f"docket:k{number}" for number in range(max(5_000, count // 4))],
        }

    def made(self, seed: int = 3) -> Iterator[Made]:
        """The rules, one at a time, the same whenever asked."""
        chance = random.Random(seed)
        for _ in range(self.count):
            yield self._make(chance)

    def acts(self, count: int, seed: int = 5) -> list[Act]:
        """Acts of the same vocabulary."""
        chance = random.Random(seed)
        return [self._act(chance, number) for number in range(count)]

    def met(self, act: Act) -> Terms:
        """The terms of the vocabulary that the act meets, for peers that know no groups."""
        found = {field: self._met(field, act) for field in FIELDS if field != "identifier"}
        found["identifier"] = [f"{each.scheme}:{each.value}" for each in act.identifiers]
        return found

    def _met(self, field: str, act: Act) -> list[str]:
        tags = PREDICATES[field].tags(act)
        return sorted({term for tag in tags for term in self._over[field].get(tag, ())})

    @cached_property
    def _over(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        over: dict[str, dict[str, list[str]]] = {field: {} for field in FIELDS}
        for field in FIELDS[:-1]:
            for term in self._words.get(field, self._words["countries"]):
                for tag in PREDICATES[field].accepts(term, self._taxonomy) or ():
                    over[field].setdefault(tag, []).append(term)
        return over

    def _make(self, chance: random.Random) -> Made:
        groups = []
        kind = chance.random()
        if kind < 0.55:
            groups.append(self._group(chance, "minerals", (1, 1, 2, 3, 6)))
        if kind > 0.40:
            groups.append(self._group(chance, "technologies", (1, 1, 2, 3, 6)))
        for field, share, sizes in (
            ("imposing", 0.5, (1, 1, 2, 4)),
            ("target", 0.35, (1, 1, 2, 4)),
            ("affected", 0.1, (1, 2)),
            ("types", 0.4, (1, 2, 3)),
            ("stage", 0.3, (3,)),
            ("identifier", 0.0 if self.selective else 0.05, (1, 2, 5)),
        ):
            if chance.random() < share:
                groups.append(self._group(chance, field, sizes))
        if self.selective:
            groups.append((("identifier", chance.choice(self._words["identifier"])),))
        refused = [("types", chance.choice(self._words["types"]))] if chance.random() < 0.1 else []
        return Made(tuple(groups), tuple(refused), chance.choice((0, 0, 0, 1, 1, 2)))

    def _group(self, chance: random.Random, field: str, sizes: Sequence[int]) -> tuple[tuple[str, str], ...]:
        words = self._words.get(field, self._words["countries"])
        return tuple((field, word) for word in _uneven(chance, words, chance.choice(sizes)))

    def _act(self, chance: random.Random, number: int) -> Act:
        countries = self._words["countries"][:-3]
        event = ids.event_id("bench", str(number))
        measure = ids.measure_id_of_event(event, "")
        named = [*_uneven(chance, self._words["identifier"], 8)]
        if self.selective:
            named += chance.sample(self._words["identifier"], 8)
        return Act(
            act_id=ids.act_id(event, "1", measure),
            measure_id=measure,
            event=EventRef(
                event_id=event,
                revision="1",
                source="bench",
                document_id=str(number),
                lang=Language.EN,
                title="",
                seen_at=SEEN,
            ),
            types=_uneven(chance, self._words["types"], chance.choice((1, 1, 2))),
            direction=Direction.RESTRICTIVE,
            stage=chance.choice(list(Stage)),
            urgency=Urgency(chance.choice(URGENCIES)),
            imposing=_uneven(chance, countries, 1),
            target=_uneven(chance, countries, chance.choice((0, 1, 1, 2))),
            affected=_uneven(chance, countries, chance.choice((0, 0, 1, 3))),
            minerals=_uneven(chance, self._words["minerals"], chance.choice((0, 1, 1, 2, 3, 5))),
            technologies=_uneven(chance, self._words["technologies"], chance.choice((0, 1, 1, 2, 4))),
            identifiers=tuple(
                Identifier(scheme="docket", value=each.partition(":")[2]) for each in dict.fromkeys(named)
            ),
        )


def _identifier(term: str) -> Identifier:
    scheme, _, value = term.partition(":")
    return Identifier(scheme=scheme, value=value)


def _uneven(chance: random.Random, words: Sequence[str], count: int) -> tuple[str, ...]:
    """So many different words, the n-th of them about 1/n as often as the first."""
    chosen: dict[str, None] = {}
    while len(chosen) < count:
        chosen[words[min(len(words) - 1, int(len(words) ** chance.random()) - 1)]] = None
    return tuple(sorted(chosen))
