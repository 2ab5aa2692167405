"""What a document that changes several measures by number says of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.classify.draft import Draft
from services.classify.facets.identifiers import threads
from services.classify.facets.relations import Related
from services.classify.facets.stage import Staged
from services.classify.identity import Life
from services.classify.scan import Hit
from services.contracts.measures import CHANGING
from services.contracts.vocab import RelationKind, Stage

_STAGE_OF = {
    RelationKind.SUSPENDS: Stage.SUSPENDED,
    RelationKind.REPEALS: Stage.LIFTED,
    RelationKind.EXTENDS: Stage.EXTENDED,
    RelationKind.AMENDS: Stage.AMENDED,
}


def among(lives: Sequence[Life], life: Life, draft: Draft) -> Draft:
    """The draft as it is of one of the measures its document changes, with that measure's relation and items alone.

    A draft of one measure, or of measures that are known otherwise, stays as it is.
    """
    if len(lives) < 2 or life.taken_up is None:
        return draft
    relations, objects = list(_relations(lives, life, draft)), _objects(lives, life, draft)
    return replace(draft, relations=relations, objects=objects, staged=_staged(lives, life, draft))


def _relations(lives: Sequence[Life], life: Life, draft: Draft) -> Iterator[Related]:
    """The relations but those that change the other measures; the one to this measure by the words that take it up."""
    siblings = {each.identifier for each in lives} - {life.identifier}
    shown = False
    for each in draft.relations:
        thread = threads(each.identifier) if each.identifier else None
        if each.kind not in CHANGING or thread not in siblings:
            shown = shown or (each.kind in CHANGING and thread == life.identifier)
            yield each
    words = life.taken_up
    if words and words.kind and not shown:
        yield Related(words.kind, words.identifier, (), words.start, words.end, words.part)


def _staged(lives: Sequence[Life], life: Life, draft: Draft) -> Staged:
    """The stage its own words give a measure where the document does one thing to some and another to others."""
    kinds = {each.taken_up.kind for each in lives if each.taken_up}
    words = life.taken_up
    stage = _STAGE_OF.get(words.kind) if words and words.kind else None
    if len(kinds) < 2 or words is None or stage is None:
        return draft.staged
    return replace(draft.staged, stage=stage, start=words.start, end=words.end, rule="taken up by number")


def _objects(lives: Sequence[Life], life: Life, draft: Draft) -> list[Hit]:
    """The items of this measure where the document says them of each apart, else those of all."""
    stretches = {each.taken_up.about for each in lives if each.taken_up}
    apart = {stretch: [hit for hit in draft.objects if stretch[0] <= hit.start < stretch[1]] for stretch in stretches}
    ends = {end for _, end in stretches}
    if life.taken_up is None or len(ends) < 2 or not all(apart.values()):
        return draft.objects
    return apart[life.taken_up.about]
