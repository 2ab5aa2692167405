"""Turn drafts into the acts that are published: ids, evidence for every tag, passages."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from services.classify.confidence import confidence_of, doubts_of
from services.classify.document import Document
from services.classify.draft import Draft, narrowed
from services.classify.facets.codes import Code, find_codes
from services.classify.facets.dates import Dated, without_earlier_effects
from services.classify.facets.dateterms import Term, find_terms
from services.classify.facets.identifiers import Identified, as_found, find_identifiers
from services.classify.identity import Life, Named, choose_lives, measure_id
from services.classify.owners import Owners
from services.classify.particulars import relation_of, sum_evidence, sums_of
from services.classify.rulebook import Confidence
from services.classify.shares import among
from services.contracts import ids
from services.contracts.events import Event, Identifier
from services.contracts.measures import Act, DateFact, EventRef, Evidence, Passage
from services.contracts.vocab import CountryRole, DateRole, Facet, Language, Urgency

CLASSIFIER = "rules-1"
MAX_PASSAGES = 4
MAX_CODES = 300
MAX_DATES = 12
_CODE_FACETS = {"hs": Facet.HS, "eccn": Facet.ECCN, "cas": Facet.CAS}


@dataclass(frozen=True)
class Frame:
    """What all acts of one document share."""

    document: Document
    issuer: str
    stated: tuple[Identifier, ...]
    """The identifiers its source states, in the notation of those found in text."""
    identifiers: tuple[Identified, ...]
    codes: tuple[Code, ...]
    terms: tuple[Term, ...]
    weights: Confidence

    @property
    def of_others(self) -> tuple[Identified, ...]:
        """The identifiers that its source does not state as the document's own."""
        return tuple(each for each in self.identifiers if each.identifier not in self.stated)

    def within(self, owners: Owners, index: int) -> Frame:
        """The frame with only what stands beside the draft of that index, or belongs to no one draft."""
        return replace(
            self,
            identifiers=tuple(each for each in self.identifiers if owners.owns(index, each.start)),
            codes=tuple(each for each in self.codes if owners.owns(index, each.start)),
            terms=tuple(each for each in self.terms if owners.owns(index, each.start)),
        )


def frame_of(document: Document, issuer: str, weights: Confidence) -> Frame:
    """Identifiers, codes and open terms of a document, read once."""
    text, source = document.text, document.event.source
    found = find_codes(text)
    codes = tuple(code for kind in _CODE_FACETS for code in [each for each in found if each.kind == kind][:MAX_CODES])
    identifiers = find_identifiers(text, issuer, source=source, title_end=document.title_end)
    year = document.event.published_on.year if document.event.published_on else None
    stated = tuple(as_found(each, source, issuer, year) for each in document.event.identifiers)
    return Frame(document, issuer, stated, tuple(identifiers), codes, tuple(_open_terms(document)), weights)


def _open_terms(document: Document) -> Iterator[Term]:
    """The terms from publication whose end nobody can name: it is not known when they begin, or how they count."""
    published = document.event.published_on
    for sentence in document.sentences:
        for term in find_terms(sentence.text):
            if published is None or term.day_after(published) is None:
                yield replace(term, start=sentence.start + term.start, end=sentence.start + term.end)


def build_acts(frame: Frame, drafts: Sequence[tuple[Draft, Urgency]]) -> tuple[Act, ...]:
    """The acts of a document in reading order, each of one measure; acts of one id are told apart by what they do."""
    acts: dict[str, Act] = {}
    owner = Owners(frame.document, [draft for draft, _ in drafts])
    published = frame.document.event.published_on
    for index, (draft, urgency) in enumerate(drafts):
        own = frame.within(owner, index)
        draft.dates = without_earlier_effects(draft.dates, published, draft.staged.start)
        lives = _lives(own, draft)
        for life in lives:
            of_life = among(lives, life, narrowed(draft, life.narrow(draft.types)))
            measure = _free_id(own, of_life, life, acts)
            acts[measure] = _act(own, of_life, urgency, measure)
    return tuple(acts.values())


def _lives(frame: Frame, draft: Draft) -> list[Life]:
    document = frame.document
    title = (0, document.title_end)
    told = [(each.start, each.end) for each in draft.sentences] if draft.told else []
    spans = [draft.segment] if draft.segment else told or [title]
    numbered = document.title_end if draft.segment else 0
    named = Named(frame.stated, frame.identifiers, document.text, spans, numbered, bool(told))
    imposing, target = draft.codes(CountryRole.IMPOSING), draft.codes(CountryRole.TARGET)
    return choose_lives(named, draft.types, imposing, target)


def _free_id(frame: Frame, draft: Draft, life: Life, taken: Container[str]) -> str:
    """The id of the measure: of the identifier or document alone for the act a document is about, else of what it does.

    An act in passing is told apart by its content and not by its place, so that a revision that adds another before
    it leaves its id as it was.
    """
    content = "|".join(
        [
            "+".join(draft.types),
            ",".join(draft.codes(CountryRole.IMPOSING)),
            ",".join(draft.codes(CountryRole.TARGET)),
            draft.direction,
            draft.modality,
        ]
    )
    objects = "|".join([content, *draft.tags("mineral"), *draft.tags("technology")])
    first = ("", content) if draft.whole or life.identifier else (content,)
    numbered = (f"{objects}|{number}" for number in count(2))
    found = (
        measure_id(frame.document.event.event_id, life.identifier, each) for each in chain(first, (objects,), numbered)
    )
    return next(each for each in found if each not in taken)


def _act(frame: Frame, draft: Draft, urgency: Urgency, measure: str) -> Act:
    document = frame.document
    event = document.event
    sums = sums_of(draft, frame.issuer)
    evidence = tuple(_unique([*_evidence(frame, draft), *sum_evidence(document, sums)]))
    doubts = tuple(doubts_of(draft))
    return Act(
        act_id=ids.act_id(event.event_id, event.revision, measure),
        measure_id=measure,
        event=_reference(event, document.lang),
        types=draft.types,
        direction=draft.direction,
        stage=draft.staged.stage,
        modality=draft.modality,
        urgency=urgency,
        imposing=draft.codes(CountryRole.IMPOSING),
        target=draft.codes(CountryRole.TARGET),
        affected=draft.codes(CountryRole.AFFECTED),
        beneficiary=draft.codes(CountryRole.BENEFICIARY),
        partner=draft.codes(CountryRole.PARTNER),
        mentioned=draft.codes(CountryRole.MENTIONED),
        minerals=draft.tags("mineral"),
        technologies=draft.tags("technology"),
        hs_codes=_codes(frame, "hs"),
        eccns=_codes(frame, "eccn"),
        cas_numbers=_codes(frame, "cas"),
        identifiers=_identifiers(frame),
        dates=_dates(draft.dates),
        amounts=tuple(dict.fromkeys(each.amount for each in sums)),
        relations=tuple(relation_of(document, each) for each in draft.relations),
        evidence=evidence,
        passages=tuple(_passages(document, draft)),
        confidence=confidence_of(doubts, frame.weights),
        doubts=doubts,
        classifier=CLASSIFIER,
    )


def _reference(event: Event, lang: Language) -> EventRef:
    return EventRef(
        event_id=event.event_id,
        revision=event.revision,
        source=event.source,
        source_name=event.source_name,
        document_id=event.document_id,
        url=event.url,
        lang=lang,
        title=event.title,
        published_on=event.published_on,
        published_at=event.published_at,
        seen_at=event.seen_at,
        backfill=event.backfill,
        withdrawn=event.withdrawn,
    )


def _evidence(frame: Frame, draft: Draft) -> Iterator[Evidence]:
    document = frame.document
    for hit in draft.type_hits:
        yield document.evidence(Facet.TYPE, hit.tag, hit.start, hit.end, hit.rule)
    staged = draft.staged
    span = (staged.start, staged.end) if staged.start >= 0 else _first(draft)
    yield document.evidence(Facet.STAGE, staged.stage, *span, staged.rule)
    for shown in draft.shown:
        facet = Facet.MODALITY if shown.value.startswith("modality ") else Facet.DIRECTION
        yield document.evidence(facet, shown.value.removeprefix("modality "), shown.start, shown.end, shown.rule)
    for cast in (cast for cast in draft.casts if cast.code):
        yield document.evidence(Facet(cast.role), cast.code, cast.start, cast.end, cast.rule, cast.rests_on)
    for item in draft.objects:
        yield document.evidence(Facet(item.facet), item.tag, item.start, item.end, item.rule)
    for dated in (dated for dated in _ranked(draft.dates) if dated.start >= 0):
        rule = f"{dated.role} ({dated.basis})" if dated.basis else dated.role
        yield document.evidence(Facet.DATE, dated.value, dated.start, dated.end, rule)
    for term in frame.terms:
        tag = f"{term.role} {term.length} after publication"
        yield document.evidence(Facet.DATE, tag, term.start, term.end, "term whose day is not known")
    for code in frame.codes:
        yield document.evidence(_CODE_FACETS[code.kind], code.value, code.start, code.end, "code")
    for named in frame.identifiers:
        scheme, value = named.identifier.scheme, named.identifier.value
        yield document.evidence(Facet.IDENTIFIER, value, named.start, named.end, scheme)


def _first(draft: Draft) -> tuple[int, int]:
    """The span of the strongest type words: a default stage rests on them."""
    best = max(draft.type_hits, key=lambda hit: hit.priority)
    return best.start, best.end


def _unique(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """At most three places for each tag of a facet, each place once."""
    seen: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for each in evidence:
        places = seen.setdefault((each.facet, each.tag), set())
        if (each.field, each.start) not in places and len(places) < 3:
            places.add((each.field, each.start))
            yield each


def _codes(frame: Frame, kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code.value for code in frame.codes if code.kind == kind))


def _identifiers(frame: Frame) -> tuple[Identifier, ...]:
    listed = [*frame.document.event.identifiers, *(each.identifier for each in frame.identifiers)]
    return tuple(dict.fromkeys(listed))


def _dates(dates: Sequence[Dated]) -> tuple[DateFact, ...]:
    """The dates with a role first, then the announcement dates, each value once for a role."""
    facts = (DateFact(role=each.role, value=each.value, precision=each.precision) for each in _ranked(dates))
    return tuple(dict.fromkeys(facts))


def _ranked(dates: Sequence[Dated]) -> list[Dated]:
    return sorted(dates, key=lambda each: each.role is DateRole.ANNOUNCED)[:MAX_DATES]


def _passages(document: Document, draft: Draft) -> Iterator[Passage]:
    sentences = {sentence.start: sentence for sentence in draft.sentences}
    for start in sorted(sentences)[:MAX_PASSAGES]:
        yield document.passage(sentences[start])
