"""What two classifications of one document say differently: findings gained and lost, and who would be told when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.classify.core import Classification
from services.contracts.measures import Act
from services.contracts.vocab import Facet, Urgency

_TAGS: Mapping[str, Facet] = {
    "types": Facet.TYPE,
    "imposing": Facet.IMPOSING,
    "target": Facet.TARGET,
    "affected": Facet.AFFECTED,
    "beneficiary": Facet.BENEFICIARY,
    "minerals": Facet.MINERAL,
    "technologies": Facet.TECHNOLOGY,
}


@dataclass(frozen=True, order=True, slots=True)
class Shift:
    """One thing said of a document only before (`gained` is false) or only now, with the words that show it."""

    facet: str
    document: str
    tag: str
    gained: bool
    words: str

    @property
    def is_loss(self) -> bool:
        """Whether a subscriber may miss something by it; another stage or a louder urgency is no loss."""
        states = {"relevance": "relevant", "urgency": str(Urgency.NOW), "stage": ""}
        return not self.gained and states.get(self.facet, self.tag) == self.tag


def compare_classifications(old: Classification, new: Classification) -> Iterator[Shift]:
    """The differences of two classifications of the same document; none where they say the same."""
    before, after = _said(old), _said(new)
    for facet, tag in sorted(before.keys() - after.keys()):
        yield Shift(facet, new.document_id, tag, False, before[facet, tag])
    for facet, tag in sorted(after.keys() - before.keys()):
        yield Shift(facet, new.document_id, tag, True, after[facet, tag])


def _said(found: Classification) -> dict[tuple[str, str], str]:
    said = {("relevance", "relevant" if found.relevant else "not relevant"): found.reason}
    said["urgency", str(found.urgency)] = ""
    for act in found.acts:
        said.setdefault(("stage", str(act.stage)), _words(act, Facet.STAGE, str(act.stage)))
        for name, facet in _TAGS.items():
            for tag in getattr(act, name):
                said.setdefault((name, tag), _words(act, facet, tag))
    return said


def _words(act: Act, facet: Facet, tag: str) -> str:
    return next((each.text for each in act.evidence if each.facet is facet and each.tag == tag), "")
