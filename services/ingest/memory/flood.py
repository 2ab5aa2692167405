"""When the news of a page is too much to be true: a renumbered, re-dated or exchanged list. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil

_LEAST = 10
"""Fewer documents than these are never held: whoever is told of them can see for themselves."""

_TIMES = 3
"""How many times its busiest day a source may bring in a day without being doubted."""


@dataclass(frozen=True)
class Sighting:
    """What one page of a source read before brings.

    Of its `documents`, `new` have ids never seen, of which `retitled` have titles known under other ids; `refacted`
    have a known text with another day or number, and `rewritten` a known id with another text. `busiest` is how many
    documents of the source were of one day lately, `days` how long it is since the page was last read.
    """

    documents: int
    new: int
    retitled: int
    refacted: int
    rewritten: int
    busiest: int
    days: float


def is_strange(documents: int, news: int) -> bool:
    """Whether all but a tenth of a page is news, so that it has to be looked at; fewer than ten documents never are."""
    return news >= _LEAST and (documents - news) * 10 <= documents


def held_reason(sighting: Sighting) -> str | None:
    """Why the page's news should wait for a person, in words; None where it should not.

    A page most of whose known documents are still there is believed, however much is new on it.
    """
    strange = sighting.new + sighting.refacted + sighting.rewritten
    if not is_strange(sighting.documents, strange):
        return None
    whole = f"of {sighting.documents} documents"
    if sighting.refacted * 2 >= strange:
        return f"the list was re-dated: {sighting.refacted} {whole} have texts we know with other days or numbers"
    if sighting.retitled * 2 >= strange:
        return f"the list was renumbered: {sighting.new} {whole} are new, {sighting.retitled} have titles we know"
    if sighting.rewritten * 2 >= strange:
        return f"the list was rewritten: {sighting.rewritten} {whole} have another text at once"
    usual = sighting.busiest * max(1, ceil(sighting.days))
    if sighting.busiest and sighting.new > _TIMES * usual:
        return f"the list was exchanged: {sighting.new} {whole} are new, {usual} would be many"
    return None


def is_gap(sighting: Sighting) -> bool:
    """Whether nothing on the page was known, so that documents may have come and gone between two readings."""
    return 0 < sighting.documents == sighting.new


def days_since(earlier: datetime | None, now: datetime) -> float:
    """The days from then to now; none where there is no then."""
    return (now - earlier).total_seconds() / 86_400 if earlier else 0.0
