"""No act, however large or odd, makes a message that Slack would refuse."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.alert.delivery.protocol import Level
from services.alert.matching.predicates import PREDICATES
from services.alert.render import render_message
from services.alert.render.blocks import MAX_BLOCKS_TEXT, MAX_TEXT
from services.alert.render.safetext import size
from services.contracts.alerts import Alert, Change, MatchedTerm
from services.contracts.events import Identifier
from services.contracts.measures import Act, DateFact, Evidence, Passage
from services.contracts.vocab import DatePrecision, DateRole, Direction, Facet, Field, Language, Reason, Stage
from services.fakeslack.limits import check_message
from services.taxonomy.load import default_taxonomy
from services.taxonomy.model import FacetName
from tests.alert.hostile import TITLES
from tests.alert.render_examples import BAN, make_alert
from tests.alert.slackview import find_links, find_pings

TAXONOMY = default_taxonomy()
DATES = ("2025", "2025-05", "2025-05-16", "2025-02-31", "9999-12-31", "0000-00-00")
ALPHABET = "aZ0 *_~`<>&|!@#:/\n\u200b\u202e\u0301漢ガ𠮷👨\u200d🇯\x1b[\ud800"


def text(chance: Random) -> str:
    """A hostile title, or a short or very long run of awkward characters."""
    if chance.random() < 0.5:
        return chance.choice(TITLES)
    piece = "".join(chance.choices(ALPHABET, k=chance.randint(0, 40)))
    return piece * chance.choice((1, 1, 300))


def texts(chance: Random, most: int = 12) -> tuple[str, ...]:
    return tuple(text(chance) for _ in range(chance.randint(0, most)))


def ids_of(chance: Random, facet: FacetName) -> tuple[str, ...]:
    known = [*TAXONOMY.entries(facet), "unknown_" * 10]
    return tuple(chance.choices(known, k=chance.choice((0, 1, 3, 40))))


def make_passages(chance: Random) -> tuple[Passage, ...]:
    given = texts(chance, 5)
    return tuple(Passage(field=Field.BODY, start=0, end=len(each), text=each) for each in given)


def make_evidence(chance: Random, passages: tuple[Passage, ...]) -> tuple[Evidence, ...]:
    places = [(each.text, chance.randrange(len(each.text))) for each in passages if each.text for _ in range(20)]
    cut = [(whole[at : at + chance.choice((1, 2, 30))], at) for whole, at in places]
    return tuple(
        Evidence(
            facet=chance.choice(list(Facet)),
            tag="gallium",
            field=Field.BODY,
            start=at,
            end=at + len(words),
            text=words,
        )
        for words, at in cut
    )


def make_act(chance: Random) -> Act:
    passages = make_passages(chance)
    countries = {role: ids_of(chance, "countries") for role in ("imposing", "target", "affected", "partner")}
    return BAN.model_copy(
        update={
            "event": BAN.event.model_copy(
                update={
                    "title": text(chance),
                    "source": text(chance),
                    "source_name": text(chance),
                    "document_id": text(chance),
                    "url": chance.choice((None, text(chance), f"https://gov.example/{text(chance)}", BAN.event.url)),
                    "lang": chance.choice(list(Language)),
                    "published_on": chance.choice((None, date(1, 1, 1), date(2024, 12, 3))),
                    "withdrawn": chance.random() < 0.2,
                }
            ),
            **countries,
            "types": ids_of(chance, "measures"),
            "minerals": ids_of(chance, "minerals"),
            "technologies": ids_of(chance, "technologies"),
            "direction": chance.choice(list(Direction)),
            "stage": chance.choice(list(Stage)),
            "hs_codes": texts(chance),
            "eccns": texts(chance),
            "cas_numbers": texts(chance),
            "identifiers": tuple(Identifier.model_construct(scheme="x", value=each) for each in texts(chance)),
            "dates": tuple(
                DateFact(role=role, value=chance.choice(DATES), precision=chance.choice(list(DatePrecision)))
                for role in chance.choices(list(DateRole), k=chance.randint(0, 12))
            ),
            "passages": passages,
            "evidence": make_evidence(chance, passages),
        }
    )


def make_random_alert(seed: int) -> Alert:
    """An alert that has hostile, huge or missing content wherever content can be."""
    chance = Random(seed)
    predicates = [*PREDICATES, text(chance)]
    fields = ["stage", "types", "minerals", "target", "direction", *DateRole, text(chance)]
    alert = make_alert(
        make_act(chance),
        chance.choice(("en", "ja", "zh")),
        text(chance),
        *(
            MatchedTerm(predicate=chance.choice(predicates), term=text(chance), tags=("gallium", *texts(chance, 4)))
            for _ in range(chance.randint(0, 20))
        ),
        reason=chance.choice(list(Reason)),
        changes=tuple(
            Change(field=chance.choice(fields), before=text(chance), after=text(chance))
            for _ in range(chance.randint(0, 12))
        ),
    )
    delay = timedelta(minutes=chance.choice((-5, 0, 30, 300, 600_000)))
    return alert.model_copy(update={"alert_id": text(chance), "decided_at": alert.decided_at + delay})


def total(value: Any) -> int:
    """All characters a message's blocks show or carry, addresses included."""
    if isinstance(value, dict):
        return sum(total(each) for name, each in value.items() if name not in {"type", "block_id"})
    if isinstance(value, list | tuple):
        return sum(map(total, value))
    return size(value) if isinstance(value, str) else 0


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller seed is no smaller alert
SEEDS = st.integers(0, 10**9)


@settings(max_examples=60, deadline=None, phases=NO_SHRINKING)
@given(SEEDS, st.booleans(), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_limit_holds_for_any_alert_at_every_level(seed: int, doubt: bool, today: date) -> None:
    alert = make_random_alert(seed)
    for level in Level:
        message = render_message(alert, level, doubt, TAXONOMY, today)
        assert check_message({"text": message.text, "blocks": list(message.blocks)}) is None
        assert total(message.blocks) <= MAX_BLOCKS_TEXT
        assert 1 <= size(message.text) <= MAX_TEXT
        assert find_pings(message) == []
        assert set(find_links(message)) <= {alert.act.event.url}


@settings(max_examples=20, deadline=None, phases=NO_SHRINKING)
@given(SEEDS)
def test_a_smaller_level_is_smaller(seed: int) -> None:
    alert = make_random_alert(seed)
    full, compact, words = (
        total(render_message(alert, level, False, TAXONOMY, date(2025, 1, 1)).blocks) for level in Level
    )
    assert full >= compact > words == 0
