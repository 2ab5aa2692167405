"""What an institution's bulletin adds to the reading of press: its headline states the act, mostly its own."""

from __future__ import annotations

from collections.abc import Iterable

from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.countries import Cast
from services.classify.profile import Profile
from services.classify.readers import Readers
from services.classify.rulebook import Rulebook
from services.contracts.vocab import CountryRole
from services.taxonomy.taxonomy import Taxonomy

_OPENING = 2


def settle_bulletin(document: Document, drafts: Iterable[Draft], profile: Profile, readers: Readers) -> list[Draft]:
    """The acts that the headline states, with the institution as actor where it names no other."""
    kept = [
        draft
        for draft in drafts
        if any(hit.end <= document.title_end for hit in draft.type_hits) and _has_ground(draft, document, readers.rules)
    ]
    _credit_issuer(kept, profile, document)
    _add_minerals(kept, document, readers.taxonomy)
    return kept


def _has_ground(draft: Draft, document: Document, rules: Rulebook) -> bool:
    """Whether the act is economic security: by its type, by what it names, or by a rule's words.

    A bare cue of a Chinese headline (`签署多项经贸合作协议`) is not enough.
    """
    if not str(document.lang).startswith("zh") or draft.objects:
        return True
    return any(hit.source or hit.tag in rules.families.inherent for hit in draft.type_hits)


def _credit_issuer(drafts: Iterable[Draft], profile: Profile, document: Document) -> None:
    """An institution's news of itself that names no other actor tells of its own acts."""
    for draft in drafts:
        if profile.issuer and not draft.codes(CountryRole.IMPOSING):
            draft.casts = [cast for cast in draft.casts if cast.code != profile.issuer]
            rule = f"issuer {document.event.source}"
            draft.casts.append(Cast(profile.issuer, CountryRole.IMPOSING, 0, document.title_end, rule))


def _add_minerals(drafts: list[Draft], document: Document, taxonomy: Taxonomy) -> None:
    """The opening of the body may name the minerals of the headline's act one by one."""
    if len(drafts) != 1:
        return
    named = set(drafts[0].tags("mineral"))
    listed = [hit for each in document.lead[:_OPENING] for hit in document.scan.within(each).objects]
    drafts[0].objects = [
        *drafts[0].objects,
        *(
            hit
            for hit in listed
            if hit.facet == "mineral" and (not named or named & taxonomy.rollup("minerals", hit.tag) - {hit.tag})
        ),
    ]
