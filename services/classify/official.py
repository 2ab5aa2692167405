"""Read the acts of an official document: the headline states them, the opening of the body completes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.countries import Cast
from services.classify.facets.dates import Dated, find_dates
from services.classify.facets.measure import TypeHit
from services.classify.facets.objects import most_specific, without_summaries
from services.classify.facets.stage import Shown, Staged, settle
from services.classify.profile import Profile
from services.classify.readers import Readers
from services.classify.rulebook import Where
from services.classify.scan import Hit
from services.contracts.vocab import CountryRole, Direction, Stage

LEAD_SENTENCES = 4
LEAD_PRIORITY = 56
_HEAD: tuple[Where, ...] = ("title", "lead", "text")
_LEAD: tuple[Where, ...] = ("lead", "text")
_ITEMS = ("mineral", "technology")
_QUOTED = re.compile(r"《[^》]*》")
_OWN_ACT = re.compile(r"公告|条例|规定|目录")
_PROBE = "trade_remedy_investigation"
NEXUS_SENTENCES = 2
DECISIVE = 30
"""A stage of a lower order in the headline settles the matter; the body then only adds dates."""
SHORT_NOTICE = 1_100
GAZETTE_SENTENCES = 2
ENTRY_HEAD = 30
LIST = 4
_HISTORY = re.compile(r"(?:on|in) (?:[a-z]+ \d{1,2}, \d{4}|prior notices?)[^.;]{0,160}(?:publish|releas|issu|modif)")
_USED_FOR = re.compile(r"用于[^,。;]*$")
_ENTRY = re.compile(
    r"(?:\(?[一二三四五六七八九十\d]{1,3}[)、.]|[\d一二三四五六七八九十]{1,3}、)\s?(?:\d[a-e]\d{3}(?:\.[a-z])*[.:]?)?"
)


@dataclass(frozen=True)
class _Page:
    """A document with who publishes it and who reads it."""

    document: Document
    profile: Profile
    readers: Readers

    @property
    def lang(self) -> str:
        return str(self.document.lang)

    @property
    def source(self) -> str:
        return self.document.event.source


def read_official(document: Document, profile: Profile, readers: Readers) -> list[Draft]:
    """The acts an official document states; none where neither headline nor opening shows a measure."""
    page = _Page(document, profile, readers)
    lead = [sentence for sentence in document.lead if not _is_footer(sentence)][:LEAD_SENTENCES]
    hits = [hit for sentence in document.headline for hit in _types(page, sentence, _HEAD)]
    basis: list[Sentence] = list(document.headline)
    types = readers.types.choose(hits)
    if not types:
        for sentence in lead:
            hits = [hit for hit in _types(page, sentence, _LEAD) if hit.source and hit.priority >= LEAD_PRIORITY]
            types = readers.types.choose(hits)
            if types:
                basis = [*document.headline, sentence]
                break
    if not types:
        return []
    types, hits = _refined(page, types, hits, lead)
    return _drafts(page, types, hits, basis, lead)


def _types(page: _Page, sentence: Sentence, places: Sequence[Where]) -> list[TypeHit]:
    """The type hits of a sentence that are economic security: by nature, or by what stands beside them."""
    scan = page.document.scan.within(sentence)
    frames = page.profile.manner != "gazette" and sentence.title
    hits = page.readers.types.read(sentence, scan.cues, page.lang, page.source, places, frames=frames)
    near = _has_nexus(page, sentence) or (
        sentence.title and any(_has_nexus(page, each) for each in page.document.lead[:NEXUS_SENTENCES])
    )
    families = page.readers.rules.families
    return [
        hit for hit in hits if near or (hit.tag in families.inherent if hit.source is None else not hit.source.nexus)
    ]


def _has_nexus(page: _Page, sentence: Sentence) -> bool:
    scan = page.document.scan.within(sentence)
    return any(hit.facet in _ITEMS for hit in scan.objects) or bool(page.readers.nexus.find(sentence.text, page.lang))


def _refined(
    page: _Page, types: tuple[str, ...], hits: list[TypeHit], lead: Sequence[Sentence]
) -> tuple[tuple[str, ...], list[TypeHit]]:
    """The types with a whole replaced by the kind of it that the body states."""
    taxonomy = page.readers.taxonomy
    finer = [
        hit
        for sentence in lead
        for hit in _types(page, sentence, _LEAD)
        if hit.source and hit.source.refines and _refines(page, hit.tag, types)
    ]
    if not finer:
        return types, [hit for hit in hits if hit.tag in types]
    above = {each for hit in finer for each in taxonomy.rollup("measures", hit.tag)} - {hit.tag for hit in finer}
    kept = tuple(dict.fromkeys([*(tag for tag in types if tag not in above), *(hit.tag for hit in finer)]))
    return kept, [hit for hit in [*hits, *finer] if hit.tag in kept]


def _without_probe(
    page: _Page, types: tuple[str, ...], hits: Sequence[TypeHit], dates: Sequence[Dated], lead: Sequence[Sentence]
) -> tuple[str, ...]:
    """The types without the investigation where the duty has left it behind (a ruling, an order, its renewal)."""
    duties = set(types) & set(page.readers.rules.families.remedies)
    if not duties or _PROBE not in types:
        return types
    rest = tuple(tag for tag in types if tag != _PROBE)
    open_ = {Stage.INVESTIGATION, Stage.CONSIDERED, Stage.ANNOUNCED}
    return types if any(each.stage in open_ for each in _stages(page, rest, hits, dates, lead)) else rest


def _refines(page: _Page, tag: str, types: tuple[str, ...]) -> bool:
    above = page.readers.taxonomy.rollup("measures", tag) - {tag}
    return not above.isdisjoint(types) or all(page.readers.types.together(tag, each) for each in types)


def _drafts(
    page: _Page, types: tuple[str, ...], hits: list[TypeHit], basis: list[Sentence], lead: Sequence[Sentence]
) -> list[Draft]:
    dates = _dates(page)
    types = _without_probe(page, types, hits, dates, lead)
    objects = _objects(page, types, basis, lead)
    casts = _casts(page, types, hits, lead)
    drafts = []
    for staged in _stages(page, types, hits, dates, lead):
        direction, turned = _direction(page, types, staged, lead)
        pinned = next((hit.source.direction for hit in hits if hit.source and hit.source.direction), None)
        draft = Draft(
            types,
            [hit for hit in hits if hit.tag in types],
            staged,
            pinned or direction,
            [*basis, *lead[:2]],
            casts=list(casts),
            objects=objects,
            dates=dates,
        )
        if turned:
            draft.shown.append(turned)
        drafts.append(draft)
    return drafts


def _direction(
    page: _Page, types: tuple[str, ...], staged: Staged, lead: Sequence[Sentence]
) -> tuple[Direction, Shown | None]:
    """The direction, and the words of headline or opening that turned it."""
    text, reader = page.document.text, page.readers.stages
    direction, turned = reader.direction(text[: page.document.title_end], types, staged, page.lang, _HEAD)
    if turned:
        return direction, Shown(direction, turned.start, turned.end, turned.rule.id)
    if lead:
        start = lead[0].start
        direction, turned = reader.direction(text[start : lead[-1].end], types, staged, page.lang, _LEAD)
        if turned:
            return direction, Shown(direction, start + turned.start, start + turned.end, turned.rule.id)
    return direction, None


def _stages(
    page: _Page, types: tuple[str, ...], hits: Sequence[TypeHit], dates: Sequence[Dated], lead: Sequence[Sentence]
) -> list[Staged]:
    """The stage of each act of the document; more than one where the headline lists separate steps."""
    document, stages = page.document, page.readers.stages
    pinned = next((hit.source for hit in hits if hit.source and hit.source.stage), None)
    if pinned and pinned.stage:
        return [Staged(pinned.stage, hits[0].start, hits[0].end, pinned.id, 1)]
    found = stages.stages(document.text[: document.title_end], 0, types, page.lang, page.source, _HEAD)
    if lead:
        body = stages.stages(
            document.text[lead[0].start : lead[-1].end], lead[0].start, types, page.lang, page.source, _LEAD
        )
        if not any(each.order < DECISIVE for each in found):
            found = sorted([*found, *body], key=lambda each: each.order)
    today = (document.event.published_on or document.event.seen_at.date()).isoformat()
    separate = _separate(found)
    if len(separate) > 1:
        return separate
    return [settle(found, dates, today, _fallback(page))]


def _separate(found: Iterable[Staged]) -> list[Staged]:
    acts: dict[tuple[Stage, Direction | None], Staged] = {}
    for each in found:
        if each.separate:
            acts.setdefault((each.stage, each.direction), each)
    return list(acts.values())


def _fallback(page: _Page) -> Stage:
    if page.profile.manner == "gazette":
        return Stage.IN_FORCE if page.document.event.body else Stage.ADOPTED
    return Stage.ANNOUNCED


def _dates(page: _Page) -> list[Dated]:
    published = page.document.event.published_on
    dates: list[Dated] = []
    year = published.year if published else None
    for sentence in page.document.sentences:
        dates += find_dates(sentence.text, sentence.start, year)
    return dates


def _objects(page: _Page, types: tuple[str, ...], basis: Sequence[Sentence], lead: Sequence[Sentence]) -> list[Hit]:
    """The minerals and technologies the measure is about: those of the headline, and those the body lists.

    A trade remedy's headline names its product in full, a sanction's body names property and not objects;
    for these the body only speaks where the headline says nothing.
    """
    document, families = page.document, page.readers.rules.families
    named = [*_items(document, basis), *_ruled_items(page, types, basis)]
    if types == ("sanction",):
        named = _items(document, document.headline)
    elif not named and not _lists_items(page):
        named = next((items for sentence in lead if (items := _items(document, [sentence]))), [])
    elif set(types).isdisjoint(families.remedies):
        named = [*named, *_listed(page, lead, {hit.tag for hit in named if hit.facet == "mineral"})]
    named = without_summaries(named, document.text, page.readers.taxonomy)
    return most_specific(named, page.readers.taxonomy, page.readers.rules.objects.not_kinds)


def _listed(page: _Page, lead: Sequence[Sentence], minerals: set[str]) -> list[Hit]:
    """What the body names as an object: in short notices anywhere, in long control lists where an entry begins.

    Deep inside an entry stand purities, alloys and instruments; there only what belongs to a mineral of the
    headline counts.
    """
    document, taxonomy = page.document, page.readers.taxonomy
    if not _lists_items(page):
        lists = [
            sentence
            for sentence in document.sentences
            if len({hit.tag for hit in _items(document, [sentence])}) >= LIST
        ]
        fresh = [sentence for sentence in lead[:GAZETTE_SENTENCES] if not _HISTORY.match(sentence.text)]
        return _items(document, [*fresh, *lists])
    if len(document.text) - document.title_end <= SHORT_NOTICE:
        return _items(document, document.sentences)
    found = []
    for sentence in document.sentences:
        entry = _ENTRY.match(sentence.text)
        reach = sentence.start + (entry.end() if entry else 0) + ENTRY_HEAD
        opening = sentence in lead[:2] and not entry
        for hit in _items(document, [sentence]):
            related = bool(minerals & taxonomy.rollup("minerals", hit.tag))
            used = _USED_FOR.search(document.text[max(0, hit.start - 14) : hit.start])
            if related or (opening and not used) or (entry and hit.start < reach and not used):
                found.append(hit)
    return found


def _ruled_items(page: _Page, types: tuple[str, ...], basis: Sequence[Sentence]) -> list[Hit]:
    items = []
    for sentence in basis:
        for hit in _types(page, sentence, _HEAD):
            if hit.source and hit.tag in types:
                items += [Hit("technology", tag, hit.start, hit.end, hit.rule) for tag in hit.source.technologies]
                items += [Hit("mineral", tag, hit.start, hit.end, hit.rule) for tag in hit.source.minerals]
    return items


def _lists_items(page: _Page) -> bool:
    return page.profile.manner in ("agency", "digest", "database")


def _items(document: Document, sentences: Iterable[Sentence]) -> list[Hit]:
    return [hit for sentence in sentences for hit in document.scan.within(sentence).objects if hit.facet in _ITEMS]


def _casts(page: _Page, types: tuple[str, ...], hits: Sequence[TypeHit], lead: Sequence[Sentence]) -> list[Cast]:
    """Who imposes and who is aimed at: the issuer first, then the headline, then the opening."""
    head = _cast(page, types, page.document.headline)
    body = _cast(page, types, lead)
    imposer = _imposers(page, head, body)
    codes = {cast.code for cast in imposer}
    aimed = [cast for cast in head if cast.role is CountryRole.TARGET and cast.code not in codes]
    aimed += [
        Cast(code, CountryRole.TARGET, hit.start, hit.end, hit.rule)
        for hit in hits
        if hit.source
        for code in hit.source.target
        if code not in codes
    ]
    restrictive = page.readers.taxonomy.measures[types[0]].direction is not Direction.SUPPORTIVE
    others = [cast for cast in head if cast.code not in codes and cast.role is not CountryRole.TARGET]
    if restrictive and not aimed:
        aimed = [
            replace(cast, role=CountryRole.TARGET)
            for cast in others
            if cast.role is CountryRole.MENTIONED and cast.rule == "mention"
        ]
    if restrictive and not aimed:
        aimed = [cast for cast in body if cast.role is CountryRole.TARGET and cast.code not in codes]
    if types[0] == "international_cooperation":
        imposer = [*imposer, *(replace(cast, role=CountryRole.IMPOSING) for cast in others)]
    taken = codes | {cast.code for cast in aimed}
    rest = [cast for cast in [*others, *body] if cast.code not in taken]
    return [*imposer, *aimed, *(_demoted(cast) for cast in rest)]


def _demoted(cast: Cast) -> Cast:
    """A country of an official document that neither imposes nor is aimed at."""
    unclear = cast.role in (CountryRole.IMPOSING, CountryRole.TARGET)
    return replace(cast, role=CountryRole.MENTIONED) if unclear else cast


def _cast(page: _Page, types: tuple[str, ...], sentences: Iterable[Sentence]) -> list[Cast]:
    reader = page.readers.countries
    casts: list[Cast] = []
    for sentence in sentences:
        places = reader.places(sentence, page.document.scan.within(sentence).objects, page.lang)
        casts += reader.cast(sentence, places, page.lang, types)
    return casts


def _imposers(page: _Page, head: Sequence[Cast], body: Sequence[Cast]) -> list[Cast]:
    """The countries whose act the document is; a digest tells of whom its headline opens with."""
    issuer = page.profile.issuer
    if page.profile.manner in ("digest", "database") and not _is_own(page, head):
        first = next(iter(head), None)
        if first and (first.role is not CountryRole.TARGET or page.profile.manner == "database"):
            return [replace(first, role=CountryRole.IMPOSING)]
        if first is None:
            return [cast for cast in body if cast.role is CountryRole.IMPOSING][:1]
    if issuer is None:
        return []
    shown = next((cast for cast in [*head, *body] if cast.code == issuer), None)
    if shown:
        return [Cast(issuer, CountryRole.IMPOSING, shown.start, shown.end, f"issuer {page.source}")]
    return [Cast(issuer, CountryRole.IMPOSING, 0, page.document.title_end, f"issuer {page.source}")]


def _is_own(page: _Page, head: Sequence[Cast]) -> bool:
    """Whether a digest's headline is of an act of its own publisher; titles quoted in it do not count."""
    title = _QUOTED.sub("", page.document.text[: page.document.title_end])
    own_agency = any(cast.code == page.profile.issuer and cast.rule == "agency" for cast in head)
    return own_agency or bool(_OWN_ACT.search(title))


def _is_footer(sentence: Sentence) -> bool:
    return sentence.text.startswith("本站转载")
