"""Finds the terms of one predicate that an act meets, without trying those it cannot meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from services.alert.matching.predicatekinds import Predicate
from services.alert.matching.rules import Ask
from services.contracts.measures import Act
from services.taxonomy.taxonomy import Taxonomy


class Posting:
    """The rules, by number, that name a term in one slot; a slot is the place of a group among the groups of a rule."""

    __slots__ = ("number", "predicate", "rules", "slot", "term")

    def __init__(self, number: int, slot: int, predicate: str, term: str) -> None:
        self.number, self.slot, self.predicate, self.term = number, slot, predicate, term
        self.rules = BitMap()


class Lookup:
    """The postings of one predicate, by the keys of their terms."""

    def __init__(self, predicate: Predicate, taxonomy: Taxonomy) -> None:
        self._predicate, self._taxonomy = predicate, taxonomy
        self._exact: dict[str, list[Posting]] = {}
        self._beginnings: dict[int, dict[str, list[Posting]]] = {}
        self._untold: dict[Posting, None] = {}

    def add(self, posting: Posting) -> None:
        """Have the posting found from now on."""
        for found_by, key in self._places(posting):
            found_by.setdefault(key, []).append(posting)

    def remove(self, posting: Posting) -> None:
        """Have the posting found no more."""
        self._untold.pop(posting, None)
        for found_by, key in self._places(posting, anew=False):
            found_by[key].remove(posting)
            if not found_by[key]:
                del found_by[key]
        self._beginnings = {length: found_by for length, found_by in self._beginnings.items() if found_by}

    def met(self, act: Act, ask: Ask) -> Iterable[Posting]:
        """Each posting whose term the act meets, once."""
        found: dict[Posting, None] = {}
        for text in self._predicate.texts(act):
            if text in self._exact:
                found.update(dict.fromkeys(self._exact[text]))
            for length, beginnings in self._beginnings.items():
                if text[:length] in beginnings:
                    found.update(dict.fromkeys(beginnings[text[:length]]))
        if self._predicate.keys_decide and not self._untold:
            return found
        sure = self._predicate.keys_decide
        tried = [each for each in (self._untold if sure else found | self._untold) if ask((each.predicate, each.term))]
        return [*found, *tried] if sure else tried

    def _places(self, posting: Posting, *, anew: bool = True) -> Iterator[tuple[dict[str, list[Posting]], str]]:
        keys = self._predicate.keys(posting.term, self._taxonomy)
        if keys is None:
            if anew:
                self._untold[posting] = None
            return
        yield from ((self._exact, key) for key in keys.exact)
        yield from ((self._beginnings.setdefault(len(key), {}), key) for key in keys.beginnings)
