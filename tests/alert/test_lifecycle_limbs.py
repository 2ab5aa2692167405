"""A part of a measure that is suspended, and what happens to it, leaves the rest where it was.

The example is China's ban of 2024 on exports to the US, of which paragraph 2 is suspended until 27 November 2026.
"""

from __future__ import annotations

from typing import Any

import pytest

from services.alert.lifecycle.decision import Decision, decide
from services.alert.lifecycle.state import state_of
from services.contracts import ids
from services.contracts.alerts import Limb, MeasureState
from services.contracts.events import Identifier
from services.contracts.measures import Act, Passage, Relation
from services.contracts.vocab import DateRole, Direction, Field, Reason, RelationKind, Stage
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import MEASURE, a_date, an_act, an_event

TAXONOMY = default_taxonomy()
ITEMS = ("antimony", "gallium", "germanium", "graphite", "superhard_materials")
SUSPENDED = {"stage": Stage.SUSPENDED, "direction": Direction.LIBERALISING}
EXPIRY = DateRole.EXPIRY


def the_ban(day: int = 0, name: str = "ban", **fields: Any) -> Act:
    given = {"stage": Stage.IN_FORCE, "target": ("US",), "minerals": ITEMS, "effective": "2024-12-03"}
    return an_act(an_event(name, day=day), **{**given, **fields})


def about(part: str, kind: RelationKind = RelationKind.SUSPENDS) -> tuple[Relation, ...]:
    announcement = Identifier(scheme="cn_announcement", value="CN-MOFCOM-2024-46")
    words = Passage(field=Field.BODY, start=0, end=2, text="暂停")
    return (Relation(kind=kind, to=announcement, measure_id=MEASURE, part=part, words=words),)


def paragraph_2(day: int = 300, name: str = "suspension", until: str = "2026-11-27", **fields: Any) -> Act:
    """The suspension of paragraph 2; it names the same country and items as the ban."""
    dates = (a_date(DateRole.EFFECTIVE, "2025-11-09"), a_date(EXPIRY, until)) if until else ()
    given = {**SUSPENDED, "relations": about("paragraph 2"), "dates": dates, "effective": None}
    return the_ban(day, name, **{**given, **fields})


def tell(*acts: Act) -> list[Decision]:
    told, found = None, []
    for act in acts:
        decision = decide(told, act, TAXONOMY)
        told = decision.told
        found.append(decision)
    return found


def state(*acts: Act) -> MeasureState:
    told = tell(*acts)[-1].told
    assert told is not None
    return state_of(told.documents, TAXONOMY)


def limbs(*acts: Act) -> dict[str, Stage]:
    return {each.name or ", ".join((*each.target, *each.minerals)): each.stage for each in state(*acts).limbs}


def last(*acts: Act) -> tuple[Reason, dict[str, tuple[str, str]]]:
    decision = tell(*acts)[-1]
    return decision.reason, {each.field: (each.before, each.after) for each in decision.changes}


def test_a_suspended_paragraph_leaves_the_measure_in_force() -> None:
    found = state(the_ban(), paragraph_2())
    assert (found.stage, found.direction) == (Stage.IN_FORCE, Direction.RESTRICTIVE)
    assert found.dates == ((DateRole.EFFECTIVE, ("2024-12-03",)),)
    assert found.limbs == (
        Limb(
            stage=Stage.SUSPENDED,
            name="paragraph 2",
            dates=((DateRole.EFFECTIVE, ("2025-11-09",)), (EXPIRY, ("2026-11-27",))),
            target=("US",),
            minerals=ITEMS,
        ),
    )


def test_it_is_told_as_a_change_of_stage_of_the_limb_with_its_dates() -> None:
    assert last(the_ban(), paragraph_2()) == (
        Reason.STAGE_CHANGED,
        {
            "limb:paragraph 2": ("in_force", "suspended"),
            "limb:paragraph 2:effective": ("", "2025-11-09"),
            "limb:paragraph 2:expiry": ("", "2026-11-27"),
        },
    )


def test_the_alert_carries_the_state_with_the_limb() -> None:
    decision = tell(the_ban(), paragraph_2())[-1]
    assert decision.state is not None
    assert [limb.name for limb in decision.state.limbs] == ["paragraph 2"]


def test_a_suspension_that_is_extended_moves_only_its_end() -> None:
    extended = paragraph_2(600, "extension", until="2027-11-27", stage=Stage.EXTENDED)
    found = last(the_ban(), paragraph_2(), extended)
    assert found == (
        Reason.STAGE_CHANGED,
        {
            "limb:paragraph 2": ("suspended", "extended"),
            "limb:paragraph 2:expiry": ("2026-11-27", "2027-11-27"),
        },
    )
    again = paragraph_2(601, "again", until="2028-11-27", stage=Stage.EXTENDED)
    assert last(the_ban(), paragraph_2(), extended, again) == (
        Reason.DATE_CHANGED,
        {"limb:paragraph 2:expiry": ("2027-11-27", "2028-11-27")},
    )
    retold = paragraph_2(602, "news", until="", relations=())
    assert last(the_ban(), paragraph_2(), extended, retold) == (Reason.REPEATED, {})


def test_a_limb_in_force_again_is_no_limb_any_more_and_its_dates_are_gone() -> None:
    resumed = paragraph_2(400, "resumed", until="", stage=Stage.IN_FORCE, direction=Direction.RESTRICTIVE)
    assert last(the_ban(), paragraph_2(), resumed) == (
        Reason.STAGE_CHANGED,
        {"limb:paragraph 2": ("suspended", "in_force")},
    )
    assert state(the_ban(), paragraph_2(), resumed).limbs == ()


def test_news_that_only_describes_the_measure_does_not_bring_the_limb_back() -> None:
    assert last(the_ban(), paragraph_2(), the_ban(310, "press")) == (Reason.REPEATED, {})


def test_a_document_without_numbers_brings_it_back_by_a_later_day_of_effect() -> None:
    press = the_ban(700, "press", effective="2026-11-28")
    reason, changes = last(the_ban(), paragraph_2(), press)
    assert reason is Reason.STAGE_CHANGED
    assert changes["limb:paragraph 2"] == ("suspended", "in_force")


@pytest.mark.parametrize("items", [ITEMS, ("gallium", "germanium"), ()])
def test_news_of_the_same_suspension_that_says_less_is_not_of_the_whole(items: tuple[str, ...]) -> None:
    press = the_ban(301, "press", **SUSPENDED, effective=None, minerals=items)
    assert last(the_ban(), paragraph_2(), press) == (Reason.REPEATED, {})


def test_a_document_that_suspends_the_measure_by_its_number_suspends_the_whole() -> None:
    whole = paragraph_2(400, "whole", until="", relations=about(""))
    assert state(the_ban(), paragraph_2(), whole).limbs == ()
    assert last(the_ban(), paragraph_2(), whole)[1]["stage"] == ("in_force", "suspended")


def test_two_paragraphs_have_lives_of_their_own() -> None:
    lifted = paragraph_2(350, "repeal", until="", stage=Stage.LIFTED, relations=about("paragraph 1"))
    assert limbs(the_ban(), paragraph_2(), lifted) == {"paragraph 1": Stage.LIFTED, "paragraph 2": Stage.SUSPENDED}


def test_the_withdrawal_of_the_suspension_puts_the_limb_back() -> None:
    gone = an_act(an_event("suspension", day=300, later=9, withdrawn=True))
    assert last(the_ban(), paragraph_2(), gone) == (
        Reason.WITHDRAWN,
        {"limb:paragraph 2": ("suspended", "in_force")},
    )


def test_a_part_named_first_says_nothing_of_the_rest() -> None:
    found = state(paragraph_2())
    assert (found.stage, [limb.stage for limb in found.limbs]) == (Stage.UNKNOWN, [Stage.SUSPENDED])


def test_an_amended_article_amends_the_measure() -> None:
    amended = the_ban(9, "amendment", stage=Stage.AMENDED, relations=about("article 3", RelationKind.AMENDS))
    assert last(the_ban(), amended) == (Reason.STAGE_CHANGED, {"stage": ("in_force", "amended")})


# ---- by scope --------------------------------------------------------------------------------------------------


def halt(stage: Stage = Stage.SUSPENDED, name: str = "halt", day: int = 10, **scope: Any) -> Act:
    given = {"effective": None, "stage": stage, "direction": Direction.LIBERALISING}
    return the_ban(day, name, **{**given, **scope})


@pytest.mark.parametrize("stage", [Stage.SUSPENDED, Stage.LIFTED, Stage.COURT_BLOCKED, Stage.EXTENDED])
def test_a_halt_for_some_items_is_a_limb(stage: Stage) -> None:
    found = state(the_ban(), halt(stage, minerals=("gallium", "germanium")))
    assert (found.stage, [(limb.stage, limb.minerals) for limb in found.limbs]) == (
        Stage.IN_FORCE,
        [(stage, ("gallium", "germanium"))],
    )
    assert found.minerals == ITEMS


def test_a_halt_for_one_of_two_countries_is_a_limb() -> None:
    both = the_ban(target=("JP", "US"))
    assert limbs(both, halt(target=("JP",), minerals=())) == {"JP": Stage.SUSPENDED}


def test_one_member_of_a_group_is_a_part_of_it_and_the_group_is_not_a_part_of_its_members() -> None:
    group, member = the_ban(minerals=("rare_earths",)), the_ban(minerals=("dysprosium", "terbium"))
    assert limbs(group, halt(minerals=("dysprosium",), target=())) == {"dysprosium": Stage.SUSPENDED}
    assert limbs(member, halt(minerals=("rare_earths",), target=())) == {}


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"minerals": (), "target": ()},
        {"minerals": ("gallium", "nickel")},
        {"minerals": ("gallium",), "target": ("JP",)},
    ],
)
def test_the_whole_or_something_beyond_it_is_no_part(scope: dict[str, Any]) -> None:
    found = state(the_ban(), halt(**scope))
    assert (found.stage, found.limbs) == (Stage.SUSPENDED, ())


def test_naming_fewer_items_while_in_force_makes_no_limb() -> None:
    proposal = the_ban(stage=Stage.PROPOSED)
    found = state(proposal, the_ban(5, "final", minerals=("gallium",)))
    assert (found.stage, found.limbs) == (Stage.IN_FORCE, ())


def test_items_whose_halt_ends_are_where_the_rest_is() -> None:
    resumed = the_ban(20, "resumed", minerals=("gallium",), effective=None)
    assert last(the_ban(), halt(minerals=("gallium",)), resumed) == (
        Reason.STAGE_CHANGED,
        {"limb:US+gallium": ("suspended", "in_force")},
    )


def test_a_wider_halt_takes_the_narrower_in() -> None:
    narrow, wide = halt(minerals=("gallium",)), halt(name="wide", day=20, minerals=("gallium", "germanium"))
    assert limbs(the_ban(), narrow, wide) == {"US, gallium, germanium": Stage.SUSPENDED}
    assert limbs(the_ban(), wide, halt(day=30, minerals=("gallium",))) == {"US, gallium, germanium": Stage.SUSPENDED}


# ---- the whole -------------------------------------------------------------------------------------------------


def test_the_dates_of_a_halt_go_with_it() -> None:
    halted = halt(dates=(a_date(DateRole.EFFECTIVE, "2025-11-09"), a_date(EXPIRY, "2026-11-27")))
    assert dict(state(the_ban(), halted).dates) == {
        DateRole.EFFECTIVE: ("2025-11-09",),
        EXPIRY: ("2026-11-27",),
    }
    resumed = the_ban(30, "resumed", effective=None)
    assert dict(state(the_ban(), halted, resumed).dates) == {DateRole.EFFECTIVE: ("2024-12-03",)}
    longer = halt(Stage.EXTENDED, "longer", 20, dates=(a_date(EXPIRY, "2027-11-27"),))
    assert dict(state(the_ban(), halted, longer).dates)[EXPIRY] == ("2027-11-27",)
    assert dict(state(the_ban(), halted, longer, resumed).dates) == {DateRole.EFFECTIVE: ("2024-12-03",)}


def test_the_part_an_act_changes_is_material_only_where_it_changes_its_own_measure() -> None:
    act = paragraph_2()
    assert act.part == "paragraph 2"
    assert the_ban().part is None
    assert act.model_copy(update={"measure_id": "another"}).part is None
    assert act.model_copy(update={"relations": about("") + about("paragraph 2")}).part == ""
    assert ids.material_revision(act) != ids.material_revision(act.model_copy(update={"relations": about("")}))
