"""Read the acts of press and commentary: clause by clause, each with its own actor, object and firmness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.classify.clauses import Sentence
from services.classify.document import Document
from services.classify.draft import Draft
from services.classify.facets.countries import Cast
from services.classify.facets.dates import Dated, find_counted, find_dates
from services.classify.facets.measure import TypeHit
from services.classify.facets.objects import most_specific, without_end_uses, without_summaries
from services.classify.facets.stage import Shown, Staged, settle
from services.classify.readers import Readers
from services.classify.rulebook import Where
from services.classify.scan import Hit
from services.contracts.vocab import CountryRole, DateRole, Modality, Stage

MAX_ACTS = 60
_PLACES: tuple[Where, ...] = ("title", "lead", "text")
_CLAUSE_JA = re.compile(
    r"(?<=するなど)|(?<=ように)、|(?<=については)、|(?<=[しれきめ])、|(?<=[^よ]り)、|(?<=ほか)、|(?<=など)、|(?<=たが)、|(?<=ており)、"
)
_CLAUSE_ZH = re.compile(r"[;]|,(?=但|并|同时|而)")
_CLAUSE_EN = re.compile(r";")
_POINTS_BACK = re.compile(
    r"^(?:この|こうした|これら|同法|同|その|それ|此|该|this|these|such|the (?:rule|measure|move))"
)
_CAUSED_BY = re.compile(r"^(?:等|など)?(?:による|の)|^'s? ")
_MUTUAL = re.compile(r"双方|相互|彼此|双边|各自|联合声明")
_ITEMS = ("mineral", "technology")
_MADE = frozenset({Stage.ANNOUNCED, Stage.ADOPTED, Stage.IN_FORCE})
"""Stages that a headline does not tell apart: `bans` may be announced, adopted or in force."""


@dataclass
class _Memory:
    """What the text has said so far that a clause may leave unsaid."""

    imposing: tuple[Cast, ...] = ()
    targets: tuple[Cast, ...] = ()
    objects: tuple[Hit, ...] = ()
    year: int | None = None


@dataclass(frozen=True)
class _Clause:
    """A clause with what was found in it."""

    sentence: Sentence
    types: tuple[str, ...]
    hits: list[TypeHit]
    objects: list[Hit]
    casts: list[Cast]
    dates: list[Dated]
    points_back: bool


def read_commentary(document: Document, readers: Readers) -> list[Draft]:
    """The acts of every clause, clauses that say the same merged."""
    return read_sentences(document, readers, document.sentences)


def read_sentences(document: Document, readers: Readers, sentences: Iterable[Sentence]) -> list[Draft]:
    """The acts of the clauses of some sentences of a document, clauses that say the same merged."""
    memory = _Memory()
    drafts: list[Draft] = []
    for sentence in sentences:
        if _new_paragraph(document, sentence):
            memory.imposing = memory.targets = ()
            memory.year = None
        for clause in _clauses(document, sentence):
            points_back = bool(_POINTS_BACK.match(sentence.text) or _POINTS_BACK.match(clause.text))
            read = _read(document, readers, clause, memory, points_back=points_back)
            drafts += _drafts(document, readers, read, memory, drafts)
            _remember(memory, read)
        if len(drafts) >= MAX_ACTS:
            break
    return _without_headlines(_merged(drafts))


def _new_paragraph(document: Document, sentence: Sentence) -> bool:
    return sentence.start > 0 and document.text[sentence.start - 1] == "\n"


def _clauses(document: Document, sentence: Sentence) -> Iterator[Sentence]:
    pattern = {"ja": _CLAUSE_JA, "zh": _CLAUSE_ZH}.get(str(document.lang).partition("-")[0], _CLAUSE_EN)
    start = 0
    for match in pattern.finditer(sentence.text):
        yield _part(sentence, start, match.end())
        start = match.end()
    if start < len(sentence.text):
        yield _part(sentence, start, len(sentence.text))


def _part(sentence: Sentence, start: int, end: int) -> Sentence:
    return replace(sentence, start=sentence.start + start, end=sentence.start + end, text=sentence.text[start:end])


def _read(document: Document, readers: Readers, clause: Sentence, memory: _Memory, *, points_back: bool) -> _Clause:
    lang, source = str(document.lang), document.event.source
    scan = document.scan.within(clause)
    objects = [hit for hit in scan.objects if hit.facet in _ITEMS]
    near = bool(objects) or bool(readers.nexus.find(clause.text, lang))
    hits = [
        hit
        for hit in readers.types.read(clause, scan.cues, lang, source, _PLACES, frames=True)
        if near or hit.source is None or not hit.source.nexus
    ]
    hits, is_cause = _without_background(clause, hits, readers, lang)
    types = readers.types.choose(hits)
    places = readers.countries.places(clause, scan.objects, lang)
    casts = readers.countries.cast(clause, places, lang, types)
    if is_cause:
        casts = [cast for cast in casts if not _CAUSED_BY.match(clause.text[cast.end - clause.start :])]
    published = document.event.published_on
    dates = find_dates(clause.text, clause.start, memory.year, published)
    dates += find_counted(clause.text, clause.start, published) if published else []
    return _Clause(clause, types, [hit for hit in hits if hit.tag in types], objects, casts, dates, points_back)


def _without_background(
    clause: Sentence, hits: list[TypeHit], readers: Readers, lang: str
) -> tuple[list[TypeHit], bool]:
    """The hits, or none and True where the measure is only named as a cause or topic."""
    is_background = any(readers.background.find(clause.text[hit.end - clause.start :][:40], lang) for hit in hits)
    return ([], True) if is_background else (hits, False)


def _drafts(
    document: Document, readers: Readers, read: _Clause, memory: _Memory, before: Sequence[Draft]
) -> list[Draft]:
    if not read.types:
        _complete(readers, read, before)
        return _following(readers, read, before, str(document.lang))
    lang = str(document.lang)
    text = read.sentence.text
    modality, hedge = readers.stages.modality(text, lang)
    today = (document.event.published_on or document.event.seen_at.date()).isoformat()
    stages = readers.stages.stages(text, read.sentence.start, read.types, lang, document.event.source, _PLACES)
    staged = settle(stages, read.dates, today, Stage.ANNOUNCED)
    if modality is not Modality.ASSERTED and hedge:
        staged = Staged(
            Stage.CONSIDERED, read.sentence.start + hedge.start, read.sentence.start + hedge.end, hedge.rule.id, 0
        )
    direction, turned = readers.stages.direction(text, read.types, staged, lang, _PLACES)
    if before and read.points_back and set(read.types) <= set(before[-1].types) and not before[-1].objects:
        _complete(readers, read, before)
        return []
    draft = Draft(read.types, read.hits, staged, direction, [read.sentence], modality)
    draft.whole, draft.told = read.sentence.title, True
    draft.casts = [*_casts(read, memory), *_ruled_targets(read)]
    own = without_end_uses(read.objects, document.text, readers.rules.objects.end_uses)
    own = without_summaries(own, document.text, readers.taxonomy)
    draft.objects = most_specific(
        [*(own or _inherited(memory, read)), *_ruled(read)], readers.taxonomy, readers.rules.objects.not_kinds
    )
    draft.dates = read.dates
    if turned:
        span = (read.sentence.start + turned.start, read.sentence.start + turned.end)
        draft.shown.append(Shown(direction, *span, turned.rule.id))
    if hedge:
        span = (read.sentence.start + hedge.start, read.sentence.start + hedge.end)
        draft.shown.append(Shown(f"modality {modality}", *span, hedge.rule.id))
    return [draft]


def _ruled(read: _Clause) -> list[Hit]:
    """The technologies that the words of a type rule stand for."""
    return [
        Hit("technology", tag, hit.start, hit.end, hit.rule)
        for hit in read.hits
        if hit.source
        for tag in hit.source.technologies
    ]


def _ruled_targets(read: _Clause) -> list[Cast]:
    """The countries that the words of a type rule are aimed at by law."""
    return [
        Cast(code, CountryRole.TARGET, hit.start, hit.end, hit.rule)
        for hit in read.hits
        if hit.source
        for code in hit.source.target
    ]


def _inherited(memory: _Memory, read: _Clause) -> list[Hit]:
    return list(memory.objects) if read.points_back else []


def _casts(read: _Clause, memory: _Memory) -> list[Cast]:
    """The clause's own cast; who acts and who is aimed at may stand in an earlier clause."""
    casts = _mutual(read) or list(read.casts)
    imposing = {cast.code for cast in casts if cast.role is CountryRole.IMPOSING}
    if not imposing:
        opening = next(
            (cast for cast in casts if cast.rule == "mention" and cast.start - read.sentence.start < 4),
            None,
        )
        if opening:
            casts = [replace(cast, role=CountryRole.IMPOSING) if cast is opening else cast for cast in casts]
            imposing = {opening.code}
        else:
            named = {cast.code for cast in casts if cast.rule.startswith("excluded")}
            casts = [*(cast for cast in memory.imposing if cast.code not in named), *casts]
    if read.points_back and not any(cast.role is CountryRole.TARGET for cast in casts):
        casts += [cast for cast in memory.targets if cast.code not in imposing]
    return casts


def _mutual(read: _Clause) -> list[Cast]:
    """Two countries that a Chinese clause has bind each other, each as the one who acts and the one aimed at."""
    pair = [cast for cast in read.casts if cast.role is CountryRole.MENTIONED]
    if not _MUTUAL.search(read.sentence.text) or len({cast.code for cast in pair}) != 2:
        return []
    if set(read.types).isdisjoint({"tariff", "export_control", "sanction", "import_ban"}):
        return []
    return [replace(cast, role=role) for cast in pair for role in (CountryRole.IMPOSING, CountryRole.TARGET)]


def _remember(memory: _Memory, read: _Clause) -> None:
    imposing = tuple(cast for cast in read.casts if cast.role is CountryRole.IMPOSING)
    targets = tuple(cast for cast in read.casts if cast.role is CountryRole.TARGET)
    memory.imposing = imposing or memory.imposing
    memory.targets = targets or memory.targets
    memory.objects = tuple(read.objects) or memory.objects
    memory.year = int(read.dates[-1].value[:4]) if read.dates else memory.year


def _complete(readers: Readers, read: _Clause, before: Sequence[Draft]) -> None:
    """A clause without a measure gives its deadline, and one that points back its objects, to the act before it."""
    if before and not read.types:
        before[-1].dates += [each for each in read.dates if each.role is DateRole.COMMENT_DEADLINE]
    if before and read.objects and read.points_back and not before[-1].objects:
        before[-1].objects = most_specific(read.objects, readers.taxonomy, readers.rules.objects.not_kinds)
        before[-1].sentences.append(read.sentence)


def _following(readers: Readers, read: _Clause, before: Sequence[Draft], lang: str) -> list[Draft]:
    """Others following suit: the last act again, considered, by nobody named."""
    found = readers.follows.find(read.sentence.text, lang)
    if not found or not before:
        return []
    last = before[-1]
    start = read.sentence.start + found[0].start
    staged = Staged(Stage.CONSIDERED, start, read.sentence.start + found[0].end, found[0].rule.id, 0)
    hits = [replace(hit, start=start, end=staged.end, rule=staged.rule) for hit in last.type_hits]
    casts = [cast for cast in last.casts if cast.role is CountryRole.TARGET]
    casts += [cast for cast in read.casts if cast.role is CountryRole.IMPOSING]
    return [
        Draft(
            last.types,
            hits,
            staged,
            last.direction,
            [read.sentence],
            casts=casts,
            objects=list(last.objects),
        )
    ]


def _merged(drafts: list[Draft]) -> list[Draft]:
    """The drafts with those that add nothing to another folded into it."""
    kept: list[Draft] = []
    for draft in drafts:
        same = next((each for each in kept if _says_no_more(draft, each)), None)
        if same is None:
            kept.append(draft)
        else:
            same.sentences += draft.sentences
            same.dates += [each for each in draft.dates if each.value not in {date.value for date in same.dates}]
    return kept


def _without_headlines(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with a headline folded into the act of the body that says the same and more."""
    kept = list(drafts)
    for headline in [draft for draft in drafts if draft.whole]:
        fuller = next((each for each in drafts if not each.whole and _opens(headline, each)), None)
        if fuller is not None:
            _fold_in(headline, fuller)
            kept = [each for each in kept if each is not headline]
    return kept


def _opens(headline: Draft, body: Draft) -> bool:
    """Whether a headline says no more than an act of the body, which knows better how far it has come."""
    if {headline.staged.stage, body.staged.stage} <= _MADE:
        body = replace(body, staged=headline.staged)
    return _says_no_more(headline, body)


def _fold_in(headline: Draft, body: Draft) -> None:
    body.whole = True
    body.staged = headline.staged if body.staged.stage is Stage.ANNOUNCED else body.staged
    body.sentences = [*body.sentences, *headline.sentences]
    body.type_hits = [*headline.type_hits, *body.type_hits]
    body.dates += [each for each in headline.dates if each.value not in {date.value for date in body.dates}]


def _says_no_more(draft: Draft, other: Draft) -> bool:
    return (
        draft.types == other.types
        and draft.modality is other.modality
        and draft.direction is other.direction
        and set(draft.codes(CountryRole.IMPOSING)) <= set(other.codes(CountryRole.IMPOSING))
        and set(draft.codes(CountryRole.TARGET)) <= set(other.codes(CountryRole.TARGET))
        and set(draft.tags("mineral")) <= set(other.tags("mineral"))
        and set(draft.tags("technology")) <= set(other.tags("technology"))
        and draft.staged.stage in (other.staged.stage, Stage.ANNOUNCED)
    )
