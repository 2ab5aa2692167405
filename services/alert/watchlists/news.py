"""Which kinds of news a watchlist wants: a reason in lower case, or a change of stage as `* -> suspended`. Pure.

news: [first, stage_changed]                       no changed dates, no wider scope
news: [">= proposed -> adopted", "* -> lifted"]    only when a measure reaches these stages
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from services.alert.lifecycle.state import is_limb_stage
from services.alert.matching.predicatekinds import TermError
from services.alert.matching.predicates import PREDICATES
from services.contracts.alerts import Change
from services.contracts.measures import Act
from services.contracts.vocab import Reason, Stage
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.taxonomy import Taxonomy

ANY = "*"
KINDS = ("first", "stage_changed", "date_changed", "scope_changed", "corrected", "withdrawn")
"""The kinds of news that documents bring; reminders are asked for by `reminders`."""

_ARROW = re.compile(r"\s*(?:->|→)\s*")


def read_news(term: str, taxonomy: Taxonomy) -> str:
    """The term in its one spelling; raises TermError if it names no kind of news and no change of stage."""
    sides = _ARROW.split(term.strip(), maxsplit=1)
    if len(sides) == 2:
        return " -> ".join(_read_side(side, taxonomy) for side in sides)
    kind = sides[0].casefold().replace(" ", "_")
    if kind not in KINDS:
        raise TermError(f"unknown kind of news `{term}`; {did_you_mean(kind, [*KINDS, 'proposed -> adopted'])}")
    return kind


def _read_side(side: str, taxonomy: Taxonomy) -> str:
    return ANY if side == ANY else PREDICATES["stage"].read(side, taxonomy)


def is_wanted(news: Sequence[str], reason: Reason, changes: Iterable[Change], stage: Stage, taxonomy: Taxonomy) -> bool:
    """Whether a watchlist with this `news` wants to hear of a decision.

    `stage` is the act's own: a measure first heard of comes to it from no stage, which only `*` covers.
    """
    if not news or reason.value.lower() in news:
        return True
    moves = [(each.before, each.after) for each in changes if each.field == "stage" or is_limb_stage(each.field)]
    if reason is Reason.FIRST:
        moves = [("", stage.value)]
    asked = [term.split(" -> ") for term in news if " -> " in term]
    return any(
        _covers(before, old, taxonomy) and _covers(after, new, taxonomy)
        for before, after in asked
        for old, new in moves
    )


def wants_first(news: Sequence[str], act: Act, taxonomy: Taxonomy) -> bool:
    """Whether a watchlist with this `news` wants to hear of a measure that nobody was told of before."""
    return is_wanted(news, Reason.FIRST, (), act.stage, taxonomy)


def _covers(side: str, stage: str, taxonomy: Taxonomy) -> bool:
    return side == ANY or stage in (PREDICATES["stage"].accepts(side, taxonomy) or ())
