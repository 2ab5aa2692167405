"""The table of transitions as properties: over any history, whatever comes twice, late, anew or from the past."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.core import Decided, TellKey, decide_alerts, schedule_reminders
from services.alert.lifecycle.decision import Told
from services.alert.lifecycle.reminders import Reminder
from services.alert.lifecycle.state import state_of
from services.alert.watchlists.sets import watchlist_set
from services.contracts.alerts import Alert, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import Modality, Reason, Stage, Urgency
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import MINERALS, SEEN, acts, an_event, some
from tests.alert.test_lifecycle_limbs import about

TAXONOMY = default_taxonomy()
DESK, BOARD = (Destination(channel="slack", address=each) for each in ("C0DESK", "C0BOARD"))
EVERY = Rule(any=(Condition(predicate="stage", terms=(">= unknown",)),))
MAGNETS = Rule(all=(Condition(predicate="minerals", terms=("rare_earths",)),))
WATCHLISTS = watchlist_set(
    [
        Watchlist(id="every", name="Every", rule=EVERY, destinations=(DESK, BOARD)),
        Watchlist(id="magnets", name="Magnets", rule=MAGNETS, destinations=(DESK,), timezone="Asia/Tokyo"),
    ],
    TAXONOMY,
)
PARTS = st.sampled_from([(), about(""), about("paragraph 2"), about("paragraph 2"), about("article 3")])
SURE = {"urgency": st.just(Urgency.NOW), "modality": st.just(Modality.ASSERTED)}
Memory = dict[TellKey, Told]


@st.composite
def histories(draw: st.DrawFn, stages: Iterable[Stage] = tuple(Stage)) -> list[Act]:
    """Documents of one measure, about the whole or a part, some in several revisions, some withdrawn."""
    found: list[Act] = []
    for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6)):
        gone = draw(st.integers(0, 7)) == 0
        event = an_event(name, day=ord(name) - ord("a"), later=(len(found) + 1) * 10**6, withdrawn=gone)
        act = draw(acts(event=st.just(event), **SURE))
        found.append(act.model_copy(update={"stage": draw(st.sampled_from(tuple(stages))), "relations": draw(PARTS)}))
    return sorted(found, key=lambda act: (act.event.published_on, act.event.seen_at))


def hear(history: Iterable[Act], memory: Memory) -> list[Decided]:
    found = []
    for act in history:
        decided = decide_alerts(act, WATCHLISTS, memory, SEEN)
        memory |= {each.key: each.told for each in decided.told}
        found.append(decided)
    return found


def alerts(history: Iterable[Act], memory: Memory) -> list[Alert]:
    return [alert for decided in hear(history, memory) for alert in decided.alerts]


def states(memory: Memory) -> dict[TellKey, MeasureState]:
    return {key: state_of(told.documents, TAXONOMY) for key, told in memory.items()}


@settings(max_examples=80, deadline=None)
@given(histories())
def test_everything_a_second_time_alerts_nobody_and_changes_nothing(history: list[Act]) -> None:
    memory: Memory = {}
    hear(history, memory)
    before = dict(memory)
    assert alerts(history, memory) == []
    assert schedule_reminders(memory, WATCHLISTS) == schedule_reminders(before, WATCHLISTS)
    assert states(memory) == states(before)


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_the_order_of_arrival_does_not_change_the_final_state(history: list[Act], data: st.DataObject) -> None:
    ordered: Memory = {}
    shuffled: Memory = {}
    hear(history, ordered)
    hear(data.draw(st.permutations(history)), shuffled)
    # A watchlist that matches only some of the documents is told of another only after one that matches.
    one, other = ({k: v for k, v in states(each).items() if k.watchlist_id == "every"} for each in (ordered, shuffled))
    assert one == other


@settings(max_examples=80, deadline=None)
@given(histories())
def test_history_alerts_nobody_and_is_remembered_with_its_dates(history: list[Act]) -> None:
    past = [each.model_copy(update={"event": each.event.model_copy(update={"backfill": True})}) for each in history]
    live: Memory = {}
    filled: Memory = {}
    hear(history, live)
    assert alerts(past, filled) == []
    assert alerts(past, filled) == []
    newest = {key: told for key, told in live.items() if not any(each.withdrawn for each in told.documents)}
    assert {key: states(filled)[key] for key in newest} == {key: states(live)[key] for key in newest}
    for key, reminders in schedule_reminders(newest, WATCHLISTS).items():
        assert days_of(schedule_reminders(filled, WATCHLISTS)[key]) == days_of(reminders)


def days_of(reminders: Iterable[Reminder]) -> set[tuple[str, str, int]]:
    return {(each.role, each.value, each.days) for each in reminders}


@settings(max_examples=80, deadline=None)
@given(histories([Stage.PROPOSED, Stage.ADOPTED, Stage.IN_FORCE]), st.data())
def test_a_changed_taxonomy_brings_corrections_of_what_it_changes_and_nothing_else(
    history: list[Act], data: st.DataObject
) -> None:
    history = [each for each in history if not each.event.withdrawn]
    memory: Memory = {}
    hear(history, memory)
    again = [each.model_copy(update={"minerals": data.draw(some(MINERALS))}) for each in history]
    changed = {
        new.event.event_id for old, new in zip(history, again, strict=True) if set(old.minerals) != set(new.minerals)
    }
    # A watchlist that asks for minerals may hear for the first time of a document that names one of its own now.
    for alert in (each for each in alerts(again, memory) if each.watchlist_id == "every"):
        assert alert.reason is Reason.CORRECTED
        assert alert.act.event.event_id in changed
    assert alerts(again, memory) == []


@settings(max_examples=80, deadline=None)
@given(histories())
def test_every_alert_carries_what_was_told_up_to_it(history: list[Act]) -> None:
    memory: Memory = {}
    for act in history:
        for alert in alerts([act], memory):
            key = TellKey(alert.tenant, alert.watchlist_id, alert.destination.key, act.measure_id)
            told = [each for each in memory[key].documents if each.told]
            assert alert.state == state_of(told, TAXONOMY)


@settings(max_examples=80, deadline=None)
@given(histories())
def test_a_limb_is_never_where_the_whole_is_and_an_ended_measure_has_none(history: list[Act]) -> None:
    memory: Memory = {}
    hear(history, memory)
    for state in states(memory).values():
        assert state.stage not in {limb.stage for limb in state.limbs}
        assert len({(limb.name, limb.target, limb.minerals, limb.technologies) for limb in state.limbs}) == len(
            state.limbs
        )
