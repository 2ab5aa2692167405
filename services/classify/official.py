"""Read the acts of an official document: the headline states them, the opening of the body completes them."""

from __future__ import annotations

from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.page import Page
from services.classify.profile import Profile
from services.classify.readers import Readers
from services.classify.segments import read_segments
from services.classify.stated_cast import read_cast
from services.classify.stated_objects import read_objects
from services.classify.stated_stage import read_dates, read_direction, read_stages, without_probe
from services.classify.stated_types import read_types


def read_official(document: Document, profile: Profile, readers: Readers) -> list[Draft]:
    """The acts an official document states; none where neither headline nor opening shows a measure."""
    page = Page(document, profile, readers)
    types, hits, basis = read_types(page)
    dates = read_dates(page)
    stated = types if len(basis) == len(document.headline) else ()
    if segments := read_segments(page, stated, dates):
        return segments
    if not types:
        return []
    types = without_probe(page, types, hits, dates)
    hits = [hit for hit in hits if hit.tag in types]
    objects = read_objects(page, types, basis)
    cast = read_cast(page, types, hits)
    pinned = next((hit.source.direction for hit in hits if hit.source and hit.source.direction), None)
    drafts = []
    for staged in read_stages(page, types, hits, dates):
        direction, turned = read_direction(page, types, staged)
        draft = Draft(types, hits, staged, pinned or direction, [*basis, *page.lead[:2]], whole=True)
        draft.casts, draft.objects, draft.dates = list(cast), objects, dates
        draft.shown += [turned] if turned else []
        drafts.append(draft)
    return drafts
