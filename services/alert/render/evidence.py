"""The words that made the alert fire, quoted as they stand in the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.alert.render.facts import split_field
from services.alert.render.safetext import clean, size, trim, trim_start
from services.contracts.alerts import Alert, MatchedTerm, Span
from services.contracts.measures import Act, Evidence, Passage
from services.contracts.vocab import Facet, Field

MAX_QUOTE = 480
MAX_QUOTES = 2
_GAP = 60
"""How much is kept on each side of a word when a passage is too long to quote whole."""

_ROLES = (Facet.IMPOSING, Facet.TARGET, Facet.AFFECTED, Facet.BENEFICIARY, Facet.PARTNER)
_FACETS: dict[str, tuple[Facet, ...]] = {
    "minerals": (Facet.MINERAL,),
    "minerals_or_group": (Facet.MINERAL,),
    "technologies": (Facet.TECHNOLOGY,),
    "technologies_or_group": (Facet.TECHNOLOGY,),
    "types": (Facet.TYPE,),
    "direction": (Facet.DIRECTION,),
    "stage": (Facet.STAGE,),
    "imposing": (Facet.IMPOSING,),
    "target": (Facet.TARGET,),
    "affected": (Facet.AFFECTED,),
    "beneficiary": (Facet.BENEFICIARY,),
    "partner": (Facet.PARTNER,),
    "any_role": _ROLES,
    "mentioned": (Facet.MENTIONED,),
    "modality": (Facet.MODALITY,),
    "hs": (Facet.HS,),
    "eccn": (Facet.ECCN,),
    "identifier": (Facet.IDENTIFIER,),
}


@dataclass(frozen=True)
class Piece:
    """A run of quoted text, bold if it is what matched."""

    text: str
    bold: bool = False


Quote = tuple[Piece, ...]
Place = tuple[int, int]


@dataclass(frozen=True)
class Mark:
    """Words of a passage to be shown bold, and what they show."""

    shows: str
    span: Place


def quote_evidence(alert: Alert) -> tuple[Quote, ...]:
    """Up to two quotations with the matched words bold, those that met the watchlist before all others.

    Empty if the act carries neither a passage nor evidence in its title.
    """
    quotes: list[Quote] = []
    told: set[str] = set()
    for passage, marks in _marked_passages(alert):
        shows = {mark.shows for mark in marks}
        if len(quotes) == MAX_QUOTES or (quotes and shows <= told):
            continue
        told |= shows
        quotes.append(_quote(passage.text, _merge(mark.span for mark in marks)))
    return tuple(quotes)


def _marked_passages(alert: Alert) -> list[tuple[Passage, list[Mark]]]:
    """The passages with their marks, the one that shows most first, else in the order given.

    Marked are the words that met the watchlist or show what is new; where none of them is quoted, all evidence is.
    """
    act, passages = alert.act, _passages(alert.act)
    marked = _mark_matched(alert, passages)
    if not any(marks for _, marks in marked):
        marked = _mark_matched(alert, (_title(act),))
    if not any(marks for _, marks in marked):
        marked = [(each, _evidence_marks(each, act.evidence)) for each in passages]
    return sorted(marked, key=lambda item: -len({mark.shows for mark in item[1]}))


def _mark_matched(alert: Alert, passages: Iterable[Passage]) -> list[tuple[Passage, list[Mark]]]:
    """A match's own places are believed; only where it has none are its tags' evidence and its words looked for."""
    placed = [span for term in alert.matched for span in term.spans]
    unplaced = [term for term in alert.matched if not term.spans]
    news = [MatchedTerm(predicate=each[0], term="", tags=tuple(each[1].split(", "))) for each in _news(alert)]
    met = [each for each in alert.act.evidence if _is_matched(each, (*unplaced, *news))]
    words = [word for term in unplaced if term.predicate == "keyword" for word in term.tags if word]
    return [
        (each, [*_span_marks(each, placed), *_evidence_marks(each, met), *_word_marks(each, words)])
        for each in passages
    ]


def _news(alert: Alert) -> Iterator[tuple[str, str]]:
    """What changed to what; of a part of the measure only its stage has evidence."""
    for change in alert.changes:
        yield split_field(change.field)[0], change.after


def _span_marks(passage: Passage, spans: Iterable[Span]) -> list[Mark]:
    """The places that lie inside the passage; equal words show the same."""
    inside = (
        (span.start - passage.start, span.end - passage.start)
        for span in spans
        if span.field is passage.field and passage.start <= span.start < span.end <= passage.start + len(passage.text)
    )
    return [Mark(f"words:{passage.text[start:end].casefold()}", (start, end)) for start, end in inside]


def _is_matched(evidence: Evidence, matched: Iterable[MatchedTerm]) -> bool:
    return any(
        evidence.facet in _FACETS.get(term.predicate, ()) and evidence.tag in (*term.tags, term.term)
        for term in matched
    )


def _passages(act: Act) -> Sequence[Passage]:
    if act.passages or not any(each.field is Field.TITLE for each in act.evidence):
        return act.passages
    return (_title(act),)


def _title(act: Act) -> Passage:
    title = act.event.title
    return Passage(field=Field.TITLE, start=0, end=len(title), text=title)


def _evidence_marks(passage: Passage, evidence: Iterable[Evidence]) -> list[Mark]:
    """The evidence that lies inside the passage, word for word."""
    marks = (
        Mark(f"{each.facet}:{each.tag}", (each.start - passage.start, each.end - passage.start))
        for each in evidence
        if each.field is passage.field and each.text and each.start >= passage.start
        if passage.text[each.start - passage.start : each.end - passage.start] == each.text
    )
    return list(marks)


def _word_marks(passage: Passage, words: Iterable[str]) -> list[Mark]:
    """The first place of each word; case counts only where folding it would move the letters."""
    text = passage.text.lower()
    text = text if len(text) == len(passage.text) else passage.text
    found = ((text.find(word), word) for word in words)
    return [Mark(f"keyword:{word}", (start, start + len(word))) for start, word in found if start >= 0]


def _merge(spans: Iterable[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _quote(text: str, spans: list[Place]) -> Quote:
    """The passage with its spans bold, shortened between and around them until it fits."""
    if len(text) <= MAX_QUOTE:
        return _fit(_pieces(text, spans))
    if not spans:
        return _fit([Piece(clean(text))])
    return _fit(_shorten(_pieces(text, spans)))


def _pieces(text: str, spans: list[Place]) -> list[Piece]:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [Piece(clean(text[at:start])), Piece(clean(text[start:end]), bold=True)]
        at = end
    pieces.append(Piece(clean(text[at:])))
    return [piece for piece in pieces if piece.text]


def _shorten(pieces: list[Piece]) -> list[Piece]:
    """Cut what lies before the first, between and after the last of the bold words."""
    last = len(pieces) - 1
    return [
        piece if piece.bold else Piece(_shorten_gap(piece.text, at_start=index == 0, at_end=index == last))
        for index, piece in enumerate(pieces)
    ]


def _shorten_gap(text: str, *, at_start: bool, at_end: bool) -> str:
    if at_start:
        return trim_start(text, 2 * _GAP)
    if at_end:
        return trim(text, MAX_QUOTE)
    if len(text) <= 2 * _GAP:
        return text
    return trim(text, _GAP) + " " + trim_start(text, _GAP)


def _fit(pieces: list[Piece]) -> Quote:
    """The pieces up to the length a quotation may have; the one that passes it is cut."""
    kept: list[Piece] = []
    room = MAX_QUOTE
    for piece in pieces:
        text = trim(piece.text, room)
        kept.append(Piece(text, piece.bold))
        room -= size(text)
        if text != piece.text or room <= 1:
            break
    return tuple(kept)
