"""Warnings about watchlists that are right in form but hardly what their owner means. Pure.

A warning never keeps a watchlist out of force: an owner may mean it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Literal

from services.alert.matching.predicatekinds import EU_MEMBERS, EnumPredicate
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.implication import Implication
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
    taxonomy, known = watchlists.taxonomy, Implication(watchlists.taxonomy)
    each_alone = (
        Advice(watchlist.id, name, message)
        for watchlist in watchlists.watchlists
        for name, message in (*_of_the_rule(watchlist, taxonomy, known), *_of_the_times(watchlist, today))
    )
    return tuple(sorted({*each_alone, *_doubles(watchlists.watchlists, known)}))


def allowances(text: str) -> frozenset[str]:
    """The names that a file allows by lines as `# noroshi: allow broad, eu-member`."""
    return frozenset(name.strip() for found in _ALLOW.findall(text) for name in found.split(",") if name.strip())


def _of_the_rule(watchlist: Watchlist, taxonomy: Taxonomy, known: Implication) -> Iterator[tuple[Lint, str]]:
    rule, instant = watchlist.rule, watchlist.cadence is Cadence.INSTANT
    daily = "; or write `cadence: daily` for one message a day" if instant else ""
    match _certain(rule, known):
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


def _certain(part: Rule | Condition, known: Implication) -> bool | None:
    """True if every act that may alert meets it, False if none can, None if it depends."""
    if isinstance(part, Condition):
        return _certain_condition(part, known)
    if _contradicts(part, known):
        return False
    every = [_certain(each, known) for each in part.all]
    some = [_certain(each, known) for each in part.any]
    none = [_certain(each, known) for each in part.none]
    if False in every or True in none or (some and not any(each is not False for each in some)):
        return False
    sure = all(every) and (not some or True in some) and all(each is False for each in none)
    return True if sure else None


def _certain_condition(condition: Condition, known: Implication) -> bool | None:
    predicate = PREDICATES[condition.predicate]
    accepted = known.accepted_tags(condition)
    if accepted is None or not isinstance(predicate, EnumPredicate):
        return None
    possible = {word.value for word in predicate.words} - NEVER_ALERTS.get(condition.predicate, frozenset())
    if not accepted & possible:
        return False
    return True if possible <= accepted else None


def _contradicts(rule: Rule, known: Implication) -> bool:
    """Whether two demands of the rule exclude each other."""
    demands = [each for each in rule.all if isinstance(each, Condition)]
    nested = [each for each in rule.all if isinstance(each, Rule)]
    demands += [each for inner in nested for each in inner.all if isinstance(each, Condition)]
    refusals = [each for each in rule.none if isinstance(each, Condition)]
    refusals += [each for inner in nested for each in inner.none if isinstance(each, Condition)]
    return any(known.are_disjoint(one, other) for one, other in combinations(demands, 2)) or any(
        _covered(demand, refusal, known) for demand in demands for refusal in refusals
    )


def _covered(demand: Condition, refusal: Condition, known: Implication) -> bool:
    if demand.predicate != refusal.predicate:
        return False
    wanted, refused = known.accepted_tags(demand), known.accepted_tags(refusal)
    if wanted is None or refused is None:
        return set(demand.terms) <= set(refusal.terms)
    return wanted <= refused


# ---- across watchlists -----------------------------------------------------------------------------------------


def _doubles(watchlists: Sequence[Watchlist], known: Implication) -> Iterator[Advice]:
    """A watchlist whose every alert at a destination comes there through another one as well."""
    first_with: dict[tuple[str, str, Rule], Watchlist] = {}
    by_destination: dict[tuple[str, str], list[Watchlist]] = {}
    for watchlist in watchlists:
        for destination in watchlist.destinations if _certain(watchlist.rule, known) is not False else ():
            where = (watchlist.tenant, destination.key)
            first = first_with.setdefault((*where, watchlist.rule), watchlist)
            if first is watchlist:
                by_destination.setdefault(where, []).append(watchlist)
                continue
            message = f"has the same rule as `{first.id}`, so {destination.key} hears everything twice; merge them"
            yield Advice(watchlist.id, Lint.SAME_RULE, message)
    for (_, address), listed in by_destination.items():
        yield from _shadows(listed, address, known)


def _shadows(listed: Sequence[Watchlist], where: str, known: Implication) -> Iterator[Advice]:
    for one, other in combinations(listed, 2):
        if _hears_all_of(one, other, known):
            yield _shadowed(other, one, where)
        elif _hears_all_of(other, one, known):
            yield _shadowed(one, other, where)


def _hears_all_of(wide: Watchlist, narrow: Watchlist, known: Implication) -> bool:
    unrestrained = not wide.mutes and (not wide.news or (set(narrow.news) <= set(wide.news) and bool(narrow.news)))
    return unrestrained and known.implies(narrow.rule, wide.rule)


def _shadowed(narrow: Watchlist, wide: Watchlist, where: str) -> Advice:
    message = f"everything it tells {where} comes there through `{wide.id}`, too; merge them, or part their channels"
    return Advice(narrow.id, Lint.SHADOWED, message)
