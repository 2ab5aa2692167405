"""Countries a sentence names, the lists they stand in, and the role each list has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.classify.clauses import Sentence
from services.classify.rulebook import RoleRule, Rulebook
from services.classify.scan import Hit
from services.contracts.vocab import Basis, CountryRole
from services.taxonomy.taxonomy import Taxonomy

_JOINT = re.compile(
    r"^(?:[\s,、・/()\d]|産|and|with|or|the|及び|並びに|および|ならびに|及|和|与|與|或|at|of|as well as|"
    r"people's republic of|islamic|bolivarian|democratic|"
    r"連邦|民主|人民|社会主義|共和国|王国|"
    r"governments? of|republic of|kingdom of|federal|\([^()]{0,60}\)|,? ?and (?:the )?|から成る|独立の関税地域|"
    r"澎湖諸島、金門及び馬祖|(?:eu )?member states of)*$"
)
_WINDOW = 110
_SMALL_GROUP = 12
_PREPOSED = "对對対脱輸输涉"
"""Prepositions that a form of the vocabulary may carry itself (`对华`)."""
_ALIAS_AFTER = re.compile(r"^(?:\s?\([^()]{1,60}\))+")


@dataclass(frozen=True, slots=True)
class Place:
    """A country or authority a sentence names."""

    code: str
    start: int
    end: int
    agency: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Cast:
    """A country with the role its surroundings give it, and what the role rests on."""

    code: str
    role: CountryRole
    start: int
    end: int
    rule: str
    basis: Basis = Basis.NONE

    @property
    def rests_on(self) -> Basis:
        """What the role rests on once all steps of reading have had their say."""
        if self.role is CountryRole.MENTIONED:
            return Basis.MENTION
        if self.rule.startswith("issuer "):
            return Basis.ISSUER
        # A mere mention that was given a role has it by its place; a cast no country rule made, by a rule of law.
        return {Basis.MENTION: Basis.ORDER, Basis.NONE: Basis.LAW}.get(self.basis, self.basis)


_Compiled = re.Pattern[str] | None
_Role = tuple[RoleRule, _Compiled, _Compiled, _Compiled]
"""A role rule with what it looks for before, behind and in a list of countries."""


class CountryReader:
    """Finds countries and their roles by the rules of a rulebook."""

    def __init__(self, taxonomy: Taxonomy, rules: Rulebook) -> None:
        self._taxonomy = taxonomy
        self._not_before = rules.objects.short_not_before
        self._short = {
            lang: (dict(short), _short_patterns(short, patterns))
            for lang, short, patterns in (
                ("ja", rules.objects.short_ja, rules.objects.short_ja_patterns),
                ("zh", rules.objects.short_zh, rules.objects.short_zh_patterns),
            )
        }
        self._roles = tuple(
            (rule, _compiled(rule.before), _compiled(rule.after), _compiled(rule.inside)) for rule in rules.roles
        )
        self._rules_for = lru_cache(maxsize=1024)(self._choose_rules)

    def places(self, sentence: Sentence, hits: Iterable[Hit], lang: str) -> list[Place]:
        """The countries and authorities of a sentence, in text order."""
        named = [
            Place(hit.tag, hit.start, hit.end, hit.facet == "agency", hit.rule)
            for hit in hits
            if hit.facet in ("country", "agency")
        ]
        named += [
            Place(code, hit.start, hit.end, False, f"group {hit.tag}")
            for hit in hits
            if hit.facet == "group"
            for code in self._members(hit.tag)
        ]
        short = [
            place
            for place in self._shorts(sentence, lang.partition("-")[0])
            if not any(place.start < each.end and each.start < place.end for each in named)
        ]
        return sorted([*named, *short], key=lambda place: (place.start, place.end))

    def _members(self, group: str) -> list[str]:
        """The members of a group small enough to be read as its list; a region stays an unnamed actor."""
        members = sorted(self._taxonomy.group_members(group))
        return members if 0 < len(members) <= _SMALL_GROUP else [""]

    def _shorts(self, sentence: Sentence, lang: str) -> Iterable[Place]:
        short, patterns = self._short.get(lang, ({}, ()))
        seen: set[tuple[int, int]] = set()
        for pattern in patterns:
            for match in pattern.finditer(sentence.text):
                for group in range(1, (pattern.groups or 0) + 1):
                    for start, end, code in _characters(match, group, short):
                        follower = sentence.text[end : end + 1]
                        spoken = follower and follower in self._not_before.get(sentence.text[start:end], "")
                        if (start, end) not in seen and not spoken:
                            seen.add((start, end))
                            yield Place(code, sentence.start + start, sentence.start + end, False, "short form")

    def cast(self, sentence: Sentence, places: Sequence[Place], lang: str, types: Iterable[str]) -> list[Cast]:
        """The places with their roles; authorities act, a country no rule speaks of is only mentioned."""
        casts = [
            Cast(place.code, CountryRole.IMPOSING, place.start, place.end, "agency", Basis.AGENCY)
            for place in places
            if place.agency
        ]
        runs = _runs(sentence, [place for place in places if not place.agency])
        rules = self._rules_for(lang.partition("-")[0], frozenset(types)) if runs else []
        for run in runs:
            rule = _role(sentence, run, rules)
            for place in run:
                role, name = (rule.role, rule.id) if rule else (CountryRole.MENTIONED, "mention")
                basis = rule.rests_on if rule else Basis.MENTION
                if rule and _is_paired(sentence, place, run):
                    basis = Basis.PAIR
                casts.append(Cast(place.code, role, place.start, place.end, name, basis))
        return sorted(casts, key=lambda each: each.start)

    def _choose_rules(self, lang: str, types: frozenset[str]) -> list[_Role]:
        """The role rules of a language that speak of acts of these types."""
        return [
            role
            for role in self._roles
            if (not role[0].types or not types.isdisjoint(role[0].types))
            and (not role[0].langs or lang in role[0].langs)
        ]


def _role(sentence: Sentence, run: Sequence[Place], rules: Iterable[_Role]) -> RoleRule | None:
    first, last = run[0].start - sentence.start, run[-1].end - sentence.start
    before = sentence.text[max(0, first - _WINDOW) : first]
    after = sentence.text[last : last + _WINDOW]
    alias = _ALIAS_AFTER.match(after)
    after = after[alias.end() :] if alias else after
    inside = sentence.text[first:last]
    for rule, before_pattern, after_pattern, inside_pattern in rules:
        if inside_pattern and not inside_pattern.search(inside):
            continue
        if not before_pattern and not after_pattern:
            return rule
        if rule.both:
            if _holds(before_pattern, before) and _holds(after_pattern, after):
                return rule
            continue
        if before_pattern and before_pattern.search(before):
            return rule
        if after_pattern and after_pattern.search(after):
            return rule
        if before_pattern and inside[:1] in _PREPOSED and before_pattern.search(before + inside[:1]):
            return rule
    return None


def _holds(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.search(text) is not None


def _is_paired(sentence: Sentence, place: Place, run: Sequence[Place]) -> bool:
    """Whether a country stands in a pair form: fused with others (`日米EU台`) or a preposition (`対中`, `对华`)."""
    first, last = place.start - sentence.start, place.end - sentence.start
    short = place.rule == "short form"
    fused = any(place.start == each.end or place.end == each.start for each in run)
    group = place.rule.startswith("group ")
    named_together = not group and any(each.code != place.code and each.start == place.start for each in run)
    preposed = sentence.text[first : first + 1] in _PREPOSED or sentence.text[max(0, first - 1) : first] in _PREPOSED
    carries = last - first > 1 and sentence.text[first] in _PREPOSED
    return named_together or carries or (short and (fused or (first > 0 and preposed)))


def _compiled(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern, re.ASCII) if pattern else None


def _short_patterns(short: Mapping[str, str], patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    one = "(?:" + "|".join(sorted(map(re.escape, short), key=len, reverse=True)) + ")"
    return tuple(re.compile(pattern.replace("#", one)) for pattern in patterns)


def _characters(match: re.Match[str], group: int, short: Mapping[str, str]) -> Iterable[tuple[int, int, str]]:
    text, position = match.group(group) or "", match.start(group)
    while text:
        key = next((key for key in short if text.startswith(key)), None)
        if key is None:
            return
        yield position, position + len(key), short[key]
        text, position = text[len(key) :], position + len(key)


def _is_headline_subject(sentence: Sentence, run: Sequence[Place], place: Place, between: str) -> bool:
    """Whether a short form that opens the sentence is its subject and not the first of a list (`米、英国を...`)."""
    opens = len(run) == 1 and run[0].rule == "short form" and run[0].start - sentence.start <= 1
    return opens and between == "、" and place.rule != "short form"


def _runs(sentence: Sentence, places: Sequence[Place]) -> list[list[Place]]:
    """Places that stand in one list (`Argentina, Mexico, and the Russian Federation`) share a role."""
    runs: list[list[Place]] = []
    for place in places:
        between = sentence.text[runs[-1][-1].end - sentence.start : place.start - sentence.start] if runs else ""
        preposed = place.start > sentence.start and sentence.text[place.start - sentence.start] in _PREPOSED
        listed = runs and not preposed and not _is_headline_subject(sentence, runs[-1], place, between)
        if listed and _JOINT.match(between):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
