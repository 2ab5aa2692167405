"""The measure types a stretch of text asserts: rules, cues of the taxonomy, and gapped frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.classify.clauses import Sentence
from services.classify.rulebook import Patterns, Rulebook, TypeRule, Where
from services.classify.scan import Hit
from services.taxonomy.taxonomy import Taxonomy

CUE_PRIORITY = 54
FRAME_SPAN = {"en": 140, "ja": 70, "zh": 60}
MAX_TYPES = 3
_SURER = 8


@dataclass(frozen=True, slots=True)
class TypeHit:
    """Words that show a measure type; the higher priority is the surer."""

    tag: str
    start: int
    end: int
    priority: int
    rule: str
    source: TypeRule | None = None


class TypeReader:
    """Finds measure types by rules, cues and frames."""

    def __init__(self, taxonomy: Taxonomy, rules: Rulebook) -> None:
        self._taxonomy = taxonomy
        self._patterns = Patterns(rules.types)
        self._families = rules.families
        self._groups = {
            f"{id_}/{lang}": (len(groups), measure.frames.priority)
            for id_, measure in taxonomy.measures.items()
            if measure.frames
            for lang, groups in measure.frames.groups.items()
        }

    def read(
        self, sentence: Sentence, cues: Sequence[Hit], lang: str, source: str, places: Sequence[Where], *, frames: bool
    ) -> list[TypeHit]:
        """All type hits of a sentence."""
        hits = [
            TypeHit(
                tag,
                sentence.start + found.start,
                sentence.start + found.end,
                found.rule.priority,
                found.rule.id,
                found.rule,
            )
            for found in self._patterns.find(sentence.text, lang, source, places)
            for tag in found.rule.types
        ]
        hits += [TypeHit(hit.tag, hit.start, hit.end, CUE_PRIORITY, hit.rule) for hit in _longest(cues)]
        hits += self._frames(cues, lang) if frames else []
        duties = self._families.remedies
        return [hit for hit in hits if hit.tag in duties or not any(_contains(other, hit) for other in hits)]

    def refused(self, sentence: Sentence, lang: str, source: str, places: Sequence[Where]) -> list[tuple[TypeHit, str]]:
        """The type rules that hold in a sentence but for words that excuse it, each with those words."""
        return [
            (
                TypeHit(
                    found.rule.types[0],
                    sentence.start + found.start,
                    sentence.start + found.end,
                    found.rule.priority,
                    found.rule.id,
                    found.rule,
                ),
                words,
            )
            for found, words in self._patterns.refused(sentence.text, lang, source, places)
        ]

    def beaten_by(self, tag: str, chosen: Iterable[str]) -> str:
        """The chosen type that a type gives way to because it says the same more closely; empty if none does."""
        for each in chosen:
            if each != tag and (
                tag in self._taxonomy.rollup("measures", each) or tag in self._families.specific_over.get(each, ())
            ):
                return each
        return ""

    def _frames(self, cues: Sequence[Hit], lang: str) -> list[TypeHit]:
        by_frame: dict[str, dict[int, list[Hit]]] = defaultdict(lambda: defaultdict(list))
        for hit in cues:
            if hit.facet == "frame":
                by_frame[hit.tag][hit.group].append(hit)
        hits = []
        for tag, groups in by_frame.items():
            count, priority = self._groups[tag]
            span = _tightest(list(groups.values())) if len(groups) == count else None
            id_, _, spoken = tag.partition("/")
            if (
                span
                and span[1] - span[0] <= FRAME_SPAN.get(spoken.partition("-")[0], 60)
                and spoken.partition("-")[0] == lang.partition("-")[0]
            ):
                hits.append(TypeHit(id_, *span, priority, f"frame {spoken}"))
        return hits

    def choose(self, hits: Iterable[TypeHit]) -> tuple[str, ...]:
        """The one to three most specific types the hits show together, the surest first.

        Types that one rule names stand side by side by that rule's word.
        """
        best: dict[str, int] = {}
        named: set[tuple[str, str]] = set()
        for hit in hits:
            best[hit.tag] = max(best.get(hit.tag, 0), hit.priority)
            named |= {(hit.tag, other) for other in (hit.source.types if hit.source else ())}

        def together(one: str, other: str) -> bool:
            return (one, other) in named or self.together(one, other)

        beaten = {
            loser for tag in best for loser in self._families.specific_over.get(tag, ()) if not together(tag, loser)
        }
        beaten |= {above for tag in best for above in self._taxonomy.rollup("measures", tag) - {tag}}
        ranked = sorted((tag for tag in best if tag not in beaten), key=lambda tag: (-best[tag], tag))
        chosen = ranked[:1]
        for tag in ranked[1:]:
            if all(together(tag, each) for each in chosen) and len(chosen) < MAX_TYPES:
                chosen.append(tag)
        return tuple(chosen)

    def together(self, one: str, other: str) -> bool:
        """Whether the two types may stand side by side in one act."""
        return (one, other) in self._families.companions or (other, one) in self._families.companions


def _contains(outer: TypeHit, inner: TypeHit) -> bool:
    """Whether the words of one type only occur inside the longer words of a surer other."""
    longer = outer.end - outer.start > inner.end - inner.start
    within = outer.start <= inner.start and inner.end <= outer.end
    return within and longer and outer.tag != inner.tag and outer.priority > inner.priority + _SURER


def _longest(cues: Sequence[Hit]) -> list[Hit]:
    """The type cues that no longer cue contains: `制裁関税` is no `制裁`."""
    kept: list[Hit] = []
    for hit in (hit for hit in cues if hit.facet == "type"):
        last = kept[-1] if kept else None
        if last is None or hit.end > last.end or (hit.start, hit.end) == (last.start, last.end):
            kept.append(hit)
    return kept


def _tightest(groups: list[list[Hit]]) -> tuple[int, int]:
    """The shortest span, of those that start at a hit, that holds a hit of every group; overlaps do not count twice."""
    best = (0, 1 << 30)
    for first in groups[0]:
        start, end = first.start, first.end
        for others in groups[1:]:
            near = min(others, key=lambda hit: max(end, hit.end) - min(start, hit.start))
            start, end = min(start, near.start), max(end, near.end)
        if end - start < best[1] - best[0]:
            best = (start, end)
    return best
