"""Warnings about watchlists that are right in form but hardly what their owner means. Pure.

A warning never keeps a watchlist out of force: an owner may mean it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Literal

from services.alert.matching.predicatekinds import EU_MEMBERS, EnumPredicate
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.implication import accepted_tags, implies
from services.alert.watchlists.sets import WatchlistSet
from services.contracts.vocab import Modality, Urgency
from services.contracts.watchlists import Cadence, Condition, Rule, Watchlist
from services.taxonomy.taxonomy import Taxonomy

NEVER_ALERTS = {
    "modality": frozenset({Modality.FORECAST.value, Modality.RECOMMENDED.value}),
    "urgency": frozenset({Urgency.ARCHIVE.value}),
}
"""Tags of acts that alert nobody, whatever matches them."""


NARROW = frozenset(
    {
        *("minerals", "minerals_or_group", "technologies", "technologies_or_group", "types"),
        *("keyword", "hs", "eccn", "identifier", "mentioned"),
    }
)
"""Predicates that ask for a subject; countries, stages and directions alone let in whatever is going on there."""

MOST_OF_THE_DAY = 20
"""So many quiet hours a day leave hardly any time to speak."""

_ALLOW = re.compile(r"^\s*#\s*noroshi:\s*allow\s+([a-z, -]+)", re.MULTILINE)


class Lint(StrEnum):
    """What can be said against a watchlist, by the name that `# noroshi: allow NAME` takes."""

    NEVER_ALERTS = "never-alerts"
    MATCHES_EVERYTHING = "matches-everything"
    BROAD = "broad"
    SAME_RULE = "same-rule"
    SHADOWED = "shadowed"
    BARE_UMBRELLA = "bare-umbrella"
    EU_MEMBER = "eu-member"
    ENDED_MUTE = "ended-mute"
    QUIET_MOST_OF_THE_DAY = "quiet-most-of-the-day"
    DIGEST_IN_QUIET_HOURS = "digest-in-quiet-hours"

    @property
    def severity(self) -> Literal["warning", "note"]:
        """A warning wants a change or an allowance, a note only wants to be read."""
        return "note" if self in (Lint.ENDED_MUTE, Lint.DIGEST_IN_QUIET_HOURS) else "warning"


@dataclass(frozen=True, order=True)
class Advice:
    """One thing about a watchlist that its owner should look at."""

    watchlist_id: str
    lint: Lint
    message: str

    @property
    def severity(self) -> Literal["warning", "note"]:
        """How much it matters."""
        return self.lint.severity

    def __str__(self) -> str:
        return f"{self.watchlist_id}: {self.message} [{self.lint}]"


def lint(watchlists: WatchlistSet, today: date) -> tuple[Advice, ...]:
    """Every warning and note about the set, sorted by watchlist."""
    taxonomy = watchlists.taxonomy
    each_alone = (
        Advice(watchlist.id, name, message)
        for watchlist in watchlists.watchlists
        for name, message in (*_of_the_rule(watchlist, taxonomy), *_of_the_times(watchlist, today))
    )
    return tuple(sorted({*each_alone, *_doubles(watchlists)}))


def allowances(text: str) -> frozenset[str]:
    """The names that a file allows by lines as `# noroshi: allow broad, eu-member`."""
    return frozenset(name.strip() for found in _ALLOW.findall(text) for name in found.split(",") if name.strip())


def _of_the_rule(watchlist: Watchlist, taxonomy: Taxonomy) -> Iterator[tuple[Lint, str]]:
    rule, instant = watchlist.rule, watchlist.cadence is Cadence.INSTANT
    daily = "; or write `cadence: daily` for one message a day" if instant else ""
    match _certain(rule, taxonomy):
        case True:
            yield Lint.MATCHES_EVERYTHING, f"matches everything; name a mineral, a technology or a type{daily}"
        case False:
            yield (
                Lint.NEVER_ALERTS,
                "can never alert: its conditions contradict each other, or name only what alerts nobody",
            )
        case None if instant and not _is_narrow(rule):
            yield Lint.BROAD, f"asks for no subject, so it hears everything of its countries; name one{daily}"
    for condition in _conditions(rule):
        yield from _narrow_terms(condition, taxonomy)


def _of_the_times(watchlist: Watchlist, today: date) -> Iterator[tuple[Lint, str]]:
    for mute in watchlist.mutes:
        if mute.until and mute.until < today:
            what = mute.value or "the whole watchlist"
            yield Lint.ENDED_MUTE, f"the mute of {what} ended on {mute.until}; remove it"
    quiet = watchlist.quiet_hours
    if quiet and _minutes(quiet.start, quiet.end) >= MOST_OF_THE_DAY * 60:
        what = f"quiet from {quiet.start} to {quiet.end}, which is most of the day"
        yield Lint.QUIET_MOST_OF_THE_DAY, f"{what}; were start and end exchanged? Or write `cadence: daily`"
    elif quiet and _minutes(quiet.start, watchlist.digest_at) < _minutes(quiet.start, quiet.end):
        what = "the daily digest" if watchlist.cadence is Cadence.DAILY else "reminders"
        if watchlist.cadence is Cadence.DAILY or watchlist.reminders:
            said = f"{what} of {watchlist.digest_at} wait for the end of the quiet hours at {quiet.end}"
            yield Lint.DIGEST_IN_QUIET_HOURS, f"{said}; set `digest_at` to that time"


def _minutes(start: str, end: str) -> int:
    """From one time of day to the next time it is the other."""
    (one, first), (other, second) = ((int(part) for part in text.split(":")) for text in (start, end))
    return (60 * (other - one) + second - first) % (24 * 60)


def _is_narrow(part: Rule | Condition) -> bool:
    """Whether whatever meets it is about a subject."""
    if isinstance(part, Condition):
        return part.predicate in NARROW
    return any(map(_is_narrow, part.all)) or (bool(part.any) and all(map(_is_narrow, part.any)))


def _narrow_terms(condition: Condition, taxonomy: Taxonomy) -> Iterator[tuple[Lint, str]]:
    """Terms that mean less than a reader would think."""
    name = condition.predicate
    for term in condition.terms:
        entry = taxonomy.minerals.get(term) if name == "minerals" else None
        if entry and entry.kind == "umbrella" and len(taxonomy.members("minerals", term)) == 1:
            said = f"`minerals: {term}` has no members here, so only texts that say so meet it; name the minerals too"
            yield Lint.BARE_UMBRELLA, said
        national = name in ("imposing", "target") and term in taxonomy.group_members(EU_MEMBERS)
        if national and "EU" not in condition.terms:
            said = f"`{name}: {term}` is not met by measures that name the EU as a whole; add EU if they matter"
            yield Lint.EU_MEMBER, said


def _conditions(part: Rule | Condition) -> Iterator[Condition]:
    if isinstance(part, Condition):
        yield part
        return
    for each in (*part.all, *part.any):
        yield from _conditions(each)


# ---- what can be said of a rule without an act -----------------------------------------------------------------


def _certain(part: Rule | Condition, taxonomy: Taxonomy) -> bool | None:
    """True if every act that may alert meets it, False if none can, None if it depends."""
    if isinstance(part, Condition):
        return _certain_condition(part, taxonomy)
    if _contradicts(part, taxonomy):
        return False
    every = [_certain(each, taxonomy) for each in part.all]
    some = [_certain(each, taxonomy) for each in part.any]
    none = [_certain(each, taxonomy) for each in part.none]
    if False in every or True in none or (some and not any(each is not False for each in some)):
        return False
    sure = all(every) and (not some or True in some) and all(each is False for each in none)
    return True if sure else None


def _certain_condition(condition: Condition, taxonomy: Taxonomy) -> bool | None:
    predicate = PREDICATES[condition.predicate]
    accepted = accepted_tags(condition, taxonomy)
    if accepted is None or not isinstance(predicate, EnumPredicate):
        return None
    possible = {word.value for word in predicate.words} - NEVER_ALERTS.get(condition.predicate, frozenset())
    if not accepted & possible:
        return False
    return True if possible <= accepted else None


def _contradicts(rule: Rule, taxonomy: Taxonomy) -> bool:
    """Whether two demands of the rule exclude each other."""
    demands = [each for each in rule.all if isinstance(each, Condition)]
    nested = [each for each in rule.all if isinstance(each, Rule)]
    demands += [each for inner in nested for each in inner.all if isinstance(each, Condition)]
    refusals = [each for each in rule.none if isinstance(each, Condition)]
    refusals += [each for inner in nested for each in inner.none if isinstance(each, Condition)]
    return any(_disjoint(one, other, taxonomy) for one, other in combinations(demands, 2)) or any(
        _covered(demand, refusal, taxonomy) for demand in demands for refusal in refusals
    )


def _disjoint(one: Condition, other: Condition, taxonomy: Taxonomy) -> bool:
    if one.predicate != other.predicate or not PREDICATES[one.predicate].single:
        return False
    left, right = accepted_tags(one, taxonomy), accepted_tags(other, taxonomy)
    return left is not None and right is not None and not left & right


def _covered(demand: Condition, refusal: Condition, taxonomy: Taxonomy) -> bool:
    if demand.predicate != refusal.predicate:
        return False
    wanted, refused = accepted_tags(demand, taxonomy), accepted_tags(refusal, taxonomy)
    if wanted is None or refused is None:
        return set(demand.terms) <= set(refusal.terms)
    return wanted <= refused


# ---- across watchlists -----------------------------------------------------------------------------------------


def _doubles(watchlists: WatchlistSet) -> Iterator[Advice]:
    """A watchlist whose every alert at a destination comes there through another one as well."""
    taxonomy = watchlists.taxonomy
    by_destination: dict[tuple[str, str], list[Watchlist]] = {}
    for watchlist in watchlists.watchlists:
        if _certain(watchlist.rule, taxonomy) is not False:
            for destination in watchlist.destinations:
                by_destination.setdefault((watchlist.tenant, destination.key), []).append(watchlist)
    for (_, where), listed in by_destination.items():
        for one, other in combinations(listed, 2):
            yield from _double(one, other, where, taxonomy)


def _double(one: Watchlist, other: Watchlist, where: str, taxonomy: Taxonomy) -> Iterator[Advice]:
    if one.rule == other.rule:
        message = f"has the same rule as `{one.id}`, so {where} hears everything twice; merge them"
        yield Advice(other.id, Lint.SAME_RULE, message)
    elif _hears_all_of(one, other, taxonomy):
        yield _shadowed(other, one, where)
    elif _hears_all_of(other, one, taxonomy):
        yield _shadowed(one, other, where)


def _hears_all_of(wide: Watchlist, narrow: Watchlist, taxonomy: Taxonomy) -> bool:
    unrestrained = not wide.mutes and (not wide.news or (set(narrow.news) <= set(wide.news) and bool(narrow.news)))
    return unrestrained and implies(narrow.rule, wide.rule, taxonomy)


def _shadowed(narrow: Watchlist, wide: Watchlist, where: str) -> Advice:
    message = f"everything it tells {where} comes there through `{wide.id}`, too; merge them, or part their channels"
    return Advice(narrow.id, Lint.SHADOWED, message)
