"""What is known of an act while it is being read, before it becomes a record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from services.classify.clauses import Sentence
from services.classify.facets.countries import Cast
from services.classify.facets.dates import Dated
from services.classify.facets.measure import TypeHit
from services.classify.facets.relations import Related
from services.classify.facets.stage import Shown, Staged
from services.classify.scan import Hit
from services.contracts.vocab import CountryRole, Direction, Modality


@dataclass
class Draft:
    """One act in the making; every list keeps the spans that show its tags."""

    types: tuple[str, ...]
    type_hits: list[TypeHit]
    staged: Staged
    direction: Direction
    sentences: list[Sentence]
    modality: Modality = Modality.ASSERTED
    casts: list[Cast] = field(default_factory=list)
    objects: list[Hit] = field(default_factory=list)
    dates: list[Dated] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    relations: list[Related] = field(default_factory=list)
    segment: tuple[int, int] | None = None
    """The item of a list that states the act, in a document that lists several."""
    told: bool = False
    """Whether a document tells of the act that does not make it, as the press does."""
    whole: bool = False
    """Whether the act is what the document as a whole states, and not one of those it tells of."""

    def codes(self, role: CountryRole) -> tuple[str, ...]:
        """The countries of a role, in ISO order."""
        return tuple(sorted({cast.code for cast in self.casts if cast.role is role and cast.code}))

    def tags(self, facet: str) -> tuple[str, ...]:
        """The minerals or technologies, sorted."""
        return tuple(sorted({hit.tag for hit in self.objects if hit.facet == facet}))


def narrowed(draft: Draft, types: tuple[str, ...]) -> Draft:
    """The draft with only some of its types and the words that show them."""
    if types == draft.types:
        return draft
    return replace(
        draft, types=types, type_hits=[hit for hit in draft.type_hits if hit.tag in types] or draft.type_hits
    )
