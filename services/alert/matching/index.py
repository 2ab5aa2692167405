"""A bitmap index over rules: which of them hold for an act, exactly as trying every rule, only sooner. Pure.

Every rule has a number, and every term that a rule names has a bitmap of such numbers. For each slot the rules that
ask nothing there are united with those of which the act meets a term, and the slots are intersected, smallest first.
What bitmaps cannot decide they narrow down, and the rule itself is asked.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from pyroaring import BitMap

from services.alert.matching.lookup import Lookup, Posting
from services.alert.matching.predicatekinds import Test
from services.alert.matching.predicates import PREDICATES
from services.alert.matching.rules import Evidence, Group, NormalRule, Term, evidence, normalise
from services.contracts.alerts import MatchedTerm
from services.contracts.measures import Act
from services.contracts.watchlists import Rule
from services.taxonomy.taxonomy import Taxonomy

MAX_SLOTS = 4
"""So many groups on one predicate are indexed; a rule with more is asked itself."""
_MIXED = ""
"""The predicate of a group whose terms are of several."""
_EXCLUDED = 0
"""The slot of terms that must not be met."""
_MANY_TESTS = 65_536
_SPARSE = 256
"""So many times fewer rules are left than a slot holds when its bitmaps are intersected one by one."""


class RuleIndex:
    """Rules by an id of the caller's. Not for several threads at once.

    Adding and removing cost as much as the rule is long, whatever the index holds, and count from the next act on.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._bind: Callable[[Term], Test] = lru_cache(maxsize=_MANY_TESTS)(self._bind_term)
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        self._free: list[int] = []
        self._named: list[bytes] = []
        """For each rule the numbers of its postings, groups in order; packed, as there may be a million."""
        self._rules = BitMap()
        self._unsure: dict[int, Rule] = {}
        self._unsure_numbers = BitMap()
        self._silent: dict[int, BitMap] = {}
        """For each slot the rules that ask nothing there."""
        self._slots: dict[tuple[str, int], int] = {}
        self._postings: dict[tuple[int, str, str], Posting] = {}
        self._posting_numbers: list[Posting | None] = []
        self._free_postings: list[int] = []
        self._lookups: dict[str, Lookup] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, id_: str, rule: Rule) -> None:
        """Take up a rule; raises ValueError if there is one of that id."""
        if id_ in self._numbers:
            raise ValueError(f"a rule of `{id_}` is there already; remove it first")
        number = self._number(id_)
        slots, whole = self._slotted(normalise(rule))
        self._rules.add(number)
        if not whole:
            self._unsure[number] = rule
            self._unsure_numbers.add(number)
        for slot, silent in self._silent.items():
            if slot not in slots:
                silent.add(number)
        named = [self._posting(slot, term) for slot, group in slots.items() for term in group]
        for posting in named:
            posting.rules.add(number)
        self._named[number] = array("I", [posting.number for posting in named]).tobytes()

    def remove(self, id_: str) -> None:
        """Forget a rule; raises KeyError if there is none of that id."""
        number = self._numbers.pop(id_)
        self._rules.discard(number)
        for posting in self._named_by(number):
            posting.rules.discard(number)
            if not posting.rules:
                self._drop(posting)
        for silent in self._silent.values():
            silent.discard(number)
        self._named[number] = b""
        if self._unsure.pop(number, None) is not None:
            self._unsure_numbers.discard(number)
        self._free.append(number)

    def matching(self, act: Act) -> array[int]:
        """The numbers of the rules that hold, ascending; `id_of` names them until rules are added or removed."""
        held: array[int] = self._held(act, _Reading(act, self._bind)).to_array()
        return held

    def id_of(self, number: int) -> str:
        """The id of the rule that has the number now."""
        return self._ids[number]

    def holding(self, act: Act) -> list[tuple[str, Evidence]]:
        """The id of every rule that holds, with the terms that held."""
        reading = _Reading(act, self._bind)
        found = self._held(act, reading).to_array()
        shown: dict[int, MatchedTerm | None] = {}
        return [(self._ids[number], self._evidence(number, reading, shown)) for number in found]

    # ---- which rules hold ------------------------------------------------------------------------------------------

    def _held(self, act: Act, reading: _Reading) -> BitMap:
        met: dict[int, list[BitMap]] = {}
        for lookup in self._lookups.values():
            for posting in lookup.met(act, reading.ask):
                met.setdefault(posting.slot, []).append(posting.rules)
        left = self._with_groups_met(met)
        for refused in met.get(_EXCLUDED, ()):
            left -= refused
        for number in left & self._unsure_numbers:
            if evidence(self._unsure[number], reading.ask) is None:
                left.discard(number)
        return left

    def _with_groups_met(self, met: Mapping[int, list[BitMap]]) -> BitMap:
        slots = [(silent, met.get(slot, [])) for slot, silent in self._silent.items()]
        sized = sorted(((len(silent) + sum(map(len, named)), silent, named) for silent, named in slots), key=_size)
        left: BitMap | None = None
        for size, silent, named in sized:
            if left is None:
                left = BitMap.union(silent, *named)
            elif len(left) * _SPARSE < size:
                left = BitMap.union(left & silent, *(left & each for each in named))
            else:
                left &= BitMap.union(silent, *named) if named else silent
        return self._rules.copy() if left is None else left

    def _evidence(self, number: int, reading: _Reading, shown: dict[int, MatchedTerm | None]) -> Evidence:
        """The terms of the groups that held, each once; `shown` keeps those of each posting for the next rule."""
        if number in self._unsure:
            return evidence(self._unsure[number], reading.ask) or ()
        found: dict[int, MatchedTerm] = {}
        for each in memoryview(self._named[number]).cast("I"):
            if each not in shown:
                shown[each] = self._shown(each, reading)
            term = shown[each]
            if term is not None:
                found[id(term)] = term
        return tuple(found.values())

    def _shown(self, posting_number: int, reading: _Reading) -> MatchedTerm | None:
        posting = self._posting_numbers[posting_number]
        if posting is None or posting.slot == _EXCLUDED:
            return None
        return reading.ask((posting.predicate, posting.term))

    # ---- numbers, slots and postings -------------------------------------------------------------------------------

    def _number(self, id_: str) -> int:
        if self._free:
            number = self._free.pop()
            self._ids[number] = id_
        else:
            number = len(self._ids)
            self._ids.append(id_)
            self._named.append(b"")
        self._numbers[id_] = number
        return number

    def _slotted(self, rule: NormalRule) -> tuple[dict[int, Group], bool]:
        """The groups by slot, in order, and whether they and the exclusions decide the rule."""
        slots: dict[int, Group] = {}
        seen: Counter[str] = Counter()
        whole = rule.whole
        for group in rule.groups:
            predicates = {predicate for predicate, _ in group}
            place = predicates.pop() if len(predicates) == 1 else _MIXED
            if seen[place] < MAX_SLOTS:
                slots[self._slot(place, seen[place])] = group
            else:
                whole = False
            seen[place] += 1
        if rule.excluded:
            slots[_EXCLUDED] = rule.excluded
        return slots, whole

    def _slot(self, place: str, ordinal: int) -> int:
        slot = self._slots.setdefault((place, ordinal), len(self._slots) + 1)
        if slot not in self._silent:
            # A copy is run-length encoded unless told not to, and would become ten times slower as rules are added.
            self._silent[slot] = BitMap(self._rules, optimize=False)
        return slot

    def _posting(self, slot: int, term: Term) -> Posting:
        known = self._postings.get((slot, *term))
        if known is not None:
            return known
        number = self._free_postings.pop() if self._free_postings else len(self._posting_numbers)
        posting = Posting(number, slot, *term)
        if number == len(self._posting_numbers):
            self._posting_numbers.append(posting)
        self._posting_numbers[number] = self._postings[slot, *term] = posting
        predicate = posting.predicate
        if predicate not in self._lookups:
            self._lookups[predicate] = Lookup(PREDICATES[predicate], self._taxonomy)
        self._lookups[predicate].add(posting)
        return posting

    def _drop(self, posting: Posting) -> None:
        del self._postings[posting.slot, posting.predicate, posting.term]
        self._posting_numbers[posting.number] = None
        self._free_postings.append(posting.number)
        self._lookups[posting.predicate].remove(posting)

    def _named_by(self, number: int) -> Iterable[Posting]:
        found = (self._posting_numbers[each] for each in memoryview(self._named[number]).cast("I"))
        return [posting for posting in found if posting is not None]

    def _bind_term(self, term: Term) -> Test:
        predicate, text = term
        return PREDICATES[predicate].bind(text, self._taxonomy)


class _Reading:
    """What one act says to terms, each asked at most once."""

    def __init__(self, act: Act, bind: Callable[[Term], Test]) -> None:
        self._act, self._bind = act, bind
        self._known: dict[Term, MatchedTerm | None] = {}

    def ask(self, term: Term) -> MatchedTerm | None:
        """The term with the act's tags that meet it and their places, or None."""
        if term not in self._known:
            self._known[term] = matched_term(self._act, term, self._bind(term)(self._act))
        return self._known[term]


def matched_term(act: Act, term: Term, tags: tuple[str, ...]) -> MatchedTerm | None:
    """The term as met by these tags of the act, with the places of their words; None without tags."""
    name, text = term
    if not tags:
        return None
    return MatchedTerm(predicate=name, term=text, tags=tags, spans=PREDICATES[name].spans(act, text, tags))


def _size(slot: tuple[int, BitMap, list[BitMap]]) -> int:
    return slot[0]
