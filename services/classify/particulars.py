"""The sums of money and the relations of an act, from what was found to what is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.amounts import Sum, find_amounts
from services.classify.facets.identifiers import threads
from services.classify.facets.relations import Related
from services.contracts import ids
from services.contracts.measures import Evidence, Relation
from services.contracts.vocab import CountryRole, Facet

MAX_AMOUNTS = 12


def sums_of(draft: Draft, issuer: str) -> list[Sum]:
    """The sums of money in the sentences the act was read from, each place once.

    A bare dollar is that of the issuer, or of the one country whose act it is.
    """
    imposing = draft.codes(CountryRole.IMPOSING)
    home = issuer or (imposing[0] if len(imposing) == 1 else "")
    sentences = {(each.start, each.end): each for each in draft.sentences}
    found = (sum_ for each in sentences.values() for sum_ in find_amounts(each.text, each.start, home))
    return list({(each.start, each.end): each for each in found}.values())[:MAX_AMOUNTS]


def sum_evidence(document: Document, sums: Iterable[Sum]) -> Iterator[Evidence]:
    """The words of each sum."""
    for each in sums:
        tag = f"{each.amount.currency} {each.amount.value}"
        yield document.evidence(Facet.AMOUNT, tag, each.start, each.end, each.amount.bound)


def relation_of(document: Document, related: Related) -> Relation:
    """The relation with its words; it leads to the other measure where its identifier is one that holds a life."""
    identifier = related.identifier
    thread = threads(identifier) if identifier else None
    return Relation(
        kind=related.kind,
        to=identifier,
        part=related.part,
        of=related.of,
        measure_id=ids.measure_id_of_identifier(thread) if thread else None,
        words=document.quote(related.start, related.end),
    )
