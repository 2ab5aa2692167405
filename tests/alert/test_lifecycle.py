"""What is news to somebody who was told before."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.lifecycle.decision import MAX_DOCUMENTS, Decision, Told, decide
from services.alert.lifecycle.state import LIMB, SCOPE, limb_key, state_of
from services.contracts.alerts import Change, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import ALERTING_REASONS, DateRole, Direction, Modality, Reason, Stage, Urgency
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import a_date, acts, an_act, an_event, some

TAXONOMY = default_taxonomy()


def tell(*acts_: Act, told: Told | None = None) -> list[Decision]:
    decisions = []
    for act in acts_:
        decision = decide(told, act, TAXONOMY)
        told = decision.told
        decisions.append(decision)
    return decisions


def reasons(*acts_: Act) -> list[Reason]:
    return [each.reason for each in tell(*acts_)]


def last(*acts_: Act) -> tuple[Reason, dict[str, tuple[str, str]]]:
    decision = tell(*acts_)[-1]
    return decision.reason, {each.field: (each.before, each.after) for each in decision.changes}


def state(told: Told | None) -> MeasureState:
    return state_of(told.documents if told else (), TAXONOMY)


# ---- one reason each -------------------------------------------------------------------------------------------


def test_the_first_telling_has_no_changes_and_the_second_is_a_repeat() -> None:
    first, second = tell(an_act(), an_act())
    assert (first.reason, first.alerts, first.changes) == (Reason.FIRST, True, ())
    assert (second.reason, second.alerts, second.revision) == (Reason.REPEATED, False, "")


def test_another_document_that_says_the_same_is_a_repeat() -> None:
    assert reasons(an_act(), an_act(an_event("news", day=1))) == [Reason.FIRST, Reason.REPEATED]


def test_a_later_document_at_another_stage_says_from_what_to_what() -> None:
    found = last(an_act(stage=Stage.PROPOSED), an_act(an_event("final", day=30), stage=Stage.ADOPTED))
    assert found == (Reason.STAGE_CHANGED, {"stage": ("proposed", "adopted")})


def test_a_document_of_unknown_stage_changes_no_stage() -> None:
    assert last(an_act(), an_act(an_event("b", day=1), stage=Stage.UNKNOWN)) == (Reason.REPEATED, {})


def test_a_suspension_shows_stage_and_direction() -> None:
    suspended = an_act(an_event("b", day=1), stage=Stage.SUSPENDED, direction=Direction.LIBERALISING)
    reason, changes = last(an_act(), suspended)
    assert reason is Reason.STAGE_CHANGED
    assert changes == {"stage": ("adopted", "suspended"), "direction": ("restrictive", "liberalising")}


def test_a_later_document_with_another_date_is_told() -> None:
    found = last(an_act(effective="2025-05-01"), an_act(an_event("b", day=1), effective="2025-06-01"))
    assert found == (Reason.DATE_CHANGED, {"effective": ("2025-05-01", "2025-06-01")})


def test_a_date_becoming_more_precise_is_told_and_a_vaguer_wording_is_not() -> None:
    month, exact = an_act(effective="2025-05"), an_act(an_event("b", day=1), effective="2025-05-16")
    assert last(month, exact)[0] is Reason.DATE_CHANGED
    vague = an_act(an_event("c", day=2), effective="2025")
    assert last(month, exact, vague) == (Reason.REPEATED, {})


def test_the_day_of_an_announcement_belongs_to_the_document() -> None:
    other = an_act(an_event("b", day=1), dates=(a_date(DateRole.ANNOUNCED, "2025-04-05"),))
    assert last(an_act(), other) == (Reason.REPEATED, {})


def test_a_later_document_that_names_more_is_told_and_one_that_names_less_is_not() -> None:
    two = an_act(minerals=("dysprosium", "terbium"))
    assert last(an_act(), two.model_copy(update={"event": an_event("b", day=1)})) == (
        Reason.SCOPE_CHANGED,
        {"minerals": ("dysprosium", "dysprosium, terbium")},
    )
    assert last(two, an_act(an_event("b", day=1))) == (Reason.REPEATED, {})


def test_a_less_specific_word_for_what_was_told_is_no_news() -> None:
    vague = an_act(an_event("b", day=1), minerals=("rare_earths",), types=("export_control",))
    assert last(an_act(), vague) == (Reason.REPEATED, {})


def test_the_same_document_saying_otherwise_is_a_correction_also_when_it_says_less() -> None:
    first = an_act(minerals=("dysprosium", "terbium"))
    found = last(first, an_act(an_event(later=60)))
    assert found == (Reason.CORRECTED, {"minerals": ("dysprosium, terbium", "dysprosium")})
    moved = last(an_act(effective="2025-05-01"), an_act(an_event(later=60), effective="2025-06-01"))
    assert moved[0] is Reason.CORRECTED


def test_the_same_document_at_another_stage_is_a_change_of_stage() -> None:
    assert last(an_act(), an_act(an_event(later=60), stage=Stage.IN_FORCE))[0] is Reason.STAGE_CHANGED


def test_a_correction_of_an_older_document_is_told() -> None:
    newer = an_act(an_event("b", day=5), stage=Stage.IN_FORCE)
    fixed = an_act(an_event(later=10**6), minerals=("dysprosium", "terbium"))
    assert last(an_act(), newer, fixed)[0] is Reason.CORRECTED


def test_an_older_document_arriving_late_is_out_of_date() -> None:
    final, proposal = an_act(an_event("b", day=30)), an_act(stage=Stage.PROPOSED)
    assert reasons(final, proposal, proposal) == [Reason.FIRST, Reason.OUT_OF_DATE, Reason.OUT_OF_DATE]


def test_of_two_documents_of_one_day_the_later_seen_is_the_newer() -> None:
    first, second = an_event("a", later=1), an_event("b", later=2)
    assert reasons(an_act(second), an_act(first, stage=Stage.PROPOSED))[-1] is Reason.OUT_OF_DATE
    assert reasons(an_act(first), an_act(second, stage=Stage.IN_FORCE))[-1] is Reason.STAGE_CHANGED


def test_what_only_a_late_document_said_is_still_news_when_a_newer_one_says_it() -> None:
    late = an_act(minerals=("gallium",))
    again = an_act(an_event("c", day=40), minerals=("gallium",))
    found = last(an_act(an_event("b", day=30)), late, again)
    assert found == (Reason.SCOPE_CHANGED, {"minerals": ("dysprosium", "dysprosium, gallium")})


def test_an_earlier_revision_seen_after_a_later_one_is_out_of_date() -> None:
    assert reasons(an_act(an_event(later=60)), an_act(minerals=("gallium",)))[-1] is Reason.OUT_OF_DATE


def test_a_withdrawn_document_takes_back_what_it_said_whatever_its_urgency() -> None:
    gone = an_act(an_event(later=60, withdrawn=True), urgency=Urgency.ARCHIVE)
    reason, changes = last(an_act(), gone)
    assert reason is Reason.WITHDRAWN
    assert changes["minerals"] == ("dysprosium", "")
    assert last(an_act(), gone, gone)[0] is Reason.REPEATED


def test_after_a_withdrawal_the_other_document_stands() -> None:
    final, gone = an_event("b", day=30), an_event("b", day=30, later=60, withdrawn=True)
    acts_ = an_act(stage=Stage.PROPOSED), an_act(final), an_act(gone)
    assert last(*acts_) == (Reason.WITHDRAWN, {"stage": ("adopted", "proposed")})


def test_a_document_withdrawn_before_it_was_told_stays_untold() -> None:
    gone = an_act(an_event(later=60, withdrawn=True))
    assert reasons(gone, an_act()) == [Reason.NOT_ASSERTED, Reason.OUT_OF_DATE]


def test_a_document_that_comes_back_after_its_withdrawal_is_told_again() -> None:
    decisions = tell(an_act(), an_act(an_event(later=60, withdrawn=True)), an_act(an_event(later=120)))
    assert [each.alerts for each in decisions] == [True, True, True]
    assert len({each.revision for each in decisions}) == 3
    assert decisions[-1].reason is Reason.STAGE_CHANGED


@pytest.mark.parametrize("modality", [Modality.FORECAST, Modality.RECOMMENDED])
def test_what_is_not_asserted_alerts_nobody_and_leaves_no_trace(modality: Modality) -> None:
    (found,) = tell(an_act(modality=modality))
    assert (found.reason, found.told) == (Reason.NOT_ASSERTED, None)


def test_what_is_not_urgent_alerts_nobody_and_leaves_no_trace() -> None:
    (found,) = tell(an_act(urgency=Urgency.ARCHIVE))
    assert (found.reason, found.told) == (Reason.NOT_URGENT, None)


def test_history_alerts_nobody_but_what_follows_is_compared_with_it() -> None:
    old = an_act(an_event(backfill=True))
    assert reasons(old, old) == [Reason.BACKFILL, Reason.REPEATED]
    assert reasons(old, an_act(an_event(later=60))) == [Reason.BACKFILL, Reason.REPEATED]
    found = last(old, an_act(an_event("b", day=1), stage=Stage.IN_FORCE))
    assert found == (Reason.STAGE_CHANGED, {"stage": ("adopted", "in_force")})


def test_withdrawing_what_was_only_history_alerts_nobody() -> None:
    assert (
        reasons(an_act(an_event(backfill=True)), an_act(an_event(later=60, withdrawn=True)))[-1] is Reason.NOT_ASSERTED
    )


# ---- a better classifier, a returning state --------------------------------------------------------------------


def test_a_second_reading_of_the_same_version_corrects_once_and_replays_do_not_go_back_and_forth() -> None:
    old, new = an_act(), an_act(minerals=("dysprosium", "terbium"))
    assert reasons(old, new, old, new, old, new) == [
        Reason.FIRST,
        Reason.CORRECTED,
        Reason.OUT_OF_DATE,
        Reason.REPEATED,
        Reason.OUT_OF_DATE,
        Reason.REPEATED,
    ]


def test_a_state_that_returns_is_told_again_under_a_revision_of_its_own() -> None:
    cycle = [
        an_act(
            an_event(f"d{n}", day=n), stage=Stage.SUSPENDED if n % 2 else Stage.IN_FORCE, direction=Direction.NEUTRAL
        )
        for n in range(6)
    ]
    decisions = tell(*cycle)
    assert all(each.alerts for each in decisions)
    assert len({each.revision for each in decisions}) == 6
    assert [each.revision for each in tell(*cycle)] == [each.revision for each in decisions]


def test_only_the_newest_documents_are_remembered() -> None:
    told = tell(*(an_act(an_event(f"d{n}", day=n)) for n in range(MAX_DOCUMENTS + 9)))[-1].told
    assert told is not None
    assert len(told.documents) == MAX_DOCUMENTS
    assert decide(told, an_act(an_event("d0")), TAXONOMY).reason is Reason.OUT_OF_DATE


def test_a_row_written_by_a_newer_version_is_still_read() -> None:
    told = tell(an_act())[-1].told
    assert told is not None
    text = told.model_dump_json().replace('{"documents"', '{"mood":"calm","documents"')
    assert Told.model_validate_json(text) == told


# ---- properties ------------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[Act]:
    """Documents of one measure, each in up to three revisions, in the order in which they were published and seen."""
    found: list[Act] = []
    for name in draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=6)):
        later = len(found) + 1
        event = an_event(name, day=ord(name) - ord("a"), later=later * 10**6, withdrawn=draw(st.integers(0, 5)) == 0)
        fixed = {"urgency": st.just(Urgency.NOW), "modality": st.just(Modality.ASSERTED)}
        found.append(draw(acts(event=st.just(event), **fixed)))
    return sorted(found, key=lambda act: (act.event.published_on, act.event.seen_at))


@given(acts(), acts())
def test_twice_in_is_once_out(one: Act, other: Act) -> None:
    once = tell(one, other)[-1].told
    for act in (one, other):
        again = decide(once, act, TAXONOMY)
        assert not again.alerts


@settings(max_examples=60)
@given(histories())
def test_telling_a_whole_history_again_alerts_nobody(history: list[Act]) -> None:
    told = tell(*history)[-1].told
    assert not any(each.alerts for each in tell(*history, told=told))


@settings(max_examples=60)
@given(histories(), st.data())
def test_the_order_of_arrival_does_not_change_the_final_state(history: list[Act], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history))
    assert state(tell(*shuffled)[-1].told) == state(tell(*history)[-1].told)


@settings(max_examples=60)
@given(histories())
def test_an_alert_always_says_something_new_under_an_id_of_its_own(history: list[Act]) -> None:
    decisions = [each for each in tell(*history) if each.alerts]
    assert len({each.revision for each in decisions}) == len(decisions)
    for each in decisions:
        assert bool(each.changes) or each.reason in (Reason.FIRST, Reason.WITHDRAWN)
        assert each.reason in ALERTING_REASONS


@settings(max_examples=60)
@given(histories())
def test_the_changes_of_all_alerts_lead_from_nothing_to_the_final_state(history: list[Act]) -> None:
    decisions = tell(*history)
    for before, after in itertools.pairwise([None, *decisions]):
        old = _values(before.told if before else None)
        new = _values(after.told if after else None)
        if after and after.changes:
            assert all(old(each.field) == each.before and new(each.field) == each.after for each in after.changes)


def _values(told: Told | None) -> Callable[[str], str]:
    found = state_of((each for each in told.documents if each.told) if told else (), TAXONOMY)
    fields: dict[str, Sequence[str]] = defaultdict(lambda: (found.stage,))
    fields |= {"stage": (found.stage,), "direction": (found.direction,)}
    fields |= {role.value: dict(found.dates).get(role, ()) for role in DateRole}
    fields |= {name: getattr(found, name) for name, _ in SCOPE}
    fields |= {f"{LIMB}{limb_key(limb)}": (limb.stage,) for limb in found.limbs}
    dates = {f"{LIMB}{limb_key(limb)}:{role}": values for limb in found.limbs for role, values in limb.dates}
    return lambda name: ", ".join(
        dates.get(name, ()) if name.rpartition(":")[2] in set(DateRole) and LIMB in name else fields[name]
    )


@given(some(("dysprosium", "terbium", "gallium"), 3), some(("dysprosium", "terbium", "gallium"), 3))
def test_the_scope_told_is_what_the_documents_name_together(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    told = tell(an_act(minerals=one), an_act(an_event("b", day=1), minerals=other))[-1].told
    assert _values(told)("minerals") == ", ".join(sorted({*one, *other}))


def test_changes_are_given_in_one_order() -> None:
    moved = an_act(an_event("b", day=1), stage=Stage.IN_FORCE, effective="2025-06-01", target=("JP",))
    changes: Iterable[Change] = tell(an_act(), moved)[-1].changes
    assert [each.field for each in changes] == ["stage", "effective", "target"]
