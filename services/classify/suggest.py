"""What an optional plug-in believes an event may be about: shown as suggested, never evidence, never a hit.

Pure but for the plug-in itself, which is an argument. Whatever it answers is checked here, one suggestion at a
time: an id that was not offered, a span outside the text or a score that is no probability is refused with its
reason; a plug-in that fails suggests nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from services.contracts.events import Event
from services.contracts.measures import Act, Passage
from services.contracts.vocab import Field
from services.taxonomy.taxonomy import Taxonomy

MAX_SCORE = 0.5
"""The most any suggestion is worth: as likely wrong as right."""

MAX_SUGGESTIONS = 3
TITLE_CHARACTERS = 300
BODY_CHARACTERS = 1_200
_MAX_ANSWERS = 100
_JOINT = "\n"

Part = TypeVar("Part")


class Candidate(NamedTuple):
    """A measure type that may be suggested, with words that name it in every language."""

    id: str
    words: tuple[str, ...]


class Suggester(Protocol):
    """A plug-in; `services/classify/suggesters/` holds one a file, opened by its `open_suggester`."""

    def suggest(self, text: str, candidates: Sequence[Candidate]) -> Iterable[tuple[str, float, tuple[int, int]]]:
        """The ids of candidates the text may be about, each with a score 0..1 and the span it was seen in.

        The span is of `text`, start and end in code points; a line break parts headline and body.
        """


@dataclass(frozen=True)
class Suggestion:
    """A measure type a plug-in believes in, with the words of the document it points at; `score` <= MAX_SCORE."""

    tag: str
    score: float
    words: Passage


@dataclass(frozen=True)
class Suggestions:
    """What a plug-in suggested of one event, likeliest first, and why the rest of its answer was refused."""

    found: tuple[Suggestion, ...] = ()
    refused: tuple[str, ...] = ()


def candidates_of(taxonomy: Taxonomy) -> tuple[Candidate, ...]:
    """Every measure type with its names and with the sentences it must be found in."""
    return tuple(
        Candidate(id_, tuple(word for words in (*entry.names.values(), *entry.examples.values()) for word in words))
        for id_, entry in taxonomy.measures.items()
    )


def suggest(
    event: Event, acts: Sequence[Act], suggester: Suggester, candidates: Sequence[Candidate], taxonomy: Taxonomy
) -> Suggestions:
    """What the suggester adds to what the acts say; never raises for what the suggester does.

    It reads the headline and the opening of the body. What an act of the event already says, or says more
    precisely, is no suggestion.
    """
    text = event.title[:TITLE_CHARACTERS] + _JOINT + (event.body or "")[:BODY_CHARACTERS]
    try:
        answers = list(_at_most(suggester.suggest(text, candidates), _MAX_ANSWERS))
    except Exception as error:  # the plug-in is foreign code: whatever it raises, the rules' reading stands
        return Suggestions((), (f"the suggester failed: {type(error).__name__}",))
    known = {candidate.id for candidate in candidates}
    read = [_read(answer, text, len(event.title[:TITLE_CHARACTERS]), known) for answer in answers]
    said = {above for act in acts for each in act.types for above in taxonomy.rollup("measures", each)}
    new = [each for each in read if isinstance(each, Suggestion) and each.tag not in said]
    return Suggestions(tuple(_best(new)), tuple(each for each in read if isinstance(each, str)))


def with_suggested(acts: Sequence[Act], found: Sequence[Suggestion]) -> tuple[Act, ...]:
    """The acts, each with the tags suggested on words of its own passages; nothing else of them changes."""
    return tuple(
        act.model_copy(update={"suggested": tags}) if (tags := tuple(_tags_of(act, found))) else act for act in acts
    )


def _at_most(parts: Iterable[Part], count: int) -> Iterator[Part]:
    """The first parts; an answer without end must not hold the service."""
    yield from (part for _, part in zip(range(count), parts, strict=False))


def _read(answer: object, text: str, title_end: int, known: set[str]) -> Suggestion | str:
    """The suggestion an answer makes, or why it makes none."""
    if type(answer) is not tuple or len(answer) != 3:
        return "an answer is not (id, score, span)"
    tag, score, span = answer
    if type(tag) is not str or tag not in known:
        return f"id {tag[:80]!r} was not offered" if type(tag) is str else "an id is not text"
    if type(score) not in (int, float) or not 0 < score <= 1:  # NaN is in no range
        return f"{tag}: the score is not in 0..1"
    words = _words(span, text, title_end)
    if words is None:
        return f"{tag}: the span is not a stretch of headline or body"
    return Suggestion(tag, min(float(score), MAX_SCORE), words)


def _words(span: object, text: str, title_end: int) -> Passage | None:
    if type(span) is not tuple or len(span) != 2 or not all(type(each) is int for each in span):
        return None
    start, end = span
    if not 0 <= start < end <= len(text) or start <= title_end < end or not text[start:end].strip():
        return None
    shift = 0 if end <= title_end else title_end + len(_JOINT)
    field = Field.BODY if shift else Field.TITLE
    return Passage(field=field, start=start - shift, end=end - shift, text=text[start:end])


def _best(found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """The likeliest suggestion of each tag, at most MAX_SUGGESTIONS; ties in the order of ids and words."""
    seen: set[str] = set()
    for each in sorted(found, key=lambda one: (-one.score, one.tag, one.words.field, one.words.start, one.words.end)):
        if each.tag not in seen and len(seen) < MAX_SUGGESTIONS:
            seen.add(each.tag)
            yield each


def _tags_of(act: Act, found: Iterable[Suggestion]) -> list[str]:
    return sorted({each.tag for each in found if any(_overlap(each.words, passage) for passage in act.passages)})


def _overlap(one: Passage, other: Passage) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end
