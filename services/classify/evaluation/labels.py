"""What a reader says of a document: one line of a label file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from services.contracts.measures import CountryCode
from services.contracts.vocab import Direction, Stage, Urgency
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

_VOCABULARIES: dict[str, FacetName] = {
    "types": "measures", "minerals": "minerals", "technologies": "technologies",
    "imposing": "countries", "target": "countries", "affected": "countries", "beneficiary": "countries",
}  # fmt: skip


class LabelledAct(BaseModel):
    """One act as a reader sees it; a field that is left out is empty, and a field nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[str, ...]
    direction: Direction | None = None
    stage: Stage
    imposing: tuple[CountryCode, ...] = ()
    target: tuple[CountryCode, ...] = ()
    affected: tuple[CountryCode, ...] = ()
    beneficiary: tuple[CountryCode, ...] = ()
    minerals: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    effective: str | None = None


class Label(BaseModel):
    """What a reader says of one document; `borderline` counts neither way, as readers would disagree too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    relevant: Literal["yes", "no", "borderline"]
    urgency: Urgency
    reason: str = ""
    acts: tuple[LabelledAct, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the document is scored at all."""
        return self.relevant != "borderline"

    def union(self, facet: str) -> frozenset[str]:
        """The tags of a facet over all acts."""
        return frozenset(tag for act in self.acts for tag in getattr(act, facet))


def read_label(line: bytes, taxonomy: Taxonomy) -> Label | str:
    """The label a line holds, or what is wrong with it: a shape that is not a label's, an id nobody knows."""
    try:
        label = Label.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
    return next(_unknown_tags(label, taxonomy), label)


def _unknown_tags(label: Label, taxonomy: Taxonomy) -> Iterator[str]:
    for number, act in enumerate(label.acts):
        for facet, vocabulary in _VOCABULARIES.items():
            known = getattr(taxonomy, vocabulary)
            for tag in getattr(act, facet):
                if tag not in known:
                    near = get_close_matches(tag, known, 1)
                    yield f"acts.{number}.{facet}: unknown id `{tag}`" + (
                        f"; did you mean `{near[0]}`?" if near else ""
                    )
