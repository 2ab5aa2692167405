"""Which measures of others a text says are changed, by their numbers: suspended, lifted, amended, one or many."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.classify.facets.identifiers import Identified, threads
from services.classify.facets.parts import part_of
from services.contracts.events import Identifier
from services.contracts.vocab import RelationKind

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
    r"|规定的[^.;。\n]{0,40}?(?:暂停|停止|终止)(?:实施|执行|征收)"
    r"|(?:予以|被|继续|繼續|同时|自[^,。;\n]{2,20}起)(?:暂停|暫停|停止|废止|廢止|终止|終止|失效|恢复|恢復|撤销|延长))"
)
_BASIS = re.compile(
    r"(?:pursuant to|under|based on|in accordance with|根据|根據|依据|依據|按照|依照|に基づき|に基づく)"
    r"[^.;。,\n]{0,30}\Z"
)
_ENUMERATED = re.compile(
    r"(?P<verb>暂停|暫停|停止|废止|廢止|撤销|撤銷|取消|终止|終止|恢复|恢復|延长|延長)[^。\n]{0,60}"
    r"(?:[二两三四五六七八九十\d]+项|以下|下列|上述)[^。\n]{0,30}(?:公告|决定|措施)[。:,]\s?"
    r"(?:其中|分别|具体|包括|即)[^。\n]*\Z"
)
"""Several measures are said to be changed, and a sentence goes on to say which."""
_SPARED = re.compile(r"[^.;。,\n]{0,16}(?:未列入|不列入|不在|不包括|除外)")
_STOP = re.compile(r"[。;\n]|\. ")
_NEAR = 60
"""How far from a number the words stand that take it up."""
_FAR = 400
"""How far behind such words the last of several measures may stand that they announce."""
_LISTED = re.compile(r"[号號]?\s?(?:、|,|和|及|以及|and|or|&|第|nos?\.|\s)*")
_KINDS = {
    RelationKind.SUSPENDS: re.compile(r"suspen|暂停|暫停|停止(?!实施|执行|征收)|中止"),
    RelationKind.REPEALS: re.compile(
        r"rescind|repeal|revok|terminat|withdraw|停止(?:实施|执行|征收)|废止|廢止|撤销|撤銷|取消|终止|終止|失效"
    ),
    RelationKind.EXTENDS: re.compile(r"exten|延长|延長"),
    RelationKind.AMENDS: re.compile(r"amend|correct|modif|修改|修订|修訂|调整|調整|更正|改正"),
}
"""What the words that take up another measure do to it; to resume one is none of these."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Words that say that other measures are changed, and what they do to them."""

    kind: RelationKind | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A measure named by its number that the text says is changed, and the folded span that says so.

    `about` is the stretch up to the end of its sentence or the next such number: what the text says of this one, or
    of all that are listed with it.
    """

    kind: RelationKind | None
    identifier: Identifier
    part: str
    start: int
    end: int
    about: tuple[int, int]


def find_taken_up(text: str, identified: Iterable[Identified], own: Container[Identifier | None]) -> Iterator[TakenUp]:
    """The acts by number that a folded text says are changed by it; not those it rests on or leaves alone.

    `own` are the document's own numbers in the form that threads.
    """
    end, words = 0, None
    found = sorted(identified, key=lambda each: each.start)
    for each, about in zip(found, _abouts(text, found), strict=True):
        goes_on = words is not None and _LISTED.fullmatch(text[end : each.start])
        words, end = words if goes_on else _words_on(text, each), each.end
        if words and threads(each.identifier) not in own:
            part = part_of(text[max(0, each.start - _NEAR) : each.start], text[end : end + _NEAR])
            yield TakenUp(words.kind, each.identifier, part, min(words.start, each.start), max(words.end, end), about)


def _words_on(text: str, each: Identified) -> _Words | None:
    """The words that say that the act of this number is changed."""
    near = max(0, each.start - _NEAR)
    before, after = text[near : each.start], text[each.end : each.end + _NEAR]
    if _BASIS.search(before) or _SPARED.match(after):
        return None
    if ahead := _TAKES_UP.search(before):
        return _Words(_kind_of(ahead.group()), near + ahead.start(), each.start)
    if behind := _TAKEN_UP.match(after):
        return _Words(_kind_of(behind.group()), each.start, each.end + behind.end())
    far = max(0, each.start - _FAR)
    if listed := _ENUMERATED.search(text[far : each.start]):
        return _Words(_kind_of(listed["verb"]), far + listed.start(), each.start)
    return None


def _kind_of(words: str) -> RelationKind | None:
    """What the first of the words that do something to another measure do."""
    places = ((match.start(), kind) for kind, pattern in _KINDS.items() if (match := pattern.search(words)))
    return min(places, default=(0, None))[1]


def _abouts(text: str, found: Sequence[Identified]) -> list[tuple[int, int]]:
    """What the text says of each identifier; those that stand in one list share what stands behind the last."""
    ends: list[int] = []
    limit, begun = len(text), False
    for each in reversed(found):
        if not (begun and _LISTED.fullmatch(text[each.end : limit])):
            stop = _STOP.search(text, each.end, max(each.end, limit))
            ends.append(stop.start() if stop else max(each.end, limit))
        else:
            ends.append(ends[-1])
        limit, begun = each.start, True
    return [(each.start, end) for each, end in zip(found, reversed(ends), strict=True)]
