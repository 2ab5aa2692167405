"""When and in which direction an official document moves its measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.classify.facets import dates as dating
from services.classify.facets.dates import Dated
from services.classify.facets.measure import TypeHit
from services.classify.facets.stage import Shown, Staged, settle
from services.classify.page import HEAD, LEAD, Page
from services.contracts.vocab import DateRole, Direction, Stage

DECISIVE = 30
"""A stage of a lower order in the headline settles the matter; the body then only adds dates.

A request for views does not: the body tells what the views are wanted on.
"""
_PROBE = "trade_remedy_investigation"


def read_stages(page: Page, types: tuple[str, ...], hits: Sequence[TypeHit], dates: Sequence[Dated]) -> list[Staged]:
    """The stage of each act of the document; more than one where the headline lists separate steps."""
    document, stages, lead = page.document, page.readers.stages, page.lead
    pinned = next((hit.source for hit in hits if hit.source and hit.source.stage), None)
    if pinned and pinned.stage:
        return [Staged(pinned.stage, hits[0].start, hits[0].end, pinned.id, 1)]
    found = stages.stages(page.title, 0, types, page.lang, page.source, HEAD)
    if lead:
        body = stages.stages(
            document.text[lead[0].start : lead[-1].end], lead[0].start, types, page.lang, page.source, LEAD
        )
        if not any(each.order < DECISIVE and each.stage is not Stage.CONSIDERED for each in found):
            found = sorted([*found, *body], key=lambda each: each.order)
    if page.profile.manner == "digest":
        found = [replace(each, stage=Stage.ADOPTED) if _awaits_its_day(each, dates) else each for each in found]
    today = (document.event.published_on or document.event.seen_at.date()).isoformat()
    separate = _separate(found)
    if len(separate) > 1:
        return separate
    return [settle(found, dates, today, _fallback(page))]


def _awaits_its_day(staged: Staged, dates: Iterable[Dated]) -> bool:
    """Whether it is the amendment of a list of which the retelling says from when it holds."""
    return staged.stage is Stage.AMENDED and any(each.role is DateRole.EFFECTIVE for each in dates)


def _separate(found: Iterable[Staged]) -> list[Staged]:
    acts: dict[tuple[Stage, Direction | None], Staged] = {}
    for each in found:
        if each.separate:
            acts.setdefault((each.stage, each.direction), each)
    return list(acts.values())


def _fallback(page: Page) -> Stage:
    if page.profile.manner == "gazette":
        return Stage.IN_FORCE if page.document.event.body else Stage.ADOPTED
    if page.profile.manner == "database":
        return Stage.IN_FORCE
    return Stage.ANNOUNCED


def read_direction(page: Page, types: tuple[str, ...], staged: Staged) -> tuple[Direction, Shown | None]:
    """The direction, and the words of headline or opening that turned it."""
    text, reader = page.document.text, page.readers.stages
    direction, turned = reader.direction(text[: page.document.title_end], types, staged, page.lang, HEAD)
    if turned:
        return direction, Shown(direction, turned.start, turned.end, turned.rule.id)
    lead = page.lead
    if lead:
        start = lead[0].start
        direction, turned = reader.direction(text[start : lead[-1].end], types, staged, page.lang, LEAD)
        if turned:
            return direction, Shown(direction, start + turned.start, start + turned.end, turned.rule.id)
    return direction, None


def without_probe(
    page: Page, types: tuple[str, ...], hits: Sequence[TypeHit], dates: Sequence[Dated]
) -> tuple[str, ...]:
    """The types without the investigation where the duty has left it behind (a ruling, an order, its renewal)."""
    duties = set(types) & set(page.readers.rules.families.remedies)
    if not duties or _PROBE not in types:
        return types
    rest = tuple(tag for tag in types if tag != _PROBE)
    open_ = {Stage.INVESTIGATION, Stage.CONSIDERED, Stage.ANNOUNCED}
    return types if any(each.stage in open_ for each in read_stages(page, rest, hits, dates)) else rest


def read_dates(page: Page) -> list[Dated]:
    """The dates of the whole document, those the source states beside the text first."""
    document = page.document
    event = document.event
    journal = page.profile.manner == "gazette"
    stated = dating.stated_dates(event.attributes)
    return stated + dating.read_dates(document.text, document.sentences, event.published_on, journal=journal)
