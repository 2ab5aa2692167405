"""Which of the minerals and technologies named are what the measure is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from services.classify.document import Document
from services.classify.scan import Hit
from services.taxonomy.taxonomy import Taxonomy

_UMBRELLA_KINDS = frozenset({"group", "umbrella"})


_USED_IN_JA = re.compile(
    r"^[^。はがを]{0,40}に(?:幅広く|広く|多く)?(?:用いられ|用いる|使用され|使用する|使われ|利用され|不可欠|必要不可欠|欠かせ|必須)"
    r"|^[^。、はがを]{0,4}工程"
)
_FOR_JA = re.compile(r"^(?:用|向け|用途)(?:の)?$")
_FOR_GOOD_JA = re.compile(r"^用[^いの途]")
_IN_LAW_NAME_JA = re.compile(r"^[^。]{0,40}に関する法律(?:施行令|施行規則)?(?:\([^()]*\))?(?:に基づ|の規定|の枠組)")
_LISTS = re.compile(r"\s?\((?!hs|cas)[^()]{1,80}\)")
_FRAGMENT = 2
_HAN = re.compile("[\u4e00-\u9fff]+")
_SUMS_UP = re.compile(r"(?:など(?:の)?|等(?:の)?|and other|or other)\s?(?:[^\s、。,]{1,6}や)?$")


def without_summaries(hits: Iterable[Hit], text: str, taxonomy: Taxonomy) -> list[Hit]:
    """The hits without group names that only sum up a list that stands beside them.

    The list stands before the name (`gallium and other critical minerals`) or in brackets after it
    (`minor metals (europium, scandium)`).
    """
    listed = list(hits)
    return [hit for hit in listed if not (_is_umbrella(hit, taxonomy) and _sums_up(hit, listed, text))]


def _sums_up(hit: Hit, hits: Collection[Hit], text: str) -> bool:
    if _SUMS_UP.search(text[max(0, hit.start - 16) : hit.start]):
        return True
    listed = _LISTS.match(text, hit.end)
    if listed is None:
        return False
    return any(hit.end < each.start < listed.end() for each in hits if each.facet == "mineral")


_WORDS = r"(?: (?:[A-Z][\w&'.-]*|\([A-Z][\w ]*\)|of|and|&)){0,4}"
_FIRM = re.compile(_WORDS + r",? (?:Co|Ltd|Limited|Inc|Corp|Corporation|Group|GmbH|PLC|Plc|LLC|SA|Sdn)\b")


def without_firms(hits: Iterable[Hit], document: Document) -> list[Hit]:
    """The hits without words of a firm's name (`Rare Metals Resources Co.`), unless nothing else tells the object."""
    listed = list(hits)
    return [hit for hit in listed if not _is_of_a_firm(hit, document)] or listed


def _is_of_a_firm(hit: Hit, document: Document) -> bool:
    first, last = document.folded.origin(hit.start, hit.end)
    named = document.original[first : first + 1].isupper()
    return named and bool(_FIRM.match(document.original[last : last + 90]))


def without_named_wholes(hits: Iterable[Hit], taxonomy: Taxonomy) -> list[Hit]:
    """The hits without groups of minerals of which members are named (`critical minerals (gallium, germanium)`)."""
    listed = list(hits)
    named = {hit.tag for hit in listed if hit.facet == "mineral" and taxonomy.minerals[hit.tag].kind == "element"}
    wholes = {above for tag in named for above in taxonomy.rollup("minerals", tag) - {tag}}
    return [hit for hit in listed if not (_is_umbrella(hit, taxonomy) and hit.tag in wholes)]


def without_purposes_ja(hits: Iterable[Hit], text: str, title_end: int) -> list[Hit]:
    """The hits without what a good is for or made from, and without parts of a law's name.

    So `電気自動車用電池` is no car and `半導体に使用されます` no chip. The name of a law counts in the headline, where
    the law itself is the object, and not behind `title_end`.
    """
    listed = list(hits)
    starts = {hit.start for hit in listed}
    kept = [hit for hit in listed if not _is_purpose_ja(hit, text, starts, title_end)]
    goods = [hit for hit in kept if not _FOR_GOOD_JA.match(text[hit.end : hit.end + 2])]
    return goods or kept


def _is_purpose_ja(hit: Hit, text: str, starts: Collection[int], title_end: int) -> bool:
    after = text[hit.end : hit.end + 80]
    for_next = any(_FOR_JA.match(text[hit.end : start]) for start in starts if 0 < start - hit.end <= 4)
    named_by_law = hit.start >= title_end and bool(_IN_LAW_NAME_JA.match(after))
    return for_next or named_by_law or bool(_USED_IN_JA.match(after))


def without_end_uses(hits: Iterable[Hit], text: str, end_uses: Collection[str]) -> list[Hit]:
    """The hits without words that name a use or user (`military end use`) and not a good."""
    return [hit for hit in hits if text[hit.start : hit.end] not in end_uses]


def _is_umbrella(hit: Hit, taxonomy: Taxonomy) -> bool:
    return hit.facet == "mineral" and taxonomy.minerals[hit.tag].kind in _UMBRELLA_KINDS


def without_fragments(hits: Iterable[Hit], text: str, taxonomy: Taxonomy) -> list[Hit]:
    """The hits of a Japanese text without two-character Chinese names that are only the middle of a longer word.

    `生技` is Chinese for biotechnology, and stands in `再生技術`, where no Japanese reader sees it.
    """
    return [hit for hit in hits if not (_is_enclosed(hit, text) and not _is_japanese(hit, text, taxonomy))]


def _is_enclosed(hit: Hit, text: str) -> bool:
    around = text[max(0, hit.start - 1) : hit.end + 1]
    return hit.end - hit.start == _FRAGMENT and len(around) == _FRAGMENT + 2 and bool(_HAN.fullmatch(around))


def _is_japanese(hit: Hit, text: str, taxonomy: Taxonomy) -> bool:
    names = taxonomy.minerals[hit.tag].names if hit.facet == "mineral" else taxonomy.technologies[hit.tag].names
    return text[hit.start : hit.end] in names.get("ja", ())


def most_specific(hits: Iterable[Hit], taxonomy: Taxonomy, not_kinds: Collection[str] = ()) -> list[Hit]:
    """The hits without those that only name a whole of which a part is named too.

    A technology gives way to any of its kinds (`not_kinds` are only stages of its making); a mineral group stays
    beside its members and an element beside its compounds, for a measure that names both covers both.
    """
    listed = list(hits)
    technologies = {hit.tag for hit in listed if hit.facet == "technology"}
    dropped = {above for tag in technologies - set(not_kinds) for above in taxonomy.rollup("technologies", tag) - {tag}}
    return [hit for hit in listed if hit.facet != "technology" or hit.tag not in dropped]
