"""The matcher's peers on the same rules: a percolator written in Rust, and the bitmaps without anything around them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import mokaccino
from pyroaring import BitMap

from services.alert.matching.index import RuleIndex
from services.taxonomy.taxonomy import Taxonomy
from tests.bench.rules import FIELDS, URGENCIES, Made, Terms


def id_of(number: int) -> str:
    """The id our index knows the rule of that number by."""
    return f"watchlist-{number}"


def our_index(rules: Iterable[Made], taxonomy: Taxonomy) -> RuleIndex:
    """Our index over the rules."""
    index = RuleIndex(taxonomy)
    for number, made in enumerate(rules):
        index.add(id_of(number), made.rule())
    return index


class Mokaccino:
    """mokaccino's percolator, its queries built by its own builder."""

    def __init__(self, rules: Iterable[Made]) -> None:
        self._percolator: Any = mokaccino.Percolator()
        for number, made in enumerate(rules):
            self.add(number, made)

    def add(self, number: int, made: Made) -> None:
        """Take up a rule."""
        self._percolator.add_query_id(_query(made), number)

    def matching(self, terms: Terms, rank: int) -> list[int]:
        """The numbers of the rules that hold."""
        document: Any = mokaccino.Document()
        for field, words in terms.items():
            for word in words:
                document.add_value(field, word)
        document.add_value("urgency", str(rank))
        found: list[int] = self._percolator.percolate_list(document)
        return found


def _query(made: Made) -> Any:
    build: Any = mokaccino.Query
    parts = [_joined([build.from_kv(field, term) for field, term in group]) for group in made.groups]
    parts.append(build.from_kge("urgency", made.least))
    parts += [~build.from_kv(field, term) for field, term in made.refused]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole & part
    return whole


def _joined(terms: list[Any]) -> Any:
    whole = terms[0]
    for term in terms[1:]:
        whole = whole | term
    return whole


class Bare:
    """For each field the rules that ask nothing there, united with those of the terms met; then intersected.

    It knows neither two groups on one field nor nested rules, groups of the taxonomy, removal or evidence.
    """

    def __init__(self, rules: Iterable[Made]) -> None:
        asked: dict[str, list[int]] = {field: [] for field in FIELDS}
        named: dict[tuple[str, str], list[int]] = {}
        refused: dict[tuple[str, str], list[int]] = {}
        ranks: list[list[int]] = [[] for _ in URGENCIES]
        count = 0
        for number, made in enumerate(rules):
            count += 1
            for group in made.groups:
                asked[group[0][0]].append(number)
                for term in group:
                    named.setdefault(term, []).append(number)
            for term in made.refused:
                refused.setdefault(term, []).append(number)
            for rank in range(made.least, len(URGENCIES)):
                ranks[rank].append(number)
        every = BitMap(range(count))
        self._silent = {field: every - BitMap(numbers) for field, numbers in asked.items()}
        self._named = {term: BitMap(numbers) for term, numbers in named.items()}
        self._refused = {term: BitMap(numbers) for term, numbers in refused.items()}
        self._ranks = [BitMap(numbers) for numbers in ranks]

    def matching(self, terms: Terms, rank: int) -> array[int]:
        """The numbers of the rules that hold."""
        fields = [BitMap.union(self._silent[field], *self._met(field, words)) for field, words in terms.items()]
        fields.sort(key=len)
        left = fields[0] & self._ranks[rank]
        for each in fields[1:]:
            left &= each
        for field, words in terms.items():
            for word in words:
                if (field, word) in self._refused:
                    left -= self._refused[field, word]
        found: array[int] = left.to_array()
        return found

    def _met(self, field: str, words: Iterable[str]) -> Iterator[BitMap]:
        return (self._named[field, word] for word in words if (field, word) in self._named)
