from __future__ import annotations

import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import ids
from services.contracts.events import Identifier
from services.contracts.measures import Act, DateFact
from services.contracts.vocab import DatePrecision, DateRole, Stage
from tests.contracts.examples import ACT, ALERT, EVENT

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_ids_never_change_since_a_new_one_would_repeat_every_alert_ever_sent() -> None:
    assert EVENT.event_id == "7a657009-0950-571f-b146-ac24bfa6e4e0"
    assert ACT.measure_id == "07a302b8-76e7-5653-ab03-e5cb15973326"
    assert ALERT.alert_id == "58ed7d91-26f4-52eb-b0e6-b853499b9ea3"


@given(title=TEXT, body=TEXT)
def test_width_compatibility_forms_and_white_space_do_not_make_a_revision(title: str, body: str) -> None:
    folded = unicodedata.normalize("NFKC", title)
    assert ids.revision_of(folded + "  ", f"\n{body}\t") == ids.revision_of(title, body)


def test_a_changed_word_or_a_withdrawal_makes_a_revision() -> None:
    first = ids.revision_of("Rule", "on gallium")
    assert (
        len({first, ids.revision_of("Rule", "on indium"), ids.revision_of("Rule", "on gallium", withdrawn=True)}) == 3
    )


@given(st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=2, unique=True))
def test_two_documents_never_share_an_event_id_by_moving_text_between_source_and_document(
    pairs: list[tuple[str, str]],
) -> None:
    clean = [(a.replace("\x1f", ""), b.replace("\x1f", "")) for a, b in pairs]
    if clean[0] != clean[1]:
        assert ids.event_id(*clean[0]) != ids.event_id(*clean[1])


def test_an_identifier_names_the_same_measure_however_it_is_typed() -> None:
    one = Identifier(scheme="rin", value="1505-AC82")
    other = Identifier(scheme="rin", value=" １５０５-ac82 ")
    assert ids.measure_id_of_identifier(one) == ids.measure_id_of_identifier(other)
    assert ids.measure_id_of_identifier(one) != ids.measure_id_of_identifier(one, "tariff")


def _changed(**update: object) -> str:
    return ids.material_revision(ACT.model_copy(update=update))


def test_what_a_reader_must_be_told_again_changes_the_material_revision() -> None:
    later = (DateFact(role=DateRole.EFFECTIVE, value="2023-09-01", precision=DatePrecision.DAY),)
    withdrawn = ACT.event.model_copy(update={"withdrawn": True})
    revisions = {
        ids.material_revision(ACT),
        _changed(stage=Stage.SUSPENDED),
        _changed(dates=later),
        _changed(minerals=("gallium",)),
        _changed(target=("US",)),
        _changed(event=withdrawn),
    }
    assert len(revisions) == 6


def test_wording_address_confidence_and_classifier_do_not_change_the_material_revision() -> None:
    reworded = ACT.event.model_copy(update={"title": "another title", "url": "https://example.org/", "revision": "z"})
    same: Act = ACT.model_copy(update={"event": reworded, "confidence": 0.2, "classifier": "9", "evidence": ()})
    assert ids.material_revision(same) == ids.material_revision(ACT)


@given(st.permutations(["gallium", "germanium", "antimony"]))
def test_the_order_of_items_does_not_matter(items: list[str]) -> None:
    assert _changed(minerals=tuple(items)) == _changed(minerals=("gallium", "germanium", "antimony"))


MARKS = st.text(st.sampled_from("aéが\u0301\u0316\u0344\u0f73\u0f74\u309a\uff9e\u1e69 "), max_size=120)


@given(st.one_of(TEXT, MARKS, MARKS.map(lambda text: text * 4)))
def test_marks_put_in_order_beforehand_never_change_what_a_text_folds_to(text: str) -> None:
    assert ids.fold_text(text) == " ".join(unicodedata.normalize("NFKC", text).split())


def test_marks_out_of_order_cost_no_more_than_marks_in_order() -> None:
    half = 20_000
    ordered = _seconds("a" + "\u0316" * half + "\u0301" * half)
    assert _seconds("a" + "\u0301\u0316" * half) < 10 * ordered


def _seconds(text: str) -> float:
    """The least CPU time of three tries at a revision."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        ids.revision_of("Rule", text)
        taken.append(time.process_time() - started)
    return min(taken)
