"""Which measure an act belongs to, so that all documents of its life share one id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.classify.facets.identifiers import ACTS, LIVES, Identified, of_schemes, threads
from services.classify.facets.proceedings import REMEDY_TYPES, find_instrument, find_proceeding, remedy_kinds
from services.classify.facets.takenup import TakenUp, find_taken_up
from services.contracts import ids
from services.contracts.events import Identifier

MAX_LIVES = 12
_MANY = 6
_BASIC_ACTS = frozenset({"2016/1036", "2016/1037", "2015/478", "2015/755"})
"""The Union's basic regulations on trade remedies, which every remedy rests on and none is."""


@dataclass(frozen=True, slots=True)
class Life:
    """A measure that an act is of: what identifies it, and which trade remedy it is where that tells two apart.

    `taken_up` are the words that say it is changed, where the act is known by that.
    """

    identifier: Identifier | None
    remedy: str = ""
    taken_up: TakenUp | None = None

    def narrow(self, types: Sequence[str]) -> tuple[str, ...]:
        """The types without those of another trade remedy, which has a life of its own."""
        others = {each for each, kind in REMEDY_TYPES.items() if self.remedy and kind != self.remedy}
        return tuple(each for each in types if each not in others) or tuple(types)


@dataclass(frozen=True)
class Named:
    """What the measure of an act may be known by.

    The identifiers a source states, those of the text, and the stretches of it that state the act. `numbered` ends
    the headline whose number an item of the document's list goes by too. An act is told `in_passing` by a document
    that does not make it: what that cites is the act's own number, not that of something it changes.
    """

    stated: Sequence[Identifier]
    found: Sequence[Identified]
    text: str
    spans: Sequence[tuple[int, int]]
    numbered: int = 0
    in_passing: bool = False

    @property
    def statement(self) -> str:
        """The words that state the act."""
        return "\n".join(self.text[start:end] for start, end in self.spans)


def choose_lives(named: Named, types: Sequence[str], imposing: Sequence[str], target: Sequence[str]) -> list[Life]:
    """The measures that an act is of, mostly one, by identifiers in the form that all their documents share.

    First what goes with a measure through its life (docket, case); then the number under which another document tells
    of it; then the product and origin of a trade remedy; then the acts of others that this one changes, each a
    measure; then the instrument the statement names; last the number of the document itself. One without an
    identifier where nothing official names the measure.
    """
    return next(found for found in _by_strength(named, types, imposing, target) if found)


def _by_strength(
    named: Named, types: Sequence[str], imposing: Sequence[str], target: Sequence[str]
) -> Iterator[list[Life]]:
    """What each way of naming a measure gives, the strongest first; the last always gives something."""
    kinds = remedy_kinds(named.statement, types)
    lives = list(of_schemes([*named.stated, *(each.identifier for each in named.found)], LIVES))
    if lives and not _is_of_many(lives, named.statement):
        yield _cases(lives, kinds)
    changed = _lives_of(list(find_taken_up(named.text, named.found, {threads(each) for each in named.stated})))
    own = [Life(each) for each in of_schemes(_own(named), ACTS)]
    if named.in_passing and not changed:
        yield own[:1]
    proceedings = [Life(find_proceeding(named.statement, kind, imposing, target), kind) for kind in kinds]
    if all(each.identifier for each in proceedings):
        yield proceedings
    yield changed[:MAX_LIVES]
    instrument = find_instrument(named.statement, imposing[0]) if len(imposing) == 1 else None
    yield [Life(instrument)] if instrument else []
    stated = [Life(each) for each in of_schemes(named.stated, ACTS)]
    yield [*stated, *own, Life(None)][:1]


def _own(named: Named) -> Iterator[Identifier]:
    """The identifiers in the statement itself."""
    for each in named.found:
        here = any(start <= each.start and each.end <= end for start, end in named.spans)
        if (here or each.end <= named.numbered) and each.identifier.value not in _BASIC_ACTS:
            yield each.identifier


def _is_of_many(lives: Sequence[Identifier], statement: str) -> bool:
    """Whether a document tells of many cases at once (`Initiation of Five-Year Reviews`), and so of none's life."""
    return len(lives) > _MANY and " from " not in statement


def _cases(lives: Sequence[Identifier], kinds: Sequence[str]) -> list[Life]:
    """The strongest identifier, or where antidumping and countervailing cases go together one case of each."""
    strongest = lives[0]
    if strongest.scheme != "ad_cvd_case":
        return [Life(strongest)]
    firsts = {kind: next((each for each in lives if each.value.startswith(kind[0])), None) for kind in ("AD", "CVD")}
    wanted = [Life(case, kind) for kind, case in firsts.items() if case and (not kinds or kind in kinds)]
    return wanted or [Life(strongest)]


def _lives_of(taken: Sequence[TakenUp]) -> list[Life]:
    """The measures taken up in the form that threads, strongest scheme first, each once and by its first words."""
    words: dict[Identifier, TakenUp] = {}
    for each in taken:
        if thread := threads(each.identifier):
            words.setdefault(thread, each)
    return [Life(each, taken_up=words[each]) for each in of_schemes((each.identifier for each in taken), ACTS)]


def measure_id(event_id: str, identifier: Identifier | None, discriminator: str) -> str:
    """The id of an act's measure; a discriminator tells apart the acts of a document that no identifier does."""
    if identifier is None:
        return ids.measure_id_of_event(event_id, discriminator)
    return ids.measure_id_of_identifier(identifier, discriminator)
