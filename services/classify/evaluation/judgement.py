"""Set what was found in a document against its label: every tag right, superfluous or missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum

from services.classify.core import Classification
from services.classify.evaluation.labels import Label, LabelledAct
from services.classify.evaluation.scores import Score
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.records import Part
from services.contracts.vocab import CountryRole, DatePrecision, DateRole, Facet, Field, Urgency
from services.taxonomy.taxonomy import Taxonomy

FACETS = (
    "relevance", "now", "types", "direction", "stage", "imposing", "target", "affected", "beneficiary", "minerals",
    "technologies", "effective",
)  # fmt: skip
NOT_FOUND = "not found"
"""What is said of a country that no act gives any role."""

_OBJECTS = ("imposing", "target", "affected", "minerals", "technologies")
_ROLES = (CountryRole.IMPOSING, CountryRole.TARGET, CountryRole.AFFECTED, CountryRole.BENEFICIARY)
_EVIDENCE = {"types": Facet.TYPE, "minerals": Facet.MINERAL, "technologies": Facet.TECHNOLOGY} | {
    str(role): Facet(role) for role in _ROLES
}


class Result(StrEnum):
    """What became of one tag of one facet."""

    RIGHT = "right"
    EXTRA = "extra"
    MISSED = "missed"


class Finding(Part):
    """One tag of one facet of a document, and whether it is right, superfluous or missed."""

    facet: str
    tag: str
    result: Result


class JudgedAct(Part):
    """An act's confidence beside the truth: is there such a measure, and is all that is said of it right."""

    confidence: float
    kind_right: bool
    whole_right: bool


class Judgement(Part):
    """One document's label against its classification. Pairs are (wanted, said).

    `relevance` pairs are `yes` or `no`, `roles` has a pair for every labelled country, `stages` for every labelled
    act of a document in which any act was found. `shown` of the `tags` have a span whose words are in the text.
    """

    document: str
    lang: str
    text_status: str
    relevance: tuple[str, str]
    urgency: tuple[str, str]
    findings: tuple[Finding, ...] = ()
    stages: tuple[tuple[str, str], ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    tags: int = 0
    shown: int = 0
    acts: tuple[JudgedAct, ...] = ()

    def score(self, facet: str) -> Score:
        """The counts of one facet."""
        results = [finding.result for finding in self.findings if finding.facet == facet]
        return Score(results.count(Result.RIGHT), results.count(Result.EXTRA), results.count(Result.MISSED))


def judge(event: Event, found: Classification, label: Label, taxonomy: Taxonomy, text_status: str = "") -> Judgement:
    """Return the judgement of one document; `text_status` says how much of the text was at hand.

    Types are compared with everything they belong to, so a neighbour within the same family is half right. Each
    labelled act's stage is compared with the act that shares most types with it.
    """
    stages = tuple(_stages(found.acts, label.acts))
    return Judgement(
        document=found.document_id,
        lang=str(found.lang).partition("-")[0],
        text_status=text_status or ("with-body" if event.body else "title-only"),
        relevance=(label.relevant, "yes" if found.relevant else "no"),
        urgency=(str(label.urgency), str(found.urgency)),
        findings=tuple(_findings(found, label, stages, taxonomy)),
        stages=stages,
        roles=tuple(_roles(found, label)),
        tags=sum(len(list(_tags(act))) for act in found.acts),
        shown=sum((facet, tag) in _shown(event, act) for act in found.acts for facet, tag in _tags(act)),
        acts=tuple(_judged(act, label) for act in found.acts),
    )


def _union(found: Classification, facet: str) -> frozenset[str]:
    return frozenset(tag for act in found.acts for tag in getattr(act, facet))


def _findings(
    found: Classification, label: Label, stages: Iterable[tuple[str, str]], taxonomy: Taxonomy
) -> Iterator[Finding]:
    yield from _compared("relevance", _flag("yes", found.relevant), _flag("yes", label.relevant == "yes"))
    said_now, wanted_now = found.urgency is Urgency.NOW, label.urgency is Urgency.NOW
    yield from _compared("now", _flag("now", said_now), _flag("now", wanted_now))
    above = [_with_parents(tags, taxonomy) for tags in (_union(found, "types"), label.union("types"))]
    yield from _compared("types", *above)
    for wanted, said in stages:
        yield from _compared("stage", {said}, {wanted})
    for wanted, said in _directions(found.acts, label.acts):
        yield from _compared("direction", {said}, {wanted})
    for facet in _OBJECTS:
        yield from _compared(facet, _union(found, facet), label.union(facet))
    if wanted_beneficiaries := label.union("beneficiary"):  # labels need not name them, so silence proves nothing
        yield from _compared("beneficiary", _union(found, "beneficiary"), wanted_beneficiaries)
    wanted_days = {act.effective for act in label.acts if act.effective}
    yield from _compared("effective", _effective_days(found.acts), wanted_days)


def _effective_days(acts: Iterable[Act]) -> frozenset[str]:
    """The days of effect that are said to the day; a month or a year is no day."""
    facts = (fact for act in acts for fact in act.dates if fact.role is DateRole.EFFECTIVE)
    return frozenset(fact.value for fact in facts if fact.precision is DatePrecision.DAY)


def _flag(word: str, holds: bool) -> frozenset[str]:
    return frozenset({word} if holds else ())


def _compared(facet: str, said: Collection[str], wanted: Collection[str]) -> Iterator[Finding]:
    for tag in sorted({*said, *wanted}):
        result = Result.MISSED if tag not in said else Result.RIGHT if tag in wanted else Result.EXTRA
        yield Finding(facet=facet, tag=tag, result=result)


def _with_parents(tags: Iterable[str], taxonomy: Taxonomy) -> frozenset[str]:
    return frozenset(above for tag in tags for above in taxonomy.rollup("measures", tag))


def _stages(acts: Sequence[Act], labelled: Iterable[LabelledAct]) -> Iterator[tuple[str, str]]:
    for wanted, nearest in _nearest(acts, labelled):
        yield str(wanted.stage), str(nearest.stage)


def _directions(acts: Sequence[Act], labelled: Iterable[LabelledAct]) -> Iterator[tuple[str, str]]:
    """Pairs as of stages; a label need not say the direction."""
    for wanted, nearest in _nearest(acts, labelled):
        if wanted.direction is not None:
            yield str(wanted.direction), str(nearest.direction)


def _nearest(acts: Sequence[Act], labelled: Iterable[LabelledAct]) -> Iterator[tuple[LabelledAct, Act]]:
    """Each labelled act with the found act that is most like it; none where no act was found."""
    for wanted in labelled if acts else ():
        yield wanted, max(acts, key=lambda act: _closeness(act, wanted))


def _closeness(act: Act, labelled: LabelledAct) -> tuple[int, bool, bool]:
    """Shared types, then the stage, then the direction, of which a label that says none prefers none."""
    same_direction = labelled.direction is not None and act.direction == labelled.direction
    return len(set(act.types) & set(labelled.types)), act.stage == labelled.stage, same_direction


def _roles(found: Classification, label: Label) -> Iterator[tuple[str, str]]:
    for role in _ROLES:
        for country in sorted(label.union(role)):
            said = [each for each in CountryRole if country in _union(found, each)]
            yield str(role), str(role) if role in said else str(said[0]) if said else NOT_FOUND


def _tags(act: Act) -> Iterator[tuple[Facet, str]]:
    yield Facet.STAGE, str(act.stage)
    yield from ((kind, tag) for facet, kind in _EVIDENCE.items() for tag in getattr(act, facet))


def _shown(event: Event, act: Act) -> frozenset[tuple[Facet, str]]:
    """What the words of the text show: evidence whose span is empty or reads otherwise shows nothing."""
    texts = {Field.TITLE: event.title, Field.BODY: event.body or ""}
    return frozenset(
        (each.facet, each.tag)
        for each in act.evidence
        if each.text and texts[each.field][each.start : each.end] == each.text
    )


def _judged(act: Act, label: Label) -> JudgedAct:
    nearest = max(label.acts, key=lambda each: _closeness(act, each), default=None)
    kind = label.relevant == "yes" and nearest is not None and bool(set(act.types) & set(nearest.types))
    whole = kind and nearest is not None and act.stage == nearest.stage
    compared = ("types", "imposing", "target", "minerals", "technologies")
    whole = whole and all(set(getattr(act, name)) == set(getattr(nearest, name)) for name in compared)
    return JudgedAct(confidence=act.confidence, kind_right=kind, whole_right=whole)
