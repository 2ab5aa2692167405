"""What a mute silences, where, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.alert.restraint.mutes import MuteInForce, end_of_day, ends_with, find_mute, mutes_of
from services.contracts.alerts import Alert, MatchedTerm
from services.contracts.vocab import Reason
from services.contracts.watchlists import Mute, MuteScope
from services.taxonomy.load import default_taxonomy
from tests.contracts.examples import ALERT, WATCHLIST

TAXONOMY = default_taxonomy()
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
MEASURE = ALERT.act.measure_id
MUTES = (
    Mute(scope=MuteScope.MEASURE, value=MEASURE, until_next_stage=True),
    Mute(scope=MuteScope.SOURCE, value="cn-mofcom", until=date(2026, 5, 4)),
)
NEXT_STAGE = ALERT.model_copy(update={"reason": Reason.STAGE_CHANGED})


def a_mute(scope: MuteScope = MuteScope.WATCHLIST, value: str = "", **given: Any) -> MuteInForce:
    return MuteInForce(**{"mute_id": "m", "tenant": ALERT.tenant, "scope": scope, "value": value, **given})


def an_alert(matched: tuple[MatchedTerm, ...] = (), **tags: tuple[str, ...]) -> Alert:
    nothing: dict[str, tuple[str, ...]] = {"minerals": (), "technologies": ()}
    act = ALERT.act.model_copy(update=nothing | tags)
    return ALERT.model_copy(update={"act": act, "matched": matched})


def term(predicate: str, *tags: str) -> MatchedTerm:
    return MatchedTerm(predicate=predicate, term=tags[0], tags=tags)


def is_silent(alert: Alert, *mutes: MuteInForce, now: datetime = NOW) -> bool:
    return find_mute(alert, mutes, now, TAXONOMY) is not None


@pytest.mark.parametrize(
    ("scope", "value", "silent"),
    [
        (MuteScope.WATCHLIST, "", True),
        (MuteScope.MEASURE, MEASURE, True),
        (MuteScope.MEASURE, "another", False),
        (MuteScope.SOURCE, ALERT.act.event.source, True),
        (MuteScope.SOURCE, "another", False),
        (MuteScope.ITEM, "gallium", True),
        (MuteScope.ITEM, "cobalt", False),
    ],
)
def test_a_mute_silences_what_it_names_and_nothing_else(scope: MuteScope, value: str, silent: bool) -> None:
    assert is_silent(ALERT, a_mute(scope, value)) is silent


@pytest.mark.parametrize(
    ("where", "silent"),
    [
        ({"watchlist_id": ALERT.watchlist_id, "destination": ALERT.destination.key}, True),
        ({"watchlist_id": "another"}, False),
        ({"destination": "slack:default:C0OTHER"}, False),
        ({"tenant": "another"}, False),
    ],
)
def test_a_mute_holds_only_where_it_was_set(where: dict[str, Any], silent: bool) -> None:
    assert is_silent(ALERT, a_mute(**where)) is silent


def test_a_mute_is_over_at_its_end_and_not_before() -> None:
    mute = a_mute(until=NOW)
    assert is_silent(ALERT, mute, now=NOW - timedelta(seconds=1))
    assert not is_silent(ALERT, mute, now=NOW)


def test_the_first_mute_that_covers_the_alert_is_the_one_named() -> None:
    mutes = [a_mute(mute_id="elsewhere", tenant="another"), a_mute(mute_id="a"), a_mute(mute_id="b")]
    found = find_mute(ALERT, mutes, NOW, TAXONOMY)
    assert found is not None
    assert found.mute_id == "a"


def test_a_mute_until_the_next_stage_lets_only_that_stage_through() -> None:
    waiting, plain = (a_mute(MuteScope.MEASURE, MEASURE, until_next_stage=wait) for wait in (True, False))
    assert is_silent(ALERT, waiting)
    assert not is_silent(NEXT_STAGE, waiting)
    assert is_silent(NEXT_STAGE, plain)


@pytest.mark.parametrize(
    ("alert", "mute", "over"),
    [
        (NEXT_STAGE, a_mute(MuteScope.MEASURE, MEASURE, until_next_stage=True), True),
        (ALERT, a_mute(MuteScope.MEASURE, MEASURE, until_next_stage=True), False),
        (NEXT_STAGE, a_mute(MuteScope.MEASURE, MEASURE), False),
        (NEXT_STAGE, a_mute(MuteScope.MEASURE, "another", until_next_stage=True), False),
        (NEXT_STAGE, a_mute(MuteScope.SOURCE, MEASURE, until_next_stage=True), False),
        (NEXT_STAGE, a_mute(MuteScope.MEASURE, MEASURE, until_next_stage=True, tenant="another"), False),
    ],
)
def test_only_the_next_stage_of_its_own_measure_ends_a_mute_for_good(
    alert: Alert, mute: MuteInForce, over: bool
) -> None:
    assert ends_with(mute, alert) is over


def test_a_mute_of_an_item_silences_an_alert_on_nothing_else() -> None:
    gallium = a_mute(MuteScope.ITEM, "gallium")
    assert is_silent(an_alert((term("minerals", "gallium"),), minerals=("gallium", "germanium")), gallium)
    assert not is_silent(an_alert((term("minerals", "gallium", "germanium"),)), gallium)
    assert not is_silent(an_alert((term("minerals", "gallium"), term("technologies", "hbm"))), gallium)


@pytest.mark.parametrize(
    ("predicate", "item", "other"),
    [
        ("minerals", "gallium", "germanium"),
        ("minerals_or_group", "gallium", "germanium"),
        ("technologies", "hbm", "lithography"),
        ("technologies_or_group", "hbm", "lithography"),
    ],
)
def test_what_made_the_watchlist_speak_counts_before_all_that_the_act_names(
    predicate: str, item: str, other: str
) -> None:
    named: dict[str, Any] = {"minerals" if "minerals" in predicate else "technologies": (item, other)}
    assert is_silent(an_alert((term(predicate, item),), **named), a_mute(MuteScope.ITEM, item))
    assert not is_silent(an_alert((term(predicate, item),), **named), a_mute(MuteScope.ITEM, other))


def test_a_watchlist_of_no_item_is_judged_by_all_items_of_the_act() -> None:
    by_country = (term("imposing", "CN"),)
    assert is_silent(an_alert(by_country, minerals=("gallium",)), a_mute(MuteScope.ITEM, "gallium"))
    both = an_alert(by_country, minerals=("gallium",), technologies=("hbm",))
    assert not is_silent(both, a_mute(MuteScope.ITEM, "gallium"))
    assert not is_silent(an_alert(by_country, technologies=("hbm",)), a_mute(MuteScope.ITEM, "gallium"))
    assert not is_silent(an_alert(by_country), a_mute(MuteScope.ITEM, "gallium")), "an alert on no item at all"


@pytest.mark.parametrize(
    ("group", "tags"),
    [("rare_earths", {"minerals": ("dysprosium",)}), ("semiconductors", {"technologies": ("hbm",)})],
)
def test_a_mute_of_a_group_covers_its_members(group: str, tags: dict[str, Any]) -> None:
    assert is_silent(an_alert(**tags), a_mute(MuteScope.ITEM, group))


def test_a_mute_of_an_item_that_the_taxonomy_no_longer_has_still_covers_it() -> None:
    assert is_silent(an_alert(minerals=("retired",)), a_mute(MuteScope.ITEM, "retired"))


def test_the_mutes_of_a_file_hold_for_their_own_watchlist_alone() -> None:
    first, second = mutes_of(WATCHLIST.model_copy(update={"tenant": "acme", "timezone": "Asia/Tokyo", "mutes": MUTES}))
    assert replace(first, mute_id="") == MuteInForce(
        "", "acme", MuteScope.MEASURE, MEASURE, "gallium", until_next_stage=True
    )
    over = datetime(2026, 5, 4, 15, tzinfo=UTC)
    assert replace(second, mute_id="") == MuteInForce("", "acme", MuteScope.SOURCE, "cn-mofcom", "gallium", until=over)


def test_a_mute_of_a_file_is_known_by_what_it_says_wherever_it_stands_in_the_file() -> None:
    def ids(mutes: tuple[Mute, ...], **changes: str) -> list[str]:
        return [each.mute_id for each in mutes_of(WATCHLIST.model_copy(update={"mutes": mutes, **changes}))]

    assert ids(MUTES) == ids(MUTES[::-1])[::-1]
    anew = tuple(each.model_copy(update={"reason": "again"}) for each in MUTES)
    made = ids(MUTES) + ids(anew) + ids(MUTES, id="germanium") + ids(MUTES, tenant="acme")
    assert len(set(made)) == 8
    assert {len(each) for each in made} == {36}


def test_a_day_is_over_at_midnight_by_the_clocks_of_the_zone() -> None:
    over = end_of_day(date(2026, 5, 4), ZoneInfo("America/New_York"))
    assert over == datetime(2026, 5, 5, 4, tzinfo=UTC)
    assert over.tzinfo is UTC
