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

_QUOTED = re.compile(r"《[^》]*》")
_ACTS = "en-removes"
"""The role rule of a country, or of a list of them, that the verb of a measure follows."""
_CIRCUMVENTION = re.compile("circumvent|迂回|规避")
_PASSED_THROUGH = "affected-consigned"
"""The role rule of a country that goods of another only pass through, or are finished in."""
_LISTED = frozenset({"en-destination", "en-requirements"})
"""The role rules of countries that are listed by what applies to them there."""
_LISTS = re.compile(r"destinations? of|(?:related|relating|applicable|pertaining) to")
LISTED_CHARACTERS = 6_000
_OWN_ACT = re.compile(r"公告|条例|规定|目录")


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
    if _CIRCUMVENTION.search(page.title):
        aimed = _behind(aimed, [cast for cast in body if cast.code not in codes])
    headline = tuple(aimed)
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
    helped = [cast for cast in [*head, *body] if cast.role is CountryRole.BENEFICIARY]
    if types[0] == "international_cooperation":
        acting = [cast for cast in others if cast.role is not CountryRole.BENEFICIARY]
        imposer = [*imposer, *(replace(cast, role=CountryRole.IMPOSING) for cast in acting)]
    taken = codes | {cast.code for cast in aimed} | {cast.code for cast in helped}
    listed = _listed(page, types) if headline else []
    rest = [_also_hit(cast, headline) for cast in [*others, *body, *listed] if cast.code not in taken]
    return [*imposer, *aimed, *helped, *(_demoted(cast) for cast in rest)]


def _behind(aimed: list[Cast], body: Sequence[Cast]) -> list[Cast]:
    """Whom a duty that is circumvented is aimed at: the country behind, not the one the goods were finished in."""
    through = {cast.code for cast in body if cast.rule == _PASSED_THROUGH}
    behind = [cast for cast in body if cast.role is CountryRole.TARGET and cast.code not in through]
    return behind if behind and all(cast.code in through for cast in aimed) else aimed


def _listed(page: Page, types: tuple[str, ...]) -> list[Cast]:
    """The countries that sentences after the opening list by what applies to them there."""
    opening = {sentence.index for sentence in page.lead}
    telling = [
        sentence
        for sentence in page.document.sentences
        if not sentence.title
        and sentence.start < page.document.title_end + LISTED_CHARACTERS
        and sentence.index not in opening
        and _LISTS.search(sentence.text)
    ]
    return [cast for cast in _cast(page, types, telling) if cast.rule in _LISTED]


def _also_hit(cast: Cast, headline: Sequence[Cast]) -> Cast:
    """A country the body names in an official list, where the headline aims at others, is hit beside them."""
    beside = bool(headline) and cast.role is CountryRole.TARGET and cast.rule in _LISTED
    return replace(cast, role=CountryRole.AFFECTED) if beside else cast


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
    named = [cast for cast in [*head, *body] if cast.code == issuer]
    shown = next((cast for cast in named if cast.role is not CountryRole.BENEFICIARY), None)
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
    own_agency = any(cast.code == page.profile.issuer and cast.rule == "agency" for cast in head)
    foreign = any(cast.code != page.profile.issuer and cast.rule == "agency" for cast in head)
    return own_agency or (not foreign and bool(_OWN_ACT.search(title)))
