"""Which of the minerals and technologies named are what the measure is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from services.classify.scan import Hit
from services.taxonomy.taxonomy import Taxonomy

_UMBRELLA_KINDS = frozenset({"group", "umbrella"})


_FRAGMENT = 2
_HAN = re.compile("[\u4e00-\u9fff]+")
_SUMS_UP = re.compile(r"(?:など(?:の)?|等(?:の)?|and other|or other)\s?(?:[^\s、。,]{1,6}や)?$")


def without_summaries(hits: Iterable[Hit], text: str, taxonomy: Taxonomy) -> list[Hit]:
    """The hits without group names that only sum up a list just given (`gallium and other critical minerals`)."""
    return [
        hit
        for hit in hits
        if not (_is_umbrella(hit, taxonomy) and _SUMS_UP.search(text[max(0, hit.start - 16) : hit.start]))
    ]


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
