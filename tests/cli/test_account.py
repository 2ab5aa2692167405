from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.alert.canary.arrivals import Arrival
from services.alert.delivery.outbox import Disposition
from services.cli.account import EVENT_ID_HEADER, account_for, without_canaries
from services.cli.status import canary_line
from services.contracts.canary import HEADER
from services.contracts.deadletters import DeadLetter
from services.contracts.errors import DeadReason
from services.contracts.topics import DEAD, EVENTS, MEASURES
from services.contracts.vocab import DeliveryState
from services.runtime.handling import Consumed
from services.runtime.topics_admin import Lag


def record(topic: str, offset: int, key: str, *headers: tuple[str, bytes]) -> Consumed:
    return Consumed(topic, 0, offset, key.encode(), b"{}", headers, 0.0)


def event(offset: int, key: str) -> Consumed:
    return record(EVENTS.name, offset, key)


def act(offset: int, measure: str, event_id: str) -> Consumed:
    return record(MEASURES.name, offset, measure, (EVENT_ID_HEADER, event_id.encode()))


def dead(origin: Consumed) -> Consumed:
    letter = DeadLetter(
        service="classify",
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        reason=DeadReason.INVALID,
        error="bad",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        key=origin.key,
        value=origin.value,
    )
    return Consumed(DEAD.name, 0, origin.offset, letter.key, letter.value, letter.to_headers(), 0.0)


def committed(topic: str, offset: int, end: int) -> Lag:
    return Lag("group", topic, 0, offset, end)


def test_every_record_is_counted_once_by_what_became_of_it() -> None:
    events = [event(0, "told"), event(1, "quiet"), event(2, "bad"), event(3, "told"), event(4, "late")]
    account = account_for(
        events,
        [act(0, "m1", "told"), act(1, "m2", "told")],
        [dead(events[2])],
        [committed(EVENTS.name, 4, 5), committed(MEASURES.name, 1, 2)],
        alerts=4,
        dispositions={Disposition.PLANNED: 2, Disposition.MUTED: 1, Disposition.WAITING: 1},
        deliveries={DeliveryState.SENT: 1, DeliveryState.PENDING: 1},
    )
    counts = (account.with_acts, account.without_acts, account.dead, account.repeated, account.waiting)
    assert counts == (1, 1, 1, 1, 1)
    assert (account.records, account.events, account.measures, account.acts_waiting) == (5, 4, 2, 1)
    assert account.balanced
    assert not account.at_rest


def test_an_alert_without_a_delivery_row_does_not_add_up() -> None:
    planned = {Disposition.PLANNED: 3}
    assert not account_for([], [], [], [], alerts=3, dispositions=planned, deliveries={DeliveryState.SENT: 2}).balanced
    assert not account_for([], [], [], [], alerts=4, dispositions=planned, deliveries={DeliveryState.SENT: 3}).balanced
    assert account_for([], [], [], [], alerts=3, dispositions=planned, deliveries={DeliveryState.SENT: 3}).balanced


@given(
    keys=st.lists(st.sampled_from("abcde"), max_size=12),
    told=st.sets(st.sampled_from("abcde")),
    poison=st.sets(st.integers(0, 11)),
    done=st.integers(0, 12),
)
def test_whatever_happened_the_parts_add_up_to_the_whole(
    keys: list[str], told: set[str], poison: set[int], done: int
) -> None:
    events = [event(offset, key) for offset, key in enumerate(keys)]
    letters = [dead(events[offset]) for offset in poison if offset < len(events)]
    acts = [act(offset, key, key) for offset, key in enumerate(sorted(told))]
    account = account_for(events, acts, letters, [committed(EVENTS.name, done, len(events))])
    assert account.balanced
    assert account.waiting == max(0, len(events) - done)


def test_canaries_count_nowhere_whatever_became_of_them() -> None:
    events = [event(0, "told"), *(record(EVENTS.name, place, f"canary-{place}", HEADER) for place in (1, 2, 3, 4))]
    marks = (EVENT_ID_HEADER, b"canary-1"), HEADER
    acts = [act(0, "m1", "told"), record(MEASURES.name, 1, "m-canary", *marks)]
    ends = [committed(EVENTS.name, 4, 5), committed(MEASURES.name, 1, 2)]  # one of each topic waits
    of_people = account_for(events[:1], acts[:1], [], ends)
    assert account_for(events, acts, [], ends) == of_people
    assert (of_people.balanced, of_people.at_rest) == (True, True)


def test_history_is_read_without_canaries_and_in_its_order() -> None:
    records = [act(0, "m1", "e1"), record(MEASURES.name, 1, "c", HEADER), act(2, "m2", "e2")]
    assert list(without_canaries(records)) == [records[0], records[2]]


def test_a_canary_that_was_put_aside_is_a_dead_letter_to_be_seen_and_counts_as_no_event() -> None:
    canary = record(EVENTS.name, 0, "canary", HEADER)
    account = account_for([canary], [], [dead(canary)], [committed(EVENTS.name, 1, 1)])
    assert (account.records, account.dead, account.balanced) == (0, 0, True)
    assert account.dead_by_service == {"classify": 1}


def test_status_says_how_long_ago_the_newest_canary_left_and_how_long_it_took() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    arrival = Arrival(now - timedelta(minutes=4), now - timedelta(minutes=4) + timedelta(seconds=1.5))
    assert canary_line(arrival, now) == "canary      the last to come through was sent 4 min ago and took 1.5 s"
    assert canary_line(None, now) == "canary      none has come through"
