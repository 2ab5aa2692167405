"""No act, however large or odd, makes a message that Slack would refuse."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.alert.delivery.protocol import Level
from services.alert.matching.predicates import PREDICATES
from services.alert.render import MAX_ALERTS, MAX_ROWS, fits, render_digest, render_message, render_root
from services.alert.render.blocks import MAX_BLOCKS_TEXT, MAX_TEXT
from services.alert.render.digest import MAX_PLAIN
from services.alert.render.safetext import size
from services.contracts.alerts import Alert, Change, DueDate, Limb, MatchedTerm, MeasureState
from services.contracts.events import Identifier
from services.contracts.measures import Act, DateFact, Evidence, Passage
from services.contracts.vocab import (
    REMINDER_REASONS,
    DatePrecision,
    DateRole,
    DigestCause,
    Direction,
    Facet,
    Field,
    Language,
    Reason,
    Stage,
)
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


@settings(max_examples=10, deadline=None, phases=NO_SHRINKING)
@given(SEEDS, st.integers(1, 2 * MAX_ALERTS), st.sampled_from(DigestCause), st.booleans())
def test_every_limit_holds_for_any_digest_at_every_level(
    seed: int, count: int, cause: DigestCause, doubt: bool
) -> None:
    chance = Random(seed)
    kinds = [make_random_alert(chance.randrange(10**9)) for _ in range(4)]
    alerts = [scatter(chance.choice(kinds), number, chance) for number in range(count)]
    alerts = alerts[: fits(alerts)]
    for level in Level:
        message = render_digest("d1", alerts, cause, level, doubt, TAXONOMY, date(2025, 1, 1))
        assert check_message({"text": message.text, "blocks": list(message.blocks)}) is None
        assert total(message.blocks) <= MAX_BLOCKS_TEXT
        assert 1 <= size(message.text) <= (MAX_TEXT if level is not Level.TEXT else MAX_PLAIN)
        assert find_pings(message) == []
        assert set(find_links(message)) <= {alert.act.event.url for alert in alerts}
        words = f"{message.text} {message.blocks}"
        assert all(alert.alert_id[:8] in words for alert in alerts)


def scatter(alert: Alert, number: int, chance: Random) -> Alert:
    """The alert under another number, of some measure and some watchlist."""
    act = alert.act.model_copy(update={"measure_id": str(chance.randrange(30))})
    watchlist = str(chance.randrange(chance.choice((1, 3, 40))))
    return alert.model_copy(update={"alert_id": f"{number:08x}-0", "act": act, "watchlist_id": watchlist})


@pytest.mark.parametrize("title", ["<!channel>" * 1_024, "&" * 10_240, "漢" * 10_240, "a" * 10_240])
def test_the_largest_digest_of_the_longest_titles_keeps_every_row(title: str) -> None:
    act = BAN.model_copy(update={"event": BAN.event.model_copy(update={"title": title, "source_name": title})})
    alerts = [
        make_alert(
            act.model_copy(update={"measure_id": str(number % MAX_ROWS)}), "en", title, *[KEYWORD] * 9
        ).model_copy(update={"alert_id": f"{number:08x}-0", "watchlist_id": str(number % MAX_ROWS)})
        for number in range(MAX_ALERTS)
    ]
    assert fits(alerts) == MAX_ALERTS
    for level in Level:
        message = render_digest("d1", alerts, DigestCause.BUDGET, level, True, TAXONOMY, date(2025, 1, 1))
        assert check_message({"text": message.text, "blocks": list(message.blocks)}) is None
        assert total(message.blocks) <= MAX_BLOCKS_TEXT
        assert size(message.text) <= (MAX_TEXT if level is not Level.TEXT else MAX_PLAIN)
        words = f"{message.text} {message.blocks}"
        assert all(alert.alert_id[:8] in words for alert in alerts)


KEYWORD = MatchedTerm(predicate="keyword", term="a" * 300, tags=("a" * 300,))


@settings(max_examples=12, deadline=None, phases=NO_SHRINKING)
@given(SEEDS, st.integers(0, 200), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_limit_holds_for_any_root_and_any_reminder(seed: int, updates: int, today: date) -> None:
    chance = Random(seed)
    first, latest = (with_state(make_random_alert(seed + number), chance) for number in range(2))
    role = chance.choice(list(REMINDER_REASONS))
    due = DueDate(role=role, value=chance.choice(DATES), days=7)
    reminder = latest.model_copy(update={"due": due, "reason": REMINDER_REASONS[role]})
    for level in Level:
        root = render_root(first, latest, updates, level, TAXONOMY, today)
        reminded = render_message(reminder, level, True, TAXONOMY, today)
        for message, alert in ((root, first), (reminded, reminder)):
            assert check_message({"text": message.text, "blocks": list(message.blocks)}) is None
            assert total(message.blocks) <= MAX_BLOCKS_TEXT
            assert 1 <= size(message.text) <= MAX_TEXT
            assert find_pings(message) == []
            assert set(find_links(message)) <= {alert.act.event.url}


def with_state(alert: Alert, chance: Random) -> Alert:
    """The alert with what its documents say together, or without."""
    limbs = tuple(
        Limb(
            stage=chance.choice(list(Stage)),
            name=text(chance),
            dates=((DateRole.EXPIRY, (chance.choice(DATES),)),),
            minerals=ids_of(chance, "minerals"),
            target=ids_of(chance, "countries"),
        )
        for _ in range(chance.randint(0, 6))
    )
    state = MeasureState(
        stage=chance.choice(list(Stage)),
        direction=chance.choice(list(Direction)),
        dates=tuple((role, (chance.choice(DATES),)) for role in DateRole if chance.random() < 0.5),
        types=ids_of(chance, "measures"),
        imposing=ids_of(chance, "countries"),
        minerals=ids_of(chance, "minerals"),
        limbs=limbs,
    )
    return alert.model_copy(update={"state": chance.choice((None, state))})
