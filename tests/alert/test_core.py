"""From an act to decided alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.core import Decided, Outcome, TellKey, decide_alerts
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.sets import WatchlistSet, load_watchlists, watchlist_set
from services.contracts import ids
from services.contracts.alerts import Alert, MatchedTerm
from services.contracts.codec import decode, encode
from services.contracts.measures import Act
from services.contracts.vocab import Direction, Modality, Reason, Stage, Urgency
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import MEASURE, acts, an_act, an_event

TAXONOMY = default_taxonomy()
NOW = datetime(2025, 4, 5, tzinfo=UTC)
MAGNETS = Destination(channel="slack", address="C0MAGNETS")
BOARD = Destination(channel="slack", address="C0BOARD")


def a_watchlist(id_: str, *destinations: Destination, minerals: str = "rare_earths", **fields: object) -> Watchlist:
    rule = Rule(all=(Condition(predicate="minerals", terms=(minerals,)),))
    return Watchlist.model_validate(
        {"id": id_, "name": id_.title(), "rule": rule, "destinations": destinations or (MAGNETS,), **fields}
    )


def a_set(*watchlists: Watchlist) -> WatchlistSet:
    return watchlist_set(watchlists, TAXONOMY)


def run(acts_: Iterable[Act], watchlists: WatchlistSet, told: dict[TellKey, Told] | None = None) -> list[Decided]:
    memory = told if told is not None else {}
    found = []
    for number, act in enumerate(acts_):
        decided = decide_alerts(act, watchlists, memory, NOW + timedelta(seconds=number))
        memory.update({each.key: each.told for each in decided.told})
        found.append(decided)
    return found


def alerts(decided: Iterable[Decided]) -> list[Alert]:
    return [alert for each in decided for alert in each.alerts]


def test_an_alert_names_who_is_told_what_why_and_in_which_version() -> None:
    watchlist = a_watchlist("magnets", language="ja", tenant="acme")
    watchlists = a_set(watchlist)
    act = an_act()
    (decided,) = run([act], watchlists)
    (alert,) = decided.alerts
    key = TellKey("acme", "magnets", MAGNETS.key, MEASURE)
    assert alert.alert_id == ids.alert_id(*key, ids.material_revision(act))
    assert (alert.tenant, alert.watchlist_id, alert.watchlist_name) == ("acme", "magnets", "Magnets")
    assert (alert.watchlist_version, alert.language) == (watchlists.versions["magnets"], "ja")
    assert (alert.destination, alert.reason, alert.decided_at, alert.act) == (MAGNETS, Reason.FIRST, NOW, act)
    assert alert.matched == (MatchedTerm(predicate="minerals", term="rare_earths", tags=("dysprosium",)),)
    assert [each.key for each in decided.told] == [key]
    assert decided.outcomes == (Outcome("magnets", MAGNETS.key, Reason.FIRST),)
    assert decode(Alert, encode(alert)) == alert


def test_every_destination_of_every_matching_watchlist_is_told_under_its_own_id() -> None:
    watchlists = a_set(a_watchlist("a", MAGNETS, BOARD), a_watchlist("b"), a_watchlist("c", minerals="nickel"))
    found = alerts(run([an_act()], watchlists))
    told = [(each.watchlist_id, each.destination.address) for each in found]
    assert told == [("a", "C0MAGNETS"), ("a", "C0BOARD"), ("b", "C0MAGNETS")]
    assert len({each.alert_id for each in found}) == 3


def test_an_act_that_no_watchlist_matches_has_the_outcome_no_watchlist() -> None:
    (decided,) = run([an_act(minerals=("nickel",))], a_set(a_watchlist("magnets")))
    assert decided == Decided((), (), (Outcome("", "", Reason.NO_WATCHLIST),))


def test_what_alerts_nobody_has_its_reason_as_outcome() -> None:
    quiet = [
        an_act(modality=Modality.FORECAST),
        an_act(urgency=Urgency.ARCHIVE),
        an_act(an_event(backfill=True)),
        an_act(),
    ]
    found = run(quiet, a_set(a_watchlist("magnets")))
    assert [each.outcomes[0].reason for each in found] == [
        Reason.NOT_ASSERTED,
        Reason.NOT_URGENT,
        Reason.BACKFILL,
        Reason.REPEATED,
    ]
    assert alerts(found) == []


def test_measures_are_told_apart() -> None:
    other = an_act(measure_id=ids.measure_id_of_event("e", "2"))
    assert [each.reason for each in alerts(run([an_act(), other], a_set(a_watchlist("magnets"))))] == [Reason.FIRST] * 2


def test_who_was_told_hears_when_the_same_document_no_longer_concerns_the_watchlist() -> None:
    corrected = an_act(an_event(later=60), minerals=("nickel",))
    first, second = alerts(run([an_act(), corrected], a_set(a_watchlist("magnets"))))
    assert (first.reason, second.reason) == (Reason.FIRST, Reason.CORRECTED)
    assert second.matched == ()
    assert [(each.field, each.before, each.after) for each in second.changes] == [("minerals", "dysprosium", "nickel")]


def test_who_was_told_hears_of_a_withdrawal_that_names_nothing_any_more() -> None:
    gone = an_act(an_event(later=60, withdrawn=True), minerals=(), types=(), imposing=(), urgency=Urgency.ARCHIVE)
    assert alerts(run([an_act(), gone], a_set(a_watchlist("magnets"))))[-1].reason is Reason.WITHDRAWN


def test_another_document_of_the_measure_that_does_not_match_tells_nobody() -> None:
    other = an_act(an_event("b", day=1), minerals=("nickel",), stage=Stage.LIFTED)
    found = run([an_act(), other], a_set(a_watchlist("magnets")))
    assert found[1].outcomes == (Outcome("", "", Reason.NO_WATCHLIST),)


def test_a_destination_that_was_added_later_starts_anew_and_the_old_one_is_not_told_twice() -> None:
    told: dict[TellKey, Told] = {}
    run([an_act()], a_set(a_watchlist("magnets")), told)
    found = alerts(run([an_act()], a_set(a_watchlist("magnets", MAGNETS, BOARD)), told))
    assert [(each.destination, each.reason) for each in found] == [(BOARD, Reason.FIRST)]


HISTORY = st.lists(
    st.builds(
        lambda name, stage, minerals, later: an_act(
            an_event(name, day=ord(name) - ord("a"), later=later * 60),
            stage=stage,
            minerals=minerals,
            direction=Direction.RESTRICTIVE,
        ),
        st.sampled_from("abcde"),
        st.sampled_from([Stage.PROPOSED, Stage.IN_FORCE, Stage.SUSPENDED]),
        st.sampled_from([("dysprosium",), ("dysprosium", "terbium"), ("nickel",)]),
        st.integers(0, 3),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(HISTORY)
def test_a_replay_from_the_start_makes_the_same_alerts_with_the_same_ids(history: list[Act]) -> None:
    watchlists = a_set(a_watchlist("magnets", MAGNETS, BOARD), a_watchlist("nickel", minerals="nickel"))
    first = alerts(run(history, watchlists))
    again = alerts(run(history, watchlists))
    assert again == first
    assert len({each.alert_id for each in first}) == len(first)


@settings(max_examples=60)
@given(HISTORY)
def test_a_replay_onto_what_was_told_alerts_nobody_who_still_matches(history: list[Act]) -> None:
    watchlists = a_set(a_watchlist("everything", minerals="critical_minerals"))
    told: dict[TellKey, Told] = {}
    run(history, watchlists, told)
    assert alerts(run(history, watchlists, told)) == []


def test_a_measure_that_returns_to_an_earlier_state_is_told_again_and_a_replay_gives_the_same_ids() -> None:
    stages = [Stage.IN_FORCE, Stage.SUSPENDED, Stage.IN_FORCE, Stage.SUSPENDED]
    history = [an_act(an_event(f"d{day}", day=day), stage=stage) for day, stage in enumerate(stages)]
    assert ids.material_revision(history[0]) == ids.material_revision(history[2])
    first = alerts(run(history, a_set(a_watchlist("magnets"))))
    assert [each.reason for each in first] == [Reason.FIRST, *[Reason.STAGE_CHANGED] * 3]
    assert len({each.alert_id for each in first}) == 4
    replayed = alerts(run([*history, *history], a_set(a_watchlist("magnets"))))
    assert [each.alert_id for each in replayed] == [each.alert_id for each in first]


@given(acts())
def test_each_outcome_is_an_alert_exactly_if_its_reason_says_so(act: Act) -> None:
    watchlists = a_set(a_watchlist("a", MAGNETS, BOARD), a_watchlist("b", minerals="critical_minerals"))
    (decided,) = run([act], watchlists)
    told = [(each.watchlist_id, each.destination) for each in decided.outcomes if each.reason is Reason.FIRST]
    assert [(each.watchlist_id, each.destination.key) for each in decided.alerts] == told


def test_the_example_watchlists_hear_of_the_measures_they_are_for() -> None:
    folder = Path(__file__).parents[2] / "deploy" / "watchlists"
    examples = load_watchlists(folder, TAXONOMY, ("slack", "stdout"))
    cases = {
        "critical-metals-cn": an_act(minerals=("gallium",)),
        "rare-earth-magnets": an_act(minerals=("ndfeb_magnets",)),
        "chips-controls": an_act(
            types=("export_control",), technologies=("quantum",), minerals=(), imposing=("US",), stage=Stage.IN_FORCE
        ),
        "battery-minerals": an_act(types=("export_ban",), minerals=("nickel",), imposing=("ID",)),
        "keizai-anpo": an_act(types=("security_clearance",), minerals=(), imposing=("JP",)),
        "trade-remedies-cn": an_act(
            types=("countervailing",),
            technologies=("electric_vehicles",),
            minerals=(),
            imposing=("EU",),
            target=("CN",),
        ),
    }
    assert set(cases) == {each.id for each in examples.watchlists}
    for watchlist, act in cases.items():
        assert watchlist in {each.watchlist_id for each in alerts(run([act], examples))}


def test_ten_thousand_watchlists_that_match_one_act_are_ten_thousand_decisions() -> None:
    """None is cut: how many messages a channel then gets is decided where they are sent."""
    rules = (Rule(), Rule(all=(Condition(predicate="minerals", terms=("rare_earths",)),)))
    lists = a_set(*(a_watchlist(f"w{number}", rule=rules[number % 2]) for number in range(10_000)))
    (decided,) = run([an_act()], lists)
    assert {each.watchlist_id for each in decided.alerts} == {f"w{number}" for number in range(10_000)}
    assert len({each.alert_id for each in decided.alerts}) == len(decided.outcomes) == len(decided.told) == 10_000


@given(acts(), st.lists(st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True), max_size=3))
def test_what_is_only_suggested_decides_nothing(act: Act, tags: list[str]) -> None:
    every = Rule(any=(Condition(predicate="types", terms=("export_control",)),))
    lists = a_set(a_watchlist("magnets"), a_watchlist("controls", rule=every))
    [plain] = run([act.model_copy(update={"suggested": ()})], lists)
    [suggested] = run([act.model_copy(update={"suggested": ("export_control", *tags)})], lists)
    assert suggested.outcomes == plain.outcomes
    assert [each._replace(act=None) for each in suggested.told] == [each._replace(act=None) for each in plain.told]
    assert [(each.alert_id, each.matched) for each in suggested.alerts] == [
        (each.alert_id, each.matched) for each in plain.alerts
    ]
