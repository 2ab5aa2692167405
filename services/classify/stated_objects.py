"""Which minerals and technologies an official document is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.classify.clauses import Sentence
from services.classify.facets.objects import (
    most_specific,
    without_end_uses,
    without_firms,
    without_named_wholes,
    without_purposes_ja,
    without_summaries,
)
from services.classify.page import HEAD, Page
from services.classify.scan import Hit
from services.classify.stated_types import type_hits

SHORT_NOTICE = 1_100
GAZETTE_SENTENCES = 2
ENTRY_HEAD = 30
LIST = 4
_NEAR = {"mineral": 40, "technology": 14}
"""How far before a thing the words stand that say another thing is used for it; alloys end long lists of uses."""
_TRADE = re.compile(r"(?:制造|生产|设计)?(?:企业|公司|厂商|工厂|制造商|产业|行业|协会|联盟|巨头)")
_CHIP_MAKING = frozenset({"semiconductor_equipment", "lithography", "semiconductor_materials", "gaafet", "eda"})
_HISTORY = re.compile(r"(?:on|in) (?:[a-z]+ \d{1,2}, \d{4}|prior notices?)[^.;]{0,160}(?:publish|releas|issu|modif)")
_BEFORE = re.compile(
    r"\bhad (?:\w+ )?(?:been|applied|covered|concerned|been limited)\b|\b(?:previously|hitherto|formerly)\b"
)
"""A sentence of the opening that tells what was so until now."""
_USED_FOR = re.compile(r"用于[^,。;]*$")
_ASIDE_JA = re.compile(r"^(?:同法では|なお、|これまで|近年|昨今|背景として|また、同法)")
"""A sentence of a Japanese notice that tells what was so before, or of the law in general."""
_ENTRY = re.compile(
    r"(?:\(?[一二三四五六七八九十\d]{1,3}[)、.]|[\d一二三四五六七八九十]{1,3}、)\s?(?:\d[a-e]\d{3}(?:\.[a-z])*[.:]?)?"
)


def read_objects(page: Page, types: tuple[str, ...], basis: Sequence[Sentence]) -> list[Hit]:
    """The minerals and technologies the measure is about: those of the headline, and those the body lists.

    A trade remedy's headline names its product in full, a sanction's body names property and not objects;
    for these the body only speaks where the headline says nothing.
    """
    document, families = page.document, page.readers.rules.families
    named = [*page.items(basis), *_ruled_items(page, types, basis)]
    if types == ("sanction",) or (types == ("entity_listing",) and page.lang.startswith("zh")):
        named = page.items(document.headline)
    elif not named and not page.lists_items:
        told = [sentence for sentence in page.lead if not _BEFORE.search(sentence.text)]
        named = next((items for sentence in told if (items := page.items([sentence]))), [])
    elif set(types).isdisjoint(families.remedies):
        named = [*named, *_listed(page, {hit.tag for hit in named if hit.facet == "mineral"})]
    named = without_firms(named, document)
    named = without_end_uses(named, document.text, page.readers.rules.objects.end_uses)
    named = without_summaries(named, document.text, page.readers.taxonomy)
    if page.lang == "ja":
        named = without_purposes_ja(named, document.text, document.title_end)
        # Japanese notices name the scheme by its group and then the goods of the case (`重要鉱物(ガリウム)`).
        named = without_named_wholes(named, page.readers.taxonomy)
    return most_specific(named, page.readers.taxonomy, page.readers.rules.objects.not_kinds)


def _listed(page: Page, minerals: set[str]) -> list[Hit]:
    """What the body names as an object: in short notices anywhere, in long control lists where an entry begins.

    Deep inside an entry stand purities, alloys and instruments; there only what belongs to a mineral of the
    headline counts.
    """
    document, taxonomy, lead = page.document, page.readers.taxonomy, page.lead
    if not page.lists_items:
        lists = [
            sentence for sentence in document.sentences if len({hit.tag for hit in page.items([sentence])}) >= LIST
        ]
        fresh = [sentence for sentence in lead[:GAZETTE_SENTENCES] if not _HISTORY.match(sentence.text)]
        return page.items([*fresh, *lists])
    if len(document.text) - document.title_end <= SHORT_NOTICE:
        told = (each for each in document.sentences if each.title or not _ASIDE_JA.match(each.text))
        return _apart(page, page.items(told))
    found = []
    for sentence in document.sentences:
        items = page.items([sentence])
        if not items:
            continue
        entry = _ENTRY.match(sentence.text)
        reach = sentence.start + (entry.end() if entry else 0) + ENTRY_HEAD
        opening = sentence in lead[:2] and not entry
        for hit in _apart(page, items):
            related = bool(minerals & taxonomy.rollup("minerals", hit.tag))
            used = _USED_FOR.search(document.text[max(0, hit.start - _NEAR[hit.facet]) : hit.start])
            if related or (opening and not used) or (entry and hit.start < reach and not used):
                found.append(hit)
    return found


def _apart(page: Page, hits: Sequence[Hit]) -> list[Hit]:
    """The hits of a Chinese body without those that name no good of their own.

    These are the metals of one alloy (`镍钴锰`, `铝钪合金`), the trade of a firm (`半导体企业`), and chips beside the
    machines that make them.
    """
    if not page.lang.startswith("zh"):
        return list(hits)
    text = page.document.text
    hits = [hit for hit in hits if hit.facet != "technology" or not _TRADE.match(text, hit.end)]
    if any(hit.tag in _CHIP_MAKING for hit in hits):
        hits = [hit for hit in hits if hit.tag != "semiconductors"]
    metals = [hit for hit in hits if hit.facet == "mineral"]
    edges = {hit.end for hit in metals} & {hit.start for hit in metals}
    return [hit for hit in hits if hit.facet != "mineral" or edges.isdisjoint((hit.start, hit.end))]


def _ruled_items(page: Page, types: tuple[str, ...], basis: Sequence[Sentence]) -> list[Hit]:
    items = []
    for sentence in basis:
        for hit in type_hits(page, sentence, HEAD):
            if hit.source and hit.tag in types:
                items += [Hit("technology", tag, hit.start, hit.end, hit.rule) for tag in hit.source.technologies]
                items += [Hit("mineral", tag, hit.start, hit.end, hit.rule) for tag in hit.source.minerals]
    return items
