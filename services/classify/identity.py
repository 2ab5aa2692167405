"""Which measure an act belongs to, so that all documents of its life share one id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.classify.facets.identifiers import ACTS, LIVES, Identified, of_schemes
from services.classify.facets.proceedings import REMEDY_TYPES, find_instrument, find_proceeding, remedy_kinds
from services.contracts import ids
from services.contracts.events import Identifier

MAX_LIVES = 12
_TAKES_UP = re.compile(
    r"(?:\b(?:amend|suspend|rescind|repeal|revok|terminat|extend|correct|modif|resum|reinstat|postpon|delay|withdraw)\w*"
    r"|\b(?:suspension|extension) of"
    r"|暂停|暫停|停止|废止|廢止|修改|修订|修訂|调整|調整|中止|恢复|恢復|撤销|撤銷|取消|延长|延長|更正|终止|終止)[^.;。\n(]{0,40}\Z"
)
_TAKEN_UP = re.compile(
    r"[^.;。,\n]{0,40}?(?:"
    r"(?:is|are|was|were|be|been) (?:hereby )?(?:amended|suspended|rescinded|repealed|revoked|terminated|extended"
    r"|corrected|modified|resumed|reinstated|withdrawn)"
    r"|の一部を(?:次のように)?改正|を廃止|の適用を停止|の(?:期限|期間)を延長"
    r"|(?:予以|被|继续|繼續|同时|自[^,。;\n]{2,20}起)(?:暂停|暫停|停止|废止|廢止|终止|終止|失效|恢复|恢復|撤销|延长))"
)
_BASIS = re.compile(
    r"(?:pursuant to|under|based on|in accordance with|根据|根據|依据|依據|按照|依照|に基づき|に基づく)"
    r"[^.;。,\n]{0,30}\Z"
)
_LISTED = re.compile(r"[号號]?\s?(?:、|,|和|及|以及|and|or|&|第|nos?\.|\s)*")
_MANY = 6
_BASIC_ACTS = frozenset({"2016/1036", "2016/1037", "2015/478", "2015/755"})
"""The Union's basic regulations on trade remedies, which every remedy rests on and none is."""


@dataclass(frozen=True, slots=True)
class Life:
    """A measure that an act is of: what identifies it, and which trade remedy it is where that tells two apart."""

    identifier: Identifier | None
    remedy: str = ""

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
    changed = [Life(each) for each in of_schemes(_changed(named), ACTS)]
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


def _changed(named: Named) -> Iterator[Identifier]:
    """The identifiers of acts that the text says are changed by this one; not of those it rests on."""
    text, reached, end = named.text, False, 0
    own = set(named.stated)
    for each in sorted(named.found, key=lambda each: each.start):
        before, after = text[max(0, each.start - 60) : each.start], text[each.end : each.end + 60]
        goes_on = reached and bool(_LISTED.fullmatch(text[end : each.start]))
        changes = bool(_TAKES_UP.search(before) or _TAKEN_UP.match(after)) and not _BASIS.search(before)
        reached, end = goes_on or changes, each.end
        if reached and each.identifier not in own:
            yield each.identifier


def measure_id(event_id: str, identifier: Identifier | None, discriminator: str) -> str:
    """The id of an act's measure; a discriminator tells apart the acts of a document that no identifier does."""
    if identifier is None:
        return ids.measure_id_of_event(event_id, discriminator)
    return ids.measure_id_of_identifier(identifier, discriminator)
