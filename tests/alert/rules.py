"""Rules over every predicate and acts that may meet them, for property tests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from services.contracts.events import Identifier
from services.contracts.vocab import Language
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from tests.alert.acts import COUNTRIES, acts, an_event, some

TERMS: dict[str, tuple[str, ...]] = {
    "minerals": ("rare_earths", "gallium", "critical_minerals", "ndfeb_magnets"),
    "minerals_or_group": ("dysprosium", "nickel", "gallium"),
    "technologies": ("semiconductors", "batteries", "hbm"),
    "technologies_or_group": ("lithography", "hbm"),
    "types": ("export_control", "tariff", "export_ban"),
    "direction": ("restrictive", "neutral"),
    "stage": (">= proposed", "in_force", "<= adopted", "< unknown"),
    "imposing": ("CN", "EU", "G7", "US"),
    "target": ("JP", "US", "EU"),
    "affected": ("DE", "ID"),
    "beneficiary": ("JP", "ASEAN"),
    "partner": ("US", "Quad"),
    "any_role": ("ID", "G7"),
    "mentioned": ("CN", "EU"),
    "urgency": ("now", ">= digest", "> now"),
    "modality": ("asserted", "forecast"),
    "language": ("zh", "ja", "zh-Hant"),
    "source": ("us-*", "cn-mofcom", "cn-*", "cn-mof"),
    "keyword": ("NdFeB", "镝", "re:routin[e]", "镝和铽", "routine notice", "tin", "＃1", "no_", "of ndfeb", "的"),
    "hs": ("8112.92", "81", "8112", "2846.90.15", "28"),
    "eccn": ("3B001", "3B", "3A090.a"),
    "identifier": ("rin:0694-AJ55", "A-570-*", "case:*", "0694-aj55", "A-570-16"),
}
CONDITIONS = st.sampled_from(
    [
        Condition(predicate=name, terms=chosen)
        for name, terms in TERMS.items()
        for chosen in (*((each,) for each in terms), *pairwise(terms), terms[:3], terms[:1] * 2)
    ]
)


def _rule(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Rule]:
    several = st.lists(parts, max_size=2).map(tuple)
    return st.builds(Rule, all=several, any=several, none=several)


FLAT = _rule(CONDITIONS)
RULES: st.SearchStrategy[Rule] = FLAT | _rule(CONDITIONS | FLAT) | _rule(CONDITIONS | _rule(FLAT))
IDENTIFIERS = (
    Identifier(scheme="rin", value="0694-AJ55"),
    Identifier(scheme="case", value="A-570-162"),
    Identifier(scheme="docket", value="A-570-16"),
)
TITLES = ("关于镝的公告", "Routine notice no_1 on NdFeB", "", "＃１　ｏｆ　ＮｄＦｅＢ™", "tin tint")
EVENTS = st.builds(
    an_event,
    source=st.sampled_from(["cn-mofcom", "us-bis", "cn-mof"]),
    title=st.sampled_from(TITLES),
    lang=st.sampled_from(Language),
)
ACTS = acts(
    event=EVENTS,
    affected=some(COUNTRIES),
    beneficiary=some(COUNTRIES),
    partner=some(COUNTRIES),
    mentioned=some(COUNTRIES),
    hs_codes=some(("8112.92", "8112", "81", "2846.90", "8541.10.00")),
    eccns=some(("3B001", "3B001.f", "3A090", "3A")),
    identifiers=st.lists(st.sampled_from(IDENTIFIERS), max_size=2, unique=True).map(tuple),
)


def condition(predicate: str, *terms: str) -> Condition:
    return Condition(predicate=predicate, terms=terms)


def a_watchlist(rule: Rule, id_: str = "w") -> Watchlist:
    return Watchlist(id=id_, name="W", rule=rule, destinations=(Destination(channel="stdout", address="-"),))
