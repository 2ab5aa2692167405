"""One pass over the text for every form of every facet, then the rules that decide which matches count.

The order is what makes it right: *all* overlapping matches, then boundary rules, then policies, then
leftmost-longest. An automaton that picks the longest first loses `gallium` in `gallium arsenides`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from services.classify.clauses import Sentence
from services.classify.covers import Covers, Mask, Span
from services.classify.lexicon import OBJECT_FACETS, Form, Lexicon
from services.classify.normalise import unify_width

OriginalOf = Callable[[int, int], str]
"""Gives the original characters of a folded span."""

SentenceOf = Callable[[int], int]
"""Gives the index of the sentence a folded position lies in."""

_KATAKANA = "".join(map(chr, range(0x30A1, 0x30FB))) + "\u30fc"
_WORD = frozenset(filter(str.isalnum, map(chr, range(0x80)))) | frozenset(map(chr, range(0xC0, 0x250)))
"""Characters beside which a Latin word does not begin or end."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A form found in the folded text that counts; `rule` says what accepted it."""

    facet: str
    tag: str
    start: int
    end: int
    rule: str
    group: int = 0


@dataclass(frozen=True, slots=True)
class Miss:
    """A form found that does not count, and the rule that refused it."""

    facet: str
    tag: str
    start: int
    end: int
    rule: str


@dataclass(frozen=True)
class Scan:
    """Everything found in one document, in text order."""

    objects: tuple[Hit, ...]
    cues: tuple[Hit, ...]
    misses: tuple[Miss, ...]

    def within(self, sentence: Sentence) -> Scan:
        """The part of the scan that lies in a sentence."""
        start, end = sentence.start, sentence.end
        objects, cues = self._object_starts, self._cue_starts
        return Scan(
            self.objects[bisect_left(objects, start) : bisect_left(objects, end)],
            self.cues[bisect_left(cues, start) : bisect_left(cues, end)],
            (),
        )

    @cached_property
    def _object_starts(self) -> list[int]:
        return [hit.start for hit in self.objects]

    @cached_property
    def _cue_starts(self) -> list[int]:
        return [hit.start for hit in self.cues]


class _Match(NamedTuple):
    form: Form
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Key:
    """The forms of one text, and what its edges ask of the characters beside them."""

    forms: tuple[Form, ...]
    begins_word: bool
    ends_word: bool
    ends_letter: bool


class Scanner:
    """Finds the forms of a lexicon; built once, then shared by every document."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._keys = tuple(lexicon.forms)
        self._edges = tuple(
            _Key(lexicon.forms[key], key[0] in _WORD, key[-1] in _WORD, key[-1].isalpha()) for key in self._keys
        )
        self._automaton = AhoCorasick(self._keys, implementation=Implementation.ContiguousNFA)

    def scan(self, folded: str, original_of: OriginalOf, sentences: Sequence[Sentence]) -> Scan:
        """Return the hits of a folded text; `original_of` gives the original characters of a folded span."""
        matches, spans = self._matches(folded, original_of)
        masked = Mask(span for phrase in self._lexicon.cue_masks for span in spans.get(phrase, ()))
        starts = [sentence.start for sentence in sentences]

        def sentence_of(position: int) -> int:
            return bisect_right(starts, position) - 1

        judge = _Judge(self._lexicon, folded, original_of, Covers(spans, sentence_of), sentence_of)
        kept: list[_Match] = []
        misses: list[Miss] = []
        cues: list[Hit] = []
        for match in matches:
            form = match.form
            if form.facet not in OBJECT_FACETS:
                silent = "masked" if masked.holds(match.start, match.end) else judge.silence(match)
                if silent:
                    if form.facet == "type":
                        misses.append(Miss(form.facet, form.tag, match.start, match.end, silent))
                    continue
                cues.append(Hit(form.facet, form.tag, match.start, match.end, form.rule, form.group))
                continue
            refusal = judge.refusal(match)
            if refusal:
                # Words denied as a whole (`white phosphorus`) are not read as their parts either.
                if refusal.startswith("deny"):
                    kept.append(_Match(replace(form, facet="mask", only_with=()), match.start, match.end))
                misses.append(Miss(form.facet, form.tag, match.start, match.end, refusal))
            else:
                kept.append(match)
        chosen = _leftmost_longest(kept)
        misses += _swallowed(kept, chosen, folded)
        objects = judge.in_context(chosen, misses)
        return Scan(tuple(objects), tuple(sorted(cues, key=lambda hit: (hit.start, -hit.end))), tuple(misses))

    def _matches(self, folded: str, original_of: OriginalOf) -> tuple[list[_Match], dict[str, list[Span]]]:
        """All matches that stand on word boundaries, and where each deny or allow phrase stands."""
        matches: list[_Match] = []
        covers: dict[str, list[Span]] = defaultdict(list)
        length, edges = len(folded), self._edges
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            key = edges[index]
            apart = not key.begins_word or start == 0 or folded[start - 1] not in _WORD
            goes_on = key.ends_word and end < length and folded[end] in _WORD
            closed = _plural_end(folded, end, key) if goes_on else end
            for form in key.forms:
                stop = end if form.open_end else closed
                if stop < 0 or not (apart or _lost_blank(original_of, start, form)):
                    continue
                if form.facet == "phrase" or form.facet == "cue_mask":
                    covers[form.text].append((start, stop))
                else:
                    matches.append(_Match(form, start, stop))
        return matches, covers


class _Judge:
    """Applies the ambiguity policies to matches of one document."""

    def __init__(
        self,
        lexicon: Lexicon,
        folded: str,
        original: OriginalOf,
        covers: Covers,
        sentence_of: SentenceOf,
    ) -> None:
        self._lexicon, self._folded, self._original = lexicon, folded, original
        self._covers, self._sentence_of = covers, sentence_of

    def refusal(self, match: _Match) -> str:
        """Why a match does not count whatever else is in its sentence; empty when it does."""
        form = match.form
        if form.exact and self._surface(match.start, match.start + len(form.text)) not in form.exact:
            return "case"
        if form.proper and not self._is_proper(match):
            return "lower case"
        if form.katakana and not self._splits(match):
            return "katakana_run"
        for phrase in form.deny:
            if self._denied(phrase, match, anywhere=bool(form.exact)):
                return f"deny: {phrase}"
        if form.only_inside and not any(
            self._covers.holds(phrase, match.start, match.end) for phrase in form.only_inside
        ):
            return "never_alone"
        return ""

    def silence(self, match: _Match) -> str:
        """Why a cue means something else here: inside a deny phrase, or without the words it needs; else empty."""
        form = match.form
        if not form.deny and not form.only_with:
            return ""
        denied = next((phrase for phrase in form.deny if self._denied(phrase, match, anywhere=False)), "")
        if denied:
            return f"deny: {denied}"
        return "context" if form.only_with and not self._has_context(match, set()) else ""

    def in_context(self, chosen: list[_Match], misses: list[Miss]) -> list[Hit]:
        """The matches whose `context` policy is met by their sentence; the others join the misses."""
        firm = {
            self._sentence_of(match.start)
            for match in chosen
            if match.form.facet == "mineral"
            and not match.form.only_with
            and match.form.tag not in self._lexicon.umbrellas
        }
        hits = []
        for match in chosen:
            form = match.form
            if form.facet == "mask":
                continue
            if form.only_with and not self._has_context(match, firm):
                misses.append(Miss(form.facet, form.tag, match.start, match.end, "context"))
                continue
            hits.append(Hit(form.facet, form.tag, match.start, match.end, form.rule, form.group))
        return hits

    def _has_context(self, match: _Match, firm: set[int]) -> bool:
        sentence = self._sentence_of(match.start)
        if match.form.facet == "mineral" and sentence in firm:
            return True
        return any(self._covers.in_sentence(phrase, sentence) for phrase in match.form.only_with)

    def _denied(self, phrase: str, match: _Match, *, anywhere: bool) -> bool:
        if anywhere:
            return self._covers.in_sentence(phrase, self._sentence_of(match.start))
        return self._covers.touches(phrase, match.start, match.end)

    def _surface(self, start: int, end: int) -> str:
        return unify_width(self._original(start, end))

    def _is_proper(self, match: _Match) -> bool:
        surface = self._surface(match.start, match.end)
        if match.form.proper == "upper":
            return surface.isupper() or "." in surface
        return not surface[:1].islower()

    def _splits(self, match: _Match) -> bool:
        """Whether the whole katakana run around the match is made of known forms and affixes."""
        before = self._folded[max(0, match.start - _MAX_RUN - 1) : match.start]
        before = before[len(before.rstrip(_KATAKANA)) :]
        after = self._folded[match.end : match.end + _MAX_RUN]
        after = after[: len(after) - len(after.lstrip(_KATAKANA))]
        if len(before) > _MAX_RUN:
            return False
        return self._lexicon.splits_katakana(before) and self._lexicon.splits_katakana(after)


_MAX_RUN = 40
_NAME = 5


def _leftmost_longest(matches: list[_Match]) -> list[_Match]:
    """Of overlapping matches the one that starts first, of those the longest; equal spans all stay."""
    chosen: list[_Match] = []
    for match in sorted(matches, key=lambda each: (each.start, -each.end)):
        last = chosen[-1] if chosen else None
        if last is None or match.start >= last.end or (match.start, match.end) == (last.start, last.end):
            chosen.append(match)
    return chosen


def _swallowed(matches: Iterable[_Match], chosen: Sequence[_Match], folded: str) -> Iterable[Miss]:
    """The matches that lie in a longer one which names something else."""
    starts = [match.start for match in chosen]
    for match in matches:
        longer = chosen[bisect_right(starts, match.start) - 1]
        inside = longer.end >= match.end and longer.end - longer.start > match.end - match.start
        if inside and longer.form.tag != match.form.tag and match.form.facet != "mask":
            words = folded[longer.start : longer.end]
            yield Miss(match.form.facet, match.form.tag, match.start, match.end, f"inside: {words}")


def _lost_blank(original_of: OriginalOf, start: int, form: Form) -> bool:
    """Whether a proper name starts with a capital right after a small letter: a blank was lost (`inMorocco`)."""
    if form.proper != "initial" or len(form.text) < _NAME:
        return False
    before, first = original_of(start - 1, start), original_of(start, start + 1)
    return before.islower() and first.isupper()


def _plural_end(text: str, end: int, key: _Key) -> int:
    """Where a match before more letters ends as an English plural; -1 where the word goes on."""
    for plural in ("s", "es") if key.ends_letter else ():
        stop = end + len(plural)
        if text.startswith(plural, end) and (stop >= len(text) or text[stop] not in _WORD):
            return stop
    return -1
