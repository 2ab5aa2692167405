"""One pass over the text for every form of every facet, then the rules that decide which matches count.

The order is what makes it right: *all* overlapping matches, then boundary rules, then policies, then
leftmost-longest. An automaton that picks the longest first loses `gallium` in `gallium arsenides`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

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
        return Scan(
            tuple(_between(self.objects, sentence)),
            tuple(_between(self.cues, sentence)),
            (),
        )


def _between(hits: Sequence[Hit], sentence: Sentence) -> Iterable[Hit]:
    first = bisect_right(hits, sentence.start - 1, key=lambda hit: hit.start)
    for hit in hits[first:]:
        if hit.start >= sentence.end:
            return
        yield hit


@dataclass(frozen=True, slots=True)
class _Match:
    form: Form
    start: int
    end: int


class Scanner:
    """Finds the forms of a lexicon; built once, then shared by every document."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._keys = tuple(lexicon.forms)
        self._forms = tuple(lexicon.forms[key] for key in self._keys)
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
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for form in self._forms[index]:
                stop = _right_edge(folded, end, form)
                if stop < 0 or not (_left_edge(folded, start, form) or _lost_blank(original_of, start, form)):
                    continue
                if form.facet in ("phrase", "cue_mask"):
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


def _is_word(char: str) -> bool:
    return (char.isascii() and char.isalnum()) or "\u00c0" <= char <= "\u024f"


def _left_edge(text: str, start: int, form: Form) -> bool:
    return start == 0 or not _is_word(form.text[0]) or not _is_word(text[start - 1])


def _lost_blank(original_of: OriginalOf, start: int, form: Form) -> bool:
    """Whether a proper name starts with a capital right after a small letter: a blank was lost (`inMorocco`)."""
    if form.proper != "initial" or len(form.text) < _NAME:
        return False
    before, first = original_of(start - 1, start), original_of(start, start + 1)
    return before.islower() and first.isupper()


def _right_edge(text: str, end: int, form: Form) -> int:
    """Where the match ends, an English plural included; -1 where the word goes on."""
    if form.open_end or end >= len(text) or not _is_word(form.text[-1]) or not _is_word(text[end]):
        return end
    for plural in ("s", "es"):
        stop = end + len(plural)
        if form.text[-1].isalpha() and text.startswith(plural, end) and (stop >= len(text) or not _is_word(text[stop])):
            return stop
    return -1
