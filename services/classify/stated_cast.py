"""Whose act an official document is, and against whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.classify.clauses import Sentence
from services.classify.facets.countries import Cast
from services.classify.facets.measure import TypeHit
from services.classify.page import Page
from services.contracts.vocab import CountryRole, Direction

MAX_SENTENCES = 20
_QUOTED = re.compile(r"《[^》]*》")
_ACTS = "en-removes"
"""The role rule of a country, or of a list of them, that the verb of a measure follows."""
_SITED = "sited"
"""The role rule of a country in which what an agreement is about lies."""
_OWN_ACT = re.compile(r"公告|条例|规定|目录|办法")


def read_cast(page: Page, types: tuple[str, ...], hits: Sequence[TypeHit]) -> list[Cast]:
    """Who imposes and who is aimed at: the issuer first, then the headline, then the opening."""
    head = _cast(page, types, page.document.headline)
    body = _cast(page, types, page.lead)
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
        partners = [cast for cast in others if cast.role is not CountryRole.AFFECTED and cast.rule != _SITED]
        imposer = [*imposer, *(replace(cast, role=CountryRole.IMPOSING) for cast in partners)]
    taken = codes | {cast.code for cast in aimed}
    rest = [cast for cast in [*others, *body, *_hit(page)] if cast.code not in taken]
    return [*imposer, *aimed, *(_demoted(cast) for cast in rest)]


def _hit(page: Page) -> list[Cast]:
    """The countries a database says, wherever in its entry, are hit without being aimed at."""
    if page.profile.manner != "database":
        return []
    return [
        cast for cast in _cast(page, (), page.document.sentences[:MAX_SENTENCES]) if cast.role is CountryRole.AFFECTED
    ]


def _demoted(cast: Cast) -> Cast:
    """A country of an official document that neither imposes nor is aimed at."""
    unclear = cast.role in (CountryRole.IMPOSING, CountryRole.TARGET)
    return replace(cast, role=CountryRole.MENTIONED) if unclear else cast


def _cast(page: Page, types: tuple[str, ...], sentences: Iterable[Sentence]) -> list[Cast]:
    reader = page.readers.countries
    casts: list[Cast] = []
    for sentence in sentences:
        places = reader.places(sentence, page.document.scan.within(sentence).objects, page.lang)
        casts += reader.cast(sentence, places, page.lang, types)
    return casts


def _imposers(page: Page, head: Sequence[Cast], body: Sequence[Cast]) -> list[Cast]:
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
        own = Cast(issuer, CountryRole.IMPOSING, shown.start, shown.end, f"issuer {page.source}")
        return [own, *_joint_actors(shown, head)]
    return [Cast(issuer, CountryRole.IMPOSING, 0, page.document.title_end, f"issuer {page.source}")]


def _joint_actors(issuer: Cast, head: Sequence[Cast]) -> list[Cast]:
    """The countries the headline has act together with the issuer (`India and Chile launch ...`)."""
    if issuer not in head or issuer.rule != _ACTS:
        return []
    return [cast for cast in head if cast.rule == _ACTS and cast.code != issuer.code]


def _is_own(page: Page, head: Sequence[Cast]) -> bool:
    """Whether a digest's headline is of an act of its own publisher; titles quoted in it do not count."""
    title = _QUOTED.sub("", page.title)
    if head and head[0].start == 0 and head[0].code != page.profile.issuer:
        return False  # a country that the headline opens with acts, whatever it makes
    own_agency = any(cast.code == page.profile.issuer and cast.rule == "agency" for cast in head)
    foreign = any(cast.code != page.profile.issuer and cast.rule == "agency" for cast in head)
    return own_agency or (not foreign and bool(_OWN_ACT.search(title)))
