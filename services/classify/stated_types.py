"""Which measure types an official document states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.classify.clauses import Sentence
from services.classify.facets.measure import MAX_TYPES, TypeHit
from services.classify.page import HEAD, ITEMS, LEAD, Page
from services.classify.rulebook import Where

LEAD_PRIORITY = 56
"""The least priority at which words of the body alone state a measure."""
NEXUS_SENTENCES = 2
_LICENCE = "licence_requirement"
_STATUTE = re.compile(r"(?:条例|法|规定|办法|條例|規定|辦法)》?(?:生效|公布)?(?:$|[\[【(])")
"""A headline that is the name of a law: what its articles say of licences is one of many things it rules."""


def read_types(page: Page) -> tuple[tuple[str, ...], list[TypeHit], list[Sentence]]:
    """The types, the words that show them, and the sentences these stand in; the headline speaks first."""
    basis = list(page.document.headline)
    hits = [hit for sentence in basis for hit in type_hits(page, sentence, HEAD)]
    types = page.readers.types.choose(hits)
    for sentence in () if types else page.lead:
        hits = [hit for hit in type_hits(page, sentence, LEAD) if hit.source and hit.priority >= LEAD_PRIORITY]
        types = page.readers.types.choose(hits)
        if types:
            basis.append(sentence)
            break
    if types:
        types, hits = _refined(page, types, hits)
    return types, hits, basis


def type_hits(page: Page, sentence: Sentence, places: Sequence[Where]) -> list[TypeHit]:
    """The type hits of a sentence that are economic security: by nature, or by what stands beside them."""
    scan = page.document.scan.within(sentence)
    frames = page.profile.manner != "gazette" and sentence.title
    hits = page.readers.types.read(sentence, scan.cues, page.lang, page.source, places, frames=frames)
    near = _has_nexus(page, sentence) or (
        sentence.title and any(_has_nexus(page, each) for each in page.document.lead[:NEXUS_SENTENCES])
    )
    families = page.readers.rules.families
    causes = [hit for hit in hits if _is_cause(page, sentence, hit)]
    return [
        hit
        for hit in hits
        if (near or (hit.tag in families.inherent if hit.source is None else not hit.source.nexus))
        and not any(hit.start <= cause.start < hit.end for cause in causes)
    ]


def _is_cause(page: Page, sentence: Sentence, hit: TypeHit) -> bool:
    """Whether a Japanese sentence names the measure only as the cause of something else (`関税措置に伴う`)."""
    after = sentence.text[hit.end - sentence.start :][:40]
    return page.lang == "ja" and bool(page.readers.background.find(after, page.lang))


def _has_nexus(page: Page, sentence: Sentence) -> bool:
    scan = page.document.scan.within(sentence)
    return any(hit.facet in ITEMS for hit in scan.objects) or bool(page.readers.nexus.find(sentence.text, page.lang))


def _refined(page: Page, types: tuple[str, ...], hits: list[TypeHit]) -> tuple[tuple[str, ...], list[TypeHit]]:
    """The types with a whole replaced by the kind of it that the body states."""
    taxonomy = page.readers.taxonomy
    finer = [
        hit
        for sentence in page.lead
        for hit in type_hits(page, sentence, LEAD)
        if hit.source and hit.source.refines and _refines(page, hit.tag, types)
    ]
    finer = finer or _licences_stated(page, types)
    if not finer:
        return types, [hit for hit in hits if hit.tag in types]
    above = {each for hit in finer for each in taxonomy.rollup("measures", hit.tag)} - {hit.tag for hit in finer}
    kept = tuple(dict.fromkeys([*(tag for tag in types if tag not in above), *(hit.tag for hit in finer)]))
    return kept[:MAX_TYPES], [hit for hit in [*hits, *finer] if hit.tag in kept[:MAX_TYPES]]


def _licences_stated(page: Page, types: tuple[str, ...]) -> list[TypeHit]:
    """The words deep in a Chinese announcement of controls that make it a licence requirement; they close its list."""
    if "export_control" not in types or not page.lang.startswith("zh") or _STATUTE.search(page.title):
        return []
    stated = (
        hit
        for sentence in page.document.sentences
        for hit in type_hits(page, sentence, LEAD)
        if hit.tag == _LICENCE and hit.source and hit.source.refines
    )
    return list(stated)[:1]


def _refines(page: Page, tag: str, types: tuple[str, ...]) -> bool:
    if tag == _LICENCE and "entity_listing" in types and page.lang.startswith("zh"):
        return False  # a Chinese text goes on to say what the listing means for exporters
    above = page.readers.taxonomy.rollup("measures", tag) - {tag}
    return not above.isdisjoint(types) or all(page.readers.types.together(tag, each) for each in types)
