"""Nobody is told twice: replays, upgrades, back-fills, edits and odd orders through the service's own SQL path."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from services.alert.lifecycle.state import state_of
from services.alert.lifecycle.told import load_told
from services.alert.settings import DEFAULT_WATCHLISTS
from services.classify.core import Classifier
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import Reason, Stage
from services.runtime.store import reading
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.alert.acts import DAY, SEEN, an_act, an_event
from tests.alert.histories import Outbox, corpus_events, read, sample_acts, sample_events

DYSPROSIUM = """\
id: magnets
name: Magnets
match: {minerals: [rare_earths], stage: ">= proposed"}
destinations: [{slack: C0MAGNETS}]
"""


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "magnets.yml").write_text(DYSPROSIUM, encoding="utf-8")
    return folder


@pytest.fixture
def outbox(tmp_path: Path, lists: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path, lists)
    yield made
    made.service.close()


# ---- replays ---------------------------------------------------------------------------------------------------


def test_the_sample_replayed_from_the_start_is_told_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, DEFAULT_WATCHLISTS)
    first = outbox.take(sample_acts())
    assert len(first) > 30
    assert outbox.take(sample_acts()) == ()
    assert outbox.take(reversed(sample_acts())) == ()
    outbox.service.close()


@pytest.mark.integration
def test_all_own_documents_replayed_twice_are_told_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, DEFAULT_WATCHLISTS)
    acts = [*sample_acts(), *read(corpus_events())]
    first, second = outbox.take(acts), outbox.take(acts)
    print(f"{len(acts)} acts: {len(first)} alerts, {len(second)} more when replayed")
    assert first
    assert second == ()
    outbox.service.close()


# ---- a new vocabulary ------------------------------------------------------------------------------------------


def without(taxonomy: Taxonomy, *ids_: str) -> Taxonomy:
    """The vocabulary as it would be without these minerals and technologies."""
    minerals = {id_: each for id_, each in taxonomy.minerals.items() if id_ not in ids_}
    technologies = {id_: each for id_, each in taxonomy.technologies.items() if id_ not in ids_}
    return replace(taxonomy, minerals=minerals, technologies=technologies)


SMALLER = ("graphite", "gallium", "lithography", "semiconductors")


def told_to(alert: Alert) -> tuple[str, str, str]:
    return alert.watchlist_id, alert.destination.key, alert.act.measure_id


def read_anew(folder: Path, *readings: Sequence[Act]) -> list[list[Alert]]:
    """The alerts of each reading of the same documents in turn, through one outbox."""
    outbox = Outbox(folder, DEFAULT_WATCHLISTS)
    found = [list(outbox.take(acts)) for acts in readings]
    outbox.service.close()
    return found


def check_upgrade(
    told: list[Alert], again: list[Alert], before: Sequence[Act], after: Sequence[Act]
) -> Counter[Reason]:
    """Nothing at top level for a measure somebody was told of, and no word on a document that reads as before."""
    material = [{(act.event.event_id, ids.material_revision(act)) for act in acts} for acts in (before, after)]
    changed = {event_id for event_id, _ in material[0] ^ material[1]}
    roots, fresh = set(map(told_to, told)), set()
    for alert in again:
        assert alert.act.event.event_id in changed
        if told_to(alert) in roots:
            assert alert.reason is Reason.CORRECTED
        else:
            assert (alert.reason is Reason.FIRST) is (told_to(alert) not in fresh)
            fresh.add(told_to(alert))
    return Counter(alert.reason for alert in again)


def test_a_smaller_vocabulary_only_corrects_in_threads_and_going_back_tells_nothing(tmp_path: Path) -> None:
    full = sample_acts()
    small = list(read(sample_events(), Classifier(without(default_taxonomy(), *SMALLER))))
    told, again, back = read_anew(tmp_path, full, small, full)
    counted = check_upgrade(told, again, full, small)
    assert counted[Reason.CORRECTED] > 3
    assert counted[Reason.FIRST] == 0
    assert back == []


@pytest.mark.integration
def test_a_larger_vocabulary_corrects_in_threads_and_is_news_only_to_whom_nothing_was_told(tmp_path: Path) -> None:
    events = [*sample_events(), *corpus_events()]
    full = list(read(events))
    small = list(read(events, Classifier(without(default_taxonomy(), *SMALLER))))
    told, again, back, *rest = read_anew(tmp_path, small, full, small, full, small)
    counted = check_upgrade(told, again, small, full)
    corrected, found = counted[Reason.CORRECTED], counted[Reason.FIRST]
    print(f"{len(events)} documents, {len(told)} alerts; with a larger vocabulary {corrected} corrections in threads,")
    print(f"{found} alerts of what nobody was told before; back to the smaller one: {len(back)} corrections in threads")
    assert corrected
    assert found
    assert {told_to(alert) for alert in back} <= {told_to(alert) for alert in again if alert.reason is Reason.FIRST}
    assert {alert.reason for alert in back} <= {Reason.CORRECTED}
    assert rest == [[], []]


# ---- back-filling ----------------------------------------------------------------------------------------------


def history(documents: int) -> Iterator[Act]:
    """A measure a document, from a source whose past is filled in."""
    for number in range(documents):
        measure = ids.measure_id_of_event("past", str(number))
        event = an_event(f"past-{number}", day=-1 - number // 10, later=number, seen_at=SEEN, backfill=True)
        yield an_act(event, measure_id=measure, stage=Stage.PROPOSED)


def check_backfill(outbox: Outbox, documents: int) -> None:
    assert outbox.take(history(documents)) == ()
    assert outbox.remembered == documents
    known = ids.measure_id_of_event("past", "7")
    news = an_act(an_event("news", day=1), measure_id=known, stage=Stage.ADOPTED)
    (alert,) = outbox.take([news])
    assert alert.act == news
    assert outbox.take([news, *itertools.islice(history(documents), 20)]) == ()


def test_filling_history_tells_nobody_and_the_next_news_is_one_alert(outbox: Outbox) -> None:
    check_backfill(outbox, 200)


@pytest.mark.integration
def test_filling_in_five_thousand_documents_sends_no_message(outbox: Outbox) -> None:
    check_backfill(outbox, 5_000)
    print("5,000 documents filled in: 0 alerts, 5,000 measures remembered; 1 live piece of news on one: 1 alert")


# ---- edits -----------------------------------------------------------------------------------------------------


def revision(number: int, effective: str) -> Act:
    """The same document, read again later."""
    return an_act(an_event("page", later=float(number), title=f"Notice, version {number}"), effective=effective)


def test_an_edit_of_the_wording_is_no_alert_and_one_of_the_substance_is_one(outbox: Outbox) -> None:
    (first,) = outbox.take([revision(0, effective="2025-05-01")])
    assert first.reason is Reason.FIRST
    assert outbox.take(revision(number, effective="2025-05-01") for number in range(1, 20)) == ()
    (material,) = outbox.take([revision(20, effective="2025-06-01")])
    assert material.reason is Reason.CORRECTED
    assert outbox.take([revision(21, effective="2025-06-01")]) == ()


# ---- orders of arrival -----------------------------------------------------------------------------------------

LIFE = (
    an_act(an_event("draft", day=0), stage=Stage.PROPOSED),
    an_act(an_event("notice", day=10), stage=Stage.ADOPTED, effective="2025-05-01"),
    an_act(an_event("notice", day=10, later=60), stage=Stage.ADOPTED, effective="2025-06-01"),
    an_act(an_event("pause", day=30), stage=Stage.SUSPENDED),
)


def arrived(order: Sequence[Act], measure: str) -> list[Act]:
    return [act.model_copy(update={"measure_id": measure, "act_id": f"{measure}-{act.act_id}"}) for act in order]


def final_state(outbox: Outbox, measure: str) -> object:
    with reading(outbox.service.engine) as connection:
        (told,) = load_told(connection, measure).values()
    return state_of(told.documents, default_taxonomy())


def test_whatever_the_order_of_arrival_the_state_ends_the_same_and_stale_news_is_not_told(outbox: Outbox) -> None:
    orders = list(itertools.permutations(LIFE))
    states = []
    for number, order in enumerate(orders):
        measure = ids.measure_id_of_event("permuted", str(number))
        newest = DAY
        for act in arrived(order, measure):
            day = act.event.published_on or DAY
            for alert in outbox.take([act]):
                assert day >= newest or alert.reason is Reason.CORRECTED, (
                    f"stale news was told: {alert.reason} in order {number}"
                )
            newest = max(newest, day)
        states.append(final_state(outbox, measure))
    divergent = [state for state in states if state != states[0]]
    print(f"{len(orders)} orders tried, {len(divergent)} diverged")
    assert len(orders) == 24
    assert divergent == []
